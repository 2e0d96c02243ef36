//! The recovery codes, right after they were made. They are shown only once.

use leptos::prelude::*;
use till_core::admin::Right;
use ui::headers;
use ui::language::texts;

use crate::codes::RecoveryCodes;
use crate::guarded::page;
use crate::layout::Layout;
use ui::rendered::Rendered;

/// `/admin/account/recovery-codes`. The page that a form led to has the codes; otherwise there are
/// none to show.
#[component]
pub fn RecoveryCodesPage() -> impl IntoView {
    page(Right::Account, |_| {
        let Some(codes) = use_context::<RecoveryCodes>() else {
            headers::redirect("/admin/account/second-factor");
            return ().rendered();
        };
        let texts = texts();
        let codes: Vec<String> = codes.iter().map(ToOwned::to_owned).collect();
        let items = codes
            .into_iter()
            .map(|code| view! { <li><code>{code}</code></li> });
        let items = items.collect_view();
        view! {
            <Layout title=texts.admin_recovery_codes()>
                <p class="alert alert-info" role="status">{texts.admin_second_factor_is_on()}</p>
                <p>{texts.admin_recovery_codes_explanation()}</p>
                <ol class="recovery-codes">{items}</ol>
                <p>{texts.admin_recovery_codes_keep()}</p>
                <p>
                    <a class="btn btn-primary" href="/admin/account">{texts.admin_codes_kept()}</a>
                </p>
            </Layout>
        }
        .rendered()
    })
}

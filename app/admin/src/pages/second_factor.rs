//! `/admin/second-factor?next=/admin/…`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use ui::headers;
use ui::language::texts;

use crate::access::{Denied, signed_in};
use crate::api::second_factor::Prove;
use crate::api::sign_in::next_page;
use crate::api::sign_out::SignOut;
use crate::form::{Field, Form};
use crate::layout::NarrowLayout;
use ui::rendered::Rendered;

/// Asks for a code, to complete a sign-in or again.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let texts = texts();
    let next = next_page(use_query_map().read_untracked().get("next"));
    let user = signed_in().map(|admin| admin.signed_in);
    let Some(user) = user else {
        headers::redirect(&Denied::SignedOut.remedy(&next).unwrap_or_default());
        return ().rendered();
    };
    if !user.has_second_factor {
        headers::redirect(&next);
        return ().rendered();
    }
    view! {
        <NarrowLayout title=texts.admin_second_factor()>
            <p>{texts.admin_second_factor_question()}</p>
            <Form action=Prove::PATH>
                <input type="hidden" name="next" value=next />
                <Field name="code" label=texts.admin_code() autocomplete="one-time-code"
                    required=true hint=texts.admin_code_hint() />
                <button type="submit" class="btn btn-primary">{texts.admin_continue()}</button>
            </Form>
            <form method="post" action=SignOut::PATH>
                <button type="submit" class="btn btn-outline">{texts.admin_sign_out()}</button>
            </form>
        </NarrowLayout>
    }
    .rendered()
}

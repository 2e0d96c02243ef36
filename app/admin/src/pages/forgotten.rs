//! `/admin/forgotten`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use ui::language::texts;

use crate::api::forgotten::RequestReset;
use crate::form::{Field, Form};
use crate::layout::NarrowLayout;

/// For those who have forgotten their password.
#[component]
pub fn ForgottenPage() -> impl IntoView {
    let texts = texts();
    let writes_files = use_context::<Shop>().is_some_and(|shop| shop.mailer.writes_files());
    let explanation = match writes_files {
        true => texts.admin_done_link_in_file(),
        false => texts.admin_forgotten_explanation(),
    };
    view! {
        <NarrowLayout title=texts.admin_forgotten()>
            <p>{explanation}</p>
            <Form action=RequestReset::PATH>
                <Field name="email" kind="email" label=texts.admin_email()
                    autocomplete="username" required=true />
                <button type="submit" class="btn btn-primary">{texts.admin_send_link()}</button>
            </Form>
            <p><a href="/admin/sign-in">{texts.admin_back_to_sign_in()}</a></p>
        </NarrowLayout>
    }
}

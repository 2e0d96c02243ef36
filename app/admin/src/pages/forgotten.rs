//! `/admin/forgotten`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use ui::language::texts;

use crate::api::forgotten::RequestReset;
use crate::form::{Field, Form};
use crate::layout::NarrowLayout;

/// For those who have forgotten their password.
#[component]
pub fn ForgottenPage() -> impl IntoView {
    let texts = texts();
    view! {
        <NarrowLayout title=texts.admin_forgotten()>
            <p>{texts.admin_forgotten_explanation()}</p>
            <Form action=RequestReset::PATH>
                <Field name="email" kind="email" label=texts.admin_email()
                    autocomplete="username" required=true />
                <button type="submit" class="btn btn-primary">{texts.admin_send_link()}</button>
            </Form>
            <p><a href="/admin/sign-in">{texts.admin_back_to_sign_in()}</a></p>
        </NarrowLayout>
    }
}

//! A link to Stripe's payment page.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::PaymentLink;
use crate::language::texts;

/// Shown if the browser would block the form's redirect to Stripe: the first time that Stripe uses
/// another domain for this shop's sessions, and for forms that were loaded before that.
#[component]
pub fn PaymentLinkPage(link: PaymentLink) -> impl IntoView {
    let texts = texts();
    view! {
        <Layout title=texts.continue_to_payment() narrow=true>
            <h1>{texts.one_more_step()}</h1>
            <p class="lead">{texts.one_more_step_explanation()}</p>
            <p class="actions">
                <a class="btn btn-primary" href=link.0>{texts.continue_to_payment()}</a>
            </p>
        </Layout>
    }
}

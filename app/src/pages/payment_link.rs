//! A link to Stripe's payment page.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::PaymentLink;

/// Shown if the browser would block the form's redirect to Stripe: the first time that Stripe uses
/// another domain for this shop's sessions, and for forms that were loaded before that.
#[component]
pub fn PaymentLinkPage(link: PaymentLink) -> impl IntoView {
    view! {
        <Layout title="Continue to payment" narrow=true>
            <h1>"One more step before you pay"</h1>
            <p class="lead">
                "Your products are reserved. You’ll pay on Stripe’s secure page, and nothing is \
                 charged until you confirm there."
            </p>
            <p class="actions">
                <a class="btn btn-primary" href=link.0>"Continue to payment"</a>
            </p>
        </Layout>
    }
}

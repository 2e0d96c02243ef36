//! The last step to Stripe's page, by a link.

use leptos::prelude::*;

use super::layout::Layout;
use crate::api::PaymentLink;

/// Shown where the browser would not follow the form there: the first time that a shop's payments
/// are taken under another domain, and to pages that were loaded before.
#[component]
pub fn PaymentLinkPage(link: PaymentLink) -> impl IntoView {
    view! {
        <Layout title="Continue to payment" narrow=true>
            <h1>"One more step to your payment"</h1>
            <p class="lead">"Your products are reserved. You pay on Stripe’s secure page, and nothing is charged until you confirm there."</p>
            <p class="actions"><a class="btn btn-primary" href=link.0>"Continue to payment"</a></p>
        </Layout>
    }
}

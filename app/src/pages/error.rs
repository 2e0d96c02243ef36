//! A page that could not be shown because of a problem in the shop.

use leptos::prelude::*;

use super::layout::Layout;
use crate::headers::{self, CachePolicy};

/// Shown instead of a page whose data could not be read. Responds with 503.
#[component]
pub fn ErrorPage() -> impl IntoView {
    headers::status(http::StatusCode::SERVICE_UNAVAILABLE);
    headers::cache_control(CachePolicy::NoStore);
    view! {
        <Layout title="Something went wrong" narrow=true>
            <h1>"Something went wrong on our side"</h1>
            <p class="lead">
                "We can’t show this page right now. Please try again in a moment. If you’ve just \
                 paid, your payment is safe and you don’t need to pay again."
            </p>
            <p class="actions"><a class="btn btn-primary" href="/">"Back to the shop"</a></p>
        </Layout>
    }
}

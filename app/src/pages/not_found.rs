//! Pages for URLs that lead nowhere.

use leptos::prelude::*;

use super::layout::Layout;

/// Shown for any unknown URL, including that of a cancelled checkout that does not exist.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    view! {
        <Layout title="Page not found" narrow=true>
            <h1>"Page not found"</h1>
            <p class="lead">
                "The address may be mistyped, or the product may no longer be for sale."
            </p>
            <p class="actions"><a class="btn btn-primary" href="/">"See all products"</a></p>
        </Layout>
    }
}

/// Shown for a token that belongs to no order, whether well-formed or not.
#[component]
pub fn OrderNotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    view! {
        <Layout title="Page not found" narrow=true>
            <h1>"Page not found"</h1>
            <p class="lead">
                "The link to your order may be incomplete. Enter your order number and email \
                 address, and we’ll email you the link again."
            </p>
            <p class="actions">
                <a class="btn btn-primary" href="/orders/find">"Find your order"</a>
                <a class="btn btn-outline" href="/">"See all products"</a>
            </p>
        </Layout>
    }
}

//! There is no such page.

use leptos::prelude::*;

use super::layout::Layout;

/// Also what the token of a checkout gets that there is not.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    view! {
        <Layout title="Page not found" narrow=true>
            <h1>"There is no such page"</h1>
            <p class="lead">"The address may be mistyped, or what was here is no longer for sale."</p>
            <p class="actions"><a class="btn btn-primary" href="/">"See all products"</a></p>
        </Layout>
    }
}

/// What a token that opens no order gets, well formed or not.
#[component]
pub fn OrderNotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    view! {
        <Layout title="Page not found" narrow=true>
            <h1>"There is no such page"</h1>
            <p class="lead">
                "The link to your order may be incomplete. With the order’s number and your mail address, we send it to you again."
            </p>
            <p class="actions">
                <a class="btn btn-primary" href="/orders/find">"Find your order"</a>
                <a class="btn btn-outline" href="/">"See all products"</a>
            </p>
        </Layout>
    }
}

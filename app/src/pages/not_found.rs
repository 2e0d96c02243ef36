//! There is no such page.

use leptos::prelude::*;

use super::layout::Layout;

/// Any address that leads nowhere, also that of a cancelled checkout that does not exist.
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
                "The link to your order may be incomplete. Enter your order number and your email address, and we will send it to you again."
            </p>
            <p class="actions">
                <a class="btn btn-primary" href="/orders/find">"Find your order"</a>
                <a class="btn btn-outline" href="/">"See all products"</a>
            </p>
        </Layout>
    }
}

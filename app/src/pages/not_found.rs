//! There is no such page.

use leptos::prelude::*;

use super::layout::Layout;

/// Also what a token that opens nothing gets, well formed or not.
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

//! Everything on the shelf, in one form.

use leptos::prelude::*;

use super::buy_form::{BuyForm, FormState, Shelf, form_state};
use super::layout::Layout;
use super::trouble::TroublePage;
use crate::headers::{self, Keep};

/// `/`
#[component]
pub fn CatalogPage() -> impl IntoView {
    let state = form_state();
    let page = move || {
        let state = state.clone();
        Suspend::new(async move {
            match shelf().await {
                Some(shelf) => view! { <Catalog shelf state /> }.into_any(),
                None => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

#[component]
fn Catalog(shelf: Shelf, state: FormState) -> impl IntoView {
    view! {
        <Layout title="Shop">
            {state.alert(&shelf)}
            <h1>"Welcome to the shop"</h1>
            <p class="lead">"Choose how many you would like of each, then pay for everything in one step."</p>
            <BuyForm shelf state />
        </Layout>
    }
}

/// Reads the products. `None` where that fails.
pub(super) async fn shelf() -> Option<Shelf> {
    headers::keep(Keep::ForBack);
    let shop = expect_context::<shop::Shop>();
    match shop::catalog::list(&shop.database).await {
        Ok(products) => Some(Shelf { products }),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the catalog could not be shown"
            );
            None
        }
    }
}

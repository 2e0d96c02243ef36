//! One product, with a form of its own.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::view::ProductView;

use super::buy_form::{
    FormState, HiddenFields, PayBar, Price, Quantity, Shelf, form_state, picture, typed,
};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::trouble::TroublePage;
use crate::api::BeginCheckout;
use crate::headers::{self, Keep};

/// `/products/{slug}`
#[component]
pub fn ProductPage() -> impl IntoView {
    let slug = use_params_map()
        .get_untracked()
        .get("slug")
        .unwrap_or_default();
    let state = form_state(format!("/products/{slug}"));
    let page = move || {
        let (state, slug) = (state.clone(), slug.clone());
        Suspend::new(async move {
            match product(&slug).await {
                Ok(Some(product)) => view! { <Product product state /> }.into_any(),
                Ok(None) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// The product could not be read; the cause has been logged.
struct Unreadable;

async fn product(slug: &str) -> Result<Option<ProductView>, Unreadable> {
    headers::keep(Keep::ForBack);
    let shop = expect_context::<shop::Shop>();
    shop::catalog::find(&shop.database, slug)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a product could not be shown"
            );
            Unreadable
        })
}

#[component]
fn Product(product: ProductView, state: FormState) -> impl IntoView {
    let shelf = Shelf {
        products: vec![product.clone()],
        ..Shelf::default()
    };
    let class = if product.available.sold_out() {
        "product-page product-sold-out"
    } else {
        "product-page"
    };
    let paragraphs = product
        .description
        .split("\n\n")
        .map(|text| view! { <p>{text.trim().to_owned()}</p> })
        .collect_view();
    let reason = state
        .refusal
        .as_ref()
        .and_then(|refusal| refusal.by_product().remove(&product.id));
    let value = match typed(&state, &product) {
        // Whoever looks at one product wants one.
        value if value.is_empty() && state.refusal.is_none() => "1".to_owned(),
        value => value,
    };
    let buy = if product.available.sold_out() {
        view! { <p class="buy-box">"This product is sold out at the moment."</p> }.into_any()
    } else {
        let (field, sold) = (format!("quantity-{}", product.id), product.clone());
        view! {
            <form class="buy-box" method="post" action=BeginCheckout::url()>
                <HiddenFields state=state.clone() />
                <div class="buy-row">
                    <label for=field>"Quantity"</label>
                    <Quantity product=sold typed=value reason />
                </div>
                <PayBar currency=Some(product.price.currency) />
            </form>
        }
        .into_any()
    };
    view! {
        <Layout title=product.name.clone()>
            <a class="back-link" href="/">"← All products"</a>
            {state.alert(&shelf)}
            <article class=class>
                {picture(&product, false)}
                <div>
                    <h1>{product.name.clone()}</h1>
                    <Price product=product.clone() />
                    {buy}
                    <div class="product-description">{paragraphs}</div>
                </div>
            </article>
        </Layout>
    }
}

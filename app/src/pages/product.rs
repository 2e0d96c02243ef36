//! One product, with a form of its own.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::catalog;
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
            match product(&slug, &state).await {
                Ok(Found::OnSale(product)) => {
                    view! { <Product product={*product} state /> }.into_any()
                }
                Ok(Found::Gone { name, shelf }) => {
                    view! { <GoneProduct name shelf state /> }.into_any()
                }
                Ok(Found::Nothing) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// The product could not be read; the cause has been logged.
struct Unreadable;

/// What there is at the address of a product.
enum Found {
    OnSale(Box<ProductView>),
    /// It was on sale once.
    Gone {
        name: String,
        shelf: Shelf,
    },
    Nothing,
}

async fn product(slug: &str, state: &FormState) -> Result<Found, Unreadable> {
    headers::keep(Keep::ForBack);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        if let Some(product) = catalog::find(&shop.database, slug).await? {
            return Ok(Found::OnSale(Box::new(product)));
        }
        let Some(name) = catalog::find_gone(&shop.database, slug).await? else {
            return Ok(Found::Nothing);
        };
        let shelf = Shelf {
            gone: state.gone(&shop).await?,
            ..Shelf::default()
        };
        Ok(Found::Gone { name, shelf })
    };
    read.await.map_err(|error: catalog::CatalogError| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a product could not be shown"
        );
        Unreadable
    })
}

/// A product that can no longer be bought, for whoever comes by an old link or has just tried to.
#[component]
fn GoneProduct(name: String, shelf: Shelf, state: FormState) -> impl IntoView {
    headers::status(http::StatusCode::GONE);
    view! {
        <Layout title=name.clone() narrow=true>
            {state.alert(&shelf)}
            <h1 dir="auto">{name}</h1>
            <p class="lead">"This product is no longer for sale."</p>
            <p class="actions"><a class="btn btn-primary" href="/">"See all products"</a></p>
        </Layout>
    }
}

#[component]
fn Product(product: ProductView, state: FormState) -> impl IntoView {
    let shelf = Shelf {
        products: vec![product.clone()],
        ..Shelf::default()
    };
    let available = product.available;
    let class = if available.sold_out() && !available.all_held() {
        "product-page product-sold-out"
    } else {
        "product-page"
    };
    let paragraphs = product
        .description
        .split("\n\n")
        .map(|text| view! { <p dir="auto">{text.trim().to_owned()}</p> })
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
    let buy = if available.all_held() {
        view! { <p class="buy-box">"Other shoppers are paying for the last of these right now. They may come back: please look again a little later."</p> }.into_any()
    } else if available.sold_out() {
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
                    <h1 dir="auto">{product.name.clone()}</h1>
                    <Price product=product.clone() />
                    {buy}
                    <div class="product-description">{paragraphs}</div>
                </div>
            </article>
        </Layout>
    }
}

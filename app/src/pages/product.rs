//! The page of one product, with its own form.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::catalog;
use till_core::view::ProductView;

use super::buy_form::{
    Catalog, FormState, HiddenFields, PayBar, Price, Quantity, form_state, picture, typed,
};
use super::error::ErrorPage;
use super::layout::Layout;
use super::not_found::NotFoundPage;
use crate::api::BeginCheckout;
use crate::headers::{self, CachePolicy};

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
                Ok(Found::Discontinued { name, catalog }) => {
                    view! { <DiscontinuedProduct name catalog state /> }.into_any()
                }
                Ok(Found::Nothing) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <ErrorPage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// The product could not be read; the cause has been logged.
struct Unreadable;

/// The result of a search for a product by slug.
enum Found {
    OnSale(Box<ProductView>),
    /// It is no longer on sale.
    Discontinued {
        name: String,
        catalog: Catalog,
    },
    Nothing,
}

async fn product(slug: &str, state: &FormState) -> Result<Found, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        if let Some(product) = catalog::find(&shop.database, slug).await? {
            return Ok(Found::OnSale(Box::new(product)));
        }
        let Some(name) = catalog::discontinued_name(&shop.database, slug).await? else {
            return Ok(Found::Nothing);
        };
        let catalog = Catalog {
            discontinued: state.discontinued(&shop).await?,
            ..Catalog::default()
        };
        Ok(Found::Discontinued { name, catalog })
    };
    read.await.map_err(|error: catalog::CatalogError| {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "could not read a product"
        );
        Unreadable
    })
}

/// A product that is no longer on sale, reached by an old link or a form that was just refused.
/// Responds with 410.
#[component]
fn DiscontinuedProduct(name: String, catalog: Catalog, state: FormState) -> impl IntoView {
    headers::status(http::StatusCode::GONE);
    view! {
        <Layout title=name.clone() narrow=true>
            {state.alert(&catalog)}
            <h1 dir="auto">{name}</h1>
            <p class="lead">"This product is no longer for sale."</p>
            <p class="actions"><a class="btn btn-primary" href="/">"See all products"</a></p>
        </Layout>
    }
}

#[component]
fn Product(product: ProductView, state: FormState) -> impl IntoView {
    let catalog = Catalog {
        products: vec![product.clone()],
        ..Catalog::default()
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
        // A fresh form selects one unit.
        value if value.is_empty() && state.refusal.is_none() => "1".to_owned(),
        value => value,
    };
    let buy = if available.all_held() {
        view! {
            <p class="buy-box">
                "Other shoppers are checking out with the last of these right now. Some may become \
                 available again: please check back a little later."
            </p>
        }
        .into_any()
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
            {state.alert(&catalog)}
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

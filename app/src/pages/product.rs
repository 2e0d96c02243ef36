//! The page of one product, with its own form.

mod links;
mod notes;
mod structured_data;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::catalog::details::{Details, details};
use shop::catalog::{self, Found};
use till_core::view::{PictureView, ProductView, VariantView, full_name};

use super::buy_form::{
    Catalog, FormState, HiddenFields, PayBar, Quantity, Variants, form_state, lowest_price,
};
use super::error::ErrorPage;
use super::head::{JsonLd, Preview};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::picture::Gallery;
use super::price::Price;
use super::structured_data::breadcrumbs;
use crate::api::BeginCheckout;
use crate::headers::{self, CachePolicy};
use crate::language::{language, localized, texts};
use links::{Breadcrumbs, Related};
use notes::{PriceNote, SafetyNotes};

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
                Ok(Shown::OnSale {
                    product,
                    details,
                    catalog,
                }) => view! { <Product product={*product} details={*details} catalog state /> }
                    .into_any(),
                Ok(Shown::Discontinued { name, catalog }) => {
                    view! { <DiscontinuedProduct name catalog state /> }.into_any()
                }
                Ok(Shown::Moved) => ().into_any(),
                Ok(Shown::Nothing) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <ErrorPage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// The product could not be read; the cause has been logged.
struct Unreadable;

/// What the page shows.
enum Shown {
    OnSale {
        product: Box<ProductView>,
        details: Box<Details>,
        catalog: Catalog,
    },
    /// It is no longer on sale.
    Discontinued {
        name: String,
        catalog: Catalog,
    },
    /// The product has another slug now; the response redirects.
    Moved,
    Nothing,
}

async fn product(slug: &str, state: &FormState) -> Result<Shown, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let mut found = catalog::find(&shop.database, slug, language()).await?;
        // A redirect would lose the reasons of a refused form.
        if let Some(Found::Moved { slug }) = &found
            && state.refusal.is_some()
        {
            found = catalog::find(&shop.database, slug, language()).await?;
        }
        Ok(match found {
            Some(Found::OnSale(product)) => {
                let catalog = Catalog {
                    products: vec![(*product).clone()],
                    discontinued: state.discontinued(&shop).await?,
                    ..Catalog::default()
                };
                let details = details(&shop.database, &product.slug, language()).await?;
                match details {
                    Some(details) => Shown::OnSale {
                        product,
                        details: Box::new(details),
                        catalog,
                    },
                    // It was renamed since it was read.
                    None => Shown::Nothing,
                }
            }
            Some(Found::Discontinued { name }) => {
                let catalog = Catalog {
                    discontinued: state.discontinued(&shop).await?,
                    ..Catalog::default()
                };
                Shown::Discontinued { name, catalog }
            }
            Some(Found::Moved { slug }) => {
                headers::redirect_permanently(&localized(&format!("/products/{slug}")));
                Shown::Moved
            }
            None => Shown::Nothing,
        })
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
            <p class="lead">{texts().product_discontinued()}</p>
            <p class="actions">
                <a class="btn btn-primary" href=localized("/")>{texts().see_all_products()}</a>
            </p>
        </Layout>
    }
}

/// The description without markup, for search engines.
fn plain_description(product: &ProductView) -> String {
    let shop = expect_context::<shop::Shop>();
    shop::markdown::to_mail_text(&product.description, &shop.settings.public_url)
}

#[component]
fn Product(
    product: ProductView,
    details: Details,
    catalog: Catalog,
    state: FormState,
) -> impl IntoView {
    let path = format!("/products/{}", product.slug);
    let data = structured_data(&product, &details, &path);
    let class = if product.sold_out() {
        "product-page product-sold-out"
    } else {
        "product-page"
    };
    let description = shop::markdown::to_html(&product.description);
    let picture_address = product.pictures.first().map(PictureView::shared_address);
    let alert = state.alert(&catalog);
    let buy = match product.only_variant() {
        Some(variant) => {
            view! { <BuyOne product=product.clone() variant=variant.clone() state /> }.into_any()
        }
        None => view! { <BuySeveral product=product.clone() state /> }.into_any(),
    };
    view! {
        <Layout title=product.name.clone()>
            <Preview
                title=product.name.clone()
                description=plain_description(&product)
                path
                picture=picture_address
                kind="product"
            />
            {data}
            <Breadcrumbs category=details.category.clone() product=product.name.clone() />
            {alert}
            <article class=class>
                <Gallery product=product.clone() />
                <div>
                    <h1 dir="auto">{product.name.clone()}</h1>
                    {buy}
                    <PriceNote />
                    <div class="product-description" dir="auto" inner_html=description></div>
                    <SafetyNotes details=details.clone() />
                </div>
            </article>
            <Related products=details.related />
        </Layout>
    }
}

/// What search engines read about the product and its place in the shop.
fn structured_data(product: &ProductView, details: &Details, path: &str) -> impl IntoView + use<> {
    let shop = expect_context::<shop::Shop>();
    let profile = shop.profile();
    let origin = &shop.settings.public_url;
    let address = |path: &str| format!("{origin}{}", localized(path));
    let data = structured_data::product(&shop, product, details, &address(path));
    let mut steps = vec![(profile.name.as_str(), address("/"))];
    if let Some((slug, name)) = &details.category {
        steps.push((name, address(&format!("/categories/{slug}"))));
    }
    steps.push((&product.name, address(path)));
    let steps = breadcrumbs(&steps);
    view! {
        <JsonLd data />
        <JsonLd data=steps />
    }
}

/// Price and form of a product with one variant.
#[component]
fn BuyOne(product: ProductView, variant: VariantView, state: FormState) -> impl IntoView {
    let texts = texts();
    let available = variant.available;
    let (value, suggested) = match state.typed(variant.id) {
        // A fresh form selects one unit.
        value if value.is_empty() && state.refusal.is_none() => ("1".to_owned(), true),
        value => (value, false),
    };
    let filled = state.is_filled();
    let variant_name = (!variant.name.is_empty()).then(|| {
        view! { <p class="variant-name" dir="auto">{variant.name.clone()}</p> }
    });
    let name = full_name(&product.name, &variant.name);
    let buy = if available.all_held() {
        view! { <p class="buy-box">{texts.all_held()}</p> }.into_any()
    } else if available.sold_out() {
        view! { <p class="buy-box">{texts.product_sold_out()}</p> }.into_any()
    } else {
        let (field, sold) = (format!("quantity-{}", variant.id), variant.clone());
        let reason = state.reason(variant.id);
        view! {
            <form class="buy-box" method="post" action=BeginCheckout::url() data-filled=filled>
                <HiddenFields state />
                <div class="buy-row">
                    <label for=field>{texts.quantity()}</label>
                    <Quantity name variant=sold typed=value reason suggested />
                </div>
                <PayBar currency=Some(variant.price.currency) />
            </form>
        }
        .into_any()
    };
    view! {
        {variant_name}
        <Price variant=variant.clone() />
        {buy}
    }
}

/// The form with all variants of a product, which show their prices and stock.
#[component]
fn BuySeveral(product: ProductView, state: FormState) -> impl IntoView {
    let texts = texts();
    let price = product.lowest_price().map(|(price, several)| {
        let price = lowest_price(texts, price, several);
        view! { <p class="product-price"><span class="price">{price}</span></p> }
    });
    let nothing_left = product
        .variants
        .iter()
        .all(|variant| variant.available.sold_out());
    let currency = product
        .variants
        .first()
        .map(|variant| variant.price.currency);
    let (fields, filled) = (state.clone(), state.is_filled());
    let pay = if product.sold_out() {
        view! { <p>{texts.product_sold_out()}</p> }.into_any()
    } else if nothing_left {
        view! { <p>{texts.all_held()}</p> }.into_any()
    } else {
        view! { <PayBar currency /> }.into_any()
    };
    view! {
        {price}
        <form class="buy-box" method="post" action=BeginCheckout::url() data-filled=filled>
            <HiddenFields state />
            <Variants product state=fields />
            {pay}
        </form>
    }
}

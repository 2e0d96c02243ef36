//! The page of one product, with its own form.

mod links;
mod notes;
mod structured_data;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use shop::catalog::details::{Details, details};
use shop::catalog::{self, Found};
use till_core::money::Currency;
use till_core::view::{PictureView, ProductView, VariantView, full_name};

use super::buy_form::{FORM_ID, HiddenFields, PayBar, Variants, lowest_price};
use super::chosen::{ChosenAbove, ChosenFirst};
use super::error::ErrorPage;
use super::form_state::{Catalog, FormState, form_state};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::picture::Gallery;
use super::price::Price;
use super::price_note::PriceNote;
use super::quantity::Quantity;
use super::selection::Selection;
use super::structured_data::breadcrumbs;
use crate::api::BeginCheckout;
use crate::head::{JsonLd, Preview};
use crate::headers::{self, CachePolicy};
use crate::language::{language, localized, texts};
use links::{Breadcrumbs, Related};
use notes::{OfferNotes, SafetyNotes};
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// `/products/{slug}`
#[component]
pub fn ProductPage() -> impl IntoView {
    let slug = use_params_map()
        .get_untracked()
        .get("slug")
        .unwrap_or_default();
    let state = form_state(format!("/products/{slug}"));
    when_read(move || {
        let (mut state, slug) = (state.clone(), slug.clone());
        async move {
            match product(&slug, &mut state).await {
                Ok(Shown::OnSale {
                    product,
                    details,
                    catalog,
                }) => view! { <Product product={*product} details={*details} catalog state /> }
                    .rendered(),
                Ok(Shown::Discontinued { name, catalog }) => {
                    view! { <DiscontinuedProduct name catalog state /> }.rendered()
                }
                Ok(Shown::Moved) => ().rendered(),
                Ok(Shown::Nothing) => view! { <NotFoundPage /> }.rendered(),
                Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
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

async fn product(slug: &str, state: &mut FormState) -> Result<Shown, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let snapshot = shop.database.begin_snapshot().await?;
        let mut found = catalog::find(&snapshot, slug, language()).await?;
        // A redirect would lose the reasons of a refused form.
        if let Some(Found::Moved { slug }) = &found
            && state.refusal.is_some()
        {
            found = catalog::find(&snapshot, slug, language()).await?;
        }
        Ok(match found {
            Some(Found::OnSale(product)) => {
                let catalog = Catalog {
                    products: vec![(*product).clone()],
                    selection: state
                        .read_selection(&snapshot, std::iter::once(&*product))
                        .await?,
                    ..Catalog::default()
                };
                let details = details(&snapshot, &product.slug, language()).await?;
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
                    selection: state.read_selection(&snapshot, std::iter::empty()).await?,
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
    // The main button is the one that pays, if there is one.
    let currency = catalog.currency();
    let link = match currency {
        Some(_) => "btn btn-outline",
        None => "btn btn-primary",
    };
    view! {
        <Layout title=name.clone() narrow=true>
            {state.alert(&catalog)}
            <h1 dir="auto">{name}</h1>
            <p class="lead">{texts().product_discontinued()}</p>
            <FormWith state currency selection=catalog.selection rest=().rendered() />
            <p class="actions">
                <a class=link href=localized("/")>{texts().see_all_products()}</a>
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
    let (currency, selection) = (catalog.currency(), catalog.selection);
    let form = state.clone();
    let in_form = !selection.is_empty();
    let buy = match product.only_variant() {
        Some(variant) => {
            view! { <BuyOne product=product.clone() variant=variant.clone() state in_form /> }
                .rendered()
        }
        None => view! { <BuySeveral product=product.clone() state in_form /> }.rendered(),
    };
    let article = view! {
        <article class=class>
            <Gallery product=product.clone() />
            <div>
                <h1 dir="auto">{product.name.clone()}</h1>
                {buy}
                <OfferNotes />
                <div class="product-description" dir="auto" inner_html=description></div>
                <SafetyNotes details=details.clone() />
            </div>
        </article>
    }
    .rendered();
    let content = match in_form {
        true => view! { <FormWith state=form currency selection rest=article /> }.rendered(),
        false => article,
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
            {content}
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

/// The form with what was chosen, before the rest of its page; only the rest if nothing was.
#[component]
fn FormWith(
    state: FormState,
    /// `None` if nothing can be paid.
    currency: Option<Currency>,
    selection: Selection,
    rest: AnyView,
) -> impl IntoView {
    if selection.is_empty() {
        return rest;
    }
    let (chosen, filled) = (state.clone(), state.is_filled());
    let pay = currency.map(|_| view! { <div class="pay-bar"><PayBar currency /></div> });
    view! {
        <form id=FORM_ID method="post" action=BeginCheckout::url() data-filled=filled>
            <HiddenFields state />
            <ChosenFirst selection state=chosen />
            {rest}
            {pay}
        </form>
    }
    .rendered()
}

/// Price and field of a product with one variant, in a form of its own or in that of the page.
#[component]
fn BuyOne(
    product: ProductView,
    variant: VariantView,
    state: FormState,
    /// Whether the page is one form.
    in_form: bool,
) -> impl IntoView {
    let texts = texts();
    let available = variant.available;
    let (value, suggested) = match state.typed(variant.id) {
        // A fresh form selects one unit.
        value if value.is_empty() && state.refusal.is_none() => ("1".to_owned(), true),
        value => (value, false),
    };
    let variant_name = (!variant.name.is_empty()).then(|| {
        view! { <p class="variant-name" dir="auto">{variant.name.clone()}</p> }
    });
    let name = full_name(&product.name, &variant.name);
    let buy = if state.above.contains(&variant.id) {
        view! { <p class="buy-box"><ChosenAbove variant=variant.id /></p> }.rendered()
    } else if available.all_held() {
        view! { <p class="buy-box">{texts.all_held()}</p> }.rendered()
    } else if available.sold_out() {
        view! { <p class="buy-box">{texts.product_sold_out()}</p> }.rendered()
    } else {
        let (field, sold) = (format!("quantity-{}", variant.id), variant.clone());
        let reason = state.reason(variant.id);
        let fields = view! {
            <div class="buy-row">
                <label for=field>{texts.quantity()}</label>
                <Quantity name variant=sold typed=value reason suggested />
            </div>
        };
        let pay = view! { <PayBar currency=Some(variant.price.currency) /> };
        view! { <BuyBox state in_form fields=fields.rendered() pay=pay.rendered() /> }.rendered()
    };
    view! {
        {variant_name}
        <Price variant=variant.clone() />
        <PriceNote />
        {buy}
    }
}

/// All variants of a product with their prices and stock, in a form of its own or in that of the
/// page.
#[component]
fn BuySeveral(
    product: ProductView,
    state: FormState,
    /// Whether the page is one form.
    in_form: bool,
) -> impl IntoView {
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
    let pay = if product.sold_out() {
        view! { <p>{texts.product_sold_out()}</p> }.rendered()
    } else if nothing_left {
        view! { <p>{texts.all_held()}</p> }.rendered()
    } else {
        view! { <PayBar currency /> }.rendered()
    };
    let fields = view! { <Variants product state=state.clone() /> }.rendered();
    view! {
        {price}
        <PriceNote />
        <BuyBox state in_form fields pay />
    }
}

/// The fields of the product, with the button that pays unless the form of the page has it.
#[component]
fn BuyBox(state: FormState, in_form: bool, fields: AnyView, pay: AnyView) -> impl IntoView {
    if in_form {
        return view! { <div class="buy-box">{fields}</div> }.rendered();
    }
    let filled = state.is_filled();
    view! {
        <form class="buy-box" method="post" action=BeginCheckout::url() data-filled=filled>
            <HiddenFields state />
            {fields}
            {pay}
        </form>
    }
    .rendered()
}

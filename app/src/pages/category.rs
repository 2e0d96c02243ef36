//! The page of one category.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shop::catalog::CatalogError;
use shop::catalog::listing::{self, Among, CategoryView, Listing};

use super::catalog::{Unreadable, log_unreadable};
use super::category_links::category_path;
use super::error::ErrorPage;
use super::form_state::{Catalog, FormState, form_state};
use super::layout::{Layout, site};
use super::listing::{ListingForm, read_listing};
use super::not_found::NotFoundPage;
use super::structured_data::breadcrumbs;
use crate::head::{JsonLd, Preview};
use crate::headers::{self, CachePolicy};
use crate::language::{localized, texts};
use crate::listing_address::{ListingAddress, request_address};
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// `/categories/{slug}`, with `?sort=price&in_stock=1&page=2` and so on.
#[component]
pub fn CategoryPage() -> impl IntoView {
    let slug = use_params_map()
        .get_untracked()
        .get("slug")
        .unwrap_or_default();
    let (_, query) = request_address();
    let address = ListingAddress::read_category(&category_path(&slug), &query);
    let state = form_state(address.to_string());
    when_read(move || {
        let (slug, address, mut state) = (slug.clone(), address.clone(), state.clone());
        async move {
            match read(&slug, &address, &mut state).await {
                Ok(Some((category, listing, catalog))) => {
                    view! { <Category category address listing catalog state /> }.rendered()
                }
                Ok(None) => view! { <NotFoundPage /> }.rendered(),
                Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
}

/// Reads a page of the category. `None` if there is none.
async fn read(
    slug: &str,
    address: &ListingAddress,
    state: &mut FormState,
) -> Result<Option<(CategoryView, Listing, Catalog)>, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let snapshot = shop.database.begin_snapshot().await?;
        let Some(category) = listing::category(&snapshot, slug).await? else {
            return Ok(None);
        };
        let among = Among::Category(category.id);
        let Some((listing, catalog)) = read_listing(&snapshot, among, address, state).await? else {
            return Ok(None);
        };
        Ok(Some((category, listing, catalog)))
    };
    read.await
        .map_err(|error: CatalogError| log_unreadable(&error))
}

#[component]
fn Category(
    category: CategoryView,
    address: ListingAddress,
    listing: Listing,
    catalog: Catalog,
    state: FormState,
) -> impl IntoView {
    let texts = texts();
    let name = category.name;
    let title = match listing.page.number {
        1 => name.clone(),
        number => texts.category_title_page(&name, number),
    };
    let count = (listing.products > 0).then(|| {
        view! { <p class="lead">{texts.products_in_category(listing.products)}</p> }
    });
    let empty = match address.in_stock_only {
        true => texts.nothing_in_stock(),
        false => texts.category_empty(),
    };
    let empty = view! { <p class="lead">{empty}</p> }.rendered();
    let found = address.is_plain().then(|| {
        let address = address.to_string();
        view! { <Found name=name.clone() title=title.clone() products=listing.products address /> }
    });
    view! {
        <Layout title=title>
            {found}
            {state.alert(&catalog)}
            <p class="back-link"><a href=localized("/")>{texts.all_products()}</a></p>
            <h1 dir="auto">{name}</h1>
            {count}
            <ListingForm address listing catalog state empty />
        </Layout>
    }
}

/// What search engines show of a page of the category in the owner's order.
#[component]
fn Found(name: String, title: String, products: u64, address: String) -> impl IntoView {
    let shop = expect_context::<shop::Shop>();
    let (origin, shop_name) = (&shop.settings.public_url, site().name);
    let description = match products {
        0 => String::new(),
        count => texts().category_description(&name, &shop_name, count),
    };
    let steps = [
        (shop_name.as_str(), format!("{origin}{}", localized("/"))),
        (name.as_str(), format!("{origin}{}", localized(&address))),
    ];
    let data = breadcrumbs(&steps);
    view! {
        <Preview title description path=address picture=None kind="website" />
        <JsonLd data />
    }
}

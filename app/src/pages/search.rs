//! The page of what a search finds.

use leptos::prelude::*;
use leptos_meta::Meta;
use shop::catalog::CatalogError;
use shop::catalog::listing::{self, Among, CategoryView, Listing};

use super::catalog::{Unreadable, log_unreadable};
use super::category_links::CategoryLinks;
use super::error::ErrorPage;
use super::form_state::{Catalog, FormState, form_state};
use super::layout::Layout;
use super::listing::{ListingForm, read_listing};
use super::not_found::NotFoundPage;
use super::search_box::PATH;
use crate::headers::{self, CachePolicy};
use crate::language::{localized, texts};
use crate::listing_address::{ListingAddress, request_address};
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// `/search?q=…`, with `&sort=price&in_stock=1&page=2` and so on.
#[component]
pub fn SearchPage() -> impl IntoView {
    let (_, query) = request_address();
    let address = ListingAddress::read_search(PATH, &query);
    let state = form_state(address.to_string());
    when_read(move || {
        let (address, mut state) = (address.clone(), state.clone());
        async move {
            match read(&address, &mut state).await {
                Ok(Some(found)) => view! { <Results address found state /> }.rendered(),
                Ok(None) => view! { <NotFoundPage /> }.rendered(),
                Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
}

/// What the page shows.
struct Found {
    listing: Listing,
    catalog: Catalog,
    /// Offered if nothing was found; empty otherwise.
    categories: Vec<CategoryView>,
}

/// Reads a page of what was found. `None` if there is no such page.
async fn read(
    address: &ListingAddress,
    state: &mut FormState,
) -> Result<Option<Found>, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let query = address.search.clone().unwrap_or_default();
    let read = async {
        let snapshot = shop.database.begin_snapshot().await?;
        let among = Among::Search(&query);
        let Some((listing, catalog)) = read_listing(&snapshot, among, address, state).await? else {
            return Ok(None);
        };
        let categories = match listing.products {
            0 => listing::categories(&snapshot).await?,
            _ => Vec::new(),
        };
        Ok(Some(Found {
            listing,
            catalog,
            categories,
        }))
    };
    read.await
        .map_err(|error: CatalogError| log_unreadable(&error))
}

#[component]
fn Results(address: ListingAddress, found: Found, state: FormState) -> impl IntoView {
    let texts = texts();
    let Found {
        listing,
        catalog,
        categories,
    } = found;
    let query = address.search.clone().unwrap_or_default();
    let typed = query.typed();
    let (title, heading) = match (typed, listing.products) {
        ("", _) => (
            texts.search().into_owned(),
            texts.what_are_you_looking_for().into_owned(),
        ),
        (typed, 0) => (texts.search_title(typed), texts.nothing_found(typed)),
        (typed, count) => (
            texts.search_title(typed),
            texts.products_found(count, typed),
        ),
    };
    let advice = match (typed, address.in_stock_only) {
        ("", _) => None,
        (_, true) => Some(texts.nothing_in_stock()),
        (_, false) => Some(texts.nothing_found_advice()),
    };
    let offered = (!categories.is_empty()).then(|| {
        view! { <p>{texts.or_choose_a_category()}</p><CategoryLinks categories /> }
    });
    let empty = view! {
        {advice.map(|advice| view! { <p class="lead">{advice}</p> })}
        {offered}
        <p class="actions">
            <a class="btn btn-outline" href=localized("/")>{texts.see_all_products()}</a>
        </p>
    };
    view! {
        <Layout title=title>
            <Meta name="description" content=heading.clone() />
            {state.alert(&catalog)}
            <h1 data-heading>{heading}</h1>
            <ListingForm address listing catalog state empty=empty.rendered() />
        </Layout>
    }
}

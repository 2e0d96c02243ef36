//! The catalog: one form per page of products.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shop::catalog::{CatalogError, CatalogPage as Page, listing};

use super::buy_form::BuyForm;
use super::error::ErrorPage;
use super::form_state::{Catalog, FormState, form_state};
use super::layout::{Layout, site};
use super::listing::{PageButtons, with_selection};
use super::not_found::NotFoundPage;
use super::own_text::own_paragraph;
use super::payment_link::PaymentLinkPage;
use super::structured_data::organization;
use crate::api::PaymentLink;
use crate::head::{JsonLd, Preview};
use crate::headers::{self, CachePolicy};
use crate::language::{language, texts};
use crate::listing_address::ListingAddress;
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// `/`, and `/?page=2` and so on.
#[component]
pub fn CatalogPage() -> impl IntoView {
    if let Some(link) = use_context::<PaymentLink>() {
        return view! { <PaymentLinkPage link /> }.rendered();
    }
    let number = match use_query_map().get_untracked().get("page") {
        // Page 0 does not exist.
        Some(number) => number.parse().unwrap_or(0),
        None => 1,
    };
    let state = form_state(ListingAddress::catalog("/").page(number).to_string());
    when_read(move || {
        let mut state = state.clone();
        async move {
            match read(number, &mut state).await {
                Ok(Some((page, catalog))) => {
                    view! { <CatalogForm page catalog state /> }.rendered()
                }
                Ok(None) => view! { <NotFoundPage /> }.rendered(),
                Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
}

#[component]
fn CatalogForm(page: Page, catalog: Catalog, state: FormState) -> impl IntoView {
    let texts = texts();
    let lead = if page.count > 1 {
        texts.choose_then_pay_page()
    } else {
        texts.choose_then_pay()
    };
    let can_buy = catalog.currency().is_some();
    let site = site();
    // What comes back with a reason comes first.
    let fresh = state.refusal.is_none();
    let opening = fresh.then(|| own_paragraph(&site.face.opening, "lead"));
    let lead = (fresh && can_buy).then(|| view! { <p class="lead">{lead}</p> });
    let title = if page.number > 1 {
        texts.shop_title_page(page.number)
    } else {
        texts.shop_title().into_owned()
    };
    let owner = use_context::<shop::Shop>().map(|shop| organization(&shop));
    view! {
        <Layout title=title.clone()>
            {owner.map(|data| view! { <JsonLd data /> })}
            <Preview
                title
                description=texts.choose_then_pay().into_owned()
                path=ListingAddress::catalog("/").page(page.number).to_string()
                picture=None
                kind="website"
            />
            {state.alert(&catalog)}
            <h1 dir="auto">{site.name}</h1>
            {opening}
            {lead}
            <BuyForm catalog state />
            <PageLinks number=page.number count=page.count />
        </Layout>
    }
}

/// Buttons for the previous and next page of the catalog; nothing if there is only one page.
#[component]
pub fn PageLinks(number: u64, count: u64) -> impl IntoView {
    view! { <PageButtons address=ListingAddress::catalog("/") number count /> }
}

/// The catalog could not be read; the cause has been logged.
pub(super) struct Unreadable;

/// Reads a page of the catalog, and the variants that the form contains besides. `None` if there is
/// no such page.
pub(super) async fn read(
    number: u64,
    state: &mut FormState,
) -> Result<Option<(Page, Catalog)>, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let snapshot = shop.database.begin_snapshot().await?;
        let Some(page) = shop::catalog::page(&snapshot, number, language()).await? else {
            return Ok(None);
        };
        let catalog = Catalog {
            categories: listing::categories(&snapshot).await?,
            has_other_pages: page.count > 1,
            ..with_selection(&snapshot, &page.products, state).await?
        };
        Ok(Some((page, catalog)))
    };
    read.await
        .map_err(|error: CatalogError| log_unreadable(&error))
}

/// Logs why a list of products could not be read.
pub(super) fn log_unreadable(error: &CatalogError) -> Unreadable {
    tracing::error!(
        error = shop::error_chain::with_causes(error),
        "could not read the catalog"
    );
    Unreadable
}

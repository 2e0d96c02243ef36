//! The catalog, a page at a time, in one form.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shop::catalog::CatalogPage as Page;

use super::buy_form::{BuyForm, FormState, Shelf, form_state};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::payment_link::PaymentLinkPage;
use super::trouble::TroublePage;
use crate::api::PaymentLink;
use crate::headers::{self, Keep};

/// `/`, and `/?page=2` for what does not fit there.
#[component]
pub fn CatalogPage() -> impl IntoView {
    if let Some(link) = use_context::<PaymentLink>() {
        return view! { <PaymentLinkPage link /> }.into_any();
    }
    let number = match use_query_map().get_untracked().get("page") {
        // What is no number names no page.
        Some(number) => number.parse().unwrap_or(0),
        None => 1,
    };
    let state = form_state(address(number));
    let page = move || {
        let state = state.clone();
        Suspend::new(async move {
            match read(number, &state).await {
                Ok(Some((page, shelf))) => view! { <Catalog page shelf state /> }.into_any(),
                Ok(None) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }.into_any()
}

/// The address of a page of the catalog.
fn address(number: u64) -> String {
    match number {
        1 => "/".to_owned(),
        number => format!("/?page={number}"),
    }
}

#[component]
fn Catalog(page: Page, shelf: Shelf, state: FormState) -> impl IntoView {
    let lead = if page.count > 1 {
        "Choose how many you would like of each, then pay for everything on this page in one step."
    } else {
        "Choose how many you would like of each, then pay for everything in one step."
    };
    let title = if page.number > 1 {
        format!("Shop, page {}", page.number)
    } else {
        "Shop".to_owned()
    };
    view! {
        <Layout title=title>
            {state.alert(&shelf)}
            <h1>"Welcome to the shop"</h1>
            <p class="lead">{lead}</p>
            <BuyForm shelf state />
            <PageLinks number=page.number count=page.count />
        </Layout>
    }
}

/// Links to the pages before and after this one; nothing where there is only one.
#[component]
pub fn PageLinks(number: u64, count: u64) -> impl IntoView {
    let previous = (number > 1).then(|| {
        view! { <a class="btn btn-outline" rel="prev" href=address(number - 1)>"← Previous page"</a> }
    });
    let next = (number < count).then(|| {
        view! { <a class="btn btn-outline" rel="next" href=address(number + 1)>"Next page →"</a> }
    });
    (count > 1).then(|| {
        view! {
            <nav class="page-links" aria-label="Pages of the catalog">
                {previous}
                <span>{format!("Page {number} of {count}")}</span>
                {next}
            </nav>
        }
    })
}

/// The catalog could not be read; the cause has been logged.
pub(super) struct Unreadable;

/// Reads a page of the catalog, and what the form holds beside it. `None` where there is no such
/// page.
pub(super) async fn read(
    number: u64,
    state: &FormState,
) -> Result<Option<(Page, Shelf)>, Unreadable> {
    headers::keep(Keep::ForBack);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let Some(page) = shop::catalog::page(&shop.database, number).await? else {
            return Ok(None);
        };
        let shown: HashSet<i64> = page.products.iter().map(|product| product.id).collect();
        let others = state.typed.keys().filter(|id| !shown.contains(id));
        let others: Vec<i64> = others.copied().collect();
        let chosen = match others.is_empty() {
            true => Vec::new(),
            false => shop::catalog::with_ids(&shop.database, others).await?,
        };
        let products = page.products.clone();
        let gone = state.gone(&shop).await?;
        let shelf = Shelf {
            products,
            chosen,
            gone,
        };
        Ok(Some((page, shelf)))
    };
    read.await.map_err(|error: shop::catalog::CatalogError| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the catalog could not be shown"
        );
        Unreadable
    })
}

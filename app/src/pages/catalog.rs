//! The catalog: one form per page of products.

use std::collections::HashSet;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shop::catalog::CatalogPage as Page;

use super::buy_form::{BuyForm, Catalog, FormState, form_state, has_fields_on_card};
use super::error::ErrorPage;
use super::head::Preview;
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::payment_link::PaymentLinkPage;
use crate::api::PaymentLink;
use crate::headers::{self, CachePolicy};
use crate::language::{language, localized, texts};

/// `/`, and `/?page=2` and so on.
#[component]
pub fn CatalogPage() -> impl IntoView {
    if let Some(link) = use_context::<PaymentLink>() {
        return view! { <PaymentLinkPage link /> }.into_any();
    }
    let number = match use_query_map().get_untracked().get("page") {
        // Page 0 does not exist.
        Some(number) => number.parse().unwrap_or(0),
        None => 1,
    };
    let state = form_state(url(number));
    let page = move || {
        let state = state.clone();
        Suspend::new(async move {
            match read(number, &state).await {
                Ok(Some((page, catalog))) => {
                    view! { <CatalogForm page catalog state /> }.into_any()
                }
                Ok(None) => view! { <NotFoundPage /> }.into_any(),
                Err(Unreadable) => view! { <ErrorPage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }.into_any()
}

/// Returns the URL of a page of the catalog.
fn url(number: u64) -> String {
    match number {
        1 => "/".to_owned(),
        number => format!("/?page={number}"),
    }
}

#[component]
fn CatalogForm(page: Page, catalog: Catalog, state: FormState) -> impl IntoView {
    let texts = texts();
    let lead = if page.count > 1 {
        texts.choose_then_pay_page()
    } else {
        texts.choose_then_pay()
    };
    let title = if page.number > 1 {
        texts.shop_title_page(page.number)
    } else {
        texts.shop_title().into_owned()
    };
    view! {
        <Layout title=title.clone()>
            <Preview
                title
                description=texts.choose_then_pay().into_owned()
                path=url(page.number)
                picture=None
                kind="website"
            />
            {state.alert(&catalog)}
            <h1>{texts.welcome()}</h1>
            <p class="lead">{lead}</p>
            <BuyForm catalog state />
            <PageLinks number=page.number count=page.count />
        </Layout>
    }
}

/// Links to the previous and next page; nothing if there is only one page.
#[component]
pub fn PageLinks(number: u64, count: u64) -> impl IntoView {
    let texts = texts();
    let previous = (number > 1).then(|| {
        let address = localized(&url(number - 1));
        view! { <a class="btn btn-outline" rel="prev" href=address>{texts.previous_page()}</a> }
    });
    let next = (number < count).then(|| {
        let address = localized(&url(number + 1));
        view! { <a class="btn btn-outline" rel="next" href=address>{texts.next_page()}</a> }
    });
    (count > 1).then(|| {
        view! {
            <nav class="page-links" aria-label=texts.pages_of_catalog()>
                {previous}
                <span>{texts.page_of(number, count)}</span>
                {next}
            </nav>
        }
    })
}

/// The catalog could not be read; the cause has been logged.
pub(super) struct Unreadable;

/// Reads a page of the catalog, and the variants that the form contains besides. `None` if there is
/// no such page.
pub(super) async fn read(
    number: u64,
    state: &FormState,
) -> Result<Option<(Page, Catalog)>, Unreadable> {
    headers::cache_control(CachePolicy::Revalidate);
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let Some(page) = shop::catalog::page(&shop.database, number, language()).await? else {
            return Ok(None);
        };
        let with_fields = page
            .products
            .iter()
            .filter(|product| has_fields_on_card(product));
        let shown: HashSet<i64> = with_fields
            .flat_map(|product| product.variants.iter().map(|variant| variant.id))
            .collect();
        let others = state.typed.keys().filter(|id| !shown.contains(id));
        let others: Vec<i64> = others.copied().collect();
        let selected = match others.is_empty() {
            true => Vec::new(),
            false => shop::catalog::with_variants(&shop.database, others, language()).await?,
        };
        let products = page.products.clone();
        let discontinued = state.discontinued(&shop).await?;
        let catalog = Catalog {
            products,
            selected,
            discontinued,
        };
        Ok(Some((page, catalog)))
    };
    read.await.map_err(|error: shop::catalog::CatalogError| {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "could not read the catalog"
        );
        Unreadable
    })
}

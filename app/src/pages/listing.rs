//! What pages that list products share: one form per page of the list.
//!
//! The buttons for another order or page send the form, so that the response shows what was typed.
//! Without quantities in it, a plain link would do the same: crawlers have one.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::catalog::CatalogError;
use shop::catalog::listing::{Among, Listing, Sort};
use shop::database::Snapshot;
use till_core::view::ProductView;

use super::buy_form::{Card, FORM_ID, HiddenFields, PayBar, has_fields_on_card};
use super::chosen::ChosenFirst;
use super::form_state::{Catalog, FormState};
use super::picture::has_picture;
use crate::api::BeginCheckout;
use crate::headers;
use crate::language::{language, localized, texts};
use crate::listing_address::ListingAddress;
use ui::rendered::Rendered;

/// Reads the page of a list that an address names, and what its form contains. `None` if there is
/// no such page.
pub(super) async fn read_listing(
    snapshot: &Snapshot,
    among: Among<'_>,
    address: &ListingAddress,
    state: &mut FormState,
) -> Result<Option<(Listing, Catalog)>, CatalogError> {
    if !address.is_plain() {
        headers::noindex_list();
    }
    let page = shop::catalog::listing::page(
        snapshot,
        among,
        address.sort,
        address.in_stock_only,
        address.number,
        language(),
    );
    let Some(listing) = page.await? else {
        return Ok(None);
    };
    let catalog = with_selection(snapshot, &listing.page.products, state).await?;
    Ok(Some((listing, catalog)))
}

/// Completes a page's products with what a form was sent with.
pub(super) async fn with_selection(
    snapshot: &Snapshot,
    products: &[ProductView],
    state: &mut FormState,
) -> Result<Catalog, CatalogError> {
    let with_fields = products
        .iter()
        .filter(|product| has_fields_on_card(product));
    Ok(Catalog {
        products: products.to_vec(),
        selection: state.read_selection(snapshot, with_fields).await?,
        ..Catalog::default()
    })
}

/// The form of a list's page.
#[component]
pub(super) fn ListingForm(
    address: ListingAddress,
    listing: Listing,
    catalog: Catalog,
    state: FormState,
    /// Shown instead of products if there are none.
    empty: AnyView,
) -> impl IntoView {
    let texts = texts();
    let currency = catalog.currency();
    let (hidden, chosen) = (state.clone(), state.clone());
    let filled = state.is_filled();
    let Catalog {
        products,
        selection,
        ..
    } = catalog;
    let has_controls = listing.products > 0 || address.in_stock_only;
    let controls = has_controls.then(|| view! { <Controls address=address.clone() /> });
    let list = if products.is_empty() {
        empty
    } else {
        let cards = cards(products, &state);
        view! {
            <section class="category" aria-labelledby="products">
                <h2 id="products" class="visually-hidden">{texts.products()}</h2>
                {cards}
            </section>
        }
        .rendered()
    };
    let pay = currency.map(|_| view! { <div class="pay-bar"><PayBar currency /></div> });
    let Listing { page, .. } = listing;
    view! {
        <form id=FORM_ID method="post" action=BeginCheckout::url() data-filled=filled>
            // Enter in a field presses the form's first button, which must not be one for another
            // order of the list.
            <button type="submit" class="visually-hidden" tabindex="-1" aria-hidden="true"></button>
            <HiddenFields state=hidden />
            <ChosenFirst selection state=chosen />
            {controls}
            {list}
            {pay}
        </form>
        <PageButtons address number=page.number count=page.count />
    }
    .rendered()
}

fn cards(products: Vec<ProductView>, state: &FormState) -> impl IntoView + use<> {
    let mut picture_count = 0;
    let cards = products.into_iter().map(|product| {
        let pictures_before = picture_count;
        picture_count += usize::from(has_picture(&product));
        view! { <Card product pictures_before state=state.clone() /> }
    });
    view! { <div class="product-grid">{cards.collect_view()}</div> }
}

/// Buttons for the order of the list, and for what it leaves out.
#[component]
fn Controls(address: ListingAddress) -> impl IntoView {
    let texts = texts();
    let buttons = Sort::ALL.map(|sort| {
        let label = match sort {
            Sort::Relevance if address.search.is_some() => texts.sort_relevance(),
            Sort::Relevance => texts.sort_recommended(),
            Sort::Name => texts.sort_name(),
            Sort::Price => texts.sort_price(),
            Sort::Newest => texts.sort_newest(),
        };
        let target = localized(&address.sorted(sort).to_string());
        let pressed = (sort == address.sort).to_string();
        view! {
            <button type="submit" class="btn btn-outline" formaction=target formnovalidate
                aria-pressed=pressed>{label}</button>
        }
    });
    let only = address.in_stock_only;
    let target = localized(&address.only_in_stock(!only).to_string());
    view! {
        <div class="list-controls">
            <div class="list-sort" role="group" aria-labelledby="sort-by">
                <span id="sort-by">{texts.sort_by()}</span>
                {buttons.collect_view()}
            </div>
            <button type="submit" class="btn btn-outline" formaction=target formnovalidate
                aria-pressed=only.to_string()>{texts.in_stock_only()}</button>
        </div>
    }
}

/// Buttons for the previous and next page of a list, which send its form; nothing if there is only
/// one page. Crawlers do not press buttons: they have links, which nobody else sees.
#[component]
pub fn PageButtons(address: ListingAddress, number: u64, count: u64) -> impl IntoView {
    let texts = texts();
    let button = |page: u64, rel: &'static str, label: String| {
        let target = localized(&address.page(page).to_string());
        view! {
            <button type="submit" class="btn btn-outline" form=FORM_ID formaction=target.clone()
                formnovalidate>{label.clone()}</button>
            <a class="visually-hidden" rel=rel href=target tabindex="-1" aria-hidden="true">
                {label}
            </a>
        }
    };
    let previous =
        (number > 1).then(|| button(number - 1, "prev", texts.previous_page().into_owned()));
    let next = (number < count).then(|| button(number + 1, "next", texts.next_page().into_owned()));
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

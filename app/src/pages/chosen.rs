//! Rows with what was chosen: before the products of a form that comes back with it, and in the pay
//! bar.

use leptos::prelude::*;
use till_core::money::MoneyPattern;
use till_core::quantity::Quantity as Units;
use till_core::refusal::LineReason;
use till_core::view::{ProductView, VariantView, full_name};

use super::form_state::FormState;
use super::picture::row_picture;
use super::price::Price;
use super::price_note::PriceNote;
use super::quantity::Quantity;
use super::selection::Selection;
use crate::language::{localized, texts};
use ui::rendered::Rendered;

/// What was chosen, as the first part of a form; nothing if nothing was.
#[component]
pub(super) fn ChosenFirst(selection: Selection, state: FormState) -> impl IntoView {
    (!selection.is_empty()).then(|| {
        view! {
            <section class="chosen" aria-labelledby="selection">
                <h2 id="selection">{texts().your_selection()}</h2>
                <ul class="variants"><ChosenRows selection state pictures=true /></ul>
                <PriceNote />
            </section>
        }
        .rendered()
    })
}

/// In place of the field of a variant: a link to the one before the page's products.
#[component]
pub(super) fn ChosenAbove(variant: i64) -> impl IntoView {
    let field = format!("#quantity-{variant}");
    view! { <a class="chosen-above" href=field>{texts().chosen_above()}</a> }
}

/// A row for each variant: its name, price, field and amount, and why it cannot be bought.
#[component]
pub(super) fn ChosenRows(
    selection: Selection,
    state: FormState,
    /// Whether each row has the product's picture.
    #[prop(optional)]
    pictures: bool,
) -> impl IntoView {
    let texts = texts();
    let discontinued = selection.discontinued.into_values().map(|name| {
        let reason = texts.line_reason(&LineReason::NotSold);
        view! { <li class="variant" data-gone><p><bdi>{name}</bdi>": "{reason}</p></li> }
    });
    let unknown = selection.has_unknown.then(|| {
        view! { <li class="variant" data-gone><p>{texts.unknown_item()}</p></li> }
    });
    let rows = selection.products.into_iter().flat_map(|product| {
        let variants = product.variants.clone();
        let row = variants.into_iter().map(|variant| {
            let (product, state) = (product.clone(), state.clone());
            view! { <ChosenRow product variant state picture=pictures /> }
        });
        row.collect::<Vec<_>>()
    });
    view! {
        {discontinued.collect_view()}
        {unknown}
        {rows.collect_view()}
    }
    .rendered()
}

#[component]
fn ChosenRow(
    product: ProductView,
    variant: VariantView,
    state: FormState,
    picture: bool,
) -> impl IntoView {
    let name = full_name(&product.name, &variant.name);
    let address = localized(&format!("/products/{}", product.slug));
    let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
    let class = match variant.available.sold_out() {
        true => "variant variant-sold-out",
        false => "variant",
    };
    let field = format!("quantity-{}", variant.id);
    // The reason says the same.
    let has_reason = reason.is_some();
    view! {
        <li class=class>
            {picture.then(|| row_picture(&product))}
            <p class="variant-name"><a dir="auto" href=address>{name.clone()}</a></p>
            <label class="visually-hidden" for=field>{texts().quantity_of(&name)}</label>
            <Price variant=variant.clone() without_hint=has_reason />
            <p class="line-amount" data-amount translate="no">{amount(&variant, &typed)}</p>
            <Quantity name variant typed reason />
        </li>
    }
    .rendered()
}

/// What the chosen units cost, such as `2 × €24.50 = €49.00`. `None` if no such number can be
/// bought.
fn amount(variant: &VariantView, typed: &str) -> Option<String> {
    let units = Units::parse(typed).ok().flatten()?;
    if variant.available.sold_out() {
        return None;
    }
    let pattern = texts().language().money_pattern(variant.price.currency);
    let pattern = MoneyPattern::parse(pattern)?;
    Some(pattern.write_line(units.get(), variant.price.amount.0))
}

//! What a variant costs, beside its field.

use leptos::prelude::*;
use till_core::sale::Reduction;
use till_core::unit_price::UnitPrice;
use till_core::view::VariantView;

use crate::language::texts;

/// Up to this many units, the page shows how many are left.
const LOW_STOCK: u32 = 5;

/// The price with what the law wants beside it, and a hint about stock or the limit per order.
#[component]
pub fn Price(
    variant: VariantView,
    /// Whether the page says elsewhere what is wrong with stock or limit.
    #[prop(optional)]
    without_hint: bool,
) -> impl IntoView {
    let texts = texts();
    let available = variant.available;
    let hint = match available.left {
        Some(0) if available.held => Some(("stock-hint stock-hint-low", texts.held().into_owned())),
        Some(0) => {
            let sold_out = texts.sold_out().into_owned();
            Some(("stock-hint stock-hint-sold-out", sold_out))
        }
        Some(left) if left <= LOW_STOCK && left <= available.max_per_order => {
            Some(("stock-hint stock-hint-low", texts.only_left(left.into())))
        }
        _ if available.max_per_order <= LOW_STOCK => Some((
            "stock-hint",
            texts.limit_per_order(available.max_per_order.into()),
        )),
        _ => None,
    };
    let hint = hint.filter(|_| !without_hint);
    view! {
        <p class="product-price">
            <span class="price">{texts.language().money(variant.price)}</span>
            {variant.reduction.map(reduction)}
            {variant.unit_price.map(unit_price)}
            {hint.map(|(class, text)| view! { <span class=class>{text}</span> })}
        </p>
    }
}

/// The prior price of a reduced one, with the words that say what it is, and the percentage.
fn reduction(reduction: Reduction) -> impl IntoView {
    let texts = texts();
    let prior = texts.language().money(reduction.prior_price);
    let percent = reduction.percent.map(|percent| {
        view! { " "<span class="reduction">{texts.reduction(percent.into())}</span> }
    });
    view! {
        <span class="prior-price">{texts.prior_price()}" "<s>{prior}</s>{percent}</span>
    }
}

/// The price of a kilogram, a litre or another reference.
pub(super) fn unit_price(unit_price: UnitPrice) -> impl IntoView {
    let texts = texts();
    let text = match unit_price.unit.symbol() {
        Some(unit) => texts.unit_price(unit_price.price, unit),
        None => texts.price_per_item(unit_price.price),
    };
    view! { <span class="price-per-unit">{text}</span> }
}

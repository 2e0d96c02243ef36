//! The field for a quantity.

use leptos::prelude::*;
use till_core::quantity::QuantityError;
use till_core::refusal::LineReason;
use till_core::view::VariantView;

use crate::language::texts;

/// The field for a quantity, and a hidden field with the price that is shown beside it. Everything
/// that the island needs is in attributes.
#[component]
pub fn Quantity(
    /// The names of product and variant, for the labels of the buttons.
    name: String,
    variant: VariantView,
    typed: String,
    reason: Option<LineReason>,
    /// Whether the page, not the shopper, has filled the field.
    #[prop(optional)]
    suggested: bool,
) -> impl IntoView {
    let VariantView {
        id: variant_id,
        price,
        available,
        ..
    } = variant;
    let sold_out = available.sold_out();
    let shown = (!sold_out).then(|| {
        view! { <input type="hidden" name=format!("shown[{variant_id}]") value=price.as_field() /> }
    });
    let texts = texts();
    let problem = reason.map(|reason| texts.line_reason(&reason));
    let invalid = problem.is_some();
    let message = |error: QuantityError| {
        let refused = available.check(Err(error)).err();
        refused.map(|reason| texts.line_reason(&reason))
    };
    let id = format!("quantity-{variant_id}");
    let problem_id = format!("{id}-error");
    // A disabled field is not submitted, so it shows no quantity.
    let value = if sold_out { String::new() } else { typed };
    let class = if invalid {
        "form-control is-invalid"
    } else {
        "form-control"
    };
    view! {
        {shown}
        <div class="stepper" data-price=price.amount.0
            data-pattern=texts.language().money_pattern(price.currency)
            data-name=name.clone() data-max=available.max_quantity()
            data-limit-text=message(QuantityError::TooMany)
            data-whole-text=message(QuantityError::NotWhole)>
            <button type="button" class="btn" data-step="-1" disabled=sold_out
                aria-label=texts.decrease_quantity(&name)>"−"</button>
            <input type="number" class=class id=id name=format!("quantity[{variant_id}]") min="0"
                max=available.max_quantity() step="1" inputmode="numeric" placeholder="0"
                value=value data-suggested=suggested.then_some("") disabled=sold_out
                aria-invalid=invalid.then_some("true") aria-describedby=problem_id.clone() />
            <button type="button" class="btn" data-step="1" disabled=sold_out
                aria-label=texts.increase_quantity(&name)>"+"</button>
        </div>
        <p class="invalid-feedback" id=problem_id aria-live="polite" hidden=!invalid>{problem}</p>
    }
}

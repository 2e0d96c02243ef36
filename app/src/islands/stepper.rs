//! The field for one product's quantity: buttons beside it, and its limit told before the form is sent.

use leptos::html::Input;
use leptos::prelude::*;
use shop::money::Money;
use shop::quantity::{Quantity, QuantityError};
use shop::view::Available;

use super::running_total::Chosen;

/// A number field that is an ordinary number field until the browser has woken it.
///
/// The browser may have filled it already (back, reload): what stands in the field counts, not what was sent.
#[island]
pub fn Stepper(
    /// Names the field: `quantity[<id>]`.
    product: i64,
    /// The product's name, for the buttons' labels.
    name: String,
    /// Of one piece.
    price: Money,
    /// How many can be ordered.
    available: Available,
    /// What the field holds at first.
    value: String,
    /// What the server found wrong with it; empty where nothing is.
    problem: String,
) -> impl IntoView {
    let chosen = use_context::<Chosen>();
    let field = NodeRef::<Input>::new();
    let awake = RwSignal::new(false);
    let quantity = RwSignal::new(0u32);
    let problem = RwSignal::new(problem);
    let sold_out = available.sold_out();
    let most = available.most();

    let count = move |typed: &str| {
        let count = Quantity::parse(typed).ok().flatten().map_or(0, Quantity::get);
        quantity.set(count);
        if let Some(Chosen(chosen)) = chosen {
            chosen.update(|chosen| {
                chosen.insert(product, (price, count));
            });
        }
    };
    let judge = move |typed: &str| {
        let reason = match Quantity::parse(typed).transpose() {
            Some(quantity) => available.check(quantity).err(),
            None => None,
        };
        problem.set(reason.map(|reason| reason.to_string()).unwrap_or_default());
    };
    // A number field that holds something else reads as empty; the browser knows better.
    let read = move || {
        let Some(field) = field.get_untracked() else { return };
        let typed = field.value();
        count(&typed);
        if field.validity().bad_input() {
            problem.set(available.check(Err(QuantityError::NotWhole)).err().map(|reason| reason.to_string()).unwrap_or_default());
        } else {
            judge(&typed);
        }
    };
    let step = move |up: bool| {
        let Some(field) = field.get_untracked() else { return };
        let now = quantity.get_untracked();
        let next = if up { now.saturating_add(1).min(most) } else { now.saturating_sub(1).min(most) };
        field.set_value(&next.to_string());
        read();
    };

    Effect::new(move || {
        if let Some(field) = field.get() {
            // What the server said stays until the shopper changes something.
            count(&field.value());
            awake.set(true);
        }
    });
    // The page may come back from the browser's memory with fields that no event has announced.
    let restored = window_event_listener(leptos::ev::pageshow, move |_| {
        if let Some(field) = field.get_untracked() {
            count(&field.value());
        }
    });
    on_cleanup(move || restored.remove());

    let at_least = move || sold_out || quantity.get() == 0;
    let at_most = move || sold_out || quantity.get() >= most;
    let id = format!("quantity-{product}");
    let problem_id = format!("quantity-{product}-error");
    let (fewer, more) = (format!("Fewer: {name}"), format!("More: {name}"));
    let described_by = problem_id.clone();
    view! {
        <div class="stepper">
            {move || {
                let label = fewer.clone();
                awake.get().then(|| view! {
                    <button type="button" class="btn" aria-label=label disabled=at_least
                        on:click=move |_| step(false)>"−"</button>
                })
            }}
            <input type="number" class="form-control" id=id name=format!("quantity[{product}]") node_ref=field
                min="0" max=most step="1" inputmode="numeric" value=value disabled=sold_out
                class:is-invalid=move || !problem.get().is_empty()
                aria-invalid=move || (!problem.get().is_empty()).then_some("true")
                aria-describedby=move || (!problem.get().is_empty()).then(|| described_by.clone())
                on:input=move |_| read() />
            {move || {
                let label = more.clone();
                awake.get().then(|| view! {
                    <button type="button" class="btn" aria-label=label disabled=at_most
                        on:click=move |_| step(true)>"+"</button>
                })
            }}
        </div>
        <p class="invalid-feedback" id=problem_id aria-live="polite" hidden=move || problem.get().is_empty()>{move || problem.get()}</p>
    }
}

//! The field for one product's quantity: buttons beside it, and its limit told before the form is sent.

use leptos::html::Input;
use leptos::prelude::*;
use shop::money::{Currency, MinorUnit};
use shop::quantity::{Quantity, QuantityError};
use shop::view::Available;

use super::running_total::{Choice, Chosen};

/// A number field that is an ordinary number field until the browser has woken it.
///
/// The browser may have filled it already (back, reload): what stands in the field counts, not what was sent.
/// Its properties are plain numbers and texts, because each structure would bring a parser along.
#[island]
pub fn Stepper(
    /// Names the field: `quantity[<id>]`.
    product: i64,
    /// The product's name, for the buttons' labels.
    name: String,
    /// Of one piece, in minor units.
    price: i64,
    /// The price's currency.
    currency: String,
    /// The owner's limit for one order.
    max_per_order: u32,
    /// Pieces left; `None` where nobody counts.
    left: Option<u32>,
    /// What the field holds at first.
    value: String,
    /// What the server found wrong with it; empty where nothing is.
    problem: String,
) -> impl IntoView {
    let chosen = use_context::<Chosen>();
    let available = Available {
        max_per_order,
        left,
    };
    let price = currency
        .parse::<Currency>()
        .ok()
        .map(|currency| MinorUnit(price).of(currency));
    let field = NodeRef::<Input>::new();
    let awake = RwSignal::new(false);
    let quantity = RwSignal::new(0u32);
    let problem = RwSignal::new(problem);
    let sold_out = available.sold_out();
    let most = available.most();

    let count = move || {
        let Some(field) = field.get_untracked() else {
            return;
        };
        let count = Quantity::parse(&field.value())
            .ok()
            .flatten()
            .map_or(0, Quantity::get);
        quantity.set(count);
        if let (Some(chosen), Some(price)) = (chosen, price) {
            chosen.set(Choice {
                product,
                price,
                quantity: count,
            });
        }
    };
    let judge = move || {
        let Some(field) = field.get_untracked() else {
            return;
        };
        // A number field that holds something else reads as empty; the browser knows better.
        let typed = if field.validity().bad_input() {
            Some(Err(QuantityError::NotWhole))
        } else {
            Quantity::parse(&field.value()).transpose()
        };
        let reason = typed.and_then(|typed| available.check(typed).err());
        problem.set(reason.map(|reason| reason.to_string()).unwrap_or_default());
    };
    let read = move || {
        count();
        judge();
    };
    let step = move |up: bool| {
        let Some(field) = field.get_untracked() else {
            return;
        };
        let now = quantity.get_untracked();
        let next = if up {
            now.saturating_add(1)
        } else {
            now.saturating_sub(1)
        };
        field.set_value(&next.min(most).to_string());
        read();
    };

    Effect::new(move || {
        if field.get().is_some() {
            // What the server said stays until the shopper changes something.
            count();
            awake.set(true);
        }
    });
    // The page may come back from the browser's memory with fields that no event has announced.
    let restored = window_event_listener(leptos::ev::pageshow, move |_| count());
    on_cleanup(move || restored.remove());

    let id = format!("quantity-{product}");
    let problem_id = format!("quantity-{product}-error");
    let described_by = problem_id.clone();
    let least = Signal::derive(move || sold_out || quantity.get() == 0);
    let full = Signal::derive(move || sold_out || quantity.get() >= most);
    let fine = Signal::derive(move || problem.with(String::is_empty));
    let wrong = Signal::derive(move || !fine.get());
    view! {
        <div class="stepper">
            <Arrow awake label=format!("Fewer: {name}") sign="−" disabled=least press=step up=false />
            <input type="number" class="form-control" id=id name=format!("quantity[{product}]") node_ref=field
                min="0" max=most step="1" inputmode="numeric" value=value disabled=sold_out
                class:is-invalid=wrong
                aria-invalid=move || wrong.get().then_some("true")
                aria-describedby=described_by
                on:input=move |_| read() />
            <Arrow awake label=format!("More: {name}") sign="+" disabled=full press=step up=true />
        </div>
        <p class="invalid-feedback" id=problem_id aria-live="polite" hidden=fine>{problem}</p>
    }
}

/// A button beside the field. Until the island is awake it would do nothing, so it is not there.
#[component]
fn Arrow<F: Fn(bool) + Copy + Send + Sync + 'static>(
    awake: RwSignal<bool>,
    label: String,
    sign: &'static str,
    disabled: Signal<bool>,
    press: F,
    up: bool,
) -> impl IntoView {
    move || {
        let label = label.clone();
        awake.get().then(|| view! {
            <button type="button" class="btn" aria-label=label disabled=disabled on:click=move |_| press(up)>{sign}</button>
        })
    }
}

//! The foot of a form: what it costs so far, and the button.

use leptos::prelude::*;

use super::running_total::Chosen;

/// Without JavaScript there is only the button: a sum that does not follow the fields would be a lie.
#[island]
pub fn PayBar() -> impl IntoView {
    let chosen = use_context::<Chosen>();
    // Not at once, though the fields may have reported already: waking must find what the server has rendered.
    let awake = RwSignal::new(false);
    Effect::new(move || awake.set(true));

    let sum = move || {
        let totals = chosen.map(Chosen::totals).unwrap_or_default();
        let mut sum = String::new();
        for total in totals {
            let plus = if sum.is_empty() { "" } else { " + " };
            sum = format!("{sum}{plus}{total}");
        }
        sum
    };
    let pieces = move || match chosen.map_or(0, Chosen::pieces) {
        0 => "Nothing chosen yet".to_owned(),
        1 => "1 item".to_owned(),
        more => format!("{more} items"),
    };
    let button = move || match sum() {
        sum if !awake.get() || sum.is_empty() => "Continue to payment".to_owned(),
        sum => format!("Pay {sum}"),
    };
    view! {
        {move || awake.get().then(|| view! {
            <p class="pay-total">
                <span class="pay-count">{pieces}</span>
                <output class="pay-sum">{sum}</output>
            </p>
        })}
        <button type="submit" class="btn btn-primary">{button}</button>
    }
}

//! The island around a form: it knows what has been chosen, and the islands within tell and ask it.

use leptos::prelude::*;
use shop::money::{MinorUnit, Money};

/// One product that has a field in the form. A list of them is short: a map would only be a longer download.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The product's id.
    pub product: i64,
    /// Of one piece.
    pub price: Money,
    /// Pieces.
    pub quantity: u32,
}

/// What has been chosen so far.
#[derive(Clone, Copy, Debug)]
pub struct Chosen(RwSignal<Vec<Choice>>);

impl Chosen {
    /// Takes note of a field.
    pub fn set(self, choice: Choice) {
        self.0.update(|choices| {
            match choices
                .iter_mut()
                .find(|known| known.product == choice.product)
            {
                Some(known) => *known = choice,
                None => choices.push(choice),
            }
        });
    }

    /// Pieces in all.
    #[must_use]
    pub fn pieces(self) -> u32 {
        self.0
            .with(|choices| choices.iter().map(|choice| choice.quantity).sum())
    }

    /// What it costs: one sum for each currency, because sums of two cannot be added.
    #[must_use]
    pub fn totals(self) -> Vec<Money> {
        self.0.with(|choices| totals(choices))
    }
}

fn totals(choices: &[Choice]) -> Vec<Money> {
    let mut totals: Vec<Money> = Vec::new();
    for choice in choices.iter().filter(|choice| choice.quantity > 0) {
        let currency = choice.price.currency;
        let line = choice
            .price
            .amount
            .checked_times(choice.quantity)
            .unwrap_or(MinorUnit(i64::MAX));
        match totals.iter_mut().find(|total| total.currency == currency) {
            Some(total) => {
                total.amount = total
                    .amount
                    .checked_add(line)
                    .unwrap_or(MinorUnit(i64::MAX));
            }
            None => totals.push(line.of(currency)),
        }
    }
    totals
}

/// Wraps the fields of a form and keeps count of them.
#[island]
pub fn RunningTotal(children: Children) -> impl IntoView {
    provide_context(Chosen(RwSignal::new(Vec::new())));
    children()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(product: i64, amount: i64, currency: &str, quantity: u32) -> Option<Choice> {
        Some(Choice {
            product,
            price: MinorUnit(amount).of(currency.parse().ok()?),
            quantity,
        })
    }

    #[test]
    fn currencies_are_summed_apart_and_what_is_not_chosen_does_not_count() {
        let choices: Vec<_> = [
            choice(1, 1250, "eur", 2),
            choice(2, 500, "jpy", 1),
            choice(3, 100, "eur", 0),
            choice(4, 10, "eur", 1),
        ]
        .into_iter()
        .flatten()
        .collect();
        let shown: Vec<_> = totals(&choices).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["€25.10", "¥500"]);
    }

    #[test]
    fn a_sum_that_does_not_fit_stays_at_the_largest() {
        let choices: Vec<_> = [choice(1, i64::MAX, "eur", 2), choice(2, 1, "eur", 1)]
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(
            totals(&choices).first().map(|total| total.amount),
            Some(MinorUnit(i64::MAX))
        );
    }
}

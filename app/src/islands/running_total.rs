//! The island around a form: it knows what has been chosen, and the islands within tell and ask it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shop::money::{Currency, MinorUnit, Money};

/// What has been chosen so far, by product: the price of one piece, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Chosen(pub RwSignal<BTreeMap<i64, (Money, u32)>>);

impl Chosen {
    /// Pieces in all.
    #[must_use]
    pub fn pieces(self) -> u32 {
        self.0.with(|chosen| chosen.values().map(|(_, quantity)| quantity).sum())
    }

    /// What it costs: one sum for each currency, because sums of two cannot be added.
    #[must_use]
    pub fn totals(self) -> Vec<Money> {
        let mut totals: BTreeMap<Currency, MinorUnit> = BTreeMap::new();
        self.0.with(|chosen| {
            for (price, quantity) in chosen.values() {
                let total = totals.entry(price.currency).or_default();
                let sum = price.amount.checked_times(*quantity).and_then(|line| total.checked_add(line));
                *total = sum.unwrap_or(MinorUnit(i64::MAX));
            }
        });
        totals.into_iter().filter(|(_, amount)| *amount > MinorUnit::ZERO).map(|(currency, amount)| amount.of(currency)).collect()
    }
}

/// Wraps the fields of a form and keeps count of them.
#[island]
pub fn RunningTotal(children: Children) -> impl IntoView {
    provide_context(Chosen(RwSignal::new(BTreeMap::new())));
    children()
}

//! What an offer has to say beside its price: tax, delivery, returns, manufacturer and safety.

use std::borrow::Cow;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::catalog::details::Details;
use shop::delivery_time::Days;
use shop::policy::PolicySlug;

use crate::language::texts;
use crate::pages::own_text::{OwnText, own_text};
use crate::pages::price_note::{PolicyLink, SmallBusinessNote};
use ui::rendered::Rendered;

/// What the owner says about tax, delivery and returns.
#[component]
pub fn OfferNotes() -> impl IntoView {
    let shop = expect_context::<Shop>();
    let profile = shop.profile();
    let texts = texts();
    let ships = shop.owner_settings().checkout.options.shipping.is_some();
    let total = profile.delivery_time.total().filter(|_| ships);
    let notes = [
        note(
            texts.delivery_note(),
            own_text(&profile.face.delivery_note),
            total.and_then(|days| arrival(texts, days)),
            PolicySlug::Shipping,
        ),
        note(
            texts.return_note(),
            own_text(&profile.face.return_note),
            None,
            PolicySlug::Withdrawal,
        ),
    ];
    let notes: Vec<_> = notes.into_iter().flatten().collect();
    view! {
        <SmallBusinessNote />
        {(!notes.is_empty()).then(|| view! { <dl class="offer-notes">{notes}</dl> })}
    }
}

/// The owner's words, and a sentence of the shop's. Nothing if there is neither.
fn note(
    label: Cow<'static, str>,
    own: Option<OwnText>,
    sentence: Option<String>,
    slug: PolicySlug,
) -> Option<AnyView> {
    if own.is_none() && sentence.is_none() {
        return None;
    }
    let space = (own.is_some() && sentence.is_some()).then_some(" ");
    let own = own.map(|OwnText { text, lang }| {
        view! { <span dir="auto" lang=lang>{text}</span> }
    });
    Some(view! { <dt>{label}</dt><dd>{own}{space}{sentence}<PolicyLink slug /></dd> }.rendered())
}

/// When an order arrives. `None` if that is on the same day, for which there is no sentence.
fn arrival(texts: Texts, days: Days) -> Option<String> {
    let (min, max) = (u64::from(days.min), u64::from(days.max));
    match (min, max) {
        (_, 0) => None,
        (min, max) if min == 0 || min == max => Some(texts.arrives_within_days(max)),
        (min, max) => Some(texts.arrives_in_days(min, max)),
    }
}

/// Manufacturer, responsible person and safety, as far as the owner has said.
#[component]
pub fn SafetyNotes(details: Details) -> impl IntoView {
    let texts = texts();
    let manufacturer = [
        details.manufacturer_name,
        details.manufacturer_address,
        details.manufacturer_contact,
    ];
    let manufacturer: Vec<String> = manufacturer
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let notes = [
        (texts.manufacturer(), manufacturer.join("\n")),
        (texts.responsible_person(), details.responsible_person),
        (texts.safety_notes(), details.safety),
    ];
    let notes = notes
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(label, text)| {
            let lines: Vec<_> = text
                .lines()
                .map(|line| view! { <span dir="auto">{line.to_owned()}<br /></span> })
                .collect();
            view! { <dt>{label}</dt><dd>{lines}</dd> }
        })
        .collect::<Vec<_>>();
    (!notes.is_empty()).then(|| {
        view! {
            <details class="product-safety" open>
                <summary>{texts.manufacturer_and_safety()}</summary>
                <dl>{notes}</dl>
            </details>
        }
    })
}

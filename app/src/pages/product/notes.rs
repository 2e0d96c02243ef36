//! What an offer has to say beside its price: tax, delivery, returns, manufacturer and safety.

use leptos::prelude::*;
use shop::catalog::details::Details;
use shop::policy::PolicySlug;

use crate::language::texts;
use crate::pages::own_text::{OwnText, own_text};
use crate::pages::price_note::{PolicyLink, SmallBusinessNote};

/// What the owner says about tax, delivery and returns.
#[component]
pub fn OfferNotes() -> impl IntoView {
    let face = expect_context::<shop::Shop>().profile().face.clone();
    let texts = texts();
    let notes = [
        (
            texts.delivery_note(),
            &face.delivery_note,
            PolicySlug::Shipping,
        ),
        (
            texts.return_note(),
            &face.return_note,
            PolicySlug::Withdrawal,
        ),
    ];
    let notes: Vec<_> = notes
        .into_iter()
        .filter_map(|(label, text, slug)| {
            let OwnText { text, lang } = own_text(text)?;
            Some(view! {
                <dt>{label}</dt>
                <dd><span dir="auto" lang=lang>{text}</span><PolicyLink slug /></dd>
            })
        })
        .collect();
    view! {
        <SmallBusinessNote />
        {(!notes.is_empty()).then(|| view! { <dl class="offer-notes">{notes}</dl> })}
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

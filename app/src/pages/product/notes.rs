//! What an offer has to say beside its price, and about manufacturer and safety.

use leptos::prelude::*;
use shop::catalog::details::Details;
use shop::profile::PriceTax;
use shop::stripe::checkout_options::AutomaticTax;

use crate::language::{localized, texts};

/// Whether prices include tax, and that delivery may be added.
#[component]
pub fn PriceNote() -> impl IntoView {
    let shop = expect_context::<shop::Shop>();
    let options = &shop.settings.checkout.options;
    let texts = texts();
    let tax = match (shop.profile().price_tax, options.automatic_tax) {
        (PriceTax::Included, _) | (PriceTax::Automatic, Some(AutomaticTax::Inclusive)) => {
            Some(texts.price_includes_tax())
        }
        (PriceTax::Added, _) | (PriceTax::Automatic, Some(AutomaticTax::Exclusive)) => {
            Some(texts.price_plus_tax())
        }
        (PriceTax::SmallBusiness, _) => Some(texts.price_small_business()),
        (PriceTax::Automatic, None) => None,
    };
    let delivery = options.shipping.is_some().then(|| {
        view! { <a href=localized("/pages/shipping")>{texts.price_plus_delivery()}</a> }
    });
    let some = tax.is_some() || delivery.is_some();
    some.then(|| view! { <p class="price-note">{tax}" "{delivery}</p> })
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

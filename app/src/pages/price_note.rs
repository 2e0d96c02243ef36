//! What is said beside each price: whether it includes tax, and that delivery is added.

use leptos::prelude::*;
use shop::Shop;
use shop::policy::{PolicySlug, PolicySummary};
use shop::profile::PriceTax;

use super::policy_links::{languages, other_language};
use crate::language::{localized, texts};

/// One line below a price, with a link to what the shop says about delivery. Nothing if the
/// settings say nothing about tax and nothing is delivered.
#[component]
pub(super) fn PriceNote() -> impl IntoView {
    let shop = expect_context::<Shop>();
    note(&shop).map(|note| view! { <p class="price-note">{note}</p> })
}

/// The same line below the total of a form, as long as there is one.
#[component]
pub(super) fn TotalNote() -> impl IntoView {
    let note = use_context::<Shop>().and_then(|shop| note(&shop));
    note.map(|note| {
        view! { <span class="price-note" data-when="payable" hidden>{note}</span> }
    })
}

/// What a seller has to say who charges no tax because the business is small.
#[component]
pub(super) fn SmallBusinessNote() -> impl IntoView {
    let small = expect_context::<Shop>().profile().price_tax == PriceTax::SmallBusiness;
    small.then(|| view! { <p class="price-note">{texts().price_small_business()}</p> })
}

fn note(shop: &Shop) -> Option<AnyView> {
    let options = &shop.settings.checkout.options;
    let texts = texts();
    let said = shop.profile().price_tax.said(options.automatic_tax);
    let tax = said.and_then(|said| match said {
        PriceTax::Included => Some(texts.price_includes_tax()),
        PriceTax::Added => Some(texts.price_plus_tax()),
        PriceTax::SmallBusiness => Some(texts.price_without_tax()),
        PriceTax::Automatic => None,
    });
    let delivery = options.shipping.as_ref().map(|shipping| {
        let is_free = shipping.rates.iter().all(|rate| rate.amount.0 == 0);
        let words = match is_free {
            true => texts.price_free_delivery(),
            false => texts.price_plus_delivery(),
        };
        match policy(shop, PolicySlug::Shipping) {
            Some(_) => view! { <a href=localized("/pages/shipping")>{words}</a> }.into_any(),
            None => view! { {words} }.into_any(),
        }
    });
    let both = tax.is_some() && delivery.is_some();
    let some = tax.is_some() || delivery.is_some();
    some.then(|| view! { {tax} {both.then_some(", ")} {delivery} }.into_any())
}

fn policy(shop: &Shop, slug: PolicySlug) -> Option<PolicySummary> {
    let current = shop.live.current();
    let mut policies = current.policies_in(&languages(shop)).into_iter();
    policies.find(|policy| policy.slug == slug).cloned()
}

/// A link to a policy by its title; nothing if the shop has not written it.
#[component]
pub(super) fn PolicyLink(slug: PolicySlug) -> impl IntoView {
    let policy = policy(&expect_context::<Shop>(), slug);
    policy.map(|policy| {
        let address = localized(&format!("/pages/{slug}"));
        let lang = other_language(&policy.language);
        view! { " "<a href=address lang=lang dir="auto">{policy.title}</a> }
    })
}

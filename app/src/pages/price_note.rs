//! What is said beside each price: whether it includes tax, and that delivery is added.

use std::borrow::Cow;

use leptos::prelude::*;
use shop::Shop;
use shop::policy::{PolicySlug, PolicySummary};
use shop::profile::PriceTax;

use super::policy_links::{languages, other_language};
use crate::language::{localized, texts};
use ui::rendered::{Html, Rendered};

/// The line, which is the same below every price of a page; `None` if it says nothing.
#[derive(Clone, Debug)]
struct Prepared(Option<Html>);

/// What the line says.
#[derive(Debug)]
struct Note {
    tax: Option<Cow<'static, str>>,
    delivery: Option<Cow<'static, str>>,
    /// Where the shop says what delivery costs, if it does.
    about_delivery: Option<String>,
}

/// Prepares the line once for all prices inside.
pub(super) fn provide_price_note() {
    if let Some(shop) = use_context::<Shop>() {
        provide_context(Prepared(Note::of(&shop).view().map(Html::of)));
    }
}

/// One line below a price, with a link to what the shop says about delivery. Nothing if the
/// settings say nothing about tax and nothing is delivered.
#[component]
pub(super) fn PriceNote() -> impl IntoView {
    note().map(|note| view! { <p class="price-note">{note}</p> })
}

/// The same line below the total of a form, as long as there is one.
#[component]
pub(super) fn TotalNote() -> impl IntoView {
    note().map(|note| {
        view! { <span class="price-note" data-when="payable" hidden>{note}</span> }
    })
}

/// What a seller has to say who charges no tax because the business is small.
#[component]
pub(super) fn SmallBusinessNote() -> impl IntoView {
    let small = expect_context::<Shop>().profile().price_tax == PriceTax::SmallBusiness;
    small.then(|| view! { <p class="price-note">{texts().price_small_business()}</p> })
}

fn note() -> Option<AnyView> {
    match use_context::<Prepared>() {
        Some(Prepared(note)) => note.map(|note| note.view()),
        None => Note::of(&use_context::<Shop>()?).view(),
    }
}

impl Note {
    fn of(shop: &Shop) -> Self {
        let settings = shop.owner_settings();
        let options = &settings.checkout.options;
        let texts = texts();
        let said = shop.profile().price_tax.said(options.automatic_tax);
        let tax = said.and_then(|said| match said {
            PriceTax::Included => Some(texts.price_includes_tax()),
            PriceTax::Added => Some(texts.price_plus_tax()),
            PriceTax::SmallBusiness => Some(texts.price_without_tax()),
            PriceTax::Automatic => None,
        });
        let delivery = options.shipping.as_ref().map(|shipping| {
            match shipping.rates.iter().all(|rate| rate.amount.0 == 0) {
                true => texts.price_free_delivery(),
                false => texts.price_plus_delivery(),
            }
        });
        let written = delivery.is_some() && policy(shop, PolicySlug::Shipping).is_some();
        Self {
            tax,
            delivery,
            about_delivery: written.then(|| localized("/pages/shipping")),
        }
    }

    fn view(self) -> Option<AnyView> {
        let both = self.tax.is_some() && self.delivery.is_some();
        let some = self.tax.is_some() || self.delivery.is_some();
        let delivery = self.delivery.map(|words| match self.about_delivery {
            Some(address) => view! { <a href=address>{words}</a> }.rendered(),
            None => view! { {words} }.rendered(),
        });
        some.then(|| view! { {self.tax} {both.then_some(", ")} {delivery} }.rendered())
    }
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

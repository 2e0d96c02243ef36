//! What every footer says of the shop's policies, of payment and of delivery.

use leptos::prelude::*;
use locale::{Language, Texts};

use crate::language::{country_name, language, localized, texts};
use ui::rendered::Rendered;

/// The language of the page, and the one for what is not written in it.
pub(super) fn languages(shop: &shop::Shop) -> [Language; 2] {
    [language(), shop.settings.languages.default_language()]
}

/// The value of `lang` for a text that may be in another language than the page.
pub(super) fn other_language(written: &str) -> Option<String> {
    (written != language().code()).then(|| written.to_owned())
}

/// Links to the policies and to the notice on the legal guarantee; nothing if there are none.
#[component]
pub fn PolicyLinks() -> impl IntoView {
    let Some(shop) = use_context::<shop::Shop>() else {
        return ().rendered();
    };
    let current = shop.live.current();
    let languages = languages(&shop);
    let mut items: Vec<AnyView> = Vec::new();
    for policy in current.policies_in(&languages) {
        let lang = other_language(&policy.language);
        let address = localized(&format!("/pages/{}", policy.slug));
        let title = policy.title.clone();
        items.push(view! { <li><a href=address lang=lang dir="auto">{title}</a></li> }.rendered());
    }
    let texts = texts();
    let notice = current.guarantee.in_language(&languages);
    if notice.is_some() && current.profile.law.eu_rules_apply() {
        let address = localized("/pages/guarantee");
        items.push(view! { <li><a href=address>{texts.guarantee_title()}</a></li> }.rendered());
    }
    if items.is_empty() {
        return ().rendered();
    }
    view! {
        <nav aria-label=texts.policies()>
            <ul class="site-links">{items}</ul>
        </nav>
    }
    .rendered()
}

/// How one can pay and where the shop delivers to, which European law wants before the order.
#[component]
pub fn BeforeOrdering() -> impl IntoView {
    let shop = use_context::<shop::Shop>();
    let Some(shop) = shop.filter(|shop| shop.profile().law.eu_rules_apply()) else {
        return ().rendered();
    };
    let texts = texts();
    let settings = shop.owner_settings();
    let options = &settings.checkout.options;
    let methods: Vec<_> = options
        .payment_methods
        .iter()
        .map(|method| payment_method(texts, method.as_str()))
        .collect();
    let payment = match methods.is_empty() {
        true => texts.payment_methods_of_account().into_owned(),
        false => texts.payment_methods(&methods.join(", ")),
    };
    let delivery = options.shipping.as_ref().map(|shipping| {
        let codes = shipping.countries.iter();
        let names: Vec<_> = codes.map(|country| country_name(*country)).collect();
        view! { <p>{texts.delivers_to(&names.join(", "))}</p> }
    });
    view! {
        <p>{payment}</p>
        {delivery}
    }
    .rendered()
}

/// The name of a payment method, by Stripe's.
fn payment_method(texts: Texts, method: &str) -> String {
    let brand = match method {
        "card" => return texts.payment_method_card().into_owned(),
        "sepa_debit" => return texts.payment_method_sepa_debit().into_owned(),
        "customer_balance" => return texts.payment_method_bank_transfer().into_owned(),
        "amazon_pay" => "Amazon Pay",
        "bancontact" => "Bancontact",
        "blik" => "BLIK",
        "eps" => "EPS",
        "ideal" => "iDEAL",
        "klarna" => "Klarna",
        "link" => "Link",
        "mobilepay" => "MobilePay",
        "p24" => "Przelewy24",
        "paypal" => "PayPal",
        "revolut_pay" => "Revolut Pay",
        "twint" => "TWINT",
        other => return other.replace('_', " "),
    };
    brand.to_owned()
}

//! What search engines read about the shop, in the words of <https://schema.org>.
//!
//! It says only what the shop knows: a fact that is missing leaves its property out.

use locale::Language;
use serde_json::{Value, json};
use shop::Shop;
use shop::country::Country;
use shop::law::is_member_state;
use shop::profile::ShopProfile;

/// The days in which a consumer can withdraw from a contract, by Directive 2011/83/EU, Article 9.
const WITHDRAWAL_DAYS: u32 = 14;

/// Who runs the shop.
pub fn organization(shop: &Shop) -> Value {
    let origin = &shop.settings.public_url;
    let profile = shop.profile();
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": format!("{origin}/#shop"),
        "name": profile.name,
        "url": format!("{origin}/"),
    });
    if let Some(logo) = &profile.face.logo {
        data["logo"] = format!("{origin}{}", logo.jpeg_path()).into();
    }
    let contact = &profile.contact;
    if let Some(email) = &contact.email {
        data["email"] = email.clone().into();
    }
    if let Some(phone) = &contact.phone {
        data["telephone"] = phone.clone().into();
    }
    if contact.email.is_some() || contact.phone.is_some() {
        data["contactPoint"] = contact_point(&profile);
    }
    if !contact.address.is_empty() {
        data["address"] = address(&profile);
    }
    if let Some(policy) = return_policy(shop) {
        data["hasMerchantReturnPolicy"] = policy;
    }
    data
}

fn contact_point(profile: &ShopProfile) -> Value {
    let languages: Vec<_> = profile.languages.iter().map(Language::code).collect();
    let mut point = json!({
        "@type": "ContactPoint",
        "contactType": "customer service",
        "availableLanguage": languages,
    });
    if let Some(email) = &profile.contact.email {
        point["email"] = email.clone().into();
    }
    if let Some(phone) = &profile.contact.phone {
        point["telephone"] = phone.clone().into();
    }
    point
}

/// The owner writes lines, whose meaning is not known: they stay together.
fn address(profile: &ShopProfile) -> Value {
    let mut address = json!({
        "@type": "PostalAddress",
        "streetAddress": profile.contact.address.join(", "),
    });
    if let Some(country) = profile.law.country {
        address["addressCountry"] = country.code().into();
    }
    address
}

/// The right of withdrawal of consumers in the European Union, in the member states that the shop
/// ships to, or in its own if it ships nothing. `None` if the shop is not there, or does not sell
/// to consumers, or offers no withdrawal.
pub fn return_policy(shop: &Shop) -> Option<Value> {
    let profile = shop.profile();
    let law = &profile.law;
    let seat = law.country.filter(|country| is_member_state(*country))?;
    if !(law.eu_rules_apply() && law.offers_withdrawals()) {
        return None;
    }
    let settings = shop.owner_settings();
    let countries = match &settings.checkout.options.shipping {
        Some(shipping) => shipping.countries.clone(),
        None => vec![seat],
    };
    let countries: Vec<_> = countries
        .into_iter()
        .filter(|country| is_member_state(*country))
        .map(Country::code)
        .collect();
    (!countries.is_empty()).then(|| {
        json!({
            "@type": "MerchantReturnPolicy",
            "@id": format!("{}/#returns", shop.settings.public_url),
            "applicableCountry": countries,
            "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
            "merchantReturnDays": WITHDRAWAL_DAYS,
        })
    })
}

/// The way from the first page to this one, as pairs of names and addresses.
pub fn breadcrumbs(steps: &[(&str, String)]) -> Value {
    let items: Vec<Value> = (1..)
        .zip(steps)
        .map(|(position, (name, address))| {
            json!({
                "@type": "ListItem", "position": position, "name": name, "item": address,
            })
        })
        .collect();
    json!({
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": items,
    })
}

//! Adaptive Pricing: shoppers abroad pay in their own currency, at fixed rates.
//!
//! It is on in the account, and a session can disable it. The shopper's country is taken from the
//! email address, as in Stripe's test mode: `ada+location_US@example.com`. In API versions since
//! [`PRESENTMENT_DETAILS_SINCE`], objects have the amounts in the shop's currency and a
//! `presentment_details`. In older versions, all amounts are in the shopper's currency, and a
//! session has those in the shop's currency in `currency_conversion`.

use serde_json::{Value, json};

use crate::money::Currency;

/// The first version of Stripe's API with `presentment_details`.
const PRESENTMENT_DETAILS_SINCE: &str = "2025-03-31";

/// What one euro is worth, in millionths of the currency.
const RATES: [(&str, i64); 9] = [
    ("eur", 1_000_000),
    ("usd", 1_132_800),
    ("gbp", 850_000),
    ("jpy", 170_000_000),
    ("chf", 950_000),
    ("sek", 11_500_000),
    ("cad", 1_580_000),
    ("aud", 1_720_000),
    ("vnd", 29_000_000_000),
];

const COUNTRIES: [(&str, &str); 13] = [
    ("US", "usd"),
    ("GB", "gbp"),
    ("JP", "jpy"),
    ("CH", "chf"),
    ("SE", "sek"),
    ("CA", "cad"),
    ("AU", "aud"),
    ("VN", "vnd"),
    ("DE", "eur"),
    ("AT", "eur"),
    ("FR", "eur"),
    ("IT", "eur"),
    ("ES", "eur"),
];

/// The currency of the country in an email address, if it is not `own`.
pub(crate) fn currency_for_email(email: &str, own: Currency) -> Option<Currency> {
    let (_, rest) = email.split_once("+location_")?;
    let country = rest.get(..2)?.to_ascii_uppercase();
    let (_, code) = COUNTRIES.iter().find(|(known, _)| *known == country)?;
    let currency = Currency::parse(code).filter(|currency| *currency != own)?;
    rate(own).and(Some(currency))
}

fn rate(currency: Currency) -> Option<i128> {
    let (_, rate) = RATES.iter().find(|(code, _)| *code == currency.code())?;
    Some(i128::from(*rate))
}

/// Converts an amount and rounds it; returns it unchanged if there is no rate.
pub(crate) fn convert(amount: i64, from: Currency, to: Currency) -> i64 {
    let (Some(rate_from), Some(rate_to)) = (rate(from), rate(to)) else {
        return amount;
    };
    let unit = |currency: Currency| 10_i128.pow(currency.decimals());
    let (above, below) = (rate_to * unit(to), rate_from * unit(from));
    let step = i128::from(to.granularity());
    let converted = (i128::from(amount) * above / below + step / 2) / step * step;
    i64::try_from(converted).unwrap_or(i64::MAX)
}

/// The `presentment_details` of an object with this amount.
pub(crate) fn details(amount: i64, own: Currency, presentment_currency: Currency) -> Value {
    json!({
        "presentment_amount": convert(amount, own, presentment_currency),
        "presentment_currency": presentment_currency.code(),
    })
}

/// Whether this API version is older than `presentment_details`.
pub(crate) fn is_older_version(version: &str) -> bool {
    version
        .get(..10)
        .is_some_and(|date| date < PRESENTMENT_DETAILS_SINCE)
}

/// Converts an object to the shape of versions before [`PRESENTMENT_DETAILS_SINCE`].
pub(crate) fn into_older_shape(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    let Some(details) = fields.remove("presentment_details") else {
        return;
    };
    let currency = |value: Option<&Value>| value?.as_str().and_then(Currency::parse);
    let (Some(from), Some(to)) = (
        currency(fields.get("currency")),
        currency(details.get("presentment_currency")),
    ) else {
        return;
    };
    let change = |value: &mut Value| {
        if let Some(amount) = value.as_i64() {
            *value = json!(convert(amount, from, to));
        }
    };
    if fields
        .get("object")
        .is_some_and(|kind| kind == "checkout.session")
    {
        fields.insert(
            "currency_conversion".to_owned(),
            json!({
                "amount_subtotal": fields.get("amount_subtotal"),
                "amount_total": fields.get("amount_total"),
                "fx_rate": fx_rate(from, to),
                "source_currency": from.code(),
            }),
        );
        let adds_up = |fields: &serde_json::Map<String, Value>, tax: i64| {
            let of = |name: &str| fields.get(name).and_then(Value::as_i64).unwrap_or(0);
            let part = |name: &str| fields["total_details"][name].as_i64().unwrap_or(0);
            let parts = part("amount_shipping") + tax - part("amount_discount");
            (of("amount_total") - of("amount_subtotal") - parts, parts)
        };
        let tax = fields["total_details"]["amount_tax"].as_i64().unwrap_or(0);
        let tax_is_added = adds_up(fields, tax).0 == 0;
        for name in ["total_details", "shipping_cost"] {
            let parts = fields.get_mut(name).and_then(Value::as_object_mut);
            parts
                .into_iter()
                .flat_map(|parts| parts.values_mut())
                .for_each(change);
        }
        for name in ["amount_subtotal", "amount_total"] {
            fields.get_mut(name).into_iter().for_each(change);
        }
        // Rounded parts may not add up; `amount_subtotal` takes the difference.
        let tax = fields["total_details"]["amount_tax"].as_i64().unwrap_or(0);
        let (_, parts) = adds_up(fields, if tax_is_added { tax } else { 0 });
        let total = fields["amount_total"].as_i64().unwrap_or(0);
        fields.insert("amount_subtotal".to_owned(), json!(total - parts));
    } else {
        for name in [
            "amount",
            "amount_capturable",
            "amount_captured",
            "amount_received",
            "amount_refunded",
        ] {
            fields.get_mut(name).into_iter().for_each(change);
        }
    }
    fields.insert("currency".to_owned(), json!(to.code()));
}

/// The exchange rate as Stripe writes it: a decimal number in a string.
fn fx_rate(from: Currency, to: Currency) -> String {
    let (Some(from), Some(to)) = (rate(from), rate(to)) else {
        return "1".to_owned();
    };
    let scaled = to * 1_000_000 / from;
    format!("{}.{:06}", scaled / 1_000_000, scaled % 1_000_000)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn the_email_address_names_the_shoppers_country() {
        let (eur, usd) = (currency("eur"), currency("usd"));
        assert_eq!(
            currency_for_email("ada+location_US@example.com", eur),
            Some(usd)
        );
        for email in [
            "ada@example.com",
            "ada+location_DE@example.com",
            "ada+location_XX@b.c",
        ] {
            assert_eq!(currency_for_email(email, eur), None, "{email}");
        }
        assert_eq!(currency_for_email("ada+location_US@example.com", usd), None);
    }

    #[test]
    fn amounts_are_converted_with_the_decimals_of_both_currencies() {
        let of = |amount, from, to| convert(amount, currency(from), currency(to));
        assert_eq!(of(1250, "eur", "usd"), 1416);
        assert_eq!(of(1250, "eur", "jpy"), 2125);
        assert_eq!(of(5000, "vnd", "eur"), 17);
        assert_eq!(fx_rate(currency("eur"), currency("usd")), "1.132800");
    }

    #[test]
    fn an_older_session_still_adds_up() {
        let mut session = json!({
            "object": "checkout.session", "currency": "eur",
            "amount_subtotal": 1250, "amount_total": 1707,
            "total_details": { "amount_discount": 33, "amount_shipping": 490, "amount_tax": 0 },
            "presentment_details": details(1707, currency("eur"), currency("usd")),
        });
        into_older_shape(&mut session);
        assert_eq!(session["currency"], "usd");
        assert_eq!(session["currency_conversion"]["amount_total"], 1707);
        let of = |value: &Value| value.as_i64().unwrap();
        let parts = &session["total_details"];
        assert_eq!(
            of(&session["amount_subtotal"]) + of(&parts["amount_shipping"])
                - of(&parts["amount_discount"]),
            of(&session["amount_total"])
        );
        assert!(session.get("presentment_details").is_none());
    }
}

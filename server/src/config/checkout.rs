//! What Stripe's page asks shoppers for, and how long they can pay there.

use std::time::Duration;

use shop::checkout::Options;
use shop::checkout::options::{
    AutomaticTax, MAX_SHIPPING_RATES, PaymentMethod, Shipping, ShippingRate,
};
use shop::country::Country;

use super::{ConfigError, invalid};

/// The default for how long a session can be paid and its stock is held.
const DEFAULT_HOLD_MINUTES: u64 = 35;
/// Stripe accepts 30 minutes to 24 hours by its own clock; a minute at either end allows for ours
/// (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at>).
const MIN_HOLD_MINUTES: u64 = 31;
const MAX_HOLD_MINUTES: u64 = 24 * 60 - 1;

/// `SHIPPING_COUNTRIES`, `SHIPPING_RATES`, `AUTOMATIC_TAX`, `PROMOTION_CODES`, `PHONE`,
/// `BILLING_ADDRESS`, `TERMS_OF_SERVICE` and `PAYMENT_METHODS`.
pub(super) fn options(text: &impl Fn(&str) -> Option<String>) -> Result<Options, ConfigError> {
    Ok(Options {
        shipping: shipping(text)?,
        automatic_tax: one_of(
            text,
            "AUTOMATIC_TAX",
            [
                ("no", None),
                ("exclusive", Some(AutomaticTax::Exclusive)),
                ("inclusive", Some(AutomaticTax::Inclusive)),
            ],
        )?,
        promotion_codes: one_of(text, "PROMOTION_CODES", [("no", false), ("yes", true)])?,
        phone: one_of(text, "PHONE", [("no", false), ("yes", true)])?,
        billing_address: one_of(
            text,
            "BILLING_ADDRESS",
            [("auto", false), ("required", true)],
        )?,
        terms_of_service: one_of(
            text,
            "TERMS_OF_SERVICE",
            [("none", false), ("required", true)],
        )?,
        payment_methods: list(text, "PAYMENT_METHODS")
            .iter()
            .map(|name| {
                name.parse::<PaymentMethod>().map_err(|_| {
                    invalid(format!(
                        "PAYMENT_METHODS must be Stripe's names of payment methods, such as \
                         card,sepa_debit; \"{name}\" is not one."
                    ))
                })
            })
            .collect::<Result<_, _>>()?,
    })
}

/// `HOLD_MINUTES`
pub(super) fn hold(text: &impl Fn(&str) -> Option<String>) -> Result<Duration, ConfigError> {
    let minutes = match text("HOLD_MINUTES") {
        None => DEFAULT_HOLD_MINUTES,
        Some(typed) => typed
            .parse()
            .ok()
            .filter(|minutes| (MIN_HOLD_MINUTES..=MAX_HOLD_MINUTES).contains(minutes))
            .ok_or_else(|| {
                invalid(format!(
                    "HOLD_MINUTES must be a whole number from {MIN_HOLD_MINUTES} to \
                     {MAX_HOLD_MINUTES}, not \"{typed}\": Stripe's sessions last 30 minutes to 24 \
                     hours."
                ))
            })?,
    };
    Ok(Duration::from_secs(minutes * 60))
}

/// The value of `SHIPPING_COUNTRIES` for a shop that ships nothing.
const NOTHING_SHIPPED: &str = "none";

/// Whether the owner has set where the shop ships to, even if nowhere.
pub(super) fn shipping_is_decided(text: &impl Fn(&str) -> Option<String>) -> bool {
    !list(text, "SHIPPING_COUNTRIES").is_empty()
}

fn shipping(text: &impl Fn(&str) -> Option<String>) -> Result<Option<Shipping>, ConfigError> {
    if list(text, "SHIPPING_COUNTRIES") == [NOTHING_SHIPPED] {
        return if rates(text)?.is_empty() {
            Ok(None)
        } else {
            Err(invalid(
                "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is none: nothing is shipped. Unset \
                 SHIPPING_RATES, or set SHIPPING_COUNTRIES to codes such as DE,AT.",
            ))
        };
    }
    let countries = list(text, "SHIPPING_COUNTRIES")
        .iter()
        .map(|code| {
            code.parse::<Country>().map_err(|_| {
                invalid(format!(
                    "SHIPPING_COUNTRIES must be two-letter codes such as DE,AT, or none; \
                     \"{code}\" is not a country that Stripe supports for shipping."
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let rates = rates(text)?;
    if countries.is_empty() {
        return if rates.is_empty() {
            Ok(None)
        } else {
            Err(invalid(
                "SHIPPING_RATES is set, but SHIPPING_COUNTRIES is not: Stripe must know which \
                 countries to offer. Set it to codes such as DE,AT.",
            ))
        };
    }
    Ok(Some(Shipping { countries, rates }))
}

fn rates(text: &impl Fn(&str) -> Option<String>) -> Result<Vec<ShippingRate>, ConfigError> {
    let mut rates: Vec<ShippingRate> = Vec::new();
    for item in list(text, "SHIPPING_RATES") {
        let rate: ShippingRate = item.parse().map_err(|_| {
            invalid(format!(
                "SHIPPING_RATES must be names and amounts such as Standard:490,Express:990, in \
                 minor units (490 is 4.90), not \"{item}\"."
            ))
        })?;
        if rates.iter().any(|known| known.name == rate.name) {
            return Err(invalid(format!(
                "SHIPPING_RATES names \"{}\" twice. Shoppers could not tell them apart.",
                rate.name
            )));
        }
        rates.push(rate);
    }
    if rates.len() > MAX_SHIPPING_RATES {
        return Err(invalid(format!(
            "SHIPPING_RATES holds {} rates, and Stripe's page offers at most {MAX_SHIPPING_RATES}.",
            rates.len()
        )));
    }
    Ok(rates)
}

/// The items of a comma-separated list, without duplicates and empty items.
pub(super) fn list(text: &impl Fn(&str) -> Option<String>, name: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for item in text(name).unwrap_or_default().split(',').map(str::trim) {
        if !item.is_empty() && !items.iter().any(|known| known == item) {
            items.push(item.to_owned());
        }
    }
    items
}

/// Reads one of several words. The first one is the default.
pub(super) fn one_of<T: Copy, const N: usize>(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
    words: [(&str, T); N],
) -> Result<T, ConfigError> {
    let typed = text(name).unwrap_or_else(|| words[0].0.to_owned());
    match words.iter().find(|(word, _)| *word == typed) {
        Some((_, value)) => Ok(*value),
        None => {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(invalid(format!(
                "{name} must be {}, not \"{typed}\".",
                words.join(" or ")
            )))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::config::tests::{read, refusal};

    fn options(variables: &[(&str, &str)]) -> Options {
        read(variables).unwrap().options
    }

    #[test]
    fn with_nothing_set_a_shopper_is_asked_for_nothing() {
        let config = read(&[]).unwrap();
        assert_eq!(config.options, Options::default());
        assert_eq!(config.hold, Duration::from_secs(35 * 60));
        let named = [
            ("SHIPPING_COUNTRIES", " , "),
            ("SHIPPING_RATES", ","),
            ("AUTOMATIC_TAX", "no"),
            ("PROMOTION_CODES", "no"),
            ("PHONE", ""),
            ("BILLING_ADDRESS", "auto"),
            ("TERMS_OF_SERVICE", "none"),
            ("PAYMENT_METHODS", ","),
            ("HOLD_MINUTES", " "),
        ];
        assert_eq!(options(&named), Options::default());
    }

    #[test]
    fn every_option_is_read() {
        let options = options(&[
            ("SHIPPING_COUNTRIES", "DE, AT,, DE"),
            ("SHIPPING_RATES", "Standard: 490, Express:990"),
            ("AUTOMATIC_TAX", "inclusive"),
            ("PROMOTION_CODES", "yes"),
            ("PHONE", "yes"),
            ("BILLING_ADDRESS", "required"),
            ("TERMS_OF_SERVICE", "required"),
            ("PAYMENT_METHODS", "card, sepa_debit"),
        ]);
        assert_eq!(
            serde_json::to_value(&options).unwrap(),
            serde_json::json!({
                "shipping": {
                    "countries": ["DE", "AT"],
                    "rates": [
                        { "name": "Standard", "amount": 490 },
                        { "name": "Express", "amount": 990 },
                    ],
                },
                "automatic_tax": "inclusive",
                "promotion_codes": true,
                "phone": true,
                "billing_address": true,
                "terms_of_service": true,
                "payment_methods": ["card", "sepa_debit"],
            })
        );
    }

    #[test]
    fn shipping_without_a_rate_is_free() {
        let options = options(&[("SHIPPING_COUNTRIES", "DE")]);
        assert_eq!(options.shipping.as_ref().unwrap().countries.len(), 1);
        assert_eq!(options.rates(), []);
    }

    #[test]
    fn tax_is_exclusive_or_inclusive() {
        let tax = |word| options(&[("AUTOMATIC_TAX", word)]).automatic_tax;
        assert_eq!(tax("exclusive"), Some(AutomaticTax::Exclusive));
        assert_eq!(tax("inclusive"), Some(AutomaticTax::Inclusive));
    }

    #[test]
    fn rates_need_countries() {
        assert!(
            refusal(&[("SHIPPING_RATES", "Standard:490")])
                .starts_with("SHIPPING_RATES is set, but SHIPPING_COUNTRIES is not")
        );
    }

    #[test]
    fn countries_are_those_that_stripe_ships_to() {
        for bad in ["XX", "Germany", "DE;AT", "DE,KP"] {
            let said = refusal(&[("SHIPPING_COUNTRIES", bad)]);
            assert!(
                said.contains("not a country that Stripe supports"),
                "{said}"
            );
        }
    }

    #[test]
    fn rates_are_names_and_whole_amounts_of_0_or_more() {
        for bad in [
            "490",
            "Standard",
            "Standard:-490",
            "Standard:4.90",
            "Standard:490 EUR",
            "Standard:100000000",
        ] {
            let said = refusal(&[("SHIPPING_COUNTRIES", "DE"), ("SHIPPING_RATES", bad)]);
            assert!(
                said.starts_with("SHIPPING_RATES must be") && said.contains(bad),
                "{said}"
            );
        }
    }

    #[test]
    fn a_session_offers_five_different_ways_to_ship() {
        let with = |rates| [("SHIPPING_COUNTRIES", "DE"), ("SHIPPING_RATES", rates)];
        assert_eq!(options(&with("a:1,b:2,c:3,d:4,e:5")).rates().len(), 5);
        assert!(refusal(&with("a:1,b:2,c:3,d:4,e:5,f:6")).contains("at most 5"));
        assert!(refusal(&with("a:1,b:2,a:3")).contains("\"a\" twice"));
    }

    #[test]
    fn a_word_that_is_not_allowed_is_refused() {
        for (name, words) in [
            ("AUTOMATIC_TAX", "no or exclusive or inclusive"),
            ("PROMOTION_CODES", "no or yes"),
            ("PHONE", "no or yes"),
            ("BILLING_ADDRESS", "auto or required"),
            ("TERMS_OF_SERVICE", "none or required"),
        ] {
            assert_eq!(
                refusal(&[(name, "perhaps")]),
                format!("{name} must be {words}, not \"perhaps\".")
            );
        }
    }

    #[test]
    fn ways_to_pay_are_named_as_stripe_names_them() {
        let said = refusal(&[("PAYMENT_METHODS", "card,cash")]);
        assert!(said.starts_with("PAYMENT_METHODS must be"), "{said}");
        assert!(said.contains("\"cash\""), "{said}");
    }

    #[test]
    fn the_sandbox_knows_two_ways_to_pay() {
        let said = refusal(&[("PAYMENT_METHODS", "card,paypal")]);
        assert!(
            said.contains("paypal") && said.contains("sandbox"),
            "{said}"
        );
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
            ("PAYMENT_METHODS", "card,paypal"),
        ];
        assert_eq!(options(&variables).payment_methods.len(), 2);
    }

    #[test]
    fn a_hold_lasts_as_long_as_stripes_page_can_be_paid_on() {
        let hold = |minutes| read(&[("HOLD_MINUTES", minutes)]).map(|config| config.hold.as_secs());
        assert_eq!(hold("31"), Ok(31 * 60));
        assert_eq!(hold("1439"), Ok(1439 * 60));
        for bad in [
            "0",
            "30",
            "1440",
            "1441",
            "-35",
            "35.5",
            "an hour",
            "99999999999999999999",
        ] {
            let said = hold(bad).unwrap_err().to_string();
            assert!(said.starts_with("HOLD_MINUTES must be"), "{said}");
            assert!(said.contains(bad), "{said}");
        }
    }
}

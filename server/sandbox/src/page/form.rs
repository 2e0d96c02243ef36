//! The payment page's form as it is submitted.

use crate::address::Address;
use crate::api::{Confirmation, Instrument};
use crate::error::ApiError;
use crate::form::Fields;
use crate::objects::payment::{Shopper, TaxId};
use crate::objects::session::{CheckoutSession, MethodType};
use crate::session::Change;

/// The pressed button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Pay,
    /// Update the total.
    Update,
    ApplyCode,
    RemoveCode,
}

/// Field values that may be shown again. Never the card number, the CVC or the IBAN.
#[derive(Default)]
pub(super) struct FormValues {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) expiry: String,
    pub(super) method: Option<MethodType>,
    pub(super) shipping: Address,
    pub(super) billing: Address,
    /// The box for the same billing address was shown and not ticked.
    pub(super) other_billing: bool,
    pub(super) business_name: String,
    pub(super) tax_id: String,
    /// Keys and values of custom fields.
    pub(super) custom_fields: Vec<(String, String)>,
    pub(super) accepts_terms: bool,
    /// A promotion code that is not applied (yet).
    pub(super) code: String,
}

impl FormValues {
    /// The values of a shopper whose payment was not completed.
    pub(super) fn from_shopper(shopper: Shopper) -> FormValues {
        let shipping = *shopper.shipping.unwrap_or_default();
        FormValues {
            email: shopper.email,
            name: shopper.name.unwrap_or(shipping.name),
            phone: shopper.phone.unwrap_or_default(),
            other_billing: shopper
                .billing
                .as_ref()
                .is_some_and(|billing| **billing != shipping.address),
            shipping: shipping.address,
            billing: *shopper.billing.unwrap_or_default(),
            business_name: shopper.business_name.unwrap_or_default(),
            tax_id: shopper
                .tax_id
                .map(|tax_id| tax_id.value)
                .unwrap_or_default(),
            custom_fields: shopper.custom_fields,
            accepts_terms: shopper.accepted_terms,
            ..FormValues::default()
        }
    }
}

/// The submitted form. It has no `Debug`, because it holds card numbers.
pub(super) struct Submission {
    pub(super) action: Action,
    pub(super) typed: FormValues,
    number: String,
    cvc: String,
    iban: String,
    /// As typed; it is shown again only if it looks like an expiry date.
    expiry: String,
    shipping_rate: Option<String>,
    expected_amount: Option<i64>,
}

impl Submission {
    /// Reads the page's fields; unknown fields are ignored.
    pub(super) fn read(mut fields: Fields) -> Result<Submission, ApiError> {
        let mut text = |key: &str| {
            let text = fields.text(key)?.unwrap_or_default();
            Ok::<String, ApiError>(text.trim().chars().take(254).collect())
        };
        let action = match text("action")?.as_str() {
            "update" => Action::Update,
            "apply" => Action::ApplyCode,
            "remove" => Action::RemoveCode,
            _ => Action::Pay,
        };
        let method = match text("method")?.as_str() {
            "sepa_debit" => MethodType::SepaDebit,
            _ => MethodType::Card,
        };
        let expiry = text("expiry")?;
        let mut typed = FormValues {
            email: text("email")?,
            name: text("name")?,
            phone: text("phone")?,
            expiry: shown_expiry(&expiry),
            method: Some(method),
            shipping: read_address("shipping", &mut text)?,
            billing: read_address("billing", &mut text)?,
            other_billing: text("billing_same")?.is_empty(),
            business_name: text("business_name")?,
            tax_id: text("tax_id")?,
            custom_fields: Vec::new(),
            accepts_terms: !text("terms_of_service")?.is_empty(),
            code: text("promotion_code")?,
        };
        let (number, cvc, iban) = (text("number")?, text("cvc")?, text("iban")?);
        let shipping_rate = Some(text("shipping_rate")?).filter(|rate| !rate.is_empty());
        typed.custom_fields = fields.metadata("custom_fields")?;
        Ok(Submission {
            action,
            typed,
            number,
            cvc,
            iban,
            expiry,
            shipping_rate,
            expected_amount: fields.integer("expected_amount")?,
        })
    }

    /// The confirmation for this session, with only the details that the session collects.
    pub(super) fn confirmation(&self, session: &CheckoutSession) -> Confirmation {
        let (typed, options) = (&self.typed, session.options());
        let non_empty = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let ships = options.collects_shipping_address();
        let same = ships && !typed.other_billing;
        let billing = if same {
            &typed.shipping
        } else {
            &typed.billing
        };
        let collects_tax_id = options.tax_id_required.is_some();
        Confirmation {
            email: non_empty(&typed.email),
            name: non_empty(&typed.name),
            phone: non_empty(&typed.phone).filter(|_| options.phone_number_collection),
            shipping_name: None,
            shipping_address: ships.then(|| typed.shipping.clone()),
            shipping_rate: self.shipping_rate.clone(),
            billing_address: options.requires_billing_address().then(|| billing.clone()),
            promotion_code: non_empty(&typed.code)
                .filter(|_| options.allow_promotion_codes == Some(true)),
            business_name: non_empty(&typed.business_name).filter(|_| collects_tax_id),
            tax_id: non_empty(&typed.tax_id)
                .filter(|_| collects_tax_id)
                .map(tax_id),
            custom_fields: typed.custom_fields.clone(),
            accepts_terms: typed.accepts_terms,
            expected_amount: self.expected_amount,
            instrument: Some(self.instrument()),
        }
    }

    /// The change of the session that affects its total.
    pub(super) fn session_change(&self, session: &CheckoutSession) -> Change {
        let change = self.confirmation(session).change(session);
        match self.action {
            Action::RemoveCode => Change {
                promotion_code: None,
                remove_promotion_code: true,
                ..change
            },
            _ => change,
        }
    }

    fn instrument(&self) -> Instrument {
        if self.typed.method == Some(MethodType::SepaDebit) {
            return Instrument::SepaDebit {
                iban: self.iban.clone(),
            };
        }
        let (exp_month, exp_year) = split_expiry(&self.expiry);
        Instrument::Card {
            number: self.number.clone(),
            exp_month,
            exp_year,
            cvc: self.cvc.clone(),
        }
    }
}

/// A tax id as typed. Stripe's page asks for its type; this one derives it from the beginning.
fn tax_id(value: String) -> TaxId {
    let kind = match value.get(..2) {
        Some("GB") => "gb_vat",
        Some("CH") => "ch_vat",
        _ => "eu_vat",
    };
    TaxId {
        kind: kind.to_owned(),
        value,
    }
}

fn read_address(
    prefix: &str,
    text: &mut impl FnMut(&str) -> Result<String, ApiError>,
) -> Result<Address, ApiError> {
    let mut part = |key: &str| text(&format!("{prefix}_{key}"));
    Ok(Address {
        line1: part("line1")?,
        line2: part("line2")?,
        city: part("city")?,
        postal_code: part("postal_code")?,
        state: part("state")?,
        country: part("country")?,
    })
}

/// Returns only what looks like an expiry date: a card number typed into the wrong field must not
/// be shown again.
fn shown_expiry(expiry: &str) -> String {
    let digits = expiry.chars().filter(char::is_ascii_digit).count();
    if digits <= 6 && expiry.len() <= 9 {
        expiry.to_owned()
    } else {
        String::new()
    }
}

/// Splits `12 / 30`, `12/2030` or `1230` into month and year.
fn split_expiry(expiry: &str) -> (String, String) {
    let expiry = expiry.trim();
    let halves = expiry.split_once(['/', '-', ' ']).or_else(|| {
        let short = expiry.len() == 4 && expiry.is_ascii();
        short.then(|| expiry.split_at(2))
    });
    let (month, year) = halves.unwrap_or((expiry, ""));
    (
        month.trim().to_owned(),
        year.trim_matches([' ', '/', '-']).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_read_however_it_is_typed() {
        for typed in ["12/30", "12 / 30", "1230", "12-30", " 12 30 "] {
            assert_eq!(
                split_expiry(typed),
                ("12".to_owned(), "30".to_owned()),
                "{typed}"
            );
        }
        assert_eq!(split_expiry("1/2030"), ("1".to_owned(), "2030".to_owned()));
        assert_eq!(split_expiry(""), (String::new(), String::new()));
        assert_eq!(split_expiry("ää"), ("ää".to_owned(), String::new()));
    }

    #[test]
    fn a_card_number_in_the_wrong_field_is_not_shown_again() {
        assert_eq!(shown_expiry("12 / 30"), "12 / 30");
        assert_eq!(shown_expiry("4242424242424242"), "");
    }
}

//! `/v1/payment_pages/{session}/confirm`: pays without a browser, for tests. The payment page uses
//! the same function.
//!
//! Returns the session. If the card requires 3-D Secure, the session is still open and its
//! `payment_intent` is expanded: the intent's `next_action.redirect_to_url.url` is the page where
//! the shopper approves the payment, by posting `answer=approve` or `answer=fail` to it.

use time::OffsetDateTime;

use super::checkout_sessions::{find, is_email, render};
use super::{Call, Reply};
use crate::address::Address;
use crate::error::ApiError;
use crate::form::Fields;
use crate::objects::payment::{ShippingDetails, Shopper, TaxId};
use crate::objects::session::{CheckoutSession, MethodType, Status};
use crate::session::{self, Change, Payment};
use crate::store::Transaction;
use crate::test_cards::{check_card, check_iban};

/// What a shopper typed. Has no `Debug`, as it contains card numbers.
#[derive(Default)]
pub(crate) struct Confirmation {
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    /// The recipient's name; defaults to `name`.
    pub(crate) shipping_name: Option<String>,
    pub(crate) shipping_address: Option<Address>,
    /// A shipping option's id; `None` keeps the current one.
    pub(crate) shipping_rate: Option<String>,
    pub(crate) billing_address: Option<Address>,
    /// As typed, or a promotion code's id.
    pub(crate) promotion_code: Option<String>,
    pub(crate) business_name: Option<String>,
    pub(crate) tax_id: Option<TaxId>,
    /// Keys and values of custom fields.
    pub(crate) custom_fields: Vec<(String, String)>,
    pub(crate) accepts_terms: bool,
    /// The total that the shopper saw, in minor units.
    pub(crate) expected_amount: Option<i64>,
    /// `None` for a session whose total is zero.
    pub(crate) instrument: Option<Instrument>,
}

/// The card or bank account to charge.
pub(crate) enum Instrument {
    Card {
        number: String,
        exp_month: String,
        exp_year: String,
        cvc: String,
    },
    SepaDebit {
        iban: String,
    },
}

/// `POST /v1/payment_pages/{session}/confirm`
pub(crate) fn confirm(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let confirmation = read_confirmation(call.fields())?;
    let session = confirm_session(&call.id, confirmation, tx)?;
    let mut body = render(&session, tx.store(), tx.origin(), &[]);
    if session.status == Status::Open
        && let Some(intent) = tx.payment_intent_of(&session)
    {
        body["payment_intent"] = intent.json(None);
    }
    Ok(Reply::new(body))
}

/// Pays a session with what the shopper typed.
///
/// # Errors
/// 404 for an unknown session; 400 if it is not open, if a required field is missing, or if the
/// total differs from `expected_amount`; 402 if the card is declined. `param` names the field.
pub(crate) fn confirm_session(
    id: &str,
    confirmation: Confirmation,
    tx: &mut Transaction<'_>,
) -> Result<CheckoutSession, ApiError> {
    let session = find(tx.store(), id)?.clone();
    session::require_unexpired(tx, &session, "paid")?;
    refuse_unrequested(&session, &confirmation)?;
    let change = confirmation.change(&session);
    let session = session::with_change(tx.store(), &session, change, tx.now())?;
    if confirmation
        .expected_amount
        .is_some_and(|expected| expected != session.total())
    {
        return Err(ApiError::invalid(
            "The amount of this Checkout Session is another one than was expected.",
        )
        .param("expected_amount"));
    }
    let shopper = read_shopper(&session, &confirmation)?;
    session.check_redeemable(tx.store(), tx.now())?;
    let payment = check_instrument(&session, confirmation.instrument, tx.now())?;
    session::pay(tx, &session, shopper, &payment)
}

impl Confirmation {
    /// The part that the total depends on.
    pub(crate) fn change(&self, session: &CheckoutSession) -> Change {
        let address = match session.options().collects_shipping_address() {
            true => &self.shipping_address,
            false => &self.billing_address,
        };
        let country = address.as_ref().map(|address| address.country.clone());
        Change {
            promotion_code: self.promotion_code.clone(),
            remove_promotion_code: false,
            shipping_rate: self.shipping_rate.clone(),
            country: country.filter(|country| crate::countries::name(country).is_some()),
        }
    }
}

/// Refuses fields that the session's payment page does not have: a test that sends them expects
/// another session.
fn refuse_unrequested(
    session: &CheckoutSession,
    confirmation: &Confirmation,
) -> Result<(), ApiError> {
    let options = session.options();
    let refuse = |what: &str, param: &str| {
        Err(
            ApiError::invalid(format!("This Checkout Session does not ask for {what}."))
                .param(param),
        )
    };
    if confirmation.shipping_address.is_some() && !options.collects_shipping_address() {
        return refuse("a shipping address", "shipping[address]");
    }
    if confirmation.phone.is_some() && !options.phone_number_collection {
        return refuse("a phone number", "phone");
    }
    let is_business = confirmation.business_name.is_some() || confirmation.tax_id.is_some();
    if is_business && options.tax_id_required.is_none() {
        return refuse("a tax id", "tax_id");
    }
    let known = |key: &str| options.custom_fields.iter().any(|field| field.key == key);
    match confirmation
        .custom_fields
        .iter()
        .find(|(key, _)| !known(key))
    {
        Some((key, _)) => refuse("this custom field", &format!("custom_fields[{key}]")),
        None => Ok(()),
    }
}

fn read_shopper(
    session: &CheckoutSession,
    confirmation: &Confirmation,
) -> Result<Shopper, ApiError> {
    let options = session.options();
    let typed = confirmation.email.as_ref();
    let email = session
        .customer_email
        .clone()
        .or(typed.map(|email| email.trim().to_owned()))
        .ok_or_else(|| ApiError::parameter_missing("email"))?;
    if !is_email(&email) {
        return Err(ApiError::invalid("Your email address is invalid.")
            .code("email_invalid")
            .param("email"));
    }
    if options.phone_number_collection {
        let phone = confirmation.phone.as_ref();
        require_phone(phone.ok_or_else(|| ApiError::parameter_missing("phone"))?)?;
    }
    let shipping = match options.collects_shipping_address() {
        true => Some(Box::new(read_shipping_details(session, confirmation)?)),
        false => None,
    };
    if options.requires_billing_address() || confirmation.billing_address.is_some() {
        let address = confirmation.billing_address.clone().unwrap_or_default();
        address.require("billing[address]", &[])?;
    }
    if options.requires_terms() && !confirmation.accepts_terms {
        return Err(ApiError::parameter_missing("terms_of_service"));
    }
    Ok(Shopper {
        business_name: confirmation.business_name.clone(),
        tax_id: confirmation.tax_id.clone(),
        custom_fields: read_custom_fields(session, confirmation)?,
        email,
        name: confirmation.name.clone(),
        phone: confirmation.phone.clone(),
        billing: confirmation.billing_address.clone().map(Box::new),
        shipping,
        accepted_terms: options.requires_terms(),
    })
}

fn read_shipping_details(
    session: &CheckoutSession,
    confirmation: &Confirmation,
) -> Result<ShippingDetails, ApiError> {
    let name = confirmation.shipping_name.as_ref();
    let name = name
        .or(confirmation.name.as_ref())
        .ok_or_else(|| ApiError::parameter_missing("shipping[name]"))?;
    let address = confirmation.shipping_address.clone().unwrap_or_default();
    address.require("shipping[address]", &session.options().shipping_countries)?;
    Ok(ShippingDetails {
        name: name.clone(),
        address,
    })
}

/// Checks the custom fields. Empty ones count as not filled in.
fn read_custom_fields(
    session: &CheckoutSession,
    confirmation: &Confirmation,
) -> Result<Vec<(String, String)>, ApiError> {
    let mut filled = Vec::new();
    for field in &session.options().custom_fields {
        let name = format!("custom_fields[{}]", field.key);
        let mut typed = confirmation.custom_fields.iter();
        let typed = typed.find(|(key, _)| *key == field.key);
        let value = typed.map_or("", |(_, value)| value.trim());
        if value.is_empty() {
            if field.optional {
                continue;
            }
            return Err(ApiError::parameter_missing(&name));
        }
        let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
        let longest = field.maximum_length.unwrap_or(255);
        let shortest = field.minimum_length.unwrap_or(1);
        if !(shortest..=longest).contains(&length) {
            return Err(ApiError::invalid(format!(
                "{} must have {shortest} to {longest} characters.",
                field.label
            ))
            .param(name));
        }
        filled.push((field.key.clone(), value.to_owned()));
    }
    Ok(filled)
}

/// Refuses a text that does not look like a phone number.
fn require_phone(phone: &str) -> Result<(), ApiError> {
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let plain = |c: char| c.is_ascii_digit() || "+-()./ ".contains(c);
    if (5..=20).contains(&digits) && phone.chars().all(plain) {
        return Ok(());
    }
    Err(ApiError::invalid("Your phone number is invalid.").param("phone"))
}

fn read_confirmation(mut fields: Fields) -> Result<Confirmation, ApiError> {
    let email = fields.text("email")?;
    let name = fields.short_text("name", 200)?;
    let phone = fields.short_text("phone", 40)?;
    let promotion_code = fields.short_text("promotion_code", 500)?;
    let accepts_terms = fields.boolean("terms_of_service")?.unwrap_or(false);
    let expected_amount = fields.integer("expected_amount")?;
    let (mut shipping_name, mut shipping_rate, mut shipping_address) = (None, None, None);
    if let Some(mut shipping) = fields.fields("shipping")? {
        shipping_name = shipping.short_text("name", 200)?;
        shipping_rate = shipping.text("rate")?;
        let address = shipping.fields("address")?;
        shipping_address = address.map(Address::read).transpose()?;
        shipping.finish()?;
    }
    let mut billing_address = None;
    if let Some(mut billing) = fields.fields("billing")? {
        let address = billing.fields("address")?;
        billing_address = address.map(Address::read).transpose()?;
        billing.finish()?;
    }
    let business_name = fields.short_text("business_name", 150)?;
    let tax_id = fields.fields("tax_id")?.map(read_tax_id).transpose()?;
    let custom_fields = fields.metadata("custom_fields")?;
    let instrument = read_instrument(&mut fields)?;
    fields.finish()?;
    Ok(Confirmation {
        email,
        name,
        phone,
        shipping_name,
        shipping_address,
        shipping_rate,
        billing_address,
        promotion_code,
        business_name,
        tax_id,
        custom_fields,
        accepts_terms,
        expected_amount,
        instrument,
    })
}

fn read_tax_id(mut hash: Fields) -> Result<TaxId, ApiError> {
    let (type_name, value_name) = (hash.name_of("type"), hash.name_of("value"));
    let kind = hash.short_text("type", 20)?;
    let value = hash.short_text("value", 100)?;
    hash.finish()?;
    Ok(TaxId {
        kind: kind.ok_or_else(|| ApiError::parameter_missing(&type_name))?,
        value: value.ok_or_else(|| ApiError::parameter_missing(&value_name))?,
    })
}

fn read_instrument(fields: &mut Fields) -> Result<Option<Instrument>, ApiError> {
    let card = fields.fields("card")?;
    let sepa_debit = fields.fields("sepa_debit")?;
    match (card, sepa_debit) {
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "Pay with a card or by SEPA Direct Debit, not both.",
        )
        .code("parameters_exclusive")),
        (Some(mut card), None) => {
            let mut text = |key| card.text(key).map(Option::unwrap_or_default);
            let (number, exp_month) = (text("number")?, text("exp_month")?);
            let (exp_year, cvc) = (text("exp_year")?, text("cvc")?);
            card.finish()?;
            Ok(Some(Instrument::Card {
                number,
                exp_month,
                exp_year,
                cvc,
            }))
        }
        (None, Some(mut sepa_debit)) => {
            let iban = sepa_debit.text("iban")?.unwrap_or_default();
            sepa_debit.finish()?;
            Ok(Some(Instrument::SepaDebit { iban }))
        }
        (None, None) => Ok(None),
    }
}

fn check_instrument(
    session: &CheckoutSession,
    instrument: Option<Instrument>,
    now: i64,
) -> Result<Payment, ApiError> {
    if session.total() == 0 {
        return Ok(Payment::Nothing);
    }
    let offered = session.payment_methods();
    let require = |method: MethodType| match offered.contains(&method) {
        true => Ok(()),
        false => Err(ApiError::invalid(
            "This Checkout Session does not offer that payment method.",
        )
        .param(method.name())),
    };
    match instrument {
        None => Err(ApiError::parameter_missing("card")),
        Some(Instrument::SepaDebit { iban }) => {
            require(MethodType::SepaDebit)?;
            Ok(Payment::SepaDebit {
                account: check_iban(&iban)?,
            })
        }
        Some(Instrument::Card {
            number,
            exp_month,
            exp_year,
            cvc,
        }) => {
            require(MethodType::Card)?;
            let today =
                OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
            let today = (i64::from(today.year()), i64::from(u8::from(today.month())));
            Ok(Payment::Card(check_card(
                &number, &exp_month, &exp_year, &cvc, today,
            )?))
        }
    }
}

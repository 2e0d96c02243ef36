//! `/v1/payment_pages/{session}/confirm`: pays without a browser, for tests. The payment page uses the same function.

use time::OffsetDateTime;

use super::checkout_sessions::{is_email, render};
use super::{Call, Reply};
use crate::error::ApiError;
use crate::form::Fields;
use crate::payment::Shopper;
use crate::session::{self, CheckoutSession, MethodType, Payment};
use crate::store::Transaction;
use crate::test_cards::{check_card, check_iban};

/// What a shopper typed. It cannot be printed: there are card numbers in it.
pub(crate) struct Confirmation {
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    /// The total that was shown, in minor units.
    pub(crate) expected_amount: Option<i64>,
    /// `None` for a session with nothing to pay.
    pub(crate) instrument: Option<Instrument>,
}

/// What is to be charged.
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
    Ok(Reply::new(render(&session, tx.store(), tx.origin(), &[])))
}

/// Pays a session with what the shopper typed.
///
/// # Errors
/// 404 for an unknown session, 400 when it is not open or the amount is another one than was shown, 402 when the card
/// is refused. `param` names the field.
pub(crate) fn confirm_session(
    id: &str,
    confirmation: Confirmation,
    tx: &mut Transaction<'_>,
) -> Result<CheckoutSession, ApiError> {
    let session = tx
        .store()
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))?
        .clone();
    session.require_open("paid")?;
    if confirmation
        .expected_amount
        .is_some_and(|expected| expected != session.total())
    {
        return Err(ApiError::invalid(
            "The amount of this Checkout Session is another one than was expected.",
        )
        .param("expected_amount"));
    }
    let typed = confirmation.email.map(|email| email.trim().to_owned());
    let email = session
        .customer_email
        .clone()
        .or(typed)
        .ok_or_else(|| ApiError::parameter_missing("email"))?;
    if !is_email(&email) {
        return Err(ApiError::invalid("Your email address is invalid.")
            .code("email_invalid")
            .param("email"));
    }
    let payment = check_instrument(&session, confirmation.instrument, tx.now())?;
    session::pay(
        tx,
        &session,
        Shopper {
            email,
            name: confirmation.name,
        },
        &payment,
    )
}

fn read_confirmation(mut fields: Fields) -> Result<Confirmation, ApiError> {
    let email = fields.text("email")?;
    let name = fields.short_text("name", 200)?;
    let expected_amount = fields.integer("expected_amount")?;
    let card = fields.fields("card")?;
    let sepa_debit = fields.fields("sepa_debit")?;
    fields.finish()?;
    let instrument = match (card, sepa_debit) {
        (Some(_), Some(_)) => {
            return Err(
                ApiError::invalid("Pay with a card or by SEPA Direct Debit, not both.")
                    .code("parameters_exclusive"),
            );
        }
        (Some(mut card), None) => {
            let mut text = |key| card.text(key).map(Option::unwrap_or_default);
            let (number, exp_month) = (text("number")?, text("exp_month")?);
            let (exp_year, cvc) = (text("exp_year")?, text("cvc")?);
            card.finish()?;
            Some(Instrument::Card {
                number,
                exp_month,
                exp_year,
                cvc,
            })
        }
        (None, Some(mut sepa_debit)) => {
            let iban = sepa_debit.text("iban")?.unwrap_or_default();
            sepa_debit.finish()?;
            Some(Instrument::SepaDebit { iban })
        }
        (None, None) => None,
    };
    Ok(Confirmation {
        email,
        name,
        expected_amount,
        instrument,
    })
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

//! What an event changes: reads its fact, asks [`crate::lifecycle`] what follows, and writes that.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::payload::{Envelope, SessionPayload};
use super::{ApplyError, Outcome};
use crate::checkout::{Quote, lock, stock, with_lines};
use crate::clock;
use crate::entity::checkout;
use crate::lifecycle::{self, CheckoutState, Fact, Move, StockEffect};
use crate::orders::{self, Flag, Payment};
use crate::token::CheckoutId;

pub(super) async fn apply(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
    livemode: bool,
) -> Result<Outcome, ApplyError> {
    if envelope.livemode != livemode {
        let (theirs, ours) = if livemode {
            ("test", "live")
        } else {
            ("live", "test")
        };
        return Err(ApplyError::Lasting(format!(
            "a {theirs} event came to a shop with a {ours} key"
        )));
    }
    match envelope.r#type.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => session(transaction, envelope).await,
        _ => Ok(Outcome::Ignored("a type that the shop does not need")),
    }
}

async fn session(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
) -> Result<Outcome, ApplyError> {
    let session: SessionPayload = serde_json::from_value(envelope.data.object.clone())
        .map_err(|_| ApplyError::Lasting("the session cannot be read".to_owned()))?;
    let reference = session
        .client_reference_id
        .as_deref()
        .and_then(|id| id.parse::<CheckoutId>().ok());
    let Some(reference) = reference else {
        return Ok(Outcome::Ignored("not a checkout of this shop"));
    };
    let Some(checkout) = lock(transaction, reference.as_str()).await? else {
        return Ok(Outcome::Ignored("not a checkout of this shop"));
    };
    if checkout
        .stripe_session_id
        .as_ref()
        .is_some_and(|known| *known != session.id)
    {
        return Ok(Outcome::Ignored("the checkout belongs to another session"));
    }
    let fact = fact(envelope, &session)?;
    let quote = with_lines(transaction, checkout).await?;
    let answer = lifecycle::apply(quote.state, fact);
    let mut flag = None;
    match answer.stock {
        StockEffect::None => {}
        StockEffect::SellHeld => stock::sell_held(transaction, &quote.checkout.id).await?,
        StockEffect::Release => stock::release(transaction, &quote.checkout.id).await?,
        StockEffect::SellLate => {
            if !stock::sell_late(transaction, &quote.checkout.id).await? {
                flag = Some(Flag::Oversold);
            }
        }
    }
    if answer.to != quote.state {
        record(transaction, &quote, &session.id, answer).await?;
    }
    if answer.creates_order {
        let payment = payment(&session)?;
        // A wrong amount weighs more than a missing piece.
        let flag = orders::compare(&quote.checkout, &payment).or(flag);
        let paid_at = time::OffsetDateTime::from_unix_timestamp(envelope.created)
            .unwrap_or_else(|_| clock::now());
        orders::create(transaction, &quote, payment, flag, paid_at).await?;
    }
    Ok(Outcome::Applied {
        checkout: quote.checkout.id,
    })
}

/// `completed` is not yet "paid": its `payment_status` decides (<https://docs.stripe.com/checkout/fulfillment>).
fn fact(envelope: &Envelope, session: &SessionPayload) -> Result<Fact, ApplyError> {
    let status = session.payment_status.as_deref();
    match (envelope.r#type.as_str(), status) {
        ("checkout.session.expired", _) => Ok(Fact::Expired),
        ("checkout.session.async_payment_failed", _) => Ok(Fact::PaymentFailed),
        (_, Some("paid" | "no_payment_required")) => Ok(Fact::Paid),
        ("checkout.session.completed", Some("unpaid")) => Ok(Fact::Processing),
        (r#type, _) => Err(ApplyError::Lasting(format!(
            "{type} with an unknown payment_status"
        ))),
    }
}

/// Moves the checkout. Its row is locked, so nothing has moved it since it was read.
async fn record(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    session: &str,
    answer: Move,
) -> Result<(), ApplyError> {
    let mut update = checkout::Entity::update_many()
        .col_expr(checkout::Column::State, Expr::value(answer.to.as_str()))
        .col_expr(checkout::Column::StripeSessionId, Expr::value(session))
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(&quote.checkout.id));
    if matches!(answer.to, CheckoutState::Failed | CheckoutState::Expired) {
        update = update.col_expr(
            checkout::Column::Attempt,
            Expr::value(Option::<String>::None),
        );
    }
    update.exec(transaction).await?;
    Ok(())
}

fn payment(session: &SessionPayload) -> Result<Payment, ApplyError> {
    let missing = |what: &str| ApplyError::Lasting(format!("a paid session without {what}"));
    let currency = session.currency.as_deref().map(str::to_ascii_lowercase);
    let currency = currency
        .filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()))
        .ok_or_else(|| missing("currency"))?;
    let details = session.total_details.clone().unwrap_or_default();
    let customer = session.customer_details.clone().unwrap_or_default();
    Ok(Payment {
        session: session.id.clone(),
        payment_intent: session.payment_intent_id(),
        status: session.payment_status.clone().unwrap_or_default(),
        currency,
        subtotal: session.amount_subtotal.ok_or_else(|| missing("subtotal"))?,
        discount: details.amount_discount.unwrap_or(0),
        shipping: details.amount_shipping.unwrap_or(0),
        tax: details.amount_tax.unwrap_or(0),
        total: session.amount_total.ok_or_else(|| missing("total"))?,
        email: customer.email,
        name: customer.name,
    })
}

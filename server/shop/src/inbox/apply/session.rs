//! `checkout.session.*`: the checkout moves, and where money was confirmed an order comes to be.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use crate::LatePayment;
use crate::checkout::stock::Taken;
use crate::checkout::{Options, Quote, forget_client, lock, stock, with_lines};
use crate::entity::checkout;
use crate::inbox::payload::{CurrencyConversion, Envelope, SessionPayload};
use crate::inbox::{ApplyError, Outcome};
use crate::lifecycle::{self, CheckoutState, Fact, Move, StockEffect};
use crate::orders::{self, Flag, Payment};
use crate::outbox::{self, Attention, Mail, Task};
use crate::token::CheckoutId;
use crate::{Settings, clock, crash_points};

pub(super) async fn apply(
    transaction: &DatabaseTransaction,
    envelope: &Envelope,
    settings: &Settings,
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
        let ours = session.metadata.shop.as_deref() == Some(settings.identity.id.as_str());
        return Ok(Outcome::Ignored(if ours {
            // A restored database: reconcile compares the sessions themselves, and tells of it.
            "a checkout of this shop that its database does not know: see `till reconcile`"
        } else {
            "not a checkout of this shop"
        }));
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
    if answer.to != quote.state {
        crash_points::reach("apply:before-move");
        move_checkout(transaction, &quote, &session.id, answer).await?;
        crash_points::reach("apply:after-move");
    }
    let mut ordered = None;
    if answer.creates_order {
        let payment = payment(&session, &orders::options(&quote.checkout))?;
        ordered.clone_from(&payment.payment_intent);
        order(
            transaction,
            &quote,
            payment,
            answer.stock,
            envelope,
            settings,
        )
        .await?;
    } else {
        if answer.to != quote.state {
            let mail = match answer.to {
                CheckoutState::Processing => Some(Mail::Processing),
                CheckoutState::Failed => Some(Mail::Failed),
                _ => None,
            };
            if let Some(mail) = mail {
                outbox::enqueue(transaction, &quote.checkout.id, &Task::Mail { mail }).await?;
            }
        }
        move_stock(transaction, &quote, answer.stock, settings.late_payment).await?;
    }
    Ok(Outcome::Applied {
        checkout: quote.checkout.id,
        ordered,
    })
}

/// What was taken out of the stock for a sale.
#[derive(Debug, Default)]
struct Sold {
    taken: Taken,
    /// Paid after the hold was given up, and not all pieces were there any more.
    oversold: bool,
}

async fn move_stock(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    effect: StockEffect,
    late_payment: LatePayment,
) -> Result<Sold, ApplyError> {
    crash_points::reach("apply:before-stock");
    let mut sold = Sold::default();
    match effect {
        StockEffect::None => {}
        StockEffect::Release => stock::release(transaction, &quote.lines).await?,
        StockEffect::SellHeld => sold.taken = stock::sell_held(transaction, &quote.lines).await?,
        StockEffect::SellLate => match stock::sell_late(transaction, &quote.lines).await? {
            Some(taken) => sold.taken = taken,
            None => {
                sold.oversold = true;
                if late_payment == LatePayment::Accept {
                    sold.taken = stock::sell_what_is_left(transaction, &quote.lines).await?;
                }
            }
        },
    }
    crash_points::reach("apply:after-stock");
    Ok(sold)
}

/// Sells the pieces, writes the order, and what must be told or given back because of it.
///
/// Who sells the same product waits from the sale until the commit. So the sale comes late: after it, only the lines are
/// written, which say what was taken, the note at the event, and what has waited for this order. A sale without a hold must
/// come first, because what is told depends on how it ends.
async fn order(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    payment: Payment,
    sale: StockEffect,
    envelope: &Envelope,
    settings: &Settings,
) -> Result<(), ApplyError> {
    let held = sale == StockEffect::SellHeld;
    let mut sold = Sold::default();
    if !held {
        sold = move_stock(transaction, quote, sale, settings.late_payment).await?;
    }
    // A wrong amount weighs more than a missing piece.
    let flag =
        orders::compare(&quote.checkout, &payment).or(sold.oversold.then_some(Flag::Oversold));
    let refunding = sold.oversold
        && settings.late_payment == LatePayment::Refund
        && payment.payment_intent.is_some()
        && payment.total > 0;
    crash_points::reach("apply:before-order");
    let paid_at = envelope.created_at();
    let numbers = &settings.order_numbers;
    let created = orders::create(transaction, quote, payment, flag, paid_at, numbers).await?;
    crash_points::reach("apply:after-order");
    if created.is_some() {
        let mail = if sold.oversold {
            Mail::PaidLate { refunding }
        } else {
            Mail::Paid
        };
        enqueue(transaction, &quote.checkout.id, mail, refunding, flag).await?;
        // What goes back at once is not to be sent: the mail about its flag says so.
        if settings.mail_new_orders && !refunding {
            let mail = Mail::NewOrder;
            outbox::enqueue(transaction, &quote.checkout.id, &Task::Mail { mail }).await?;
        }
    }
    if held {
        sold = move_stock(transaction, quote, sale, settings.late_payment).await?;
    }
    if let Some(created) = created {
        orders::add_lines(transaction, created.id, quote, &sold.taken).await?;
        if let Some(flag) = flag {
            let number = created.number;
            tracing::error!(
                order = number,
                flag = flag.as_str(),
                "order {number} was paid but needs the owner's attention: {}",
                flag.words()
            );
        }
    }
    Ok(())
}

/// What a new order has to be followed by: the shopper's mail, the money back, the owner's mail.
async fn enqueue(
    transaction: &DatabaseTransaction,
    checkout: &str,
    mail: Mail,
    refunding: bool,
    flag: Option<Flag>,
) -> Result<(), ApplyError> {
    outbox::enqueue(transaction, checkout, &Task::Mail { mail }).await?;
    if refunding {
        outbox::enqueue(transaction, checkout, &Task::refund()).await?;
    }
    if let Some(flag) = flag {
        let reason = Attention::Flagged {
            flag: flag.as_str().to_owned(),
        };
        let mail = Mail::Attention { reason };
        outbox::enqueue(transaction, checkout, &Task::Mail { mail }).await?;
    }
    Ok(())
}

/// `completed` is not yet "paid": its `payment_status` decides (<https://docs.stripe.com/checkout/fulfillment>).
fn fact(envelope: &Envelope, session: &SessionPayload) -> Result<Fact, ApplyError> {
    let status = session.payment_status.as_deref();
    match (envelope.r#type.as_str(), status) {
        ("checkout.session.expired", _) => Ok(Fact::Expired),
        ("checkout.session.async_payment_failed", _) => Ok(Fact::PaymentFailed),
        (_, Some("paid" | "no_payment_required")) => Ok(Fact::Paid),
        ("checkout.session.completed", Some("unpaid")) => Ok(Fact::Processing),
        // It decides about money, so that nobody may guess what a new word means.
        (r#type, status) => {
            let status: String = status.unwrap_or("none").chars().take(50).collect();
            Err(ApplyError::Lasting(format!(
                "{type} with a payment_status that is not known: {status}"
            )))
        }
    }
}

/// Moves the checkout. Its row is locked, so nothing has moved it since it was read.
async fn move_checkout(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    session: &str,
    answer: Move,
) -> Result<(), ApplyError> {
    let mut update = checkout::Entity::update_many()
        .col_expr(checkout::Column::State, Expr::value(answer.to.as_str()))
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(&quote.checkout.id));
    // The event was faster than the answer to our request. Where the id is known it is the same one, and SQLite would write it
    // anew in its index, for every order at another place.
    if quote.checkout.stripe_session_id.is_none() {
        update = update.col_expr(checkout::Column::StripeSessionId, Expr::value(session));
    }
    if matches!(answer.to, CheckoutState::Failed | CheckoutState::Expired) {
        update = update.col_expr(
            checkout::Column::Attempt,
            Expr::value(Option::<String>::None),
        );
    }
    // Where nobody is named, its index is left alone.
    if quote.checkout.client.is_some() && !answer.to.holds_stock() {
        update = forget_client(update);
    }
    update.exec(transaction).await?;
    Ok(())
}

/// What a paid session says of its payment; with the options that its checkout was begun with.
pub(crate) fn payment(session: &SessionPayload, options: &Options) -> Result<Payment, ApplyError> {
    let missing = |what: &str| ApplyError::Lasting(format!("a paid session without {what}"));
    let currency = session.currency.as_deref().map(str::to_ascii_lowercase);
    let currency = currency
        .filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_lowercase()))
        .ok_or_else(|| missing("currency"))?;
    let details = session.total_details.clone().unwrap_or_default();
    let customer = session.customer_details.clone().unwrap_or_default();
    let (shipping_name, shipping_address) = session.shipping();
    let payment = Payment {
        session: session.id.clone(),
        payment_intent: session.payment_intent_id(),
        status: session.payment_status.clone().unwrap_or_default(),
        currency,
        subtotal: session.amount_subtotal.ok_or_else(|| missing("subtotal"))?,
        discount: details.amount_discount.unwrap_or(0),
        shipping: details.amount_shipping.unwrap_or(0),
        tax: details.amount_tax.unwrap_or(0),
        total: session.amount_total.ok_or_else(|| missing("total"))?,
        email: storable(customer.email),
        name: storable(customer.name),
        phone: storable(customer.phone),
        billing_address: crate::inbox::payload::address(&customer.address),
        shipping_name: storable(shipping_name),
        shipping_address,
        shipping_method: storable(session.shipping_method(options.rates())),
    };
    Ok(match &session.currency_conversion {
        Some(conversion) => converted_back(payment, conversion, options.contain_tax()),
        None => payment,
    })
}

/// The payment in the currency that was promised. Discount, shipping and tax are stated in the
/// shopper's currency only: each is converted at the rate of the total, and what rounding leaves is
/// added to one of them. Parts that do not add up in the shopper's currency do not afterwards.
fn converted_back(paid: Payment, conversion: &CurrencyConversion, tax_included: bool) -> Payment {
    let at_rate = |amount: i64| {
        let (from, to) = (i128::from(paid.total), i128::from(conversion.amount_total));
        let scaled = i128::from(amount) * to;
        let rounded = (scaled + from / 2).checked_div(from);
        i64::try_from(rounded.unwrap_or(0)).unwrap_or(i64::MAX)
    };
    let added = |payment: &Payment| {
        let tax = if tax_included { 0 } else { payment.tax };
        let plus = payment.shipping.saturating_add(tax);
        plus.saturating_sub(payment.discount)
    };
    let adds_up = paid.subtotal.checked_add(added(&paid)) == Some(paid.total);
    let mut payment = Payment {
        currency: conversion.source_currency.to_ascii_lowercase(),
        subtotal: conversion.amount_subtotal,
        total: conversion.amount_total,
        discount: at_rate(paid.discount),
        shipping: at_rate(paid.shipping),
        tax: at_rate(paid.tax),
        ..paid
    };
    let promised = payment.total.saturating_sub(payment.subtotal);
    let rest = promised.saturating_sub(added(&payment));
    if adds_up && payment.shipping != 0 {
        payment.shipping = payment.shipping.saturating_add(rest);
    } else if adds_up && payment.tax != 0 && !tax_included {
        payment.tax = payment.tax.saturating_add(rest);
    } else if adds_up && payment.discount != 0 {
        payment.discount = payment.discount.saturating_sub(rest);
    }
    payment
}

/// Text without the one character that PostgreSQL does not store.
pub(crate) fn storable(text: Option<String>) -> Option<String> {
    text.map(|text| text.replace('\0', ""))
        .filter(|text| !text.is_empty())
}

//! `checkout.session.*`: changes the checkout's state, and creates the order once it is paid.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::LatePayment;
use crate::checkout::stock::TakenUnits;
use crate::checkout::{Options, Quote, clear_client, load_quote, lock, stock};
use crate::database::WriteTransaction;
use crate::entity::checkout;
use crate::inbox::payload::{CurrencyConversion, Envelope, SessionPayload};
use crate::inbox::{ApplyError, ApplyOutcome};
use crate::orders::{self, Flag, Payment};
use crate::outbox::{self, Attention, Mail, Task};
use crate::owner_settings::OwnerSettings;
use crate::{Shop, clock};
use till_core::lifecycle::{self, CheckoutState, Fact, PaymentStatus, StockEffect, Transition};
use till_core::token::CheckoutId;

pub(super) async fn apply(
    transaction: &WriteTransaction,
    envelope: &Envelope,
    shop: &Shop,
) -> Result<ApplyOutcome, ApplyError> {
    let settings = &*shop.owner_settings();
    let session: SessionPayload = serde_json::from_value(envelope.data.object.clone())
        .map_err(|_| ApplyError::CannotApply("the session cannot be read".to_owned()))?;
    let reference = session
        .client_reference_id
        .as_deref()
        .and_then(|id| id.parse::<CheckoutId>().ok());
    let Some(reference) = reference else {
        return Ok(ApplyOutcome::Ignored("not a checkout of this shop"));
    };
    let Some(checkout) = lock(transaction, reference.as_str()).await? else {
        let ours = session.metadata.shop.as_deref() == Some(shop.settings.identity.id.as_str());
        return Ok(ApplyOutcome::Ignored(if ours {
            // The database was restored. Reconciling compares the sessions and reports this one.
            "a checkout of this shop that is missing from its database: see `till reconcile`"
        } else {
            "not a checkout of this shop"
        }));
    };
    if checkout
        .stripe_session_id
        .as_ref()
        .is_some_and(|known| *known != session.id)
    {
        return Ok(ApplyOutcome::Ignored(
            "the checkout belongs to another session",
        ));
    }
    let fact = fact(envelope, &session)?;
    let quote = load_quote(transaction, checkout).await?;
    let transition = lifecycle::apply(quote.checkout.state, fact);
    if transition.to != quote.checkout.state {
        update_checkout(transaction, &quote, &session.id, transition).await?;
    }
    let mut created_order_payment_intent = None;
    if transition.creates_order {
        let payment = payment(&session, &orders::options(&quote.checkout))?;
        created_order_payment_intent.clone_from(&payment.payment_intent);
        create_order(
            transaction,
            &quote,
            payment,
            transition.stock,
            envelope,
            settings,
        )
        .await?;
    } else {
        if transition.to != quote.checkout.state {
            let mail = match transition.to {
                CheckoutState::Processing => Some(Mail::Processing),
                CheckoutState::Failed => Some(Mail::Failed),
                _ => None,
            };
            if let Some(mail) = mail {
                outbox::enqueue(transaction, &quote.checkout.id, &Task::Mail { mail }).await?;
            }
        }
        apply_stock_effect(
            transaction,
            &quote,
            transition.stock,
            settings.checkout.late_payment,
        )
        .await?;
    }
    Ok(ApplyOutcome::Applied {
        checkout: quote.checkout.id,
        created_order_payment_intent,
    })
}

/// What a sale took out of the stock.
#[derive(Debug, Default)]
struct SaleOutcome {
    taken: TakenUnits,
    /// Paid after the hold was released, and not enough units were left.
    oversold: bool,
}

async fn apply_stock_effect(
    transaction: &WriteTransaction,
    quote: &Quote,
    effect: StockEffect,
    late_payment: LatePayment,
) -> Result<SaleOutcome, ApplyError> {
    let mut sold = SaleOutcome::default();
    match effect {
        StockEffect::None => {}
        StockEffect::Release => stock::release(transaction, &quote.lines).await?,
        StockEffect::SellHeld => sold.taken = stock::sell_held(transaction, &quote.lines).await?,
        StockEffect::SellLate => match stock::sell_late(transaction, &quote.lines).await? {
            Some(taken) => sold.taken = taken,
            None => {
                sold.oversold = true;
                if late_payment == LatePayment::Accept {
                    sold.taken = stock::sell_remaining(transaction, &quote.lines).await?;
                }
            }
        },
    }
    Ok(sold)
}

/// Sells the units, writes the order, and enqueues the emails and the refund that follow from it.
///
/// The sale locks the products until the commit, so it comes late: after it, only the order's lines
/// (which record what was taken), the event's state and the events waiting for this order are
/// written. If all orders have the same two products, PostgreSQL creates them at 0.54 of the rate
/// of bare SQL, and at 0.46 if the sale comes first (docs/PERFORMANCE.md). A sale without a hold
/// must come first, because the emails depend on its outcome.
async fn create_order(
    transaction: &WriteTransaction,
    quote: &Quote,
    payment: Payment,
    sale: StockEffect,
    envelope: &Envelope,
    settings: &OwnerSettings,
) -> Result<(), ApplyError> {
    let held = sale == StockEffect::SellHeld;
    let mut sold = SaleOutcome::default();
    if !held {
        sold = apply_stock_effect(transaction, quote, sale, settings.checkout.late_payment).await?;
    }
    // A wrong amount is more serious than a missing unit.
    let oversold = sold.oversold.then_some(Flag::Oversold);
    let flag = orders::check_amounts(&quote.checkout, &payment).or(oversold);
    let refunding = sold.oversold
        && settings.checkout.late_payment == LatePayment::Refund
        && payment.payment_intent.is_some()
        && payment.total > 0;
    let paid_at = envelope.created_at();
    let numbers = &settings.orders.numbers;
    let fulfilment = orders::fulfilment::initial(quote, &payment, refunding);
    let created = orders::create(
        transaction,
        quote,
        payment,
        (flag, fulfilment),
        paid_at,
        numbers,
    )
    .await?;
    if created.is_some() {
        let mail = if sold.oversold {
            Mail::PaidLate { refunding }
        } else {
            Mail::Paid
        };
        let mut tasks = vec![Task::Mail { mail }];
        if refunding {
            tasks.push(Task::refund());
        }
        if let Some(flag) = flag {
            let reason = Attention::Flagged { flag };
            let mail = Mail::Attention { reason };
            tasks.push(Task::Mail { mail });
        }
        // An order refunded at once is not to be shipped: the email about its flag says so.
        if settings.mail.new_orders && !refunding {
            let mail = Mail::NewOrder;
            tasks.push(Task::Mail { mail });
        }
        tasks.push(Task::FetchPaymentDetails);
        outbox::enqueue_all(transaction, &quote.checkout.id, &tasks).await?;
    }
    if held {
        sold = apply_stock_effect(transaction, quote, sale, settings.checkout.late_payment).await?;
    }
    if let Some(created) = created {
        orders::add_lines(transaction, created.id, quote, &sold.taken).await?;
        if let Some(flag) = flag {
            let number = created.number;
            tracing::error!(
                order = number,
                flag = flag.as_ref(),
                "order {number} was paid but needs the owner's attention: {}",
                flag.words()
            );
        }
    }
    Ok(())
}

/// Returns what the event states. `completed` does not mean paid: `payment_status` decides
/// (<https://docs.stripe.com/checkout/fulfillment>).
fn fact(envelope: &Envelope, session: &SessionPayload) -> Result<Fact, ApplyError> {
    let status = session.payment_status.as_ref();
    match (envelope.r#type.as_str(), status) {
        ("checkout.session.expired", _) => Ok(Fact::Expired),
        ("checkout.session.async_payment_failed", _) => Ok(Fact::PaymentFailed),
        (_, Some(status)) if status.is_settled() => Ok(Fact::Paid),
        ("checkout.session.completed", Some(PaymentStatus::Unpaid)) => Ok(Fact::Processing),
        // Money depends on it, so do not guess what a new status means.
        (r#type, status) => {
            let status = status.map_or_else(|| "none".to_owned(), ToString::to_string);
            let status: String = status.chars().take(50).collect();
            Err(ApplyError::CannotApply(format!(
                "{type} with an unknown payment_status: {status}"
            )))
        }
    }
}

/// Changes the checkout's state. Its row is locked, so nothing has changed it since it was read.
async fn update_checkout(
    transaction: &WriteTransaction,
    quote: &Quote,
    session: &str,
    transition: Transition,
) -> Result<(), ApplyError> {
    let mut update = checkout::Entity::update_many()
        .col_expr(checkout::Column::State, Expr::value(transition.to))
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(&quote.checkout.id));
    // The event may arrive before the response to our request.
    if quote.checkout.stripe_session_id.is_none() {
        update = update.col_expr(checkout::Column::StripeSessionId, Expr::value(session));
    }
    if matches!(
        transition.to,
        CheckoutState::Failed | CheckoutState::Expired
    ) {
        update = update.col_expr(
            checkout::Column::Attempt,
            Expr::value(Option::<String>::None),
        );
    }
    if quote.checkout.client.is_some() && !transition.to.holds_stock() {
        update = clear_client(update);
    }
    update.exec(transaction).await?;
    Ok(())
}

/// Returns the payment of a paid session. `options` are those of its checkout.
pub(crate) fn payment(session: &SessionPayload, options: &Options) -> Result<Payment, ApplyError> {
    let missing = |what: &str| ApplyError::CannotApply(format!("a paid session without {what}"));
    let currency = session
        .currency
        .as_deref()
        .and_then(|code| code.parse().ok());
    let currency = currency.ok_or_else(|| missing("currency"))?;
    let details = session.total_details.clone().unwrap_or_default();
    let customer = session.customer_details.clone().unwrap_or_default();
    let (shipping_name, shipping_address) = session.shipping();
    let payment = Payment {
        session: session.id.clone(),
        payment_intent: session.payment_intent_id(),
        status: session
            .payment_status
            .clone()
            .ok_or_else(|| missing("payment status"))?,
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
        business_name: storable(session.business_name()),
        tax_ids: storable(session.tax_ids()),
        note: storable(session.note()),
        invoice: storable(session.invoice.id().map(str::to_owned)),
        shipping_name: storable(shipping_name),
        shipping_address,
        shipping_method: storable(session.shipping_method(options.rates())),
    };
    Ok(match &session.currency_conversion {
        Some(conversion) => in_quoted_currency(payment, conversion, options.prices_include_tax()),
        None => payment,
    })
}

/// Returns the payment in the quoted currency. Discount, shipping and tax are stated in the
/// shopper's currency only: each is converted at the rate of the total, and the rounding remainder
/// is added to one of them. Parts that do not add up in the shopper's currency still do not add up
/// afterwards.
fn in_quoted_currency(
    paid: Payment,
    conversion: &CurrencyConversion,
    tax_included: bool,
) -> Payment {
    let at_rate = |amount: i64| {
        let (from, to) = (i128::from(paid.total), i128::from(conversion.amount_total));
        let scaled = i128::from(amount) * to;
        let rounded = (scaled + from / 2).checked_div(from);
        i64::try_from(rounded.unwrap_or(0)).unwrap_or(i64::MAX)
    };
    let additions = |payment: &Payment| {
        let tax = if tax_included { 0 } else { payment.tax };
        let plus = payment.shipping.saturating_add(tax);
        plus.saturating_sub(payment.discount)
    };
    let adds_up = paid.subtotal.checked_add(additions(&paid)) == Some(paid.total);
    let mut payment = Payment {
        currency: conversion.source_currency.clone(),
        subtotal: conversion.amount_subtotal,
        total: conversion.amount_total,
        discount: at_rate(paid.discount),
        shipping: at_rate(paid.shipping),
        tax: at_rate(paid.tax),
        ..paid
    };
    let expected = payment.total.saturating_sub(payment.subtotal);
    let remainder = expected.saturating_sub(additions(&payment));
    if adds_up && payment.shipping != 0 {
        payment.shipping = payment.shipping.saturating_add(remainder);
    } else if adds_up && payment.tax != 0 && !tax_included {
        payment.tax = payment.tax.saturating_add(remainder);
    } else if adds_up && payment.discount != 0 {
        payment.discount = payment.discount.saturating_sub(remainder);
    }
    payment
}

/// Removes NUL, the one character that PostgreSQL does not store. Empty text becomes `None`.
pub(crate) fn storable(text: Option<String>) -> Option<String> {
    text.map(|text| text.replace('\0', ""))
        .filter(|text| !text.is_empty())
}

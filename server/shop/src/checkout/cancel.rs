//! Ends a session when the shopper returns from Stripe's page without paying.

use std::collections::BTreeMap;

use sea_orm::ColumnTrait;
use till_core::lifecycle::CheckoutState;
use till_core::limits::Client;
use till_core::token::{AttemptToken, OrderToken};

use super::begin::count_stripe_call;
use super::{CheckoutError, EndOutcome, end_at_stripe, find};
use crate::Shop;
use crate::entity::checkout;

/// What a request for the page may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// The shopper has come back from Stripe: the session may be ended.
    MayCancel,
    /// Nothing may change: the browser prefetches, or a refused form is shown again.
    ReadOnly,
}

/// What the cancelled page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// The form, with the earlier selection.
    Form {
        /// By variant id.
        quantities: BTreeMap<i64, u32>,
        /// Set if the session may still be open at Stripe. The form keeps this attempt, so that
        /// sending it ends that session first.
        attempt: Option<AttemptToken>,
        /// Whether it is certain that nothing was charged. If not, the session may have been paid
        /// and its event be on its way.
        uncharged: bool,
    },
    /// The order, because the session was paid.
    Order(OrderToken),
}

/// Ends the session, releases the units and returns the selection. `None` if no checkout has this
/// token.
///
/// This calls Stripe, so it counts against the same limits as a changed checkout. Above the limit
/// nothing is ended: the form keeps the attempt, and the session expires later. A `client` of
/// `None` is not limited.
///
/// # Errors
/// If the database is unreachable.
pub async fn cancel(
    shop: &Shop,
    token: &OrderToken,
    visit: Visit,
    client: Option<&Client>,
) -> Result<Option<CancelOutcome>, CheckoutError> {
    let shop = &shop.for_shopper();
    let Some(quote) = find(
        shop.database.reader(),
        checkout::Column::Token.eq(token.as_str()),
    )
    .await?
    else {
        return Ok(None);
    };
    let (open, uncharged) = match quote.checkout.state {
        CheckoutState::Processing | CheckoutState::Paid => {
            return Ok(Some(CancelOutcome::Order(token.clone())));
        }
        CheckoutState::Open
            if visit == Visit::MayCancel && count_stripe_call(shop, client).await?.is_ok() =>
        {
            match end_at_stripe(shop, &quote.checkout, CheckoutState::Cancelled).await? {
                EndOutcome::Complete => return Ok(Some(CancelOutcome::Order(token.clone()))),
                EndOutcome::Released => (false, true),
                EndOutcome::Unknown { .. } => (true, false),
            }
        }
        CheckoutState::Open => (true, false),
        // No shopper has seen its payment page yet.
        CheckoutState::Creating => (true, true),
        CheckoutState::Failed
        | CheckoutState::Expired
        | CheckoutState::Cancelled
        | CheckoutState::Refused => (false, true),
    };
    Ok(Some(CancelOutcome::Form {
        quantities: quote.quantities(),
        attempt: quote.checkout.attempt.filter(|_| open),
        uncharged,
    }))
}

//! The shopper turned back on Stripe's page.

use std::collections::BTreeMap;

use sea_orm::ColumnTrait;

use super::begin::count;
use super::{CheckoutError, Ended, end_at_stripe, find};
use crate::Shop;
use crate::entity::checkout;
use crate::lifecycle::CheckoutState;
use crate::limits::Client;
use crate::token::{AttemptToken, OrderToken};

/// Who opens the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// The shopper.
    Real,
    /// The browser on its own account, ahead of time: nothing may change.
    Prefetch,
}

/// What the cancelled page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// The form, with the quantities that had been chosen.
    Form {
        /// By product.
        quantities: BTreeMap<i64, u32>,
        /// The session may still be open at Stripe. The form carries its attempt on, so that the next click ends it first.
        attempt: Option<AttemptToken>,
        /// It is known that nothing was charged. Otherwise Stripe could not be asked, or was not:
        /// the session may have been paid, and its event be on its way.
        uncharged: bool,
    },
    /// It was paid all the same: on to the order.
    Order(OrderToken),
}

/// Ends the session, gives the pieces back, and remembers what had been chosen. `None` where no checkout has this token.
///
/// It calls Stripe, so it counts as a changed checkout does. Beyond the limit nothing is ended: the
/// form carries the attempt on, and the session expires in its time. A `client` of `None` is not
/// limited.
///
/// # Errors
/// Where the database does not answer.
pub async fn cancel(
    shop: &Shop,
    token: &OrderToken,
    visit: Visit,
    client: Option<&Client>,
) -> Result<Option<Cancelled>, CheckoutError> {
    let shop = &shop.for_shopper();
    let Some(quote) = find(
        shop.database.reader(),
        checkout::Column::Token.eq(token.as_str()),
    )
    .await?
    else {
        return Ok(None);
    };
    let (open, uncharged) = match quote.state {
        CheckoutState::Processing | CheckoutState::Paid => {
            return Ok(Some(Cancelled::Order(token.clone())));
        }
        CheckoutState::Open if visit == Visit::Real && count(shop, client).await?.is_ok() => {
            match end_at_stripe(shop, &quote.checkout, CheckoutState::Cancelled).await? {
                Ended::Complete => return Ok(Some(Cancelled::Order(token.clone()))),
                Ended::Free => (false, true),
                Ended::Unknown { .. } => (true, false),
            }
        }
        CheckoutState::Open => (true, false),
        // Nobody has seen its payment page yet.
        CheckoutState::Creating => (true, true),
        CheckoutState::Failed
        | CheckoutState::Expired
        | CheckoutState::Cancelled
        | CheckoutState::Refused => (false, true),
    };
    let attempt = quote
        .checkout
        .attempt
        .as_deref()
        .filter(|_| open)
        .and_then(|attempt| attempt.parse().ok());
    Ok(Some(Cancelled::Form {
        quantities: quote.quantities(),
        attempt,
        uncharged,
    }))
}

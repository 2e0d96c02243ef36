//! Checkouts: from the form to Stripe's page, and back without paying.
//!
//! - [`begin()`] turns a form into a Checkout Session, once for each attempt.
//! - [`cancel()`] ends a session when the shopper returns without paying.
//! - [`sweep()`] ends abandoned checkouts.
//! - `stock` reserves, releases and sells units.
//!
//! No transaction is held across a call to Stripe.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use till_core::lifecycle::CheckoutState;

use crate::database::WriteTransaction;
use crate::entity::{checkout, checkout_line};
use crate::stripe::SessionStatus;
use crate::{Shop, clock};

pub mod begin;
pub mod cancel;
pub mod payment_origin;
pub mod rates;
mod settings;
pub(crate) mod shown_stock;
pub(crate) mod stock;
pub mod sweep;

pub use crate::stripe::checkout_options::{self as options, Options};
pub(crate) use begin::expiry;
pub use begin::{
    BeginOutcome, Form, MAX_FORM_BYTES, MAX_FORM_LINES, MAX_LINES, attempt_for_selection, begin,
};
pub use cancel::{CancelOutcome, Visit, cancel};
pub use payment_origin::PaymentOrigins;
pub use settings::{CheckoutSettings, LatePayment};
pub use sweep::sweep;

/// An internal failure. Shoppers see a [`till_core::refusal::Refusal`] instead.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The database is unreachable or rejected a statement.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// A row that belongs to another one is missing.
    #[error("{0}")]
    NotFound(&'static str),
    /// Something happened that the shop's own rules exclude.
    #[error("{0}")]
    Internal(&'static str),
    /// The system's random number generator failed.
    #[error("could not get random bytes")]
    Randomness(#[from] getrandom::Error),
    /// A spawned step panicked or was cancelled at shutdown.
    #[error("a step ended without a result")]
    Step(#[from] tokio::task::JoinError),
    /// A step of the sweep panicked; the panic itself is in the log.
    #[error("a step panicked")]
    Panicked,
}

/// A checkout with its lines, as read from the database.
#[derive(Clone, Debug)]
pub(crate) struct Quote {
    pub(crate) checkout: checkout::Model,
    /// Ordered by variant id.
    pub(crate) lines: Vec<checkout_line::Model>,
}

impl Quote {
    /// The quantities by variant id.
    pub(crate) fn quantities(&self) -> BTreeMap<i64, u32> {
        self.lines
            .iter()
            .map(|line| {
                (
                    line.variant_id,
                    u32::try_from(line.quantity).unwrap_or(u32::MAX),
                )
            })
            .collect()
    }
}

/// Reads the checkout that matches the condition.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    condition: sea_orm::sea_query::SimpleExpr,
) -> Result<Option<Quote>, DbErr> {
    let Some(checkout) = checkout::Entity::find()
        .filter(condition)
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    Ok(Some(load_quote(connection, checkout).await?))
}

/// Reads the lines of a checkout.
pub(crate) async fn load_quote(
    connection: &impl ConnectionTrait,
    checkout: checkout::Model,
) -> Result<Quote, DbErr> {
    let lines = checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(&checkout.id))
        .order_by_asc(checkout_line::Column::VariantId)
        .all(connection)
        .await?;
    Ok(Quote { checkout, lines })
}

/// Moves a checkout from one of the states `from` to an unpaid final state, releases its units and
/// clears its attempt, so that the form can begin another checkout. Returns whether it did; `false`
/// if the checkout was no longer in one of these states.
pub(crate) async fn end(
    transaction: &WriteTransaction,
    id: &str,
    from: &[CheckoutState],
    to: CheckoutState,
    error: Option<&str>,
) -> Result<bool, DbErr> {
    let mut update = checkout::Entity::update_many();
    if !to.holds_stock() {
        update = clear_client(update);
    }
    let moved = update
        .col_expr(checkout::Column::State, Expr::value(to))
        .col_expr(
            checkout::Column::Attempt,
            Expr::value(Option::<String>::None),
        )
        .col_expr(
            checkout::Column::Error,
            Expr::value(error.map(str::to_owned)),
        )
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(id))
        .filter(checkout::Column::State.is_in(from.iter().copied()))
        .exec(transaction)
        .await?
        .rows_affected
        == 1;
    if moved && from.iter().all(|state| state.holds_stock()) && !to.holds_stock() {
        let lines = stock::lines(transaction, id).await?;
        stock::release(transaction, &lines).await?;
    }
    Ok(moved)
}

/// Clears the client, which is needed only while the checkout holds units.
pub(crate) fn clear_client(
    update: sea_orm::UpdateMany<checkout::Entity>,
) -> sea_orm::UpdateMany<checkout::Entity> {
    let null = || Expr::value(Option::<String>::None);
    update
        .col_expr(checkout::Column::Client, null())
        .col_expr(checkout::Column::ClientNetwork, null())
}

/// The result of trying to end an open checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOutcome {
    /// It can no longer be paid, and its units are released.
    Released,
    /// The session is complete: the order exists or is about to.
    Complete,
    /// The session's state is unknown, so it may still be paid. The checkout is unchanged.
    Unknown {
        /// Whether calls for other checkouts would probably fail too.
        affects_other_calls: bool,
    },
}

/// Expires the session at Stripe before ending the checkout here, so that no hold is released while
/// its session can be paid.
pub(crate) async fn end_at_stripe(
    shop: &Shop,
    checkout: &checkout::Model,
    to: CheckoutState,
) -> Result<EndOutcome, CheckoutError> {
    if let Some(session) = &checkout.stripe_session_id {
        match shop.stripe.expire_session(session).await {
            Ok(SessionStatus::Expired | SessionStatus::Missing) => {}
            Ok(SessionStatus::Complete) => return Ok(EndOutcome::Complete),
            Ok(status @ (SessionStatus::Open | SessionStatus::Unknown)) => {
                tracing::warn!(
                    checkout = checkout.id,
                    ?status,
                    "the session of checkout {} did not expire",
                    checkout.id
                );
                return Ok(EndOutcome::Unknown {
                    affects_other_calls: false,
                });
            }
            Err(error) => {
                tracing::warn!(
                    checkout = checkout.id,
                    reason = %error,
                    "could not expire the session of checkout {}",
                    checkout.id
                );
                return Ok(EndOutcome::Unknown {
                    affects_other_calls: error.affects_other_calls(),
                });
            }
        }
    }
    let transaction = shop.database.begin_write("end").await?;
    end(&transaction, &checkout.id, &[CheckoutState::Open], to, None).await?;
    shown_stock::commit(shop, transaction, &checkout.id).await?;
    Ok(EndOutcome::Released)
}

/// Locks a checkout's row until the transaction ends.
pub(crate) async fn lock(
    transaction: &WriteTransaction,
    id: &str,
) -> Result<Option<checkout::Model>, DbErr> {
    checkout::Entity::find_by_id(id)
        .lock_exclusive()
        .one(transaction)
        .await
}

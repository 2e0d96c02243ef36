//! A checkout: from the form to Stripe's page, and back without paying.
//!
//! - [`begin`] turns a form into a Checkout Session, once for each attempt.
//! - [`cancel`] ends a session whose shopper turned back.
//! - [`sweep`] ends what was left lying.
//! - `stock` is the only place that moves `product.held` and `product.stock`.
//!
//! No transaction is held across a call to Stripe.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::entity::{checkout, checkout_line};
use crate::lifecycle::CheckoutState;
use crate::stripe::SessionStatus;
use crate::{Shop, clock, crash_points};

pub mod begin;
pub mod cancel;
pub mod options;
pub mod payment_origin;
pub(crate) mod stock;
pub mod sweep;

pub(crate) use begin::expiry;
pub use begin::{Begun, Form, MAX_FORM_BYTES, MAX_FORM_LINES, MAX_LINES, attempt_of_choice, begin};
pub use cancel::{Cancelled, Visit, cancel};
pub use options::Options;
pub use payment_origin::PaymentOrigins;
pub use sweep::sweep;

/// Something below the checkout failed. What shoppers read instead is a [`crate::refusal::Refusal`].
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The database does not answer, or refused a write.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// A row holds what no row should.
    #[error("the checkout's row cannot be read: {0}")]
    Row(&'static str),
    /// The system gives no random numbers.
    #[error("no randomness")]
    Randomness(#[from] getrandom::Error),
    /// A step that runs on when its request is gone has panicked, or the server ended under it.
    #[error("a step ended without a result")]
    Step(#[from] tokio::task::JoinError),
    /// A step of the sweep has panicked; the panic itself is in the log.
    #[error("a step panicked")]
    Panicked,
}

/// A checkout with its lines, as read from the database.
#[derive(Clone, Debug)]
pub(crate) struct Quote {
    pub(crate) checkout: checkout::Model,
    pub(crate) state: CheckoutState,
    /// In the order of the products' ids.
    pub(crate) lines: Vec<checkout_line::Model>,
}

impl Quote {
    /// The quantities by product, as the form would send them.
    pub(crate) fn quantities(&self) -> BTreeMap<i64, u32> {
        self.lines
            .iter()
            .map(|line| {
                (
                    line.product_id,
                    u32::try_from(line.quantity).unwrap_or(u32::MAX),
                )
            })
            .collect()
    }
}

/// Reads the checkout that the condition names.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    condition: sea_orm::sea_query::SimpleExpr,
) -> Result<Option<Quote>, CheckoutError> {
    let Some(checkout) = checkout::Entity::find()
        .filter(condition)
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    with_lines(connection, checkout).await.map(Some)
}

/// Reads the checkout's lines.
pub(crate) async fn with_lines(
    connection: &impl ConnectionTrait,
    checkout: checkout::Model,
) -> Result<Quote, CheckoutError> {
    let lines = checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(&checkout.id))
        .order_by_asc(checkout_line::Column::ProductId)
        .all(connection)
        .await?;
    let state = checkout
        .state
        .parse()
        .map_err(|_| CheckoutError::Row("unknown state"))?;
    Ok(Quote {
        checkout,
        state,
        lines,
    })
}

/// Moves a checkout that is in one of `from` to an end without money, gives its pieces back and frees its form.
/// Says whether it did: another may have moved it first, and that is as good.
pub(crate) async fn end(
    transaction: &DatabaseTransaction,
    id: &str,
    from: &[CheckoutState],
    to: CheckoutState,
    error: Option<&str>,
) -> Result<bool, DbErr> {
    let mut update = checkout::Entity::update_many();
    if !to.holds_stock() {
        update = forget_client(update);
    }
    let moved = update
        .col_expr(checkout::Column::State, Expr::value(to.as_str()))
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
        .filter(checkout::Column::State.is_in(from.iter().map(|state| state.as_str())))
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

/// Empties who began it: needed only while it holds stock.
pub(crate) fn forget_client(
    update: sea_orm::UpdateMany<checkout::Entity>,
) -> sea_orm::UpdateMany<checkout::Entity> {
    let nobody = || Expr::value(Option::<String>::None);
    update
        .col_expr(checkout::Column::Client, nobody())
        .col_expr(checkout::Column::ClientNetwork, nobody())
}

/// How an open checkout came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It can no longer be paid, and its pieces are free again.
    Free,
    /// The shopper has already done their part: the order is there, or about to be.
    Complete,
    /// Stripe did not say, so it may still be paid: it stays as it is.
    Unknown {
        /// Other checkouts would probably meet the same now.
        concerns_others: bool,
    },
}

/// Ends an open checkout at Stripe first and here afterwards, so that no hold is given up while its session can be paid.
pub(crate) async fn end_at_stripe(
    shop: &Shop,
    checkout: &checkout::Model,
    to: CheckoutState,
) -> Result<Ended, CheckoutError> {
    if let Some(session) = &checkout.stripe_session_id {
        crash_points::reach("end:before-stripe");
        match shop.stripe.expire_session(session).await {
            Ok(SessionStatus::Expired | SessionStatus::Missing) => {}
            Ok(SessionStatus::Complete) => return Ok(Ended::Complete),
            Ok(status @ (SessionStatus::Open | SessionStatus::Unknown)) => {
                tracing::warn!(
                    checkout = checkout.id,
                    ?status,
                    "the session of checkout {} was not ended",
                    checkout.id
                );
                return Ok(Ended::Unknown {
                    concerns_others: false,
                });
            }
            Err(error) => {
                tracing::warn!(
                    checkout = checkout.id,
                    reason = %error,
                    "the session of checkout {} could not be ended",
                    checkout.id
                );
                return Ok(Ended::Unknown {
                    concerns_others: error.concerns_others(),
                });
            }
        }
    }
    crash_points::reach("end:after-stripe");
    let transaction = shop.database.begin_write().await?;
    end(&transaction, &checkout.id, &[CheckoutState::Open], to, None).await?;
    crash_points::reach("end:before-commit");
    transaction.commit().await?;
    crash_points::reach("end:after-commit");
    Ok(Ended::Free)
}

/// Locks a checkout's row until the transaction ends.
pub(crate) async fn lock(
    transaction: &DatabaseTransaction,
    id: &str,
) -> Result<Option<checkout::Model>, DbErr> {
    checkout::Entity::find_by_id(id)
        .lock_exclusive()
        .one(transaction)
        .await
}

//! Ends abandoned checkouts, so that others can buy their units.

use std::time::{Duration, Instant};

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use till_core::lifecycle::CheckoutState;

use super::{CheckoutError, EndOutcome, end, end_at_stripe, shown_stock};
use crate::entity::checkout;
use crate::isolated::run_isolated;
use crate::{Shop, clock, crash_points};

/// Checkouts still `creating` at this age have lost the process that created them.
const MAX_CREATING_AGE: Duration = Duration::from_secs(120);
/// How long to wait for Stripe's `checkout.session.expired` event before calling Stripe.
const EXPIRED_EVENT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait before trying again to expire a session.
const RETRY_DELAY: Duration = Duration::from_secs(60);
/// Checkouts of each kind that one sweep handles; the next sweep continues.
const MAX_BATCH: u64 = 100;

/// A sweep stops after this many failures that would affect other checkouts as well, such as
/// Stripe being unreachable.
const MAX_OUTAGE_FAILURES: usize = 3;
/// A sweep starts no further checkout after this time; the next sweep continues.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(60);

/// The result of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Checkouts whose creation never finished.
    pub refused: usize,
    /// Checkouts whose session expired.
    pub expired: usize,
}

/// Ends stale `creating` checkouts, and open ones that have expired. Safe to run on several
/// servers at once.
///
/// A session that turns out to be complete is left to its event, which is on its way. A checkout
/// that fails moves to the end of the queue and does not block the others.
///
/// # Errors
/// If the database is unreachable. Checkouts ended before that stay ended.
pub async fn sweep(shop: &Shop) -> Result<SweepReport, CheckoutError> {
    let now = clock::now();
    let mut report = SweepReport::default();
    let stale = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Creating))
        .filter(checkout::Column::CreatedAt.lt(now - MAX_CREATING_AGE))
        .order_by_asc(checkout::Column::UpdatedAt)
        .limit(MAX_BATCH)
        .all(shop.database.reader())
        .await?;
    for checkout in stale {
        let (own_shop, id) = (shop.clone(), checkout.id.clone());
        let refused = run_isolated(async move { refuse(&own_shop, &id).await }).await;
        match refused.unwrap_or(Err(CheckoutError::Panicked)) {
            Ok(moved) => report.refused += usize::from(moved),
            Err(error) => skip(shop, &checkout.id, error).await?,
        }
    }

    let expired = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Open))
        .filter(checkout::Column::ExpiresAt.lt(now - EXPIRED_EVENT_TIMEOUT))
        .filter(checkout::Column::UpdatedAt.lt(now - RETRY_DELAY))
        .order_by_asc(checkout::Column::UpdatedAt)
        .limit(MAX_BATCH)
        .all(shop.database.reader())
        .await?;
    let started = Instant::now();
    let mut outage_failures = 0;
    for checkout in expired {
        let (own_shop, own) = (shop.clone(), checkout.clone());
        let ended = run_isolated(async move { expire(&own_shop, &own).await }).await;
        match ended.unwrap_or(Err(CheckoutError::Panicked)) {
            Ok(EndOutcome::Released) => report.expired += 1,
            Ok(EndOutcome::Complete) => postpone(shop, &checkout.id).await?,
            Ok(EndOutcome::Unknown {
                affects_other_calls,
            }) => {
                postpone(shop, &checkout.id).await?;
                outage_failures += usize::from(affects_other_calls);
            }
            Err(error) => skip(shop, &checkout.id, error).await?,
        }
        if outage_failures >= MAX_OUTAGE_FAILURES || started.elapsed() > SWEEP_TIMEOUT {
            break;
        }
    }
    Ok(report)
}

/// Ends a checkout whose creation never finished. Returns whether it was still `creating`.
async fn refuse(shop: &Shop, id: &str) -> Result<bool, CheckoutError> {
    crash_points::panic_if_armed("sweep of a checkout", id);
    let transaction = shop.database.begin_write("sweep").await?;
    let moved = end(
        &transaction,
        id,
        &[CheckoutState::Creating],
        CheckoutState::Refused,
        Some("its creation was never finished"),
    )
    .await?;
    shown_stock::commit(shop, transaction, id).await?;
    Ok(moved)
}

/// Ends an open checkout that has expired.
async fn expire(shop: &Shop, checkout: &checkout::Model) -> Result<EndOutcome, CheckoutError> {
    crash_points::panic_if_armed("sweep of a checkout", &checkout.id);
    end_at_stripe(shop, checkout, CheckoutState::Expired).await
}

/// Logs a checkout that could not be ended and moves it to the end of the queue. Returns the error
/// if the database is unreachable.
async fn skip(shop: &Shop, id: &str, error: CheckoutError) -> Result<(), CheckoutError> {
    if shop.database.ping().await.is_err() {
        return Err(error);
    }
    tracing::error!(
        checkout = id,
        error = crate::error_chain::with_causes(&error),
        "could not end checkout {id}; a later sweep will retry"
    );
    postpone(shop, id).await
}

/// Moves a checkout to the end of the queue. A row that cannot be written, for example because it
/// is locked, does not end the sweep.
async fn postpone(shop: &Shop, id: &str) -> Result<(), CheckoutError> {
    match touch(shop, id).await {
        Err(error) if shop.database.ping().await.is_ok() => {
            tracing::warn!(
                checkout = id,
                error = crate::error_chain::with_causes(&error),
                "could not move checkout {id} to the end of the queue"
            );
            Ok(())
        }
        written => written,
    }
}

async fn touch(shop: &Shop, id: &str) -> Result<(), CheckoutError> {
    let transaction = shop.database.begin_write("postpone").await?;
    checkout::Entity::update_many()
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

//! Ends checkouts that were left lying, so that their pieces can be bought by others.

use std::time::{Duration, Instant};

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{CheckoutError, Ended, end, end_at_stripe};
use crate::entity::checkout;
use crate::isolated::isolated;
use crate::lifecycle::CheckoutState;
use crate::{Shop, clock, crash_points};

/// A checkout that is still `creating` after this time has lost the process that created it.
const CREATING_AT_MOST: Duration = Duration::from_secs(120);
/// Stripe's own `checkout.session.expired` is given this long before we ask.
const EXPIRED_FOR: Duration = Duration::from_secs(30);
/// A checkout that Stripe could not settle is asked about again after this time.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Checkouts of each kind in one sweep; the rest waits for the next.
const BATCH: u64 = 100;

/// A sweep ends once this many checkouts met what others would meet as well, such as a silent
/// Stripe.
const MAX_UNANSWERED: usize = 3;
/// A sweep ends after the checkout at which this time is over; the rest waits for the next.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(60);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Checkouts whose creation was never finished.
    pub refused: usize,
    /// Checkouts whose time to pay was over.
    pub expired: usize,
}

/// Ends stale `creating` checkouts, and open ones whose session can no longer be paid. Any number of servers may do this at once.
///
/// A session that turns out to be complete is left for its event, which is on its way. A checkout
/// in trouble is put at the end of the queue and stops none of the others.
///
/// # Errors
/// Where the database does not answer; what was ended before stays ended.
pub async fn sweep(shop: &Shop) -> Result<Swept, CheckoutError> {
    let now = clock::now();
    let mut swept = Swept::default();
    let stale = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Creating.as_str()))
        .filter(checkout::Column::CreatedAt.lt(now - CREATING_AT_MOST))
        .order_by_asc(checkout::Column::UpdatedAt)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for checkout in stale {
        let (own_shop, id) = (shop.clone(), checkout.id.clone());
        let refused = isolated(async move { refuse(&own_shop, &id).await }).await;
        match refused.unwrap_or(Err(CheckoutError::Panicked)) {
            Ok(moved) => swept.refused += usize::from(moved),
            Err(error) => skip(shop, &checkout.id, error).await?,
        }
    }

    let over = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Open.as_str()))
        .filter(checkout::Column::ExpiresAt.lt(now - EXPIRED_FOR))
        .filter(checkout::Column::UpdatedAt.lt(now - ASK_AGAIN_AFTER))
        .order_by_asc(checkout::Column::UpdatedAt)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    let begun = Instant::now();
    let mut unanswered = 0;
    for checkout in over {
        let (own_shop, own) = (shop.clone(), checkout.clone());
        let ended = isolated(async move { expire(&own_shop, &own).await }).await;
        match ended.unwrap_or(Err(CheckoutError::Panicked)) {
            Ok(Ended::Free) => swept.expired += 1,
            Ok(Ended::Complete) => postpone(shop, &checkout.id).await?,
            Ok(Ended::Unknown { concerns_others }) => {
                postpone(shop, &checkout.id).await?;
                unanswered += usize::from(concerns_others);
            }
            Err(error) => skip(shop, &checkout.id, error).await?,
        }
        if unanswered >= MAX_UNANSWERED || begun.elapsed() > SWEEP_TIMEOUT {
            break;
        }
    }
    Ok(swept)
}

/// Ends a checkout whose creation was never finished. Says whether it was still `creating`.
async fn refuse(shop: &Shop, id: &str) -> Result<bool, CheckoutError> {
    crash_points::panic_if_armed("sweep of a checkout", id);
    let transaction = shop.database.begin_write().await?;
    let moved = end(
        &transaction,
        id,
        &[CheckoutState::Creating],
        CheckoutState::Refused,
        Some("its creation was never finished"),
    )
    .await?;
    transaction.commit().await?;
    Ok(moved)
}

/// Ends a checkout whose time to pay is over.
async fn expire(shop: &Shop, checkout: &checkout::Model) -> Result<Ended, CheckoutError> {
    crash_points::panic_if_armed("sweep of a checkout", &checkout.id);
    end_at_stripe(shop, checkout, CheckoutState::Expired).await
}

/// Goes on after a checkout that could not be ended here, unless the database is to blame.
async fn skip(shop: &Shop, id: &str, error: CheckoutError) -> Result<(), CheckoutError> {
    if shop.database.ping().await.is_err() {
        return Err(error);
    }
    tracing::error!(
        checkout = id,
        error = &error as &dyn std::error::Error,
        "checkout {id} could not be ended; a later sweep tries again"
    );
    postpone(shop, id).await
}

/// Puts a checkout at the end of the queue. A row that cannot be written now, as one that somebody
/// keeps locked, does not end the sweep.
async fn postpone(shop: &Shop, id: &str) -> Result<(), CheckoutError> {
    match touch(shop, id).await {
        Err(error) if shop.database.ping().await.is_ok() => {
            tracing::warn!(
                checkout = id,
                error = &error as &dyn std::error::Error,
                "checkout {id} could not be put at the end of the queue"
            );
            Ok(())
        }
        written => written,
    }
}

async fn touch(shop: &Shop, id: &str) -> Result<(), CheckoutError> {
    let transaction = shop.database.begin_write().await?;
    checkout::Entity::update_many()
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

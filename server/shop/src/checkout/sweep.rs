//! Ends checkouts that were left lying, so that their pieces can be bought by others.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{CheckoutError, Ended, end, end_at_stripe};
use crate::entity::checkout;
use crate::lifecycle::CheckoutState;
use crate::{Shop, clock};

/// A checkout that is still `creating` after this time has lost the process that created it.
const CREATING_AT_MOST: Duration = Duration::from_secs(120);
/// Stripe's own `checkout.session.expired` is given this long before we ask.
const EXPIRED_FOR: Duration = Duration::from_secs(30);
/// A checkout that Stripe could not settle is asked about again after this time.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Checkouts of each kind in one sweep; the rest waits for the next.
const BATCH: u64 = 100;

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
/// A session that turns out to be complete is left for its event, which is on its way.
///
/// # Errors
/// Where the database does not answer; what was ended before stays ended.
pub async fn sweep(shop: &Shop) -> Result<Swept, CheckoutError> {
    let now = clock::now();
    let mut swept = Swept::default();
    let stale = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Creating.as_str()))
        .filter(checkout::Column::CreatedAt.lt(now - CREATING_AT_MOST))
        .order_by_asc(checkout::Column::CreatedAt)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for checkout in stale {
        let transaction = shop.database.begin_write().await?;
        let error = Some("its creation was never finished");
        let moved = end(
            &transaction,
            &checkout.id,
            &[CheckoutState::Creating],
            CheckoutState::Refused,
            error,
        )
        .await?;
        transaction.commit().await?;
        swept.refused += usize::from(moved);
    }

    let over = checkout::Entity::find()
        .filter(checkout::Column::State.eq(CheckoutState::Open.as_str()))
        .filter(checkout::Column::ExpiresAt.lt(now - EXPIRED_FOR))
        .filter(checkout::Column::UpdatedAt.lt(now - ASK_AGAIN_AFTER))
        .order_by_asc(checkout::Column::UpdatedAt)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for checkout in over {
        match end_at_stripe(shop, &checkout, CheckoutState::Expired).await? {
            Ended::Free => swept.expired += 1,
            Ended::Complete => touch(shop, &checkout.id).await?,
            Ended::Unknown => {
                touch(shop, &checkout.id).await?;
                // Stripe does not answer: the others would only wait for the same silence.
                break;
            }
        }
    }
    Ok(swept)
}

/// Puts a checkout at the end of the queue.
async fn touch(shop: &Shop, id: &str) -> Result<(), CheckoutError> {
    let transaction = shop.database.begin_write().await?;
    checkout::Entity::update_many()
        .col_expr(checkout::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(checkout::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    Ok(transaction.commit().await?)
}

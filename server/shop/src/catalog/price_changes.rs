//! Writes the rows of the price history that are due because a sale has begun or ended.
//!
//! The rows carry the exact instants, whenever they are written: by the job, or before that by a
//! checkout. A page that is shown meanwhile computes them. They are written in a transaction of
//! their own, so no checkout waits for another because of them.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::listing;
use super::pricing::{history_row, pricing};
use crate::catalog_change;
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{price_history, variant};

/// The number of variants whose rows are written in one transaction. Checkouts of these variants
/// wait for it.
const BATCH_SIZE: u64 = 100;

/// Writes the rows of the price history that are due, and returns their number.
///
/// # Errors
/// If the database is unreachable. Some rows may have been written then.
pub async fn record_due(database: &Database) -> Result<u64, DbErr> {
    let (mut last, mut recorded) = (0, 0);
    loop {
        let ids: Vec<i64> = variant::Entity::find()
            .select_only()
            .column(variant::Column::Id)
            .filter(variant::Column::PriceChangesAt.lte(clock::now()))
            .filter(variant::Column::Id.gt(last))
            .order_by_asc(variant::Column::Id)
            .limit(BATCH_SIZE)
            .into_tuple()
            .all(database.reader())
            .await?;
        let Some(newest) = ids.last() else {
            return Ok(recorded);
        };
        last = *newest;
        recorded += record(database, &ids).await?;
    }
}

/// Moves the beginnings of all prices back by `age`: for the demo, whose products are as old as
/// that. Only right in a shop that has sold nothing yet.
///
/// # Errors
/// If the database is unreachable; nothing has changed then.
pub async fn backdate_all(database: &Database, age: time::Duration) -> Result<(), DbErr> {
    let transaction = database.begin_write("backdate-prices").await?;
    price_history::Entity::update_many()
        .col_expr(
            price_history::Column::Since,
            Expr::value(clock::now() - age),
        )
        .exec(&transaction)
        .await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await
}

/// The ids of those variants for which a row of the price history is due.
pub(crate) fn due<'v>(variants: impl IntoIterator<Item = &'v variant::Model>) -> Vec<i64> {
    let now = clock::now();
    let is_due = |variant: &&variant::Model| variant.price_changes_at.is_some_and(|at| at <= now);
    let due = variants.into_iter().filter(is_due);
    due.map(|variant| variant.id).collect()
}

/// Writes the rows that are due for these variants.
///
/// # Errors
/// If the database is unreachable.
pub(crate) async fn record_due_of(database: &Database, due: &[i64]) -> Result<(), DbErr> {
    for ids in due.chunks(usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX)) {
        record(database, ids).await?;
    }
    Ok(())
}

/// Writes what is due for these variants. Another server may have done it meanwhile.
async fn record(database: &Database, ids: &[i64]) -> Result<u64, DbErr> {
    let transaction = database.begin_write("record-prices").await?;
    // Read only now, because `begin_write` may have waited for another writer.
    let now = clock::now();
    let due = variant::Entity::find()
        .filter(variant::Column::Id.is_in(ids.iter().copied()))
        .filter(variant::Column::PriceChangesAt.lte(now))
        .order_by_asc(variant::Column::Id);
    let (mut rows, mut products) = (Vec::new(), Vec::new());
    for variant in locked(due).all(&transaction).await? {
        let Some(pricing) = pricing(&variant) else {
            continue;
        };
        products.push(variant.product_id);
        let until = now.max(variant.price_recorded_until);
        let of_variant = pricing.rows_due(variant.price_recorded_until, until);
        rows.extend(
            of_variant
                .into_iter()
                .map(|row| history_row(variant.id, row)),
        );
        variant::Entity::update_many()
            .col_expr(
                variant::Column::PriceChangesAt,
                Expr::value(pricing.next_change(until)),
            )
            .col_expr(variant::Column::PriceRecordedUntil, Expr::value(until))
            .filter(variant::Column::Id.eq(variant.id))
            .exec(&transaction)
            .await?;
    }
    let count = rows.len() as u64;
    if count > 0 {
        price_history::Entity::insert_many(rows)
            .exec_without_returning(&transaction)
            .await?;
    }
    // Lists are sorted by the price in force.
    products.sort_unstable();
    products.dedup();
    listing::refresh(&transaction, &products).await?;
    if !products.is_empty() {
        catalog_change::note(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(count)
}

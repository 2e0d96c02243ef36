//! Reserves, releases and sells units, always in the order of variant ids to avoid deadlocks.
//!
//! CHECK constraints reject `held < 0` and `held > stock`, should anything here be wrong.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
};

use crate::database::{WriteTransaction, locked};
use crate::entity::{checkout_line, variant};

/// Locks the variants' rows until the transaction ends and reads them, ordered by id.
pub(super) async fn lock(
    transaction: &WriteTransaction,
    variants: impl IntoIterator<Item = i64>,
) -> Result<Vec<variant::Model>, DbErr> {
    let wanted = variant::Entity::find()
        .filter(variant::Column::Id.is_in(variants))
        .order_by_asc(variant::Column::Id);
    locked(wanted).all(transaction).await
}

/// Reserves units. Returns whether enough were available.
pub(super) async fn hold(
    transaction: &WriteTransaction,
    variant: i64,
    units: i64,
) -> Result<bool, DbErr> {
    let enough = Condition::any().add(variant::Column::Stock.is_null()).add(
        Expr::col(variant::Column::Stock)
            .sub(Expr::col(variant::Column::Held))
            .gte(units),
    );
    let updated = variant::Entity::update_many()
        .col_expr(
            variant::Column::Held,
            Expr::col(variant::Column::Held).add(units),
        )
        .filter(variant::Column::Id.eq(variant))
        .filter(enough)
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Units taken out of stock, by variant id. Variants whose stock is not counted are left out.
pub(crate) type TakenUnits = BTreeMap<i64, i64>;

/// Releases held units.
pub(crate) async fn release(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<(), DbErr> {
    for line in lines {
        variant::Entity::update_many()
            .col_expr(
                variant::Column::Held,
                Expr::col(variant::Column::Held).sub(line.quantity),
            )
            .filter(variant::Column::Id.eq(line.variant_id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Sells held units. Stock that is not counted (NULL) stays NULL.
pub(crate) async fn sell_held(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<TakenUnits, DbErr> {
    let mut taken = TakenUnits::new();
    for line in lines {
        let sale = Query::update()
            .table(variant::Entity)
            .value(
                variant::Column::Held,
                Expr::col(variant::Column::Held).sub(line.quantity),
            )
            .value(
                variant::Column::Stock,
                Expr::col(variant::Column::Stock).sub(line.quantity),
            )
            .and_where(variant::Column::Id.eq(line.variant_id))
            .returning_col(variant::Column::Stock)
            .to_owned();
        let Some(sold) = transaction.query_one(&sale).await? else {
            continue;
        };
        if sold.try_get_by_index::<Option<i64>>(0)?.is_some() {
            taken.insert(line.variant_id, line.quantity);
        }
    }
    Ok(taken)
}

/// Sells units whose hold was released: all of them or none. Returns `None` if not all are
/// available.
pub(crate) async fn sell_late(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<Option<TakenUnits>, DbErr> {
    let variants = lock_lines(transaction, lines).await?;
    let available = lines.iter().all(|line| {
        let exists = variants.iter().any(|variant| variant.id == line.variant_id);
        exists && left(&variants, line).is_none_or(|left| left >= line.quantity)
    });
    if !available {
        return Ok(None);
    }
    take(transaction, &variants, lines).await.map(Some)
}

/// Sells as many as are left of the units whose hold was released, possibly none. Units held by
/// other checkouts stay held.
pub(crate) async fn sell_remaining(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<TakenUnits, DbErr> {
    let variants = lock_lines(transaction, lines).await?;
    take(transaction, &variants, lines).await
}

async fn take(
    transaction: &WriteTransaction,
    variants: &[variant::Model],
    lines: &[checkout_line::Model],
) -> Result<TakenUnits, DbErr> {
    let mut taken = TakenUnits::new();
    for line in lines {
        let Some(left) = left(variants, line) else {
            continue;
        };
        let units = left.clamp(0, line.quantity);
        variant::Entity::update_many()
            .col_expr(
                variant::Column::Stock,
                Expr::col(variant::Column::Stock).sub(units),
            )
            .filter(variant::Column::Id.eq(line.variant_id))
            .exec(transaction)
            .await?;
        taken.insert(line.variant_id, units);
    }
    Ok(taken)
}

/// Units of the line's variant that are neither sold nor held; `None` if stock is not counted.
fn left(variants: &[variant::Model], line: &checkout_line::Model) -> Option<i64> {
    let variant = variants
        .iter()
        .find(|variant| variant.id == line.variant_id)?;
    variant.stock.map(|stock| stock - variant.held)
}

async fn lock_lines(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<Vec<variant::Model>, DbErr> {
    lock(transaction, lines.iter().map(|line| line.variant_id)).await
}

/// The lines of a checkout, ordered by variant id.
pub(super) async fn lines(
    transaction: &WriteTransaction,
    checkout: &str,
) -> Result<Vec<checkout_line::Model>, DbErr> {
    checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(checkout))
        .order_by_asc(checkout_line::Column::VariantId)
        .all(transaction)
        .await
}

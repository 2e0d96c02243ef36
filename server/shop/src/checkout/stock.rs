//! Reserves, releases and sells units, always in the order of product ids to avoid deadlocks.
//!
//! CHECK constraints reject `held < 0` and `held > stock`, should anything here be wrong.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
};

use crate::database::{WriteTransaction, locked};
use crate::entity::{checkout_line, product};

/// Locks the products' rows until the transaction ends and reads them, ordered by id.
pub(super) async fn lock(
    transaction: &WriteTransaction,
    products: impl IntoIterator<Item = i64>,
) -> Result<Vec<product::Model>, DbErr> {
    let wanted = product::Entity::find()
        .filter(product::Column::Id.is_in(products))
        .order_by_asc(product::Column::Id);
    locked(wanted).all(transaction).await
}

/// Reserves units. Returns whether enough were available.
pub(super) async fn hold(
    transaction: &WriteTransaction,
    product: i64,
    units: i64,
) -> Result<bool, DbErr> {
    let enough = Condition::any().add(product::Column::Stock.is_null()).add(
        Expr::col(product::Column::Stock)
            .sub(Expr::col(product::Column::Held))
            .gte(units),
    );
    let updated = product::Entity::update_many()
        .col_expr(
            product::Column::Held,
            Expr::col(product::Column::Held).add(units),
        )
        .filter(product::Column::Id.eq(product))
        .filter(enough)
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Units taken out of stock, by product id. Products whose stock is not counted are left out.
pub(crate) type TakenUnits = BTreeMap<i64, i64>;

/// Releases held units.
pub(crate) async fn release(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<(), DbErr> {
    for line in lines {
        product::Entity::update_many()
            .col_expr(
                product::Column::Held,
                Expr::col(product::Column::Held).sub(line.quantity),
            )
            .filter(product::Column::Id.eq(line.product_id))
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
            .table(product::Entity)
            .value(
                product::Column::Held,
                Expr::col(product::Column::Held).sub(line.quantity),
            )
            .value(
                product::Column::Stock,
                Expr::col(product::Column::Stock).sub(line.quantity),
            )
            .and_where(product::Column::Id.eq(line.product_id))
            .returning_col(product::Column::Stock)
            .to_owned();
        let Some(sold) = transaction.query_one(&sale).await? else {
            continue;
        };
        if sold.try_get_by_index::<Option<i64>>(0)?.is_some() {
            taken.insert(line.product_id, line.quantity);
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
    let products = lock_lines(transaction, lines).await?;
    let available = lines.iter().all(|line| {
        let exists = products.iter().any(|product| product.id == line.product_id);
        exists && left(&products, line).is_none_or(|left| left >= line.quantity)
    });
    if !available {
        return Ok(None);
    }
    take(transaction, &products, lines).await.map(Some)
}

/// Sells as many as are left of the units whose hold was released, possibly none. Units held by
/// other checkouts stay held.
pub(crate) async fn sell_remaining(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<TakenUnits, DbErr> {
    let products = lock_lines(transaction, lines).await?;
    take(transaction, &products, lines).await
}

async fn take(
    transaction: &WriteTransaction,
    products: &[product::Model],
    lines: &[checkout_line::Model],
) -> Result<TakenUnits, DbErr> {
    let mut taken = TakenUnits::new();
    for line in lines {
        let Some(left) = left(products, line) else {
            continue;
        };
        let units = left.clamp(0, line.quantity);
        product::Entity::update_many()
            .col_expr(
                product::Column::Stock,
                Expr::col(product::Column::Stock).sub(units),
            )
            .filter(product::Column::Id.eq(line.product_id))
            .exec(transaction)
            .await?;
        taken.insert(line.product_id, units);
    }
    Ok(taken)
}

/// Units of the line's product that are neither sold nor held; `None` if stock is not counted.
fn left(products: &[product::Model], line: &checkout_line::Model) -> Option<i64> {
    let product = products
        .iter()
        .find(|product| product.id == line.product_id)?;
    product.stock.map(|stock| stock - product.held)
}

async fn lock_lines(
    transaction: &WriteTransaction,
    lines: &[checkout_line::Model],
) -> Result<Vec<product::Model>, DbErr> {
    lock(transaction, lines.iter().map(|line| line.product_id)).await
}

/// The lines of a checkout, ordered by product id.
pub(super) async fn lines(
    transaction: &WriteTransaction,
    checkout: &str,
) -> Result<Vec<checkout_line::Model>, DbErr> {
    checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(checkout))
        .order_by_asc(checkout_line::Column::ProductId)
        .all(transaction)
        .await
}

//! Pieces: held, given back, sold. Always in the order of the products' ids, so that two transactions cannot wait for each other.
//!
//! The tables refuse `held < 0` and `held > stock`, should anything here be wrong.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder,
};

use crate::database::locked;
use crate::entity::{checkout_line, product};

/// Locks the products' rows until the transaction ends, and reads them, in the order of their ids.
pub(super) async fn lock(
    transaction: &DatabaseTransaction,
    products: impl IntoIterator<Item = i64>,
) -> Result<Vec<product::Model>, DbErr> {
    let wanted = product::Entity::find()
        .filter(product::Column::Id.is_in(products))
        .order_by_asc(product::Column::Id);
    locked(wanted).all(transaction).await
}

/// Takes pieces out of what others can buy. Says whether they were there.
pub(super) async fn hold(
    transaction: &DatabaseTransaction,
    product: i64,
    pieces: i64,
) -> Result<bool, DbErr> {
    let enough = Condition::any().add(product::Column::Stock.is_null()).add(
        Expr::col(product::Column::Stock)
            .sub(Expr::col(product::Column::Held))
            .gte(pieces),
    );
    let updated = product::Entity::update_many()
        .col_expr(
            product::Column::Held,
            Expr::col(product::Column::Held).add(pieces),
        )
        .filter(product::Column::Id.eq(product))
        .filter(enough)
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Pieces by product that came out of the counted stock. What nobody counts is not in it.
pub(crate) type Taken = BTreeMap<i64, i64>;

/// Gives held pieces back.
pub(crate) async fn release(
    transaction: &DatabaseTransaction,
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

/// Turns held pieces into sold ones. Uncounted stock (NULL) stays uncounted.
pub(crate) async fn sell_held(
    transaction: &DatabaseTransaction,
    lines: &[checkout_line::Model],
) -> Result<Taken, DbErr> {
    let mut taken = Taken::new();
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

/// Sells pieces whose hold was given up, all of them or none. `None` where they were not all there.
pub(crate) async fn sell_late(
    transaction: &DatabaseTransaction,
    lines: &[checkout_line::Model],
) -> Result<Option<Taken>, DbErr> {
    let products = lock_lines(transaction, lines).await?;
    let there = lines.iter().all(|line| {
        let known = products.iter().any(|product| product.id == line.product_id);
        known && left(&products, line).is_none_or(|left| left >= line.quantity)
    });
    if !there {
        return Ok(None);
    }
    take(transaction, &products, lines).await.map(Some)
}

/// Sells what is left of pieces whose hold was given up, down to none. Pieces that others hold stay theirs.
pub(crate) async fn sell_what_is_left(
    transaction: &DatabaseTransaction,
    lines: &[checkout_line::Model],
) -> Result<Taken, DbErr> {
    let products = lock_lines(transaction, lines).await?;
    take(transaction, &products, lines).await
}

async fn take(
    transaction: &DatabaseTransaction,
    products: &[product::Model],
    lines: &[checkout_line::Model],
) -> Result<Taken, DbErr> {
    let mut taken = Taken::new();
    for line in lines {
        let Some(left) = left(products, line) else {
            continue;
        };
        let pieces = left.clamp(0, line.quantity);
        product::Entity::update_many()
            .col_expr(
                product::Column::Stock,
                Expr::col(product::Column::Stock).sub(pieces),
            )
            .filter(product::Column::Id.eq(line.product_id))
            .exec(transaction)
            .await?;
        taken.insert(line.product_id, pieces);
    }
    Ok(taken)
}

/// Pieces of a line's product that are neither sold nor held; `None` where nobody counts them.
fn left(products: &[product::Model], line: &checkout_line::Model) -> Option<i64> {
    let product = products
        .iter()
        .find(|product| product.id == line.product_id)?;
    product.stock.map(|stock| stock - product.held)
}

async fn lock_lines(
    transaction: &DatabaseTransaction,
    lines: &[checkout_line::Model],
) -> Result<Vec<product::Model>, DbErr> {
    lock(transaction, lines.iter().map(|line| line.product_id)).await
}

/// The lines of a checkout, in the order of their products' ids.
pub(super) async fn lines(
    transaction: &DatabaseTransaction,
    checkout: &str,
) -> Result<Vec<checkout_line::Model>, DbErr> {
    checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(checkout))
        .order_by_asc(checkout_line::Column::ProductId)
        .all(transaction)
        .await
}

//! Pieces: held, given back, sold. Always in the order of the products' ids, so that two transactions cannot wait for each other.
//!
//! The tables refuse `held < 0` and `held > stock`, should anything here be wrong.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder,
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

/// Gives held pieces back.
pub(crate) async fn release(
    transaction: &DatabaseTransaction,
    checkout: &str,
) -> Result<(), DbErr> {
    for line in lines(transaction, checkout).await? {
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
    checkout: &str,
) -> Result<(), DbErr> {
    for line in lines(transaction, checkout).await? {
        product::Entity::update_many()
            .col_expr(
                product::Column::Held,
                Expr::col(product::Column::Held).sub(line.quantity),
            )
            .col_expr(
                product::Column::Stock,
                Expr::col(product::Column::Stock).sub(line.quantity),
            )
            .filter(product::Column::Id.eq(line.product_id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Sells pieces whose hold was given up, all of them or none. Says whether they were all still there.
pub(crate) async fn sell_late(
    transaction: &DatabaseTransaction,
    checkout: &str,
) -> Result<bool, DbErr> {
    let lines = lines(transaction, checkout).await?;
    let products = lock(transaction, lines.iter().map(|line| line.product_id)).await?;
    let there = lines.iter().all(|line| {
        products.iter().any(|product| {
            product.id == line.product_id
                && product
                    .stock
                    .is_none_or(|stock| stock - product.held >= line.quantity)
        })
    });
    if there {
        for line in lines {
            product::Entity::update_many()
                .col_expr(
                    product::Column::Stock,
                    Expr::col(product::Column::Stock).sub(line.quantity),
                )
                .filter(product::Column::Id.eq(line.product_id))
                .exec(transaction)
                .await?;
        }
    }
    Ok(there)
}

async fn lines(
    transaction: &DatabaseTransaction,
    checkout: &str,
) -> Result<Vec<checkout_line::Model>, DbErr> {
    checkout_line::Entity::find()
        .filter(checkout_line::Column::CheckoutId.eq(checkout))
        .order_by_asc(checkout_line::Column::ProductId)
        .all(transaction)
        .await
}

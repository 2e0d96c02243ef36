//! Whether pages show that a checkout's units were held, released or sold.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect};

use crate::Shop;
use crate::database::WriteTransaction;
use crate::entity::{checkout_line, variant};

/// Commits a transaction in which the checkout's units were held, released or sold. If pages show
/// that, they are rendered anew.
///
/// # Errors
/// If the database fails; whether it has committed is unknown then.
pub(crate) async fn commit(
    shop: &Shop,
    transaction: WriteTransaction,
    checkout: &str,
) -> Result<(), DbErr> {
    // Before the commit, on the same connection: no reading connection has to be acquired.
    let is_changed = is_changed(&transaction, checkout).await?;
    transaction.commit().await?;
    if is_changed {
        shop.live.catalog_changed(&shop.database);
    }
    Ok(())
}

/// Whether what is left limits what the form accepts, before the change or after it.
async fn is_changed(transaction: &WriteTransaction, checkout: &str) -> Result<bool, DbErr> {
    let lines: Vec<(i64, i64, i64, i64)> = checkout_line::Entity::find()
        .select_only()
        .column(variant::Column::Stock)
        .column(variant::Column::Held)
        .column(variant::Column::MaxPerOrder)
        .column(checkout_line::Column::Quantity)
        .join(
            JoinType::InnerJoin,
            checkout_line::Entity::belongs_to(variant::Entity)
                .from(checkout_line::Column::VariantId)
                .to(variant::Column::Id)
                .into(),
        )
        .filter(checkout_line::Column::CheckoutId.eq(checkout))
        .filter(variant::Column::Stock.is_not_null())
        .into_tuple()
        .all(transaction)
        .await?;
    let mut lines = lines.into_iter();
    Ok(lines.any(|(stock, held, max_per_order, quantity)| {
        is_shown(stock.saturating_sub(held), max_per_order, quantity)
    }))
}

/// Whether pages tell `left` units from what was left before they became `quantity` more or fewer.
fn is_shown(left: i64, max_per_order: i64, quantity: i64) -> bool {
    left.saturating_sub(quantity) <= max_per_order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_if_what_is_left_limits_the_form_before_or_after_it() {
        // Sold out, the last ones, and down to the limit of one order.
        assert!(is_shown(0, 10, 1) && is_shown(3, 10, 2) && is_shown(10, 10, 5));
        // Released: 12 are left, and before it were 8.
        assert!(is_shown(12, 10, 4));
        assert!(!is_shown(100, 10, 5) && !is_shown(16, 10, 5));
    }
}

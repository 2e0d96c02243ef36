//! Whether pages show that a checkout's units were held, released or sold.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect};

use crate::Shop;
use crate::database::Database;
use crate::entity::{checkout_line, variant};
use crate::error_chain::with_causes;

/// Notes that a checkout's units were held, released or sold, if pages show that. Called after the
/// commit.
pub(crate) async fn after_stock_move(shop: &Shop, checkout: &str) {
    let shows = match shows_stock_of(&shop.database, checkout).await {
        Ok(shows) => shows,
        Err(error) => {
            let error = with_causes(&error);
            tracing::debug!(error, "could not read whether pages show a stock's change");
            true
        }
    };
    if shows {
        shop.live.catalog_changed(&shop.database);
    }
}

/// Whether pages show a change of one of these variants by the checkout's quantity: what is left
/// limits what the form accepts, before the change or after it.
async fn shows_stock_of(database: &Database, checkout: &str) -> Result<bool, DbErr> {
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
        .all(database.reader())
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

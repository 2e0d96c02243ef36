//! Finds the order that a withdrawal is about.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use till_core::token::OrderToken;
use till_core::view::full_name;

use super::statement::{KnownOrder, StatedLine};
use crate::entity::{checkout, order, order_line, withdrawal};
use crate::orders::find_exact;
use crate::orders::fulfilment::refresh_withdrawn;
use crate::{Shop, clock};

/// The maximum number of withdrawals matched in one run.
const BATCH: u64 = 50;
/// The maximum number of words among which an order number is looked for.
const MAX_WORDS: usize = 10;

/// Returns the paid order with this token, or `None`.
///
/// # Errors
/// If the database does not answer.
pub async fn known_order(shop: &Shop, token: &OrderToken) -> Result<Option<KnownOrder>, DbErr> {
    let reader = shop.database.reader();
    let checkout: Option<String> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .filter(checkout::Column::Token.eq(token.as_str()))
        .into_tuple()
        .one(reader)
        .await?;
    let Some(checkout) = checkout else {
        return Ok(None);
    };
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(checkout))
        .one(reader)
        .await?;
    let Some(order) = order else {
        return Ok(None);
    };
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .order_by_asc(order_line::Column::VariantId)
        .all(reader)
        .await?;
    let line = |line: order_line::Model| StatedLine {
        variant: line.variant_id,
        quantity: line.quantity,
        name: full_name(&line.product_name, &line.variant_name),
    };
    Ok(Some(KnownOrder {
        id: order.id,
        number: order.number,
        lines: lines.into_iter().map(line).collect(),
    }))
}

/// Looks for the orders of withdrawals, a limited number at once: by number and email address, as
/// the search for an order's link does. Any number of servers may do this at the same time.
///
/// # Errors
/// If the database does not answer. The other withdrawals are matched in the next run.
pub async fn match_orders(shop: &Shop) -> Result<(), DbErr> {
    let waiting = withdrawal::Entity::find()
        .filter(withdrawal::Column::MatchedAt.is_null())
        .order_by_asc(withdrawal::Column::Id)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for row in waiting {
        let order = order_of(shop, &row).await?.map(|order| order.id);
        let transaction = shop.database.begin_write("match-withdrawal").await?;
        withdrawal::Entity::update_many()
            .col_expr(withdrawal::Column::OrderId, Expr::value(order))
            .col_expr(withdrawal::Column::MatchedAt, Expr::value(clock::now()))
            .filter(withdrawal::Column::Id.eq(row.id))
            .filter(withdrawal::Column::MatchedAt.is_null())
            .exec(&transaction)
            .await?;
        if let Some(order) = order {
            refresh_withdrawn(&transaction, order).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// Returns the order of a withdrawal, whether or not it has been matched.
pub(crate) async fn order_of(
    shop: &Shop,
    row: &withdrawal::Model,
) -> Result<Option<order::Model>, DbErr> {
    if let Some(id) = row.order_id {
        let order = order::Entity::find_by_id(id);
        return order.one(shop.database.reader()).await;
    }
    let settings = shop.owner_settings();
    let numbers = &settings.orders.numbers;
    for typed in numbers_in(&row.contract) {
        let orders = find_exact(&shop.database, typed, numbers).await?;
        let paid_with = |order: &order::Model| {
            let email = order.customer_email.as_deref();
            email.is_some_and(|email| same_address(email, &row.email))
        };
        if let Some(order) = orders.into_iter().find(paid_with) {
            return Ok(Some(order));
        }
    }
    Ok(None)
}

/// Returns what may be an order number: the whole text, or a word of it with a digit or a dash.
fn numbers_in(contract: &str) -> impl Iterator<Item = &str> {
    let words = contract.split_whitespace();
    let words = words.filter(|word| word.contains(|c: char| c.is_ascii_digit() || c == '-'));
    std::iter::once(contract).chain(words.take(MAX_WORDS))
}

fn same_address(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_number_is_found_among_words() {
        let found: Vec<_> = numbers_in("my order K7QM-3XPA of May").collect();
        assert_eq!(found, ["my order K7QM-3XPA of May", "K7QM-3XPA"]);
        assert_eq!(numbers_in(&"1 ".repeat(100)).count(), MAX_WORDS + 1);
    }
}

//! Withdrawals as the owner sees them.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use time::OffsetDateTime;

use super::{Part, StatedLine, Statement, WithdrawalState};
use crate::database::Database;
use crate::entity::{order, withdrawal};

/// One withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithdrawalDetails {
    /// By which the owner names it.
    pub id: i64,
    /// What has become of it.
    pub state: WithdrawalState,
    /// When it was received.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// The number of the order that it is about, if one was found.
    pub order: Option<String>,
    /// The shopper's name.
    pub name: String,
    /// The shopper's email address.
    pub email: String,
    /// The order number, or what was bought, as typed.
    pub contract: String,
    /// The part that it is about in the shopper's words.
    pub items: Option<String>,
    /// The lines that it is about. Without `items` and `lines` it is about the whole order.
    pub lines: Option<Vec<StatedLine>>,
    /// The code of the language in which it was made.
    pub language: String,
    /// When the owner decided.
    #[serde(with = "time::serde::rfc3339::option")]
    pub decided_at: Option<OffsetDateTime>,
    /// The name of the operating system's user who decided.
    pub decided_by: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
}

impl WithdrawalDetails {
    /// What it is about, in words.
    #[must_use]
    pub fn part(&self) -> String {
        match (&self.lines, &self.items) {
            (Some(lines), _) => {
                let line = |line: &StatedLine| format!("{} × {}", line.quantity, line.name);
                lines.iter().map(line).collect::<Vec<_>>().join(", ")
            }
            (None, Some(items)) => items.clone(),
            (None, None) => "the whole order".to_owned(),
        }
    }

    fn of(row: withdrawal::Model, numbers: &HashMap<i64, String>) -> Self {
        let (id, state, received_at) = (row.id, row.state, row.received_at);
        let order = row.order_id.and_then(|id| numbers.get(&id).cloned());
        let (decided_at, decided_by) = (row.decided_at, row.decided_by.clone());
        let (language, reason) = (row.language.clone(), row.reason.clone());
        let Statement {
            name,
            email,
            contract,
            part,
        } = Statement::of(row);
        let (items, lines) = match part {
            Part::Whole => (None, None),
            Part::Described(items) => (Some(items), None),
            Part::Lines(lines) => (None, Some(lines)),
        };
        Self {
            id,
            state,
            received_at,
            order,
            name,
            email,
            contract,
            items,
            lines,
            language,
            decided_at,
            decided_by,
            reason,
        }
    }
}

/// Returns withdrawals: those that the owner has not decided yet, then the others, each the newest
/// first.
///
/// # Errors
/// If the database does not answer.
pub async fn list(
    database: &Database,
    only_undecided: bool,
    limit: u64,
) -> Result<Vec<WithdrawalDetails>, DbErr> {
    let newest = |condition, limit| {
        withdrawal::Entity::find()
            .filter(condition)
            .order_by_desc(withdrawal::Column::Id)
            .limit(limit)
            .all(database.reader())
    };
    let received = WithdrawalState::Received;
    let mut rows = newest(withdrawal::Column::State.eq(received), limit).await?;
    let left = limit.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    if !only_undecided && left > 0 {
        rows.extend(newest(withdrawal::Column::State.ne(received), left).await?);
    }
    details(database.reader(), rows).await
}

/// Returns the withdrawal with this id, or `None`.
///
/// # Errors
/// If the database does not answer.
pub async fn show(database: &Database, id: i64) -> Result<Option<WithdrawalDetails>, DbErr> {
    let row = withdrawal::Entity::find_by_id(id)
        .one(database.reader())
        .await?;
    let found = details(database.reader(), row.into_iter().collect()).await?;
    Ok(found.into_iter().next())
}

/// Returns the withdrawals from an order, the oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn of_order(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<WithdrawalDetails>, DbErr> {
    let rows = withdrawal::Entity::find()
        .filter(withdrawal::Column::OrderId.eq(order))
        .order_by_asc(withdrawal::Column::Id)
        .all(connection)
        .await?;
    details(connection, rows).await
}

async fn details(
    connection: &impl ConnectionTrait,
    rows: Vec<withdrawal::Model>,
) -> Result<Vec<WithdrawalDetails>, DbErr> {
    let orders: Vec<i64> = rows.iter().filter_map(|row| row.order_id).collect();
    let numbers: Vec<(i64, String)> = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .column(order::Column::Number)
        .filter(order::Column::Id.is_in(orders))
        .into_tuple()
        .all(connection)
        .await?;
    let numbers = numbers.into_iter().collect();
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| WithdrawalDetails::of(row, &numbers))
        .collect())
}

//! Withdrawals as the owner sees them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use time::{Date, Duration, OffsetDateTime};

use super::{Part, StatedLine, Statement, WithdrawalState};
use crate::database::Database;
use crate::entity::{order, withdrawal};
use crate::time_zone::TimeZone;

/// How long the law gives for the refund.
const REFUND_TIME: Duration = Duration::days(14);

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
    /// The last day on which the law wants a refund: 14 days after the day of the receipt in this
    /// time zone (Directive 2011/83/EU, Article 13).
    #[must_use]
    pub fn refund_until(&self, zone: &TimeZone) -> Date {
        zone.date(self.received_at).saturating_add(REFUND_TIME)
    }

    /// What it is about, in words; `whole`: that it is about the whole order.
    #[must_use]
    pub fn part_or(&self, whole: &str) -> String {
        match (&self.lines, &self.items) {
            (None, None) => whole.to_owned(),
            _ => self.part(),
        }
    }

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

/// Where a page of the list ends: those without a decision come first. As text it is
/// `undecided-17` or `decided-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    is_undecided: bool,
    id: i64,
}

/// The text is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of withdrawals")]
pub struct InvalidPosition;

const UNDECIDED: &str = "undecided";
const DECIDED: &str = "decided";

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.is_undecided {
            true => UNDECIDED,
            false => DECIDED,
        };
        write!(f, "{part}-{}", self.id)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (part, id) = text.split_once('-').ok_or(InvalidPosition)?;
        let is_undecided = match part {
            UNDECIDED => true,
            DECIDED => false,
            _ => return Err(InvalidPosition),
        };
        Ok(Self {
            is_undecided,
            id: id.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalPage {
    /// Its withdrawals.
    pub rows: Vec<WithdrawalDetails>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<Position>,
}

/// Returns at most `limit` withdrawals after a position: those that the owner has not decided yet,
/// then the others, each the newest first.
///
/// # Errors
/// If the database does not answer.
pub async fn page(
    database: &Database,
    after: Option<Position>,
    limit: u64,
) -> Result<WithdrawalPage, DbErr> {
    // One more tells whether there is another page.
    let most = limit.saturating_add(1);
    let (undecided, decided) = match after {
        None => (Some(i64::MAX), i64::MAX),
        Some(after) if after.is_undecided => (Some(after.id), i64::MAX),
        Some(after) => (None, after.id),
    };
    let mut rows = match undecided {
        Some(before) => newest(database, true, before, most).await?,
        None => Vec::new(),
    };
    let left = most.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    if left > 0 {
        rows.extend(newest(database, false, decided, left).await?);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let next = last.map(|row| Position {
        is_undecided: row.state == WithdrawalState::Received,
        id: row.id,
    });
    Ok(WithdrawalPage {
        rows: details(database.reader(), rows).await?,
        next,
    })
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
    if !only_undecided {
        return Ok(page(database, None, limit).await?.rows);
    }
    let rows = newest(database, true, i64::MAX, limit).await?;
    details(database.reader(), rows).await
}

/// Withdrawals with or without a decision whose id is less than this, the newest first.
async fn newest(
    database: &Database,
    is_undecided: bool,
    before: i64,
    limit: u64,
) -> Result<Vec<withdrawal::Model>, DbErr> {
    let state = withdrawal::Column::State;
    let condition = match is_undecided {
        true => state.eq(WithdrawalState::Received),
        false => state.ne(WithdrawalState::Received),
    };
    withdrawal::Entity::find()
        .filter(condition)
        .filter(withdrawal::Column::Id.lt(before))
        .order_by_desc(withdrawal::Column::Id)
        .limit(limit)
        .all(database.reader())
        .await
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_a_text() {
        for text in ["undecided-17", "decided-1"] {
            let position: Position = text.parse().unwrap();
            assert_eq!(position.to_string(), text);
        }
        for bad in ["", "decided", "decided-", "decided-x", "accepted-1", "17"] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad}");
        }
    }

    #[test]
    fn a_refund_is_due_fourteen_days_after_the_local_day_of_the_receipt() {
        // 23:30 in Berlin, before the clocks change on 29 March 2026.
        let withdrawal = WithdrawalDetails {
            id: 1,
            state: WithdrawalState::Accepted,
            received_at: time::macros::datetime!(2026-03-20 22:30 UTC),
            order: None,
            name: String::new(),
            email: String::new(),
            contract: String::new(),
            items: None,
            lines: None,
            language: "de".to_owned(),
            decided_at: None,
            decided_by: None,
            reason: None,
        };
        let berlin = TimeZone::named("Europe/Berlin").unwrap();
        let day = withdrawal.refund_until(&berlin);
        assert_eq!(day, time::macros::date!(2026 - 04 - 03));
    }
}

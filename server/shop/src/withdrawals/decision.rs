//! The owner's decision about a withdrawal. It moves no money: a refund is requested separately.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::WithdrawalState;
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::withdrawal;

/// What the owner decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The shopper may withdraw.
    Accept,
    /// The shopper may not.
    Refuse {
        /// Why, for the owner's records.
        reason: Option<String>,
    },
}

impl Decision {
    fn state(&self) -> WithdrawalState {
        match self {
            Self::Accept => WithdrawalState::Accepted,
            Self::Refuse { .. } => WithdrawalState::Refused,
        }
    }
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionOutcome {
    /// It is decided now.
    Decided,
    /// It was decided so before; nothing has changed.
    AlreadyDecided,
    /// There is no such withdrawal.
    Unknown,
}

/// Stores a decision, made `by` this user of the operating system. It replaces an earlier one.
///
/// # Errors
/// If the database does not answer; nothing has changed then.
pub async fn decide(
    database: &Database,
    id: i64,
    decision: &Decision,
    by: &str,
) -> Result<DecisionOutcome, DbErr> {
    let transaction = database.begin_write("decide-withdrawal").await?;
    let row = locked(withdrawal::Entity::find_by_id(id))
        .one(&transaction)
        .await?;
    let outcome = match row {
        None => DecisionOutcome::Unknown,
        Some(row) if row.state == decision.state() => DecisionOutcome::AlreadyDecided,
        Some(_) => DecisionOutcome::Decided,
    };
    if outcome != DecisionOutcome::Decided {
        transaction.rollback().await?;
        return Ok(outcome);
    }
    let reason = match decision {
        Decision::Accept => None,
        Decision::Refuse { reason } => reason.clone(),
    };
    withdrawal::Entity::update_many()
        .col_expr(withdrawal::Column::State, Expr::value(decision.state()))
        .col_expr(withdrawal::Column::DecidedAt, Expr::value(clock::now()))
        .col_expr(withdrawal::Column::DecidedBy, Expr::value(by))
        .col_expr(withdrawal::Column::Reason, Expr::value(reason))
        .filter(withdrawal::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(outcome)
}

//! The owner's decision about a withdrawal. It moves no money: a refund is requested separately.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use super::WithdrawalState;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::withdrawal;
use crate::orders::fulfilment::refresh_withdrawn;

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

    fn action(&self) -> Action {
        match self {
            Self::Accept => Action::AcceptWithdrawal,
            Self::Refuse { .. } => Action::RefuseWithdrawal,
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
    /// Somebody has decided otherwise since the form was shown; nothing has changed.
    Changed,
    /// There is no such withdrawal.
    Unknown,
}

/// Stores a decision. It replaces an earlier one. `seen` is the state when the form was shown:
/// nothing is done if it is another one now.
///
/// # Errors
/// If the database does not answer; nothing has changed then.
pub async fn decide(
    database: &Database,
    id: i64,
    decision: &Decision,
    seen: Option<WithdrawalState>,
    actor: &Actor,
) -> Result<DecisionOutcome, DbErr> {
    let transaction = database.begin_write("decide-withdrawal").await?;
    let row = locked(withdrawal::Entity::find_by_id(id))
        .one(&transaction)
        .await?;
    let Some(row) = row else {
        transaction.rollback().await?;
        return Ok(DecisionOutcome::Unknown);
    };
    let outcome = if row.state == decision.state() {
        DecisionOutcome::AlreadyDecided
    } else if seen.is_some_and(|seen| seen != row.state) {
        DecisionOutcome::Changed
    } else {
        DecisionOutcome::Decided
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
        .col_expr(withdrawal::Column::DecidedBy, Expr::value(&*actor.name))
        .col_expr(withdrawal::Column::Reason, Expr::value(reason.clone()))
        .filter(withdrawal::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    if let Some(order) = row.order_id {
        refresh_withdrawn(&transaction, order).await?;
    }
    let entry = Entry {
        action: decision.action(),
        kind: SubjectKind::Withdrawal,
        subject: id.to_string(),
        before: Some(json!({ "state": row.state, "reason": row.reason })),
        after: Some(json!({ "state": decision.state(), "reason": reason })),
    };
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(outcome)
}

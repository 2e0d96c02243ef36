//! What the owner sees of the outbox, and can do to it.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Task, TaskState};
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{order, outbox, refund_request};
use crate::orders::refund::{RequestState, note_state};

/// The oldest tasks in these states, the dead ones first.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(
    database: &Database,
    states: &[TaskState],
    most: u64,
) -> Result<Vec<outbox::Model>, DbErr> {
    outbox::Entity::find()
        .filter(outbox::Column::State.is_in(states.iter().map(|state| state.as_str())))
        // By name, "dead" comes first.
        .order_by_asc(outbox::Column::State)
        .order_by_asc(outbox::Column::Id)
        .limit(most)
        .all(database.reader())
        .await
}

/// Which tasks are to be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this id or key.
    One(String),
    /// All that are dead.
    Dead,
}

/// Makes tasks due now: a server that runs does them within seconds. A dead one gets all its tries anew. What is done stays
/// done. Returns the tasks as they stand now.
///
/// # Errors
/// Where the database does not answer; nothing has changed then.
pub async fn retry(database: &Database, which: &Which) -> Result<Vec<outbox::Model>, DbErr> {
    let condition = match which {
        Which::Dead => Condition::all().add(outbox::Column::State.eq(TaskState::Dead.as_str())),
        Which::One(name) => Condition::any()
            .add(outbox::Column::Key.eq(name))
            .add_option(name.parse().ok().map(|id: i64| outbox::Column::Id.eq(id))),
    };
    let transaction = database.begin_write().await?;
    let found = locked(
        outbox::Entity::find()
            .filter(condition)
            .filter(outbox::Column::State.ne(TaskState::Done.as_str()))
            .order_by_asc(outbox::Column::Id),
    )
    .all(&transaction)
    .await?;
    let now = clock::now();
    let mut tasks = Vec::with_capacity(found.len());
    for mut task in found {
        if task.state == TaskState::Dead.as_str() {
            if is_superseded(&transaction, &task).await? {
                continue;
            }
            task.payload = renewed(&task.payload);
            // What was refused counts as given back again, until Stripe has answered.
            if let Ok(Task::RefundRequest { request, .. }) = serde_json::from_str(&task.payload) {
                note_state(&transaction, request, RequestState::Asked).await?;
            }
            task.attempts = 0;
        }
        task.state = TaskState::Pending.as_str().to_owned();
        task.due_at = now;
        task.updated_at = now;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::Payload, Expr::value(&task.payload))
            .col_expr(outbox::Column::State, Expr::value(&task.state))
            .col_expr(outbox::Column::Attempts, Expr::value(task.attempts))
            .col_expr(outbox::Column::DueAt, Expr::value(now))
            .col_expr(outbox::Column::UpdatedAt, Expr::value(now))
            .filter(outbox::Column::Id.eq(task.id))
            .exec(&transaction)
            .await?;
        tasks.push(task);
    }
    transaction.commit().await?;
    Ok(tasks)
}

/// Whether a refused request for a refund has a later one of the same order: its money may have been
/// asked for again, and must not go back twice.
async fn is_superseded(
    transaction: &DatabaseTransaction,
    task: &outbox::Model,
) -> Result<bool, DbErr> {
    let Ok(Task::RefundRequest { request, .. }) = serde_json::from_str(&task.payload) else {
        return Ok(false);
    };
    let Some(asked) = refund_request::Entity::find_by_id(request)
        .one(transaction)
        .await?
    else {
        return Ok(false);
    };
    // A request that is being made now waits, as it does for another one.
    locked(order::Entity::find_by_id(asked.order_id))
        .one(transaction)
        .await?;
    let later = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(asked.order_id))
        .filter(refund_request::Column::Id.gt(request))
        .one(transaction)
        .await?;
    Ok(later.is_some())
}

/// A dead refund is asked with another idempotency key: Stripe would repeat its no to the old one.
fn renewed(payload: &str) -> String {
    match serde_json::from_str(payload) {
        Ok(Task::Refund { again }) => {
            let task = Task::Refund {
                again: again.saturating_add(1),
            };
            serde_json::to_string(&task).unwrap_or_else(|_| payload.to_owned())
        }
        Ok(Task::RefundRequest { request, again }) => {
            let again = again.saturating_add(1);
            let task = Task::RefundRequest { request, again };
            serde_json::to_string(&task).unwrap_or_else(|_| payload.to_owned())
        }
        _ => payload.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refund_changes_when_it_is_asked_again() {
        assert_eq!(
            renewed(r#"{"task":"refund"}"#),
            r#"{"task":"refund","again":1}"#
        );
        assert_eq!(
            renewed(r#"{"task":"refund","again":1}"#),
            r#"{"task":"refund","again":2}"#
        );
        let mail = r#"{"task":"mail","mail":{"about":"paid"}}"#;
        assert_eq!(renewed(mail), mail);
    }
}

//! Lists and retries outbox tasks, for the owner.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::{Task, TaskKind, TaskState};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::{order, outbox, refund_request};
use crate::orders::refund::{RequestState, set_state};

/// Returns the oldest tasks in these states, dead ones first.
///
/// # Errors
/// If the database fails.
pub async fn list(
    database: &Database,
    states: &[TaskState],
    limit: u64,
) -> Result<Vec<outbox::Model>, DbErr> {
    outbox::Entity::find()
        .filter(outbox::Column::State.is_in(states.iter().copied()))
        // By name, "dead" comes first.
        .order_by_asc(outbox::Column::State)
        .order_by_asc(outbox::Column::Id)
        .limit(limit)
        .all(database.reader())
        .await
}

/// What the task with this id or key does; `None` if there is none.
///
/// # Errors
/// If the database fails.
pub async fn kind_of(database: &Database, name: &str) -> Result<Option<TaskKind>, DbErr> {
    let task = outbox::Entity::find()
        .filter(named(name))
        .one(database.reader())
        .await?;
    Ok(task.map(|task| task.kind))
}

/// Matches the task with this id or key.
fn named(name: &str) -> Condition {
    Condition::any()
        .add(outbox::Column::Key.eq(name))
        .add_option(name.parse().ok().map(|id: i64| outbox::Column::Id.eq(id)))
}

/// Which tasks to retry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryTarget {
    /// The one with this id or key.
    One(String),
    /// All dead tasks.
    Dead,
}

/// Makes tasks due now for this person; a running server runs them within seconds. Dead tasks get
/// all their attempts again, tasks that are done stay done. Returns the changed tasks.
///
/// # Errors
/// If the database fails; nothing has changed then.
pub async fn retry(
    database: &Database,
    by: &Actor,
    target: &RetryTarget,
) -> Result<Vec<outbox::Model>, DbErr> {
    let condition = match target {
        RetryTarget::Dead => Condition::all().add(outbox::Column::State.eq(TaskState::Dead)),
        RetryTarget::One(name) => named(name),
    };
    let transaction = database.begin_write("retry-task").await?;
    let found = locked(
        outbox::Entity::find()
            .filter(condition)
            .filter(outbox::Column::State.ne(TaskState::Done))
            .order_by_asc(outbox::Column::Id),
    )
    .all(&transaction)
    .await?;
    let now = clock::now();
    let mut tasks = Vec::with_capacity(found.len());
    for mut task in found {
        let before = json!({ "state": task.state, "attempts": task.attempts });
        if task.state == TaskState::Dead {
            if is_superseded(&transaction, &task).await? {
                continue;
            }
            task.payload = with_new_idempotency_key(&task.payload);
            // The amount counts as refunded again until Stripe has responded.
            if let Ok(Task::RefundRequest { request, .. }) = serde_json::from_str(&task.payload) {
                set_state(&transaction, request, RequestState::Asked).await?;
            }
            task.attempts = 0;
        }
        task.state = TaskState::Pending;
        task.due_at = now;
        task.updated_at = now;
        outbox::Entity::update_many()
            .col_expr(outbox::Column::Payload, Expr::value(&task.payload))
            .col_expr(outbox::Column::State, Expr::value(task.state))
            .col_expr(outbox::Column::Attempts, Expr::value(task.attempts))
            .col_expr(outbox::Column::DueAt, Expr::value(now))
            .col_expr(outbox::Column::UpdatedAt, Expr::value(now))
            .filter(outbox::Column::Id.eq(task.id))
            .exec(&transaction)
            .await?;
        let entry = Entry {
            action: Action::RetryTask,
            kind: SubjectKind::Task,
            subject: task.key.clone(),
            before: Some(before),
            after: Some(json!({ "state": task.state, "attempts": task.attempts })),
        };
        audit::write(&transaction, by, entry).await?;
        tasks.push(task);
    }
    transaction.commit().await?;
    Ok(tasks)
}

/// Whether the order of a refused refund request has a later request: that may be for the same
/// money, which must not be refunded twice.
async fn is_superseded(
    transaction: &WriteTransaction,
    task: &outbox::Model,
) -> Result<bool, DbErr> {
    let Ok(Task::RefundRequest { request, .. }) = serde_json::from_str(&task.payload) else {
        return Ok(false);
    };
    let Some(request_row) = refund_request::Entity::find_by_id(request)
        .one(transaction)
        .await?
    else {
        return Ok(false);
    };
    // The lock makes a concurrent request of the same order wait.
    locked(order::Entity::find_by_id(request_row.order_id))
        .one(transaction)
        .await?;
    let later = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(request_row.order_id))
        .filter(refund_request::Column::Id.gt(request))
        .one(transaction)
        .await?;
    Ok(later.is_some())
}

/// Gives a dead refund a new idempotency key: Stripe would repeat its refusal of the old one.
fn with_new_idempotency_key(payload: &str) -> String {
    match serde_json::from_str(payload) {
        Ok(Task::Refund { manual_retries }) => {
            let task = Task::Refund {
                manual_retries: manual_retries.saturating_add(1),
            };
            serde_json::to_string(&task).unwrap_or_else(|_| payload.to_owned())
        }
        Ok(Task::RefundRequest {
            request,
            manual_retries,
        }) => {
            let manual_retries = manual_retries.saturating_add(1);
            let task = Task::RefundRequest {
                request,
                manual_retries,
            };
            serde_json::to_string(&task).unwrap_or_else(|_| payload.to_owned())
        }
        _ => payload.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refund_changes_when_it_is_retried() {
        assert_eq!(
            with_new_idempotency_key(r#"{"task":"refund"}"#),
            r#"{"task":"refund","again":1}"#
        );
        assert_eq!(
            with_new_idempotency_key(r#"{"task":"refund","again":1}"#),
            r#"{"task":"refund","again":2}"#
        );
        let mail = r#"{"task":"mail","mail":{"about":"paid"}}"#;
        assert_eq!(with_new_idempotency_key(mail), mail);
    }
}

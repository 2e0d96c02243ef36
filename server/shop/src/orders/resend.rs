//! Sending an email about an order again.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::database::{Database, locked};
use crate::entity::{order, outbox};
use crate::outbox::{Mail, Task, TaskState, enqueue};

/// The outcome of [`resend`]. Only [`Self::Enqueued`] changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendOutcome {
    /// A running server sends it within seconds, to the address of the order, as of now.
    Enqueued,
    /// Another email was enqueued since the form was shown: by the same form, or for another
    /// reason.
    Changed,
    /// It waits to be sent for the first time.
    Waiting,
    /// The order has no such email.
    UnknownMail,
}

/// The email of a task.
pub(crate) fn mail_of(task: &outbox::Model) -> Option<Mail> {
    match serde_json::from_str(&task.payload) {
        Ok(Task::Mail { mail } | Task::MailAgain { mail, .. }) => Some(mail),
        Ok(_) => None,
        // The payload of an old task is emptied; its key names the email.
        Err(_) => Mail::of_key(&task.key),
    }
}

/// Sends an email again. `tasks` is the number of the order's tasks when the form was shown:
/// nothing is done if there are more now.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn resend(
    database: &Database,
    order: i64,
    task: i64,
    seen: Option<usize>,
    actor: &Actor,
) -> Result<ResendOutcome, DbErr> {
    let transaction = database.begin_write("resend").await?;
    let order = locked(order::Entity::find_by_id(order))
        .one(&transaction)
        .await?;
    let Some(order) = order else {
        transaction.rollback().await?;
        return Ok(ResendOutcome::UnknownMail);
    };
    let tasks = outbox::Entity::find()
        .filter(outbox::Column::CheckoutId.eq(&order.checkout_id))
        .all(&transaction)
        .await?;
    let found = tasks.iter().find(|row| row.id == task);
    let mail = found.and_then(|row| Some((row, mail_of(row)?)));
    let outcome = match &mail {
        None => ResendOutcome::UnknownMail,
        Some(_) if seen.is_some_and(|seen| seen != tasks.len()) => ResendOutcome::Changed,
        Some((row, _)) if row.state == TaskState::Pending => ResendOutcome::Waiting,
        Some(_) => ResendOutcome::Enqueued,
    };
    let (Some((row, mail)), ResendOutcome::Enqueued) = (mail, outcome) else {
        transaction.rollback().await?;
        return Ok(outcome);
    };
    let task = Task::MailAgain {
        mail,
        // The order is locked, so this number is new.
        again: tasks.len().to_string(),
    };
    enqueue(&transaction, &order.checkout_id, &task).await?;
    let entry = Entry {
        action: Action::ResendMail,
        kind: SubjectKind::Order,
        subject: order.number,
        before: None,
        after: Some(json!({ "task": row.id, "key": row.key })),
    };
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(ResendOutcome::Enqueued)
}

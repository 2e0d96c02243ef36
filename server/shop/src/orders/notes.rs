//! The owner's notes about an order. Its buyer does not see them.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use serde_json::json;
use till_core::token::AttemptToken;
use time::OffsetDateTime;

use super::fulfilment::submission;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{order, order_note};

/// The longest note, in characters.
pub const MAX_NOTE: usize = 4_000;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoteRow {
    /// Its id.
    pub id: i64,
    /// The text, which may have several lines.
    pub text: String,
    /// Who wrote it.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The outcome of writing a note. Only [`Self::Written`] changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteOutcome {
    /// It is written.
    Written,
    /// The same form was sent before.
    AlreadyWritten,
    /// There is no text.
    Empty,
    /// The text is longer than [`MAX_NOTE`].
    TooLong {
        /// Its characters.
        characters: usize,
    },
    /// There is no such order.
    UnknownOrder,
}

/// Writes a note. A form that is sent twice writes one.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn write(
    database: &Database,
    order: i64,
    text: &str,
    form: Option<&AttemptToken>,
    actor: &Actor,
) -> Result<NoteOutcome, DbErr> {
    let text = plain(text);
    let characters = text.chars().count();
    if text.is_empty() {
        return Ok(NoteOutcome::Empty);
    }
    if characters > MAX_NOTE {
        return Ok(NoteOutcome::TooLong { characters });
    }
    let transaction = database.begin_write("note").await?;
    let Some(order) = locked(order::Entity::find_by_id(order))
        .one(&transaction)
        .await?
    else {
        transaction.rollback().await?;
        return Ok(NoteOutcome::UnknownOrder);
    };
    let submission = submission(form, order.id, &text);
    if let Some(submission) = &submission {
        let same = order_note::Entity::find()
            .filter(order_note::Column::Submission.eq(submission))
            .one(&transaction)
            .await?;
        if same.is_some() {
            transaction.rollback().await?;
            return Ok(NoteOutcome::AlreadyWritten);
        }
    }
    let row = order_note::ActiveModel {
        id: NotSet,
        order_id: Set(order.id),
        text: Set(text.clone()),
        written_by: Set(actor.name.clone()),
        written_at: Set(clock::now()),
        submission: Set(submission),
    };
    order_note::Entity::insert(row)
        .exec_without_returning(&transaction)
        .await?;
    let entry = Entry {
        action: Action::WriteNote,
        kind: SubjectKind::Order,
        subject: order.number,
        before: None,
        after: Some(json!({ "text": text })),
    };
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(NoteOutcome::Written)
}

/// The text as it is stored: with line breaks, and without other control characters.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let unseen = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    text.replace(unseen, "").trim().to_owned()
}

/// Returns the notes about an order, the oldest first.
///
/// # Errors
/// If the database does not answer.
pub async fn of_order(
    connection: &impl ConnectionTrait,
    order: i64,
) -> Result<Vec<NoteRow>, DbErr> {
    let rows = order_note::Entity::find()
        .filter(order_note::Column::OrderId.eq(order))
        .order_by_asc(order_note::Column::Id)
        .all(connection)
        .await?;
    let row = |row: order_note::Model| NoteRow {
        id: row.id,
        text: row.text,
        by: row.written_by,
        at: row.written_at,
    };
    Ok(rows.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_lines() {
        assert_eq!(plain(" a\r\nb\rc\0\u{1b}[31m\t \n"), "a\nb\nc[31m");
        assert_eq!(plain("\0 \n"), "");
    }
}

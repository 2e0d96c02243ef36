//! `till orders note` and `resend`

use std::process::ExitCode;

use shop::database::Database;
use shop::orders::notes::{self, MAX_NOTE, NoteOutcome};
use shop::orders::resend::{self, ResendOutcome};

use super::super::operator;
use super::super::output::print_line;
use super::find;
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Note {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The note; stored with your name and the time.
    text: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Resend {
    /// The order number, also without dashes and prefix, and in lower case.
    number: String,
    /// The number of the email's task, from `till orders show`.
    task: i64,
}

/// Writes a note.
pub(super) async fn write(
    config: &Config,
    database: &Database,
    arguments: &Note,
) -> anyhow::Result<()> {
    let order = find(config, database, &arguments.number).await?;
    let actor = operator::actor();
    let outcome = notes::write(database, order.id, &arguments.text, None, &actor).await?;
    match outcome {
        NoteOutcome::Written | NoteOutcome::AlreadyWritten => {
            print_line(&format!("the note about order {} is stored", order.number));
            Ok(())
        }
        NoteOutcome::Empty => anyhow::bail!("the note is empty"),
        NoteOutcome::TooLong { characters } => {
            anyhow::bail!("the note has {characters} characters, and {MAX_NOTE} are possible")
        }
        NoteOutcome::UnknownOrder => anyhow::bail!("the order no longer exists"),
    }
}

/// Sends an email again.
pub(super) async fn resend(
    config: &Config,
    database: &Database,
    arguments: &Resend,
) -> anyhow::Result<ExitCode> {
    let order = find(config, database, &arguments.number).await?;
    let (task, actor) = (arguments.task, operator::actor());
    let outcome = resend::resend(database, order.id, task, None, &actor).await?;
    let (code, message) = match outcome {
        ResendOutcome::Enqueued => (
            0,
            "the email is on its way again: the running server sends it within seconds".to_owned(),
        ),
        ResendOutcome::Waiting => (
            1,
            "the email waits to be sent; till outbox retry makes it due now".to_owned(),
        ),
        ResendOutcome::UnknownMail | ResendOutcome::Changed => (
            1,
            format!("order {} has no email with the number {task}", order.number),
        ),
    };
    print_line(&message);
    Ok(ExitCode::from(code))
}

//! `till outbox`
//!
//! Exit code: 0 on success (also for an empty list), 1 if there was nothing to retry, 2 for errors
//! and invalid arguments.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use shop::entity::outbox;
use shop::outbox::TaskState;
use shop::outbox::queue::{self, RetryTarget};
use shop::time_zone::TimeZone;
use strum::IntoEnumIterator;
use time::format_description::well_known::Rfc3339;

use super::operator;
use super::output::{or_dash, print_error, print_json, print_table};
use crate::application::{load_profile, open_existing};
use crate::config::Config;

/// Arguments of `till outbox`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List tasks: dead and pending ones by default.
    List(List),
    /// Make tasks due now; a running server does them within seconds. Exit code 1 if there is none
    /// to retry.
    Retry(Retry),
}

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only tasks in this state.
    #[arg(long)]
    state: Option<State>,
    /// At most this many, the oldest first.
    #[arg(long, default_value_t = 200)]
    limit: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The task's number or key, as listed.
    task: Option<String>,
    /// All dead tasks.
    #[arg(long)]
    dead: bool,
}

#[derive(Debug, Args)]
pub(super) struct Retry {
    #[command(flatten)]
    which: Which,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// Not done yet, or waiting for a retry.
    Pending,
    /// Done.
    Done,
    /// Given up.
    Dead,
    /// All states.
    All,
}

impl State {
    fn states(self) -> Vec<TaskState> {
        match self {
            Self::Pending => vec![TaskState::Pending],
            Self::Done => vec![TaskState::Done],
            Self::Dead => vec![TaskState::Dead],
            Self::All => TaskState::iter().collect(),
        }
    }
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let database = open_existing(config).await?;
    let (tasks, json) = match command {
        Command::List(list) => {
            let states = list
                .state
                .map_or_else(|| vec![TaskState::Dead, TaskState::Pending], State::states);
            let tasks = queue::list(&database, &states, u64::from(list.limit)).await?;
            (tasks, list.json)
        }
        Command::Retry(retry) => {
            let which = match retry.which.task {
                Some(task) => RetryTarget::One(task),
                None => RetryTarget::Dead,
            };
            let tasks = queue::retry(&database, &operator::actor(), &which).await?;
            if tasks.is_empty() {
                database.close().await?;
                match which {
                    RetryTarget::One(task) => {
                        print_error(&format!("there is no task {task} to retry"));
                    }
                    RetryTarget::Dead => print_error("no task is dead"),
                }
                return Ok(ExitCode::from(1));
            }
            (tasks, retry.json)
        }
    };
    let zone = load_profile(config, &database).await?.time_zone;
    database.close().await?;
    if json {
        let tasks: Vec<_> = tasks.iter().map(as_json).collect();
        print_json(&tasks)?;
    } else {
        print(&tasks, &zone);
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(task: &outbox::Model) -> Value {
    json!({
        "id": task.id,
        "key": task.key,
        "kind": task.kind,
        "checkout": task.checkout_id,
        "state": task.state,
        "attempts": task.attempts,
        "error": task.error,
        "due_at": task.due_at.format(&Rfc3339).ok(),
        "created_at": task.created_at.format(&Rfc3339).ok(),
        "updated_at": task.updated_at.format(&Rfc3339).ok(),
    })
}

fn print(tasks: &[outbox::Model], zone: &TimeZone) {
    let rows = tasks.iter().map(|task| {
        let when = match task.state {
            TaskState::Pending => format!("due {}", zone.format_table(task.due_at)),
            _ => format!("since {}", zone.format_table(task.updated_at)),
        };
        [
            task.id.to_string(),
            task.key.clone(),
            task.state.to_string(),
            task.attempts.to_string(),
            when,
            or_dash(task.error.as_ref()),
        ]
    });
    print_table(
        ["ID", "TASK", "STATE", "ATTEMPTS", "WHEN", "ERROR"],
        &rows.collect::<Vec<_>>(),
    );
}

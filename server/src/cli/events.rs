//! `till events`

use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use shop::Shop;
use shop::database::Database;
use shop::inbox::dismissal::{DismissOutcome, dismiss};
use shop::inbox::listing::{self, EventSummary, Filter, StateFilter};
use shop::inbox::{EventState, retry};
use shop::time_zone::TimeZone;

use super::operator;
use super::output::{or_dash, print_fields, print_json, print_line, print_table};
use crate::application::{load_profile, open_existing, open_shop};
use crate::config::Config;

/// Arguments of `till events`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List events, the newest first; ignored ones only with `--all` or `--state`.
    List(List),
    /// Show one event.
    Show(Show),
    /// Apply an event again that failed, is pending or dead, or all that failed. Safe to repeat:
    /// applied events are not changed.
    ///
    /// Exit code: 0, or 1 if an event failed again.
    Replay(Replay),
    /// Dismiss a failed or dead event about which nothing needs to be done: `till reconcile` no
    /// longer counts it.
    ///
    /// It can still be shown and replayed.
    Dismiss(Dismiss),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only events in this state.
    #[arg(long)]
    state: Option<State>,
    /// Also unrelated events, which have nothing to do with this shop.
    #[arg(long)]
    all: bool,
    /// Only events of this type, such as charge.refunded.
    #[arg(long = "type", value_name = "TYPE")]
    r#type: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    /// Waiting for its order.
    Pending,
    /// Applied completely.
    Applied,
    /// Without effect, or unrelated to this shop.
    Ignored,
    /// Not applied, and retried.
    Failed,
    /// Not applied, and given up.
    Dead,
    /// Failed or dead, and dismissed by the owner.
    Dismissed,
}

impl State {
    fn filter(self) -> StateFilter {
        match self {
            Self::Pending => StateFilter::State(EventState::Pending),
            Self::Applied => StateFilter::State(EventState::Applied),
            Self::Ignored => StateFilter::State(EventState::Ignored),
            Self::Failed => StateFilter::State(EventState::Failed),
            Self::Dead => StateFilter::State(EventState::Dead),
            Self::Dismissed => StateFilter::Dismissed,
        }
    }
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Stripe's id, `evt_…`.
    id: String,
    /// Print the payload too, as Stripe sent it: it holds personal data.
    #[arg(long)]
    payload: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Stripe's id, `evt_…`.
    id: Option<String>,
    /// All failed and dead events that are not dismissed.
    #[arg(long)]
    failed: bool,
}

#[derive(Debug, clap::Args)]
struct Replay {
    #[command(flatten)]
    which: Which,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Dismiss {
    /// Stripe's id, `evt_…`.
    id: String,
    /// The reason; stored with your name and the time.
    #[arg(long, value_parser = operator::note)]
    note: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::List(arguments) => {
            let database = open_existing(config).await?;
            let zone = load_profile(config, &database).await?.time_zone;
            list(&database, arguments, &zone).await?;
            database.close().await?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Show(arguments) => {
            let database = open_existing(config).await?;
            let zone = load_profile(config, &database).await?.time_zone;
            show(&database, &arguments, &zone).await?;
            database.close().await?;
            Ok(ExitCode::SUCCESS)
        }
        Action::Replay(arguments) => {
            let shop = open_shop(config).await?;
            let failed = match &arguments.which.id {
                Some(id) => replay_one(&shop, id, arguments.json).await?,
                None => replay_failed(&shop, arguments.json).await?,
            };
            shop.close().await?;
            Ok(ExitCode::from(u8::from(failed)))
        }
        Action::Dismiss(arguments) => {
            let database = open_existing(config).await?;
            dismiss_event(&database, &arguments).await?;
            database.close().await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn dismiss_event(database: &Database, arguments: &Dismiss) -> anyhow::Result<()> {
    let id = &arguments.id;
    match dismiss(database, id, &operator::actor(), &arguments.note).await? {
        DismissOutcome::Unknown => anyhow::bail!("there is no event {id}"),
        DismissOutcome::NotFailed(state) => {
            let why = match state {
                EventState::Applied => "it was applied completely",
                EventState::Ignored => "it has no effect and is counted nowhere",
                _ => "it is waiting for its order, and will be ignored after a week without one",
            };
            anyhow::bail!("{id} is {state} and cannot be dismissed: {why}");
        }
        DismissOutcome::Dismissed | DismissOutcome::AlreadyDismissed if arguments.json => {
            let Some((event, _)) = listing::show(database, id).await? else {
                anyhow::bail!("there is no event {id}");
            };
            print_json(&event)
        }
        DismissOutcome::Dismissed => {
            print_line(&format!("{id} is dismissed"));
            Ok(())
        }
        DismissOutcome::AlreadyDismissed => {
            print_line(&format!("{id} is already dismissed: nothing to do"));
            Ok(())
        }
    }
}

async fn list(database: &Database, arguments: List, zone: &TimeZone) -> anyhow::Result<()> {
    let filter = Filter {
        state: arguments.state.map(State::filter),
        r#type: arguments.r#type,
        without_ignored: arguments.state.is_none() && !arguments.all,
        limit: arguments.limit,
    };
    let events = listing::list(database, &filter).await?;
    if arguments.json {
        return print_json(&events);
    }
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            [
                event.id.clone(),
                event.r#type.clone(),
                event.state.to_string(),
                event.attempts.to_string(),
                zone.format_table(event.received_at),
                or_dash(event.order.as_ref()),
                or_dash(event.error.as_ref()),
            ]
        })
        .collect();
    print_table(
        [
            "ID", "TYPE", "STATE", "ATTEMPTS", "RECEIVED", "ORDER", "ERROR",
        ],
        &rows,
    );
    Ok(())
}

async fn show(database: &Database, arguments: &Show, zone: &TimeZone) -> anyhow::Result<()> {
    let Some((event, payload)) = listing::show(database, &arguments.id).await? else {
        anyhow::bail!("there is no event {}", arguments.id);
    };
    if arguments.json {
        let mut json = serde_json::to_value(&event)?;
        if arguments.payload {
            json["payload"] = payload;
        }
        return print_json(&json);
    }
    print_event(&event, zone);
    if arguments.payload {
        print_json(&payload)?;
    }
    Ok(())
}

fn print_event(event: &EventSummary, zone: &TimeZone) {
    let at = |time| zone.format_table(time);
    let mut fields = vec![
        ("id", event.id.clone()),
        ("type", event.r#type.clone()),
        ("state", event.state.to_string()),
        ("error", or_dash(event.error.as_ref())),
    ];
    if let Some(dismissal) = &event.dismissal {
        let by = format!("{} by {}", at(dismissal.at), dismissal.by);
        fields.push(("dismissed", by));
        fields.push(("note", dismissal.note.clone()));
    }
    let received = format!("{} ({})", at(event.received_at), event.source);
    let money = if event.livemode { "real" } else { "test" };
    fields.extend([
        ("attempts", event.attempts.to_string()),
        ("created", at(event.created_at)),
        ("received", received),
        ("due", or_dash(event.due_at.map(at))),
        ("waits for", or_dash(event.waits_for.as_ref())),
        ("checkout", or_dash(event.checkout.as_ref())),
        ("order", or_dash(event.order.as_ref())),
        ("money", money.to_owned()),
    ]);
    print_fields(&fields);
}

/// Replays one event. Returns whether it failed again.
async fn replay_one(shop: &Shop, id: &str, json: bool) -> anyhow::Result<bool> {
    let changed = retry::retry(shop, &operator::actor(), id).await?;
    let Some((event, _)) = listing::show(&shop.database, id).await? else {
        anyhow::bail!("there is no event {id}");
    };
    if json {
        print_json(&json!({
            "id": event.id,
            "replayed": changed.is_some(),
            "state": event.state,
            "error": event.error,
        }))?;
    } else if changed.is_none() {
        print_line(&format!("{id} is already {}: nothing to do", event.state));
    } else {
        let error = event.error.map(|error| format!(": {error}"));
        print_line(&format!(
            "{id} is {}{}",
            event.state,
            error.unwrap_or_default()
        ));
    }
    Ok(matches!(
        changed,
        Some(EventState::Failed | EventState::Dead)
    ))
}

/// Replays all failed events. Returns whether any failed again.
async fn replay_failed(shop: &Shop, json: bool) -> anyhow::Result<bool> {
    let retried = retry::retry_all(shop, &operator::actor()).await?;
    if json {
        print_json(&json!({ "settled": retried.handled, "failed": retried.failed }))?;
    } else {
        print_line(&format!(
            "{} applied or ignored, {} failed again",
            retried.handled, retried.failed
        ));
    }
    Ok(retried.failed > 0)
}

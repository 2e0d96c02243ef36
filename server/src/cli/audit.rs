//! `till audit`

use std::io::BufWriter;

use clap::Subcommand;
use shop::audit::{self, Action, AuditRow, Filter, SubjectKind, in_words};
use shop::database::Database;
use shop::orders::export::{ExportError, Period};
use shop::time_zone::TimeZone;
use strum::IntoEnumIterator;
use time::Date;

use super::output::{or_dash, print_json, print_table};
use crate::application::{load_profile, open_existing};
use crate::config::Config;

/// The longest value in a table, in characters.
const MAX_SHOWN: usize = 60;

/// Arguments of `till audit`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: AuditAction,
}

#[derive(Debug, Subcommand)]
enum AuditAction {
    /// List who changed what, the latest first.
    List(List),
    /// Write the log as CSV to standard output, the oldest entry first.
    Export(Which),
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    which: Which,
    /// At most this many entries.
    #[arg(
        long, default_value_t = 50,
        value_parser = clap::value_parser!(u64).range(1..=audit::MAX_PAGE)
    )]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Which entries.
#[derive(Debug, clap::Args)]
struct Which {
    /// Only those of this person: the email address of a user, or the name of the system's user.
    #[arg(long)]
    by: Option<String>,
    /// Only what was done like this, by its name in the log.
    #[arg(long, value_parser = action)]
    action: Option<Action>,
    /// Only changes of this kind of thing, such as setting or order.
    #[arg(long, value_parser = kind)]
    kind: Option<SubjectKind>,
    /// Only changes of this thing, such as an order by its number.
    #[arg(long)]
    subject: Option<String>,
    /// From this day on, such as 2026-11-30.
    #[arg(long, value_parser = super::orders::day)]
    from: Option<Date>,
    /// Until this day, inclusive.
    #[arg(long, value_parser = super::orders::day)]
    to: Option<Date>,
}

fn action(text: &str) -> Result<Action, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = Action::iter().map(|action| action.to_string()).collect();
        format!("must be one of {}", known.join(", "))
    })
}

fn kind(text: &str) -> Result<SubjectKind, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = SubjectKind::iter().map(|kind| kind.to_string()).collect();
        format!("must be one of {}", known.join(", "))
    })
}

impl Which {
    fn filter(self, zone: &TimeZone) -> anyhow::Result<Filter> {
        let begin = |day: Option<Date>| {
            let begin = |day: Date| {
                let begin = zone.start_of_day(day);
                begin.ok_or_else(|| anyhow::anyhow!("{day} is out of range"))
            };
            day.map(begin).transpose()
        };
        let after = self.to.and_then(Date::next_day);
        Ok(Filter {
            actor: self.by,
            action: self.action,
            kind: self.kind,
            subject: self.subject,
            period: Period {
                from: begin(self.from)?,
                until: begin(after)?,
            },
        })
    }
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    let zone = load_profile(config, &database).await?.time_zone;
    match arguments.action {
        AuditAction::List(list) => print_list(&database, list, &zone).await?,
        AuditAction::Export(which) => export(&database, which, &zone).await?,
    }
    database.close().await?;
    Ok(())
}

async fn print_list(database: &Database, list: List, zone: &TimeZone) -> anyhow::Result<()> {
    let filter = list.which.filter(zone)?;
    let rows = audit::list(database, &filter, None, list.limit).await?.rows;
    if list.json {
        return print_json(&rows);
    }
    let shortened = |text: String| match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    let value = |value: &Option<_>| or_dash(value.as_ref().map(in_words).map(shortened));
    let row = |row: &AuditRow| {
        [
            zone.format_table(row.at),
            row.actor.clone(),
            or_dash(row.address.as_ref()),
            row.action.to_string(),
            row.subject.clone(),
            value(&row.before),
            value(&row.after),
        ]
    };
    print_table(
        [
            "TIME", "WHO", "FROM", "ACTION", "SUBJECT", "BEFORE", "AFTER",
        ],
        &rows.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(())
}

async fn export(database: &Database, which: Which, zone: &TimeZone) -> anyhow::Result<()> {
    let filter = which.filter(zone)?;
    let out = BufWriter::new(std::io::stdout());
    match audit::export(database, &filter, zone, out).await {
        // The reader, such as head, has what it wants.
        Err(ExportError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        exported => Ok(exported?),
    }
}

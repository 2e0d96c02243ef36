//! `till settings`
//!
//! A variable that is set wins and locks its setting; else the database counts, else the default.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use clap::Subcommand;
use serde::Serialize;
use shop::database::Database;
use shop::settings_list::{SettingRow, Source};
use shop::stored_settings;
use till_core::accent::Accent;

use super::operator;
use super::output::{print_error, print_json, print_line, print_table};
use crate::application::{load_settings, open_existing};
use crate::config::Config;

/// Printed instead of a secret.
const HIDDEN: &str = "(hidden)";

/// Arguments of `till settings`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List all settings: their values, and whether these come from the environment (or .env), the
    /// database or the default.
    List(List),
    /// Show one setting.
    Get(Get),
    /// Store a setting in the database. Running servers use it within about a second.
    Set(Set),
    /// Delete a setting from the database, so that its default counts again.
    Unset(Unset),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Get {
    /// The name of the setting, as in the environment.
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// The name of the setting, as in the environment.
    name: String,
    /// Its value, as in .env without quotes.
    #[arg(allow_hyphen_values = true)]
    value: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Unset {
    /// The name of the setting, as in the environment.
    name: String,
}

/// One setting.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    value: String,
    source: Source,
    /// Whether the database may hold it.
    can_be_in_database: bool,
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    match command {
        Command::List(List { json }) => {
            let stored = stored_settings::load(database.reader()).await?;
            let rows = config.all.rows(&stored).into_iter();
            // Of the languages, those that are set.
            let shown = rows.filter(|row| row.language.is_none() || row.source != Source::Default);
            print(&shown.map(Shown::of).collect::<Vec<_>>(), json)?;
        }
        Command::Get(Get { name, json }) => {
            let stored = stored_settings::load(database.reader()).await?;
            let row = config.all.find(&name, &stored);
            let row = row.with_context(|| unknown(&name))?;
            print(&[Shown::of(row)], json)?;
        }
        Command::Set(Set { name, value }) => set(config, &database, &name, &value).await?,
        Command::Unset(Unset { name }) => unset(config, &database, &name).await?,
    }
    database.close().await?;
    Ok(())
}

async fn set(config: &Config, database: &Database, name: &str, value: &str) -> anyhow::Result<()> {
    check_name(config, name)?;
    let base = config.owner_settings();
    let before = load_settings(config, database).await?.profile.face.accent;
    let changed = stored_settings::set(database, &base, &operator::actor(), name, value).await?;
    print_line(&format!("{name} is set in the database"));
    let accent = changed.profile.face.accent;
    if accent != before {
        let adjustments = accent.iter().flat_map(Accent::adjustments);
        for adjustment in adjustments {
            print_line(&adjustment);
        }
    }
    Ok(())
}

async fn unset(config: &Config, database: &Database, name: &str) -> anyhow::Result<()> {
    check_name(config, name)?;
    let base = config.owner_settings();
    if stored_settings::unset(database, &base, &operator::actor(), name).await? {
        print_line(&format!("{name} is no longer set in the database"));
    } else {
        print_line(&format!("{name} was not set in the database"));
    }
    if base.variables.contains(name) {
        print_error(&format!(
            "{name} is set in the environment or in .env, which counts"
        ));
    }
    Ok(())
}

fn check_name(config: &Config, name: &str) -> anyhow::Result<()> {
    match config.all.find(name, &BTreeMap::new()) {
        Some(_) => Ok(()),
        None => bail!(unknown(name)),
    }
}

fn unknown(name: &str) -> String {
    format!("{name} is not a setting; till settings list names them all")
}

impl Shown {
    fn of(row: SettingRow) -> Self {
        let value = match (row.value, row.source) {
            (Some(value), _) => value,
            // A secret.
            (None, Source::Environment | Source::Database) => HIDDEN.to_owned(),
            (None, Source::Default) => row.default,
        };
        Self {
            name: row.name,
            value,
            source: row.source,
            can_be_in_database: row.can_be_in_database,
        }
    }
}

fn print(shown: &[Shown], json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&shown);
    }
    let row = |one: &Shown| [one.name.clone(), one.source.to_string(), one.value.clone()];
    let rows: Vec<_> = shown.iter().map(row).collect();
    print_table(["SETTING", "FROM", "VALUE"], &rows);
    Ok(())
}

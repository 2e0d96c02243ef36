//! `till settings`
//!
//! A variable that is set wins and locks its setting; else the database counts, else the default.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use shop::settings::{DefaultValue, Documentation, FromVariables, Variables, value};
use shop::stored_settings;

use super::output::{print_error, print_json, print_line, print_table};
use crate::application::open_existing;
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

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
enum Source {
    Environment,
    Database,
    Default,
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

pub(super) async fn run(
    config: &Config,
    variables: &dyn Variables,
    command: Command,
) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    match command {
        Command::List(List { json }) => {
            let stored = stored_settings::load(database.reader()).await?;
            let settings = Config::documentation();
            let shown = settings
                .iter()
                .flat_map(|one| show_all(one, variables, &stored));
            print(&shown.collect::<Vec<_>>(), json)?;
        }
        Command::Get(Get { name, json }) => {
            let stored = stored_settings::load(database.reader()).await?;
            let setting = named(&name)?;
            print(&[show(&setting, &name, variables, &stored)], json)?;
        }
        Command::Set(Set { name, value }) => {
            named(&name)?;
            let before = &config.profile;
            let changed = stored_settings::set(&database, before, &name, &value).await?;
            print_line(&format!("{name} is set in the database"));
            if changed.face.accent != before.face.accent {
                let accent = changed.face.accent.iter();
                for adjustment in accent.flat_map(till_core::accent::Accent::adjustments) {
                    print_line(&adjustment);
                }
            }
        }
        Command::Unset(Unset { name }) => {
            named(&name)?;
            if stored_settings::unset(&database, &name).await? {
                print_line(&format!("{name} is no longer set in the database"));
            } else {
                print_line(&format!("{name} was not set in the database"));
            }
            if config.profile.variables.contains(&name) {
                print_error(&format!(
                    "{name} is set in the environment or in .env, which counts"
                ));
            }
        }
    }
    database.close().await?;
    Ok(())
}

fn named(name: &str) -> anyhow::Result<Documentation> {
    let mut settings = Config::documentation().into_iter();
    let setting = settings.find(|setting| setting.names().any(|known| known == name));
    setting.with_context(|| format!("{name} is not a setting; till settings list names them all"))
}

/// A setting, and those of its languages that are set.
fn show_all(
    setting: &Documentation,
    variables: &dyn Variables,
    stored: &BTreeMap<String, String>,
) -> Vec<Shown> {
    let shown = setting
        .names()
        .map(|name| show(setting, &name, variables, stored));
    shown
        .filter(|one| one.name == setting.name || one.source != Source::Default)
        .collect()
}

/// A setting by one of its names.
fn show(
    setting: &Documentation,
    name: &str,
    variables: &dyn Variables,
    stored: &BTreeMap<String, String>,
) -> Shown {
    // What can be in a file is a secret.
    let in_file = setting.can_be_in_file && value(variables, &format!("{name}_FILE")).is_some();
    let variable = match value(variables, name) {
        Some(_) if setting.can_be_in_file => Some(HIDDEN.to_owned()),
        None if in_file => Some(HIDDEN.to_owned()),
        variable => variable,
    };
    let stored = stored.get(name).filter(|_| setting.can_be_in_database);
    let (value, source) = match (variable, stored) {
        (Some(value), _) => (value, Source::Environment),
        (None, Some(value)) => (value.clone(), Source::Database),
        (None, None) => (default(&setting.default), Source::Default),
    };
    Shown {
        name: name.to_owned(),
        value,
        source,
        can_be_in_database: setting.can_be_in_database,
    }
}

fn default(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Value(value) => value.clone(),
        DefaultValue::Words(words) => words.replace('`', ""),
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

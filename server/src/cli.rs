//! The command line: one binary, one subcommand for each role.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::env_file::{EnvFile, Environment};
use crate::config::{Config, Variables};
use crate::telemetry::{self, Log};

mod answer;
mod backup;
mod doctor;
mod events;
mod import;
mod mail;
mod migrate;
mod operator;
mod orders;
mod outbox;
mod products;
mod prune;
mod reconcile;
mod sandbox;
mod serve;

/// A self-hosted shop on Stripe Checkout. Settings come from the environment or a file .env; the README lists them.
#[derive(Debug, Parser)]
#[command(name = "till", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the shop (the default).
    Serve(serve::Arguments),
    /// Bring the database's tables up to date.
    Migrate,
    /// Read products from a CSV file: all of it or nothing.
    Import(import::Arguments),
    /// List mails, refunds and questions to Stripe that wait, and have them tried again.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Look at products and their stock.
    #[command(subcommand)]
    Products(products::Command),
    /// Try out the mail settings.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Look into orders, those that need attention first, settle, refund and export them.
    Orders(orders::Arguments),
    /// Look into the inbox of Stripe's events, apply events again, and dismiss them.
    Events(events::Arguments),
    /// Compare with Stripe, fetch what no webhook has brought, and report what remains.
    Reconcile(reconcile::Arguments),
    /// Look for what keeps the shop from taking payments: key, account, a payment that is begun and
    /// ended at once, webhook endpoint, clock, mail.
    Doctor(doctor::Arguments),
    /// Delete what nobody needs any more; a server does so once a day.
    Prune(prune::Arguments),
    /// Write the whole database into one file, while the shop goes on selling.
    Backup(backup::Backup),
    /// Put a backup into an empty database.
    Restore(backup::Restore),
    /// Copy the whole database into another one that is empty: from SQLite to PostgreSQL, or back.
    Copy(backup::Copy),
    /// Run the local Stripe on its own.
    Sandbox(sandbox::Arguments),
}

impl Command {
    /// Where its log goes: away from its answer, where it has one.
    fn log(&self) -> Log {
        match self {
            Self::Orders(_)
            | Self::Products(_)
            | Self::Mail(_)
            | Self::Events(_)
            | Self::Reconcile(_)
            | Self::Outbox(_)
            | Self::Doctor(_)
            | Self::Prune(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Copy(_) => Log::Stderr,
            Self::Serve(_) | Self::Migrate | Self::Import(_) | Self::Sandbox(_) => Log::Stdout,
        }
    }

    /// How it ends where it cannot do its work. Where 1 is an answer, an error is something else.
    fn error_code(&self) -> ExitCode {
        match self {
            Self::Orders(_)
            | Self::Products(_)
            | Self::Mail(_)
            | Self::Events(_)
            | Self::Reconcile(_)
            | Self::Outbox(_)
            | Self::Doctor(_) => ExitCode::from(2),
            Self::Serve(_)
            | Self::Migrate
            | Self::Import(_)
            | Self::Prune(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Copy(_)
            | Self::Sandbox(_) => ExitCode::FAILURE,
        }
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.as_ref();
    let error_code = command.map_or(ExitCode::FAILURE, Command::error_code);
    let environment = match EnvFile::read(Path::new(".env")) {
        Ok(file) => Environment::above(file),
        Err(error) => {
            say(&error.into());
            return error_code;
        }
    };
    let log = command.map_or(Log::Stdout, Command::log);
    telemetry::begin(log, environment.get("RUST_LOG"));
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&anyhow::Error::new(error).context("no threads to be had"));
            return error_code;
        }
    };
    runtime
        .block_on(execute(arguments.command, &environment))
        .unwrap_or_else(|error| {
            say(&error);
            error_code
        })
}

async fn execute(command: Option<Command>, environment: &Environment) -> anyhow::Result<ExitCode> {
    let config = || Config::from_environment(environment);
    match command {
        Some(Command::Serve(arguments)) => {
            serve::run(config()?, arguments).await?;
        }
        // `cargo leptos watch` starts the binary without arguments: a developer wants to see products.
        None => {
            serve::run(
                config()?,
                serve::Arguments {
                    demo: cfg!(debug_assertions),
                },
            )
            .await?;
        }
        Some(Command::Migrate) => migrate::run(&config()?).await?,
        Some(Command::Import(arguments)) => {
            import::run(&config()?, arguments).await?;
        }
        Some(Command::Outbox(command)) => {
            return outbox::run(&config()?, command).await;
        }
        Some(Command::Products(command)) => products::run(&config()?, command).await?,
        Some(Command::Mail(command)) => mail::run(&config()?, command).await?,
        Some(Command::Orders(arguments)) => {
            return orders::run(&config()?, arguments).await;
        }
        Some(Command::Events(arguments)) => {
            return events::run(&config()?, arguments).await;
        }
        Some(Command::Reconcile(arguments)) => {
            return reconcile::run(&config()?, arguments).await;
        }
        Some(Command::Doctor(arguments)) => {
            return doctor::run(&config()?, arguments).await;
        }
        Some(Command::Prune(arguments)) => prune::run(&config()?, arguments).await?,
        Some(Command::Backup(arguments)) => backup::back_up(&config()?, arguments).await?,
        Some(Command::Restore(arguments)) => backup::restore(&config()?, arguments).await?,
        Some(Command::Copy(arguments)) => backup::copy(&config()?, arguments).await?,
        Some(Command::Sandbox(arguments)) => sandbox::run(environment, arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what went wrong where a person looks for it.
fn say(error: &anyhow::Error) {
    answer::print_error(&format!("{error:#}"));
}

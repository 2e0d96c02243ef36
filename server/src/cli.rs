//! The command line: one binary, one subcommand per role.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use shop::settings::FromVariables;

use crate::config::Config;
use crate::config::env_file::{EnvFile, Environment};
use crate::telemetry::{self, LogSettings, LogTarget};

mod admin;
mod audit;
mod backup;
mod demo_pages;
mod doctor;
mod events;
mod export;
mod import;
mod mail;
mod migrate;
mod operator;
mod orders;
mod outbox;
mod output;
mod pages;
mod pictures;
mod products;
mod prune;
mod reconcile;
mod sandbox;
mod serve;
mod settings;
mod withdrawals;

/// A self-hosted shop on Stripe Checkout. Settings come from the environment or a file .env;
/// .env.example lists them.
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
    /// Migrate the database to this version.
    Migrate,
    /// Import products from CSV files: all of them or none.
    Import(import::Arguments),
    /// Write products as CSV to standard output.
    #[command(subcommand)]
    Export(export::Command),
    /// List pending and failed emails, refunds and queries to Stripe, and retry them.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// List products and their stock.
    #[command(subcommand)]
    Products(products::Command),
    /// Add, list, remove and fetch pictures of products.
    #[command(subcommand)]
    Pictures(pictures::Command),
    /// List, store and delete settings, and show where each comes from.
    #[command(subcommand)]
    Settings(settings::Command),
    /// List, show, edit and import the shop's policies.
    #[command(subcommand)]
    Pages(pages::Command),
    /// Test the mail settings.
    #[command(subcommand)]
    Mail(mail::Command),
    /// List, show, refund, export and resolve orders.
    Orders(orders::Arguments),
    /// List and show withdrawals from contracts, and record what you decide about them.
    Withdrawals(withdrawals::Arguments),
    /// List, show, replay and dismiss Stripe's events.
    Events(events::Arguments),
    /// Compare orders with Stripe, fetch missed events, and report the differences that remain.
    Reconcile(reconcile::Arguments),
    /// Check what could keep the shop from taking payments: key, account, a session that is created
    /// and expired at once, webhook endpoint, clock, mail.
    Doctor(doctor::Arguments),
    /// List who changed what, when and from where.
    Audit(audit::Arguments),
    /// Delete data that is no longer needed; a server does so once a day.
    Prune(prune::Arguments),
    /// Create, list and remove users of the admin, and help those who are locked out.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Write the whole database into one file, while the shop keeps selling.
    Backup(backup::Backup),
    /// Restore a backup into an empty database.
    Restore(backup::Restore),
    /// Copy the whole database into an empty one: from SQLite to PostgreSQL, or back.
    Copy(backup::Copy),
    /// Run the sandbox, a local Stripe, on its own.
    Sandbox(sandbox::Arguments),
}

impl Command {
    /// Where its log goes: to stderr if stdout is for the command's output.
    fn log(&self) -> LogTarget {
        match self {
            Self::Orders(_)
            | Self::Withdrawals(_)
            | Self::Products(_)
            | Self::Pictures(_)
            | Self::Export(_)
            | Self::Mail(_)
            | Self::Settings(_)
            | Self::Pages(_)
            | Self::Events(_)
            | Self::Reconcile(_)
            | Self::Outbox(_)
            | Self::Doctor(_)
            | Self::Audit(_)
            | Self::Prune(_)
            | Self::Admin(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Copy(_) => LogTarget::Stderr,
            Self::Serve(_) | Self::Migrate | Self::Import(_) | Self::Sandbox(_) => {
                LogTarget::Stdout
            }
        }
    }

    /// The exit code for errors: 2 for the commands with which the owner asks and decides, some of
    /// which have 1 as a result.
    fn error_code(&self) -> ExitCode {
        match self {
            Self::Orders(_)
            | Self::Withdrawals(_)
            | Self::Products(_)
            | Self::Pictures(_)
            | Self::Settings(_)
            | Self::Pages(_)
            | Self::Mail(_)
            | Self::Events(_)
            | Self::Reconcile(_)
            | Self::Outbox(_)
            | Self::Admin(_)
            | Self::Audit(_)
            | Self::Doctor(_) => ExitCode::from(2),
            Self::Serve(_)
            | Self::Migrate
            | Self::Import(_)
            | Self::Export(_)
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
            print_failure(&error.into());
            return error_code;
        }
    };
    let log = command.map_or(LogTarget::Stdout, Command::log);
    match LogSettings::read(&environment) {
        Ok(settings) => telemetry::init(log, &settings),
        Err(error) => {
            print_failure(&error.into());
            return error_code;
        }
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            print_failure(&anyhow::Error::new(error).context("could not start threads"));
            return error_code;
        }
    };
    runtime
        .block_on(execute(arguments.command, &environment))
        .unwrap_or_else(|error| {
            print_failure(&error);
            error_code
        })
}

async fn execute(command: Option<Command>, environment: &Environment) -> anyhow::Result<ExitCode> {
    let config = || Config::from_environment(environment);
    match command {
        Some(Command::Serve(arguments)) => {
            serve::run(config()?, arguments).await?;
        }
        // `cargo leptos watch` starts the binary without arguments, and a developer wants products.
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
        Some(Command::Export(command)) => export::run(&config()?, command).await?,
        Some(Command::Outbox(command)) => {
            return outbox::run(&config()?, command).await;
        }
        Some(Command::Products(command)) => {
            return products::run(&config()?, command).await;
        }
        Some(Command::Pictures(command)) => {
            return pictures::run(&config()?, command).await;
        }
        Some(Command::Settings(command)) => {
            settings::run(&config()?, command).await?;
        }
        Some(Command::Pages(command)) => pages::run(&config()?, command).await?,
        Some(Command::Mail(command)) => mail::run(&config()?, command).await?,
        Some(Command::Orders(arguments)) => {
            return orders::run(&config()?, arguments).await;
        }
        Some(Command::Withdrawals(arguments)) => {
            return withdrawals::run(&config()?, arguments).await;
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
        Some(Command::Audit(arguments)) => audit::run(&config()?, arguments).await?,
        Some(Command::Prune(arguments)) => prune::run(&config()?, arguments).await?,
        Some(Command::Admin(command)) => admin::run(&config()?, command).await?,
        Some(Command::Backup(arguments)) => backup::back_up(&config()?, arguments).await?,
        Some(Command::Restore(arguments)) => backup::restore(&config()?, arguments).await?,
        Some(Command::Copy(arguments)) => backup::copy(&config()?, arguments).await?,
        Some(Command::Sandbox(arguments)) => sandbox::run(environment, arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an error and its causes to stderr.
fn print_failure(error: &anyhow::Error) {
    output::print_error(&format!("{error:#}"));
}

//! The command line: one binary, one subcommand for each role.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::telemetry;

mod import;
mod migrate;
mod outbox;
mod sandbox;
mod serve;

/// A self-hosted shop on Stripe Checkout. Settings come from the environment, see .env.example.
#[derive(Debug, Parser)]
#[command(name = "till", version, about)]
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
    /// Show and repeat what is to be done outside the database: mails and refunds.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Run the local Stripe on its own.
    Sandbox(sandbox::Arguments),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::begin();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&anyhow::Error::new(error).context("no threads to be had")),
    };
    match runtime.block_on(execute(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn execute(command: Option<Command>) -> anyhow::Result<()> {
    match command {
        Some(Command::Serve(arguments)) => serve::run(Config::from_environment()?, arguments).await,
        // `cargo leptos watch` starts the binary without arguments: a developer wants to see products.
        None => {
            serve::run(
                Config::from_environment()?,
                serve::Arguments {
                    demo: cfg!(debug_assertions),
                },
            )
            .await
        }
        Some(Command::Migrate) => migrate::run(&Config::from_environment()?).await,
        Some(Command::Import(arguments)) => {
            import::run(&Config::from_environment()?, arguments).await
        }
        Some(Command::Outbox(command)) => outbox::run(&Config::from_environment()?, command).await,
        Some(Command::Sandbox(arguments)) => sandbox::run(arguments).await,
    }
}

/// Says what went wrong where a person looks for it.
#[expect(clippy::print_stderr, reason = "the last words of a command line tool")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("till: {error:#}");
    ExitCode::FAILURE
}

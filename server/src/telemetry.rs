//! Logs: for people on a terminal, for machines everywhere else.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn,hyper=warn";

/// Where logs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// For a server, whose output is its log.
    Stdout,
    /// For a command whose output is its answer.
    Stderr,
}

/// Begins to log, by `RUST_LOG`.
pub fn begin(log: Log, rust_log: Option<String>) {
    let filter = rust_log.filter(|filter| !filter.trim().is_empty());
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(DEFAULT_FILTER))
        .unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let terminal = match log {
        Log::Stdout => std::io::stdout().is_terminal(),
        Log::Stderr => std::io::stderr().is_terminal(),
    };
    let writer = move || -> Box<dyn std::io::Write> {
        match log {
            Log::Stdout => Box::new(std::io::stdout()),
            Log::Stderr => Box::new(std::io::stderr()),
        }
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal)
        .with_writer(writer);
    // A second beginning, as in tests, changes nothing.
    let _ = if terminal {
        logs.compact().try_init()
    } else {
        logs.json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    };
}

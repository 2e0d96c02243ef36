//! Logs: for people on a terminal, for machines everywhere else.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_LEVEL: &str = "info";
/// What these modules say below a warning is of no use to an owner, and much. They are heard where
/// `RUST_LOG` names them.
const QUIET_MODULES: &str = "sqlx=warn,sea_orm=warn,sea_orm_migration=warn,hyper=warn";

/// Where logs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// For a server, whose output is its log.
    Stdout,
    /// For a command whose output is its answer.
    Stderr,
}

/// The directives of `RUST_LOG`, after those that keep some modules quiet: of two for the same
/// module the last one counts.
fn directives(asked: &str) -> String {
    let level = asked
        .split(',')
        .filter_map(|directive| directive.trim().parse::<LevelFilter>().ok())
        .next_back();
    // Where nothing but errors is asked for, their warnings are not wanted either.
    if level.is_some_and(|level| level > LevelFilter::WARN) {
        format!("{QUIET_MODULES},{asked}")
    } else {
        asked.to_owned()
    }
}

/// Begins to log, by `RUST_LOG`.
pub fn begin(log: Log, rust_log: Option<String>) {
    let filter = rust_log.filter(|filter| !filter.trim().is_empty());
    let filter = EnvFilter::try_new(directives(filter.as_deref().unwrap_or(DEFAULT_LEVEL)))
        .unwrap_or_else(|_| EnvFilter::new(directives(DEFAULT_LEVEL)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_counts_and_quiet_modules_stay_quiet_beside_it() {
        let quiet = |asked: &str| format!("{QUIET_MODULES},{asked}");
        for asked in [
            "info",
            "debug",
            "INFO",
            "info,server=debug",
            "server=debug, info",
            "info,sqlx=debug",
        ] {
            assert_eq!(directives(asked), quiet(asked), "{asked}");
        }
        // No module says more than what was asked for.
        for asked in ["error", "warn", "off", "server=debug", "error,shop=info"] {
            assert_eq!(directives(asked), asked, "{asked}");
        }
    }

    #[test]
    fn a_directive_for_a_quiet_module_takes_the_place_of_the_base() {
        let filter = EnvFilter::new(directives("info,sqlx=debug")).to_string();
        assert!(filter.contains("sqlx=debug"), "{filter}");
        assert!(!filter.contains("sqlx=warn"), "{filter}");
        assert!(filter.contains("hyper=warn"), "{filter}");
    }
}

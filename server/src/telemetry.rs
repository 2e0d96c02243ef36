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

/// Modules by which a directive alone may be meant: our own, and those whose work an owner may want
/// to look at.
const KNOWN_MODULES: [&str; 16] = [
    "server",
    "shop",
    "app",
    "stripe_sandbox",
    "migration",
    "till",
    "sqlx",
    "sea_orm",
    "sea_orm_migration",
    "hyper",
    "hyper_util",
    "h2",
    "tower_http",
    "rustls",
    "lettre",
    "leptos",
];

/// Whether nothing would ever be logged: no directive is a level, and none names a module that
/// there is. `RUST_LOG=inof` is one for a module of that name.
fn silences_everything(asked: &str) -> bool {
    let hears = |directive: &str| {
        let directive = directive.trim();
        let module = directive.split(['=', '[', ':']).next().unwrap_or_default();
        directive.parse::<LevelFilter>().is_ok()
            || directive.starts_with('[')
            || KNOWN_MODULES.contains(&module.trim())
    };
    !asked.split(',').any(hears)
}

/// The filter, and what is wrong with what was asked for, if something is.
fn filter(asked: &str) -> (EnvFilter, Option<&'static str>) {
    let default = || EnvFilter::new(directives(DEFAULT_LEVEL));
    match EnvFilter::try_new(directives(asked)) {
        Err(_) => (default(), Some("cannot be read")),
        Ok(_) if silences_everything(asked) => (
            default(),
            Some("names neither a level nor a module of Till"),
        ),
        Ok(filter) => (filter, None),
    }
}

/// Begins to log, by `RUST_LOG`.
pub fn begin(log: Log, rust_log: Option<String>) {
    let asked = rust_log.filter(|filter| !filter.trim().is_empty());
    let asked = asked.as_deref().unwrap_or(DEFAULT_LEVEL);
    let (filter, wrong) = filter(asked);
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
        // Where the log cannot be written, an error about it cannot be written either.
        .log_internal_errors(false)
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
    if let Some(wrong) = wrong {
        tracing::warn!(
            "RUST_LOG={asked} {wrong}, and has no effect: take a level such as info or debug, also \
             for a module, as in info,shop=debug"
        );
    }
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
    fn what_would_silence_everything_has_no_effect() {
        for asked in ["inof", "foo=debug", "foo,bar", "foo=loud"] {
            let (filter, wrong) = filter(asked);
            assert!(wrong.is_some() || asked.contains("info"), "{asked}");
            assert!(filter.to_string().contains("info"), "{asked}: {filter}");
        }
        for asked in [
            "info",
            "off",
            "warn",
            "shop=debug",
            "tower_http=debug",
            "foo,info",
            "[span]=debug",
        ] {
            assert_eq!(filter(asked).1, None, "{asked}");
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

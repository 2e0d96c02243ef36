//! Logging: readable on a terminal, JSON otherwise.

use std::io::IsTerminal;

use shop::settings::{self, Setting};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

const DEFAULT_LEVEL: &str = "info";

shop::settings! {
    /// What is logged.
    #[derive(Clone, Debug)]
    pub struct LogSettings {
        /// The levels of messages that are logged, also by module.
        pub filter: String = Setting::new("RUST_LOG", DEFAULT_LEVEL, settings::text),
    }
}

/// These modules log much below a warning that is of no use to an owner. `RUST_LOG` can override
/// them by name.
const QUIET_MODULES: &str = "sqlx=warn,sea_orm=warn,sea_orm_migration=warn,hyper=warn";

/// Where the log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// For a server, whose output is its log.
    Stdout,
    /// For a command that prints a result.
    Stderr,
}

/// The directives of `RUST_LOG`, preceded by those for quiet modules: of two for the same module,
/// the last one counts.
fn directives(requested: &str) -> String {
    let level = requested
        .split(',')
        .filter_map(|directive| directive.trim().parse::<LevelFilter>().ok())
        .next_back();
    // If only errors are requested, warnings of these modules are not wanted either.
    if level.is_some_and(|level| level > LevelFilter::WARN) {
        format!("{QUIET_MODULES},{requested}")
    } else {
        requested.to_owned()
    }
}

/// Modules that a directive may name alone: our own, and dependencies that an owner may want to
/// debug.
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

/// Whether nothing would ever be logged, because no directive is a level or names a known module.
/// `RUST_LOG=inof` is a directive for a module of that name.
fn silences_everything(requested: &str) -> bool {
    let has_effect = |directive: &str| {
        let directive = directive.trim();
        let module = directive.split(['=', '[', ':']).next().unwrap_or_default();
        directive.parse::<LevelFilter>().is_ok()
            || directive.starts_with('[')
            || KNOWN_MODULES.contains(&module.trim())
    };
    !requested.split(',').any(has_effect)
}

/// The filter, and what is wrong with the requested one, if anything.
fn filter(requested: &str) -> (EnvFilter, Option<&'static str>) {
    let default = || EnvFilter::new(directives(DEFAULT_LEVEL));
    match EnvFilter::try_new(directives(requested)) {
        Err(_) => (default(), Some("cannot be read")),
        Ok(_) if silences_everything(requested) => (
            default(),
            Some("names neither a level nor a module of Till"),
        ),
        Ok(filter) => (filter, None),
    }
}

/// Starts logging.
pub fn init(log: LogTarget, settings: &LogSettings) {
    let requested = &settings.filter;
    let (filter, problem) = filter(requested);
    let terminal = match log {
        LogTarget::Stdout => std::io::stdout().is_terminal(),
        LogTarget::Stderr => std::io::stderr().is_terminal(),
    };
    let writer = move || -> Box<dyn std::io::Write> {
        match log {
            LogTarget::Stdout => Box::new(std::io::stdout()),
            LogTarget::Stderr => Box::new(std::io::stderr()),
        }
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal)
        // If the log cannot be written, an error about that cannot be written either.
        .log_internal_errors(false)
        .with_writer(writer);
    // A second call, as in tests, has no effect.
    let _ = if terminal {
        logs.compact().try_init()
    } else {
        logs.json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init()
    };
    if let Some(problem) = problem {
        tracing::warn!(
            "RUST_LOG={requested} {problem}, and has no effect: use a level such as info or debug, \
             also for a module, as in info,shop=debug"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requested_levels_apply_and_quiet_modules_stay_quiet() {
        let quiet = |requested: &str| format!("{QUIET_MODULES},{requested}");
        for requested in [
            "info",
            "debug",
            "INFO",
            "info,server=debug",
            "server=debug, info",
            "info,sqlx=debug",
        ] {
            assert_eq!(directives(requested), quiet(requested), "{requested}");
        }
        // No module logs more than what was requested.
        for requested in ["error", "warn", "off", "server=debug", "error,shop=info"] {
            assert_eq!(directives(requested), requested, "{requested}");
        }
    }

    #[test]
    fn what_would_silence_everything_has_no_effect() {
        for requested in ["inof", "foo=debug", "foo,bar", "foo=loud"] {
            let (filter, problem) = filter(requested);
            assert!(
                problem.is_some() || requested.contains("info"),
                "{requested}"
            );
            assert!(filter.to_string().contains("info"), "{requested}: {filter}");
        }
        for requested in [
            "info",
            "off",
            "warn",
            "shop=debug",
            "tower_http=debug",
            "foo,info",
            "[span]=debug",
        ] {
            assert_eq!(filter(requested).1, None, "{requested}");
        }
    }

    #[test]
    fn a_directive_for_a_quiet_module_overrides_the_default() {
        let filter = EnvFilter::new(directives("info,sqlx=debug")).to_string();
        assert!(filter.contains("sqlx=debug"), "{filter}");
        assert!(!filter.contains("sqlx=warn"), "{filter}");
        assert!(filter.contains("hyper=warn"), "{filter}");
    }
}

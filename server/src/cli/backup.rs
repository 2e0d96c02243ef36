//! `till backup`, `till restore` and `till copy`

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use secrecy::{ExposeSecret, SecretString};
use shop::database::copy::CopyReport;

use super::output::{count, money, print_line};
use crate::backup;
use crate::config::Config;

/// How often the progress of a large table is printed.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Arguments of `till backup`.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// The file to write: a SQLite file, also if the shop runs on PostgreSQL.
    file: PathBuf,
    /// Replace an existing file, once the new one is complete.
    #[arg(long)]
    replace: bool,
}

/// Arguments of `till restore`.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A file that was written by `till backup`.
    file: PathBuf,
}

/// Arguments of `till copy`.
#[derive(Debug, clap::Args)]
pub(super) struct Copy {
    /// The other database, in the form of `DATABASE_URL`. Put a password into `PGPASSWORD` instead
    /// to hide it from other users of this machine.
    #[arg(long, value_name = "URL", value_parser = secret)]
    to: SecretString,
}

pub(super) async fn back_up(config: &Config, arguments: Backup) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let report = backup::back_up(config, &arguments.file, arguments.replace, |table, rows| {
        progress.print(table, rows);
    })
    .await?;
    print_report(&report);
    let file = arguments.file.display();
    print_line(&format!(
        "{file} is complete and checked. It holds names, addresses and order links: keep it where \
         only you can read it, and keep a copy on another machine"
    ));
    Ok(())
}

pub(super) async fn restore(config: &Config, arguments: Restore) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let restored = backup::restore(config, &arguments.file, |table, rows| {
        progress.print(table, rows);
    })
    .await?;
    print_report(&restored.copied);
    if restored.is_raw {
        print_line(
            "note: this file was not written by `till backup`. If it was copied while the shop was \
             running, its last orders are missing",
        );
    }
    print_line(
        "The shop is as it was at the time of the backup. Start it, then run `till reconcile`: it \
         fetches what has happened since, and lists payments without an order; \
         `till reconcile --adopt` creates orders for them",
    );
    Ok(())
}

pub(super) async fn copy(config: &Config, arguments: Copy) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let to = address(arguments.to.expose_secret())?;
    let report = backup::copy_to(config, &to, |table, rows| {
        progress.print(table, rows);
    })
    .await?;
    print_report(&report);
    print_line(
        "The copy is complete and was compared with the original. Set DATABASE_URL to it and start \
         the shop; never run two shops on two copies. If the shop was running meanwhile, what it \
         has sold since is missing in the copy",
    );
    Ok(())
}

fn print_report(report: &CopyReport) {
    print_line(&format!(
        "{} of {}",
        count(report.rows(), "row", "rows"),
        count(report.tables.len(), "table", "tables")
    ));
    for total in &report.orders {
        print_line(&format!(
            "{}, {} in all",
            count(total.orders, "order", "orders"),
            money(total.amount_total, &total.currency)
        ));
    }
    if report.orders.is_empty() {
        print_line("no orders");
    }
    if !report.foreign_tables.is_empty() {
        print_line(&format!(
            "note: not copied, because they are not Till's tables: {}",
            report.foreign_tables.join(", ")
        ));
    }
}

/// Prints the progress of a large table at intervals.
#[derive(Debug, Default)]
struct Progress {
    last_printed: Option<Instant>,
}

impl Progress {
    fn print(&mut self, table: &str, rows: u64) {
        let last_printed = self.last_printed.get_or_insert_with(Instant::now);
        if last_printed.elapsed() > PROGRESS_INTERVAL {
            *last_printed = Instant::now();
            print_line(&format!("{table}: {rows} rows so far"));
        }
    }
}

/// Accepts any text: clap would print a value that its parser rejects.
fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

/// Checks a database URL, and lets SQLite create the file.
fn address(text: &str) -> anyhow::Result<SecretString> {
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| text.starts_with(scheme)) {
        bail!("--to must begin with sqlite: or postgres:");
    }
    if url::Url::parse(text).is_err() {
        bail!(
            "--to is not a valid URL. Characters such as / or @ in its password must be \
             percent-encoded"
        );
    }
    // SQLite creates a file only with `mode=rwc`.
    let is_complete = !text.starts_with("sqlite:") || text.contains("mode=");
    let separator = if text.contains('?') { '&' } else { '?' };
    Ok(if is_complete {
        text.into()
    } else {
        format!("{text}{separator}mode=rwc").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_file_that_is_copied_to_is_created() {
        let parsed = |text| Some(address(text).ok()?.expose_secret().to_owned());
        for (text, url) in [
            ("sqlite:///a.db", "sqlite:///a.db?mode=rwc"),
            ("sqlite:///a.db?mode=rw", "sqlite:///a.db?mode=rw"),
            ("postgres://till@db/till", "postgres://till@db/till"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(url));
        }
        for bad in ["", "till.db", "mysql://x", "postgres://a:b/c@d:e"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}

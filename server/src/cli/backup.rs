//! `till backup`, `till restore` and `till copy`

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use shop::database::copy::CopyReport;
use shop::secret::Secret;

use super::answer::{money, print_line};
use crate::backup;
use crate::config::Config;

/// While a table takes long, it is said this often how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// What `till backup` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where the backup is written: one SQLite file, also where the shop runs on PostgreSQL.
    file: PathBuf,
    /// Take the place of a file of this name, once the new one is complete.
    #[arg(long)]
    replace: bool,
}

/// What `till restore` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A file that `till backup` has written.
    file: PathBuf,
}

/// What `till copy` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Copy {
    /// The other database, as `DATABASE_URL` would name it. A password may be in `PGPASSWORD`
    /// instead, where other users of this machine do not see it.
    #[arg(long, value_name = "URL", value_parser = secret)]
    to: Secret,
}

pub(super) async fn back_up(config: &Config, arguments: Backup) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let report = backup::back_up(config, &arguments.file, arguments.replace, |table, rows| {
        progress.tell(table, rows);
    })
    .await?;
    print_report(&report);
    let file = arguments.file.display();
    print_line(&format!(
        "{file} is complete and checked. It holds names, addresses and links of orders: keep it where only you can read it, and a copy of it on another machine"
    ));
    Ok(())
}

pub(super) async fn restore(config: &Config, arguments: Restore) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let restored = backup::restore(config, &arguments.file, |table, rows| {
        progress.tell(table, rows);
    })
    .await?;
    print_report(&restored.copied);
    if restored.is_raw {
        print_line(
            "note: this file is not one of `till backup`. If it was copied while the shop was running, its last orders are missing",
        );
    }
    print_line(
        "The shop is as it was when the backup was made. Start it, then run `till reconcile`: it fetches what has happened since, and names what was paid and is unknown here; `till reconcile --adopt` makes orders of that",
    );
    Ok(())
}

pub(super) async fn copy(config: &Config, arguments: Copy) -> anyhow::Result<()> {
    let mut progress = Progress::default();
    let to = address(arguments.to.expose())?;
    let report = backup::copy_to(config, &to, |table, rows| {
        progress.tell(table, rows);
    })
    .await?;
    print_report(&report);
    print_line(
        "The copy is complete, and equal to what was read. Set DATABASE_URL to it and start the shop; never let two shops run on two copies. If the shop was running meanwhile, what it has sold since is missing in the copy",
    );
    Ok(())
}

fn print_report(report: &CopyReport) {
    print_line(&format!(
        "{} rows of {} tables",
        report.rows(),
        report.tables.len()
    ));
    for total in &report.orders {
        let orders = if total.orders == 1 { "order" } else { "orders" };
        print_line(&format!(
            "{} {orders}, {} in all",
            total.orders,
            money(total.amount_total, &total.currency)
        ));
    }
    if report.orders.is_empty() {
        print_line("no orders");
    }
    if !report.foreign_tables.is_empty() {
        print_line(&format!(
            "note: left out, because they are not Till's: {}",
            report.foreign_tables.join(", ")
        ));
    }
}

/// Says now and then how far a table is that takes long.
#[derive(Debug, Default)]
struct Progress {
    told: Option<Instant>,
}

impl Progress {
    fn tell(&mut self, table: &str, rows: u64) {
        let told = self.told.get_or_insert_with(Instant::now);
        if told.elapsed() > PROGRESS_INTERVAL {
            *told = Instant::now();
            print_line(&format!("{table}: {rows} rows so far"));
        }
    }
}

/// Takes any text: where the argument is refused by its parser, it is repeated on the terminal.
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

/// An address as the database is opened by it.
fn address(text: &str) -> anyhow::Result<Secret> {
    let known = ["sqlite:", "postgres:", "postgresql:"];
    if !known.iter().any(|scheme| text.starts_with(scheme)) {
        bail!("--to must begin with sqlite: or postgres:");
    }
    if url::Url::parse(text).is_err() {
        bail!(
            "--to is no address. Characters such as / or @ in its password must be percent-encoded"
        );
    }
    // SQLite makes a file only where it is told to.
    let makes = !text.starts_with("sqlite:") || text.contains("mode=");
    let separator = if text.contains('?') { '&' } else { '?' };
    Ok(Secret::new(if makes {
        text.to_owned()
    } else {
        format!("{text}{separator}mode=rwc")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_file_that_is_copied_to_is_made() {
        let parsed = |text| Some(address(text).ok()?.expose().to_owned());
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

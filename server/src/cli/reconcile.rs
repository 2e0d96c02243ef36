//! `till reconcile`

use std::process::ExitCode;

use anyhow::Context;
use shop::Shop;
use shop::reconcile::{Adoption, Amount, Difference, Outcome, Report, Request, reconcile};
use till_core::token::ShopId;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use tokio::net::TcpStream;

use super::output::{count, money, or_dash, print_json, print_line, print_table};
use crate::application::open_shop;
use crate::config::{Config, Payments};

/// Arguments of `till reconcile`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 when every difference is repaired, adopted or resolved, 1 when one \
                  remains, 2 for errors. A dry run repairs and adopts nothing."
)]
pub(super) struct Arguments {
    /// Read events and sessions since this time: 24h, 90m, 7d, 2026-11-20 or 2026-11-20T08:00:00Z.
    /// Default: events since the last run, sessions of the last 30 days.
    #[arg(long, value_parser = since, allow_hyphen_values = true)]
    since: Option<OffsetDateTime>,
    /// Change nothing, and print what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Create orders for paid sessions that carry this shop's id but are unknown here, as after a
    /// restore. Each takes its units from stock once and is listed among the orders that need
    /// attention. The shopper gets no second confirmation email.
    #[arg(long)]
    adopt: bool,
    /// Also adopt sessions of this shop id: the one that the shop had before its database was lost.
    #[arg(long, value_name = "ID", requires = "adopt", value_parser = shop_id)]
    shop: Option<ShopId>,
    /// Send the confirmation email for each adopted order.
    #[arg(long, requires = "adopt")]
    mail: bool,
    /// Do not change the stock: it was counted after the adopted orders were paid.
    #[arg(long, requires = "adopt")]
    keep_stock: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Payments::Sandbox { addr } = &config.payments {
        TcpStream::connect(addr).await.with_context(|| {
            format!(
                "no sandbox answers at {addr} (SANDBOX_ADDR): it runs inside `till serve`, so \
                 start that first, or set STRIPE_SECRET_KEY to compare with Stripe"
            )
        })?;
    }
    let shop = open_shop(config).await?;
    let request = Request {
        since: arguments.since,
        dry_run: arguments.dry_run,
        thorough: true,
        adopt: arguments.adopt.then_some(Adoption {
            shop: arguments.shop,
            mail: arguments.mail,
            keep_stock: arguments.keep_stock,
        }),
    };
    let report = reconcile(&shop, &request)
        .await
        .context("the comparison could not be finished")?;
    if arguments.json {
        print_json(&report)?;
    } else {
        print_report(&shop, &report);
    }
    shop.close().await?;
    Ok(ExitCode::from(u8::from(report.unrepaired > 0)))
}

fn print_report(shop: &Shop, report: &Report) {
    let profile = shop.profile();
    let at = |time| profile.time_zone.format_table(time);
    let events = report.events;
    print_line(&format!(
        "{} at Stripe since {}, {} of them missing here",
        count(events.read, "event", "events"),
        at(report.events_since),
        events.missing
    ));
    if !report.dry_run && events.missing > 0 {
        print_line(&format!(
            "  {} applied ({}), {} waiting for their order, {} unrelated to this shop, {} failed, \
             {} not stored",
            events.applied,
            count(report.payments_found, "payment", "payments"),
            events.pending,
            events.ignored,
            events.failed,
            events.not_stored
        ));
    }
    if report.checkouts_ended > 0 {
        let what = if report.dry_run {
            "would be checked at Stripe:"
        } else {
            "ended at Stripe and here:"
        };
        print_line(&format!(
            "{what} {}",
            count(
                report.checkouts_ended,
                "expired checkout",
                "expired checkouts"
            )
        ));
    }
    print_line(&format!(
        "{} at Stripe since {}, {} of them of {}",
        count(report.sessions.read, "session", "sessions"),
        at(report.sessions_since),
        report.sessions.ours,
        profile.name
    ));
    if report.differences.is_empty() && report.unrepaired == 0 {
        print_line("payments and orders agree");
    } else if report.differences.is_empty() {
        print_line(&format!(
            "no session differs from its order, but {} that may hide a difference",
            count(report.unrepaired, "problem is left", "problems are left")
        ));
    } else {
        let repaired = report
            .differences
            .iter()
            .filter(|one| matches!(one.outcome, Outcome::Repaired | Outcome::WouldBeRepaired))
            .count();
        print_line(&format!(
            "{}, of which {repaired} {} repaired",
            count(report.differences.len(), "difference", "differences"),
            match (report.dry_run, repaired) {
                (true, _) => "would be",
                (false, 1) => "was",
                (false, _) => "were",
            }
        ));
        let rows = report.differences.iter();
        let rows: Vec<_> = rows.map(|difference| row(difference, &at)).collect();
        print_table(
            [
                "WHAT",
                "OUTCOME",
                "ORDER",
                "HERE",
                "AT STRIPE",
                "PAID",
                "EMAIL",
                "SESSION",
            ],
            &rows,
        );
    }
    for note in &report.notes {
        print_line(&format!("note: {note}"));
    }
}

fn row(difference: &Difference, at: &impl Fn(OffsetDateTime) -> String) -> [String; 8] {
    let amount = |amount: &Amount| money(amount.amount, &amount.currency);
    let outcome = match difference.outcome {
        Outcome::Repaired => "repaired",
        Outcome::Remains => "remains",
        Outcome::Resolved => "resolved",
        Outcome::WouldBeRepaired => "would be repaired",
        Outcome::Adopted => "adopted",
        Outcome::WouldBeAdopted => "would be adopted",
    };
    [
        difference.kind.words().to_owned(),
        outcome.to_owned(),
        or_dash(difference.order.as_ref()),
        or_dash(difference.here.as_ref().map(amount)),
        or_dash(difference.at_stripe.as_ref().map(amount)),
        or_dash(difference.paid_at.map(at)),
        or_dash(difference.email.as_ref()),
        difference.session.clone(),
    ]
}

fn shop_id(text: &str) -> Result<ShopId, String> {
    text.parse().map_err(|_| {
        "not a shop id: it has 32 hexadecimal digits, as printed by `till reconcile`".to_owned()
    })
}

/// Parses a time in the past: an age such as `24h`, a day, or an RFC 3339 time.
fn since(text: &str) -> Result<OffsetDateTime, String> {
    let now = shop::clock::now();
    let moment = ago(text, now)
        .or_else(|| {
            let day = time::macros::format_description!("[year]-[month]-[day]");
            Some(Date::parse(text, day).ok()?.midnight().assume_utc())
        })
        .or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok())
        .ok_or("not a time: write 24h, 90m, 7d, 2026-11-20 or 2026-11-20T08:00:00Z")?;
    if moment > now {
        return Err("the time is in the future".to_owned());
    }
    Ok(moment)
}

fn ago(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let age = humantime::parse_duration(text).ok()?;
    now.checked_sub(age.try_into().ok()?)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_span_a_day_or_a_time() {
        let now = shop::clock::now();
        for (text, hours) in [("24h", 24), ("90m", 1), ("7d", 168)] {
            let past = now - since(text).unwrap();
            assert!(
                past.whole_hours() <= hours && past.whole_hours() >= hours - 1,
                "{text}"
            );
        }
        let day = time::macros::datetime!(2025-11-20 00:00 UTC);
        assert_eq!(since("2025-11-20").unwrap(), day);
        assert_eq!(since("2025-11-20T01:00:00+01:00").unwrap(), day);
        for bad in [
            "",
            "h",
            "24",
            "-1h",
            "24x",
            "yesterday",
            "9999-01-01",
            "4294967295d",
            "ä",
        ] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}

//! `till withdrawals`

use std::process::ExitCode;

use clap::Subcommand;
use shop::database::Database;
use shop::time_zone::TimeZone;
use shop::withdrawals::{Decision, DecisionOutcome, WithdrawalDetails, decide, list, show};

use super::operator;
use super::output::{or_dash, print_fields, print_json, print_line, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// Arguments of `till withdrawals`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List withdrawals from contracts: those without a decision first, then the newest.
    List(List),
    /// Show one withdrawal with everything that was stated.
    Show(Show),
    /// Record that you accept a withdrawal. It moves no money and sends no email.
    ///
    /// The refund is requested with `till orders refund`.
    Accept(Accept),
    /// Record that you refuse a withdrawal. It sends no email: tell the shopper why.
    Refuse(Refuse),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only those without a decision.
    #[arg(long)]
    undecided: bool,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The number from the list.
    number: i64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Accept {
    /// The number from the list.
    number: i64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Refuse {
    /// The number from the list.
    number: i64,
    /// Why; stored with your name and the time.
    #[arg(long, value_parser = operator::note)]
    reason: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let database = open_existing(config).await?;
    let zone = &config.profile.time_zone;
    match arguments.action {
        Action::List(List {
            undecided,
            limit,
            json,
        }) => {
            let withdrawals = list(&database, undecided, limit).await?;
            if json {
                print_json(&withdrawals)?;
            } else {
                print_list(&withdrawals, zone);
            }
        }
        Action::Show(Show { number, json }) => {
            let withdrawal = find(&database, number).await?;
            if json {
                print_json(&withdrawal)?;
            } else {
                print_withdrawal(&withdrawal, zone);
            }
        }
        Action::Accept(Accept { number, json }) => {
            record(&database, number, &Decision::Accept, json).await?;
        }
        Action::Refuse(Refuse {
            number,
            reason,
            json,
        }) => record(&database, number, &Decision::Refuse { reason }, json).await?,
    }
    database.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Records a decision and says what is left to do.
async fn record(
    database: &Database,
    number: i64,
    decision: &Decision,
    json: bool,
) -> anyhow::Result<()> {
    let outcome = decide(database, number, decision, None, &operator::actor()).await?;
    let withdrawal = find(database, number).await?;
    if json {
        return print_json(&withdrawal);
    }
    let (word, next) = match decision {
        Decision::Accept => {
            let order = withdrawal.order.as_deref().unwrap_or("NUMBER");
            let next = format!("Nothing is refunded yet: till orders refund {order} requests that");
            ("accepted", next)
        }
        Decision::Refuse { .. } => {
            let next = "The shopper is not told by this command".to_owned();
            ("refused", next)
        }
    };
    print_line(&match outcome {
        DecisionOutcome::AlreadyDecided => {
            format!("withdrawal {number} is already {word}: nothing to do")
        }
        _ => format!("withdrawal {number} is {word}. {next}"),
    });
    Ok(())
}

async fn find(database: &Database, number: i64) -> anyhow::Result<WithdrawalDetails> {
    let withdrawal = show(database, number).await?;
    withdrawal.ok_or_else(|| anyhow::anyhow!("there is no withdrawal {number}"))
}

fn print_list(withdrawals: &[WithdrawalDetails], zone: &TimeZone) {
    let rows = withdrawals.iter().map(|withdrawal| {
        [
            withdrawal.id.to_string(),
            withdrawal.state.to_string(),
            zone.format_table(withdrawal.received_at),
            or_dash(withdrawal.order.as_ref()),
            withdrawal.name.clone(),
            withdrawal.email.clone(),
            withdrawal.contract.clone(),
        ]
    });
    print_table(
        [
            "WITHDRAWAL",
            "STATE",
            "RECEIVED",
            "ORDER",
            "NAME",
            "EMAIL",
            "AS TYPED",
        ],
        &rows.collect::<Vec<_>>(),
    );
}

fn print_withdrawal(withdrawal: &WithdrawalDetails, zone: &TimeZone) {
    let mut fields = vec![
        ("withdrawal", withdrawal.id.to_string()),
        ("state", withdrawal.state.to_string()),
        ("received", zone.format_table(withdrawal.received_at)),
        ("order", or_dash(withdrawal.order.as_ref())),
        ("name", withdrawal.name.clone()),
        ("email", withdrawal.email.clone()),
        ("as typed", withdrawal.contract.clone()),
        ("about", withdrawal.part()),
        ("language", withdrawal.language.clone()),
    ];
    if let (Some(at), Some(by)) = (withdrawal.decided_at, &withdrawal.decided_by) {
        fields.push(("decided", format!("{} by {by}", zone.format_table(at))));
    }
    if let Some(reason) = &withdrawal.reason {
        fields.push(("reason", reason.clone()));
    }
    print_fields(&fields);
}

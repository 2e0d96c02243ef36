//! `till doctor`

use std::process::ExitCode;

use anyhow::Context;
use shop::doctor::{Finding, Verdict, examine};
use tokio::net::TcpStream;

use super::output::{print_json, print_rows};
use crate::application::open_shop;
use crate::config::{Config, Payments};

/// Arguments of `till doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 when nothing must be fixed, 1 when something must, 2 for errors."
)]
pub(super) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let shop = open_shop(config).await?;
    if let Payments::Sandbox { addr } = &config.payments {
        TcpStream::connect(addr).await.with_context(|| {
            format!(
                "no sandbox answers at {addr} (SANDBOX_ADDR): it runs inside `till serve`, so \
                 start that first, or set STRIPE_SECRET_KEY to check your account"
            )
        })?;
    }
    let findings = examine(&shop).await?;
    shop.close().await?;
    let faults = findings.iter().any(|one| one.verdict == Verdict::Fault);
    if arguments.json {
        print_json(&findings)?;
    } else {
        print_rows(&findings.iter().map(row).collect::<Vec<_>>());
    }
    Ok(ExitCode::from(u8::from(faults)))
}

fn row(finding: &Finding) -> [String; 3] {
    let verdict = match finding.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Fault => "FAULT",
    };
    [
        verdict.to_owned(),
        finding.check.to_owned(),
        finding.words.clone(),
    ]
}

//! `till sandbox`

use std::net::SocketAddr;
use std::path::PathBuf;

use shop::settings::{FromVariables, Variables};
use stripe_sandbox::{API_KEY, Options, Sandbox, WEBHOOK_SECRET, Webhook};

use crate::config::SandboxSettings;

/// Arguments of `till sandbox`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The address to listen on, one of this machine. Default: `SANDBOX_ADDR`, or 127.0.0.1:12111.
    #[arg(long)]
    addr: Option<SocketAddr>,
    /// Where to send events, such as `http://127.0.0.1:3000/webhooks/stripe`. Default: nowhere.
    #[arg(long)]
    webhook_url: Option<String>,
    /// The secret that events are signed with.
    #[arg(long, default_value = WEBHOOK_SECRET)]
    webhook_secret: String,
    /// The file for its state. Without it, the state is lost at the end.
    #[arg(long)]
    state: Option<PathBuf>,
}

pub(super) async fn run(variables: &dyn Variables, arguments: Arguments) -> anyhow::Result<()> {
    let addr = match arguments.addr {
        Some(addr) => addr,
        None => SandboxSettings::read(variables)?.addr,
    };
    let webhook = arguments.webhook_url.map(|url| Webhook {
        url,
        secret: arguments.webhook_secret,
    });
    let options = Options {
        addr,
        webhook,
        state: arguments.state,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await?;
    tracing::info!(
        "the sandbox is open at {} with the key {API_KEY}",
        sandbox.url()
    );
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}

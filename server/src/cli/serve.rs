//! `till serve`

use shop::catalog::{self, import};
use tokio::signal::unix::{SignalKind, signal};

use crate::application::Application;
use crate::config::Config;

/// The demo catalog, so that the binary alone can show a shop.
const DEMO: &str = include_str!("../../demo/products.csv");

/// What `till serve` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Load the demo catalog if there is no product at all.
    #[arg(long)]
    pub(super) demo: bool,
}

pub(super) async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let application = Application::build(config).await?;
    let shop = application.shop();
    if arguments.demo && catalog::is_empty(&shop.database).await? {
        let report =
            import::import(&shop.database, DEMO.as_bytes(), import::Stock::OnlyNew).await?;
        tracing::info!(
            products = report.created,
            "loaded the demo catalog: {} products",
            report.created
        );
    }
    if let Some(sandbox) = application.sandbox() {
        tracing::warn!(
            "no STRIPE_SECRET_KEY: the sandbox at {} stands in for Stripe, no real payment is taken",
            sandbox.url()
        );
    }
    tracing::info!(
        "the shop is open at {}",
        application.shop().settings.public_url
    );
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    application
        .run_until(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await?;
    Ok(())
}

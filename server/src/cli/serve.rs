//! `till serve`

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shop::catalog::{self, import};
use tokio::signal::unix::{SignalKind, signal};

use crate::application::Application;
use crate::config::Config;
use crate::http::assets::Assets;

/// The demo catalog, so that the binary alone can show a shop.
const DEMO: &str = include_str!("../../demo/products.csv");

/// What `till serve` understands.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Load the demo catalog if there is no product at all.
    #[arg(long)]
    pub(super) demo: bool,
}

/// Files that a server opens beside its connections: the database, Stripe, the sandbox, pictures.
const OTHER_FILES: u64 = 256;

/// Raises the number of open files to what the system allows, and takes no more connections than
/// fit into it: where there is no room for one more file, not even the database can be opened.
fn make_room_for_connections(config: &mut Config) {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: files.maximum,
        ..files
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => files.maximum,
        Err(error) => {
            tracing::warn!(%error, "the number of open files could not be raised");
            files.current
        }
    };
    let room = allowed.map_or(u64::MAX, |allowed| {
        allowed.saturating_sub(OTHER_FILES).max(1)
    });
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if config.serving.max_connections > room {
        tracing::warn!(
            "MAX_CONNECTIONS is {}, but the system allows this process only {} open files: {room} \
             connections are taken. Raise the limit (ulimit -n, or LimitNOFILE of systemd)",
            config.serving.max_connections,
            allowed.unwrap_or_default()
        );
        config.serving.max_connections = room;
    }
}

pub(super) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    make_room_for_connections(&mut config);
    Assets::find(&config.site_root, config.site_addr).check()?;
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

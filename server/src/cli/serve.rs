//! `till serve`

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shop::Shop;
use shop::catalog::import::{ImportOptions, ImportReport, StockMode, import};
use shop::catalog::{self, price_changes};
use shop::live::in_one_line;
use shop::{doctor, policy};
use tokio::signal::unix::{SignalKind, signal};

use super::demo_pages::demo_pages;
use super::operator;
use crate::application::{Application, check_key};
use crate::config::Config;
use crate::http::assets::Assets;

/// The demo catalog, embedded so that the binary alone can show a shop.
const DEMO: &str = include_str!("../../demo/products.csv");
/// What is reduced in it.
const DEMO_SALE: &str = include_str!("../../demo/sale.csv");
/// How long the demo's products have had their regular prices.
const DEMO_AGE: time::Duration = time::Duration::days(60);

/// Arguments of `till serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Load the demo catalog if there are no products.
    #[arg(long)]
    pub(super) demo: bool,
}

/// Open files reserved for other things than connections: the database, Stripe, the sandbox,
/// pictures.
const RESERVED_FILES: u64 = 256;

/// Raises the limit of open files to what the system allows, and lowers the limit of connections to
/// what fits into it: without a free file, not even the database could be opened.
fn raise_open_file_limit(config: &mut Config) {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: files.maximum,
        ..files
    };
    let allowed = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => files.maximum,
        Err(error) => {
            tracing::warn!(%error, "could not raise the limit of open files");
            files.current
        }
    };
    let possible = allowed.map_or(u64::MAX, |allowed| {
        allowed.saturating_sub(RESERVED_FILES).max(1)
    });
    let possible = usize::try_from(possible).unwrap_or(usize::MAX);
    if config.serving.max_connections > possible {
        tracing::warn!(
            "MAX_CONNECTIONS is {}, but the system allows this process only {} open files: at most \
             {possible} connections are accepted. Raise the limit (ulimit -n, or LimitNOFILE of \
             systemd)",
            config.serving.max_connections,
            allowed.unwrap_or_default()
        );
        config.serving.max_connections = possible;
    }
}

/// Names the policies that European law wants and the shop does not have.
fn warn_of_missing_policies(shop: &Shop) {
    let current = shop.live.current();
    let profile = &current.profile;
    let automatic_tax = current.settings.checkout.options.automatic_tax;
    if profile.law.eu_rules_apply() && profile.price_tax.said(automatic_tax).is_none() {
        tracing::warn!(
            "prices do not say whether they include VAT, as European law asks for: set PRICE_TAX"
        );
    }
    let missing = current.missing();
    if !missing.is_empty() {
        tracing::warn!(
            "policies that European law asks for are missing: {}. Load them with `till pages \
             import`; the notice is a file in {}",
            in_one_line(&missing),
            shop.live.notices_folder().display()
        );
    }
}

async fn import_demo(shop: &Shop, file: &'static str) -> anyhow::Result<ImportReport> {
    let open = || {
        let file = std::io::Cursor::new(file);
        Ok(vec![product_file::InputFile::new("the demo catalog", file)])
    };
    let zone = shop.profile().time_zone.clone();
    let options = ImportOptions::own(StockMode::OnlyNew, zone);
    Ok(import(&shop.database, open, options, |_, _| {}).await?)
}

pub(super) async fn run(mut config: Config, arguments: Arguments) -> anyhow::Result<()> {
    raise_open_file_limit(&mut config);
    Assets::find(&config.site.root, config.site.addr).check()?;
    check_key(&config).await?;
    let application = Application::build(config).await?;
    let shop = application.shop();
    if arguments.demo && catalog::is_empty(&shop.database).await? {
        let report = import_demo(shop, DEMO).await?;
        // So that the sale has a price before it, which new products do not.
        price_changes::backdate_all(&shop.database, DEMO_AGE).await?;
        import_demo(shop, DEMO_SALE).await?;
        tracing::info!(
            products = report.created,
            "loaded the demo catalog: {} products",
            report.created
        );
    }
    if arguments.demo && policy::is_empty(&shop.database).await? {
        let actor = operator::actor();
        policy::save(&shop.database, &actor, &demo_pages()?).await?;
    }
    shop.live.read(&shop.database).await?;
    warn_of_missing_policies(shop);
    if let Some(problem) = doctor::missing_logo(shop).await? {
        tracing::warn!("{problem}");
    }
    if let Some(sandbox) = application.sandbox() {
        tracing::warn!(
            "STRIPE_SECRET_KEY is not set: the sandbox at {} replaces Stripe, and no real payments \
             are taken",
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

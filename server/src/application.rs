//! The whole server: listener, database, Stripe or the sandbox, routes and jobs.

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::SchemaManager;
use secrecy::ExposeSecret;
use shop::checkout::rates::{RatesOutcome, check_rates};
use shop::checkout::{Options, PaymentOrigins};
use shop::database::{AdvisoryLock, Database};
use shop::guarantee;
use shop::identity::{Identity, load_identity};
use shop::limits::Limiter;
use shop::live::Live;
use shop::mail::Mailer;
use shop::owner_settings::OwnerSettings;
use shop::profile::ShopProfile;
use shop::stored_settings;
use shop::stripe::{CallError, RetryPolicy, Stripe, StripeSettings};
use shop::{Settings, Shop, ShopParts};
use stripe_sandbox::{Sandbox, Webhook};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{Config, JobIntervals, Payments, Serving};
use crate::error::StartError;
use crate::http::{
    accept, app_state::AppState, assets::Assets, client::Clients, front::Front, health::Readiness,
    page_cache::PageCache, pictures::Pictures,
};
use crate::jobs::{self, AllJobRuns};

/// The origin of Stripe's payment page.
const STRIPE_PAYMENT_PAGE: &str = "https://checkout.stripe.com";

/// Opens the configured database and migrates it. Only `till serve` and `till migrate` may call
/// this. Other commands can run while a server of an older version is still up, and must not
/// migrate its database.
///
/// # Errors
/// [`StartError`]
pub async fn open_database(config: &Config) -> Result<Database, StartError> {
    let storage = &config.storage;
    create_data_dir(&storage.data_dir)?;
    let url = storage.database_url();
    let database = Database::open_with(url.expose_secret(), storage.postgres_writers).await?;
    // Checked first: the migrator's own error about an unknown migration speaks of missing files.
    if let SchemaState::Newer(step) = schema_state(&database).await? {
        return Err(StartError::Newer(step));
    }
    migrate(&database).await?;
    Ok(database)
}

/// Opens the configured database without migrating or creating it.
///
/// # Errors
/// [`StartError`], also if the schema is not that of this version.
pub async fn open_existing(config: &Config) -> Result<Database, StartError> {
    let url = config.storage.database_url();
    let url = url.expose_secret();
    if let Some(file) = missing_sqlite_file(url) {
        return Err(StartError::NoFile(file.display().to_string()));
    }
    let database = Database::open_with(url, config.storage.postgres_writers).await?;
    let refused = match schema_state(&database).await? {
        SchemaState::UpToDate => return Ok(database),
        SchemaState::Missing => StartError::Empty,
        SchemaState::Outdated => StartError::NeedsUpdate,
        SchemaState::Newer(step) => StartError::Newer(step),
    };
    database.close().await?;
    Err(refused)
}

/// The absolute path of a database file that does not exist. Checked before opening: with
/// `mode=rwc`, SQLite would create the file.
fn missing_sqlite_file(url: &str) -> Option<PathBuf> {
    if !url.starts_with("sqlite:") {
        return None;
    }
    let options = url.parse::<SqliteConnectOptions>().ok()?;
    let file = options.get_filename();
    (!file.exists()).then(|| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
}

/// How the database's schema compares with this version's migrations.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SchemaState {
    Missing,
    Outdated,
    UpToDate,
    /// With a migration that this version does not know.
    Newer(String),
}

/// Reads which migrations were applied. SeaORM's own functions would create their table first;
/// this one only reads.
pub(crate) async fn schema_state(database: &Database) -> Result<SchemaState, sea_orm::DbErr> {
    const MIGRATION_TABLE: &str = "seaql_migrations";
    let reader = database.reader();
    if !SchemaManager::new(reader)
        .has_table(MIGRATION_TABLE)
        .await?
    {
        return Ok(SchemaState::Missing);
    }
    let backend = reader.get_database_backend();
    let select = format!("SELECT version FROM {MIGRATION_TABLE} ORDER BY version");
    let rows = reader
        .query_all_raw(Statement::from_string(backend, select))
        .await?;
    let applied: HashSet<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?;
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    // The newest one is the most telling.
    let unknown = applied.iter().filter(|step| !known.contains(step)).max();
    Ok(match unknown {
        Some(step) => SchemaState::Newer(step.clone()),
        None if applied.is_empty() => SchemaState::Missing,
        None if applied.len() < known.len() => SchemaState::Outdated,
        None => SchemaState::UpToDate,
    })
}

/// Applies every missing migration in one transaction. Of several servers that start at once, one
/// migrates while the others wait.
///
/// # Errors
/// If the database does not answer or a migration fails; in that case none was applied.
pub async fn migrate(database: &Database) -> Result<(), sea_orm::DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Migration).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Creates the data folder if it is missing, readable only by its owner: it holds orders and mail.
pub(crate) fn create_data_dir(path: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StartError::DataDir(path.display().to_string(), error))
}

/// Opens the shop for a command that runs beside a server: with the same database, and with Stripe
/// or the sandbox that already runs at `SANDBOX_ADDR`.
///
/// # Errors
/// [`StartError`]
pub async fn open_shop(config: &Config) -> Result<Shop, StartError> {
    let database = open_existing(config).await?;
    let public_url = config.site.public_url(config.site.addr);
    let identity = load_identity(&database).await?;
    let shop = build_shop(
        config,
        database,
        identity,
        &config.payments.stripe(),
        public_url,
    )?;
    shop.live.read(&shop.database).await?;
    Ok(shop)
}

/// Reads what the owner may change while the shop runs, by variables and database, for a command
/// that needs no more of the shop.
///
/// # Errors
/// If the database fails.
pub(crate) async fn load_settings(
    config: &Config,
    database: &Database,
) -> Result<OwnerSettings, sea_orm::DbErr> {
    let stored = stored_settings::load(database.reader()).await?;
    Ok(config.owner_settings().with_stored(&stored).0)
}

/// The part of [`load_settings`] that people read.
///
/// # Errors
/// If the database fails.
pub(crate) async fn load_profile(
    config: &Config,
    database: &Database,
) -> Result<ShopProfile, sea_orm::DbErr> {
    Ok(load_settings(config, database).await?.profile)
}

/// Timeout for checking the key at startup, so that an unreachable Stripe does not delay it for
/// long.
const KEY_CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks Stripe once whether it accepts the key, before anything is started or changed. If Stripe is
/// unreachable, the shop starts nevertheless: its pages do not need Stripe.
///
/// # Errors
/// [`StartError::KeyRefused`], or [`StartError::Stripe`] if no client can be created.
pub async fn check_key(config: &Config) -> Result<(), StartError> {
    if matches!(config.payments, Payments::Sandbox { .. }) {
        return Ok(());
    }
    let retry_policy = RetryPolicy {
        attempt_timeout: KEY_CHECK_TIMEOUT,
        ..config.retry_policy
    };
    let stripe = Stripe::new(&config.payments.stripe(), retry_policy)?;
    match stripe.without_retries().account().await {
        Ok(account) if account.charges_enabled == Some(false) => tracing::warn!(
            "Stripe accepts the key, but the account {} cannot take payments yet: `till doctor` \
             says why",
            account.id
        ),
        Ok(account) => tracing::info!("Stripe accepts the key of the account {}", account.id),
        Err(CallError::Refused(response)) if response.status == 401 => {
            return Err(StartError::KeyRefused(response.explain()));
        }
        // A restricted key that may not read the account is valid nevertheless.
        Err(CallError::Refused(response)) if response.status == 403 => {
            tracing::info!("Stripe accepts the key, a restricted one");
        }
        Err(error) => tracing::warn!(
            "could not check the key: {}. Shoppers cannot pay until Stripe answers",
            error.explain()
        ),
    }
    Ok(())
}

/// Opens the mailer. Links in emails begin with `public_url`.
///
/// # Errors
/// If the mail server's name cannot be used.
pub fn open_mailer(config: &Config, public_url: &str) -> Result<Mailer, StartError> {
    Ok(Mailer::new(config.mail.route.clone(), public_url)?)
}

/// Builds the shop from its configuration and the opened database.
fn build_shop(
    config: &Config,
    database: Database,
    identity: Identity,
    stripe: &StripeSettings,
    public_url: String,
) -> Result<Shop, StartError> {
    let mailer = open_mailer(config, &public_url)?;
    let settings = Settings {
        languages: Arc::clone(&config.profile.languages),
        all: config.all.clone(),
        public_url,
        livemode: stripe.livemode,
        identity,
    };
    let payment_origins =
        PaymentOrigins::new(payment_origins(stripe), stripe.checkout_origin.is_none());
    let notices = guarantee::folder(&config.storage.data_dir);
    Ok(Shop::new(ShopParts {
        database,
        stripe: Stripe::new(stripe, config.retry_policy)?,
        mailer,
        settings: Arc::new(settings),
        live: Live::new(config.owner_settings(), notices),
        limiter: Limiter::new(config.limits.clone()),
        payment_origins,
    }))
}

/// Refuses shipping rates that cannot be charged in the products' currencies.
pub(crate) async fn check_shipping_rates(
    database: &Database,
    options: &Options,
) -> Result<(), StartError> {
    match check_rates(database, options).await? {
        RatesOutcome::Unchargeable(rate) => Err(StartError::ShippingRate(rate)),
        RatesOutcome::Chargeable { several_currencies } => {
            if several_currencies {
                tracing::warn!(
                    "products are sold in several currencies, and SHIPPING_RATES charges the same \
                     number in each of them"
                );
            }
            Ok(())
        }
    }
}

/// Checks the settings with those that the database holds. Shipping rates in the database do not
/// keep the shop from starting, because its owner changes them in the admin.
async fn check_stored_settings(config: &Config, database: &Database) -> Result<(), StartError> {
    let settings = load_settings(config, database).await?;
    settings.mail.addresses()?;
    let checkout = &settings.checkout;
    if let RatesOutcome::Unchargeable(rate) = check_rates(database, &checkout.options).await? {
        tracing::error!("shoppers cannot pay: {rate}");
    }
    if config.payments.livemode() && !checkout.shipping_decided.0 {
        tracing::warn!(
            "SHIPPING_COUNTRIES is not set: shoppers are not asked for a shipping address. Set it \
             to the countries that you ship to, such as DE,AT, or to none if nothing is shipped"
        );
    }
    Ok(())
}

/// A server that is ready to run.
#[derive(Debug)]
pub struct Application {
    listener: TcpListener,
    addr: SocketAddr,
    front: Front,
    shop: Shop,
    sandbox: Option<Sandbox>,
    job_intervals: JobIntervals,
    serving: Serving,
    runs: AllJobRuns,
    stopping: watch::Sender<bool>,
}

impl Application {
    /// Opens the database, binds the address and builds the routes. Nothing is served yet.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let database = open_database(&config).await?;
        check_shipping_rates(&database, &config.checkout.options).await?;
        check_stored_settings(&config, &database).await?;
        let listener = TcpListener::bind(config.site.addr)
            .await
            .map_err(|error| StartError::Listen(config.site.addr, error))?;
        let addr = listener
            .local_addr()
            .map_err(|error| StartError::Listen(config.site.addr, error))?;
        let public_url = config.site.public_url(addr);

        let (stripe, sandbox) = start_payments(&config, addr).await?;
        let identity = load_identity(&database).await?;
        let shop = build_shop(&config, database, identity, &stripe, public_url.clone())?;
        shop.payment_origins.load(&shop.database).await?;
        shop.live.read(&shop.database).await?;
        let (stopping, stopped) = watch::channel(false);
        let runs = AllJobRuns::new(config.job_intervals);
        let assets = Assets::find(&config.site.root, addr);
        let state = AppState {
            shop: shop.clone(),
            webhook_secrets: stripe.webhook_secrets.into(),
            pictures: Pictures::new(&config.storage.data_dir, &config.site.root),
            assets,
            page_cache: Arc::new(PageCache::new(
                shop.clone(),
                config.serving.page_cache_bytes(),
            )),
            stopping: stopped,
            clients: Clients::new(config.serving.trusted_proxies.clone(), sandbox.is_some()),
            admin_networks: config.serving.admin_networks.clone(),
            timeouts: config.serving.timeouts,
            readiness: Readiness::new(shop.database.clone(), runs.clone()),
        };
        let front = Front::new(state).map_err(|_| StartError::PublicUrl(public_url))?;
        Ok(Self {
            listener,
            addr,
            front,
            shop,
            sandbox,
            job_intervals: config.job_intervals,
            serving: config.serving,
            runs,
            stopping,
        })
    }

    /// The address on which it listens; the port is the real one even if 0 was configured.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The shop that is served.
    #[must_use]
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// The sandbox, if it runs inside this process.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// Serves until `stop` completes, then waits for requests and jobs and closes the database.
    ///
    /// # Errors
    /// If the database could not be closed.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), sea_orm::DbErr> {
        let shop = self.shop.for_jobs();
        let jobs = jobs::spawn(
            &shop,
            self.job_intervals,
            &self.runs,
            &self.stopping.subscribe(),
        );
        accept::serve(self.listener, self.front, self.serving, async {
            stop.await;
            tracing::info!("stopping: no new requests are accepted");
            self.stopping.send_replace(true);
        })
        .await;
        for job in jobs {
            // The supervisor does not panic.
            let _ = job.await;
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.shop.close().await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Starts the sandbox if no key is configured. Returns how it or Stripe is reached.
async fn start_payments(
    config: &Config,
    shop_addr: SocketAddr,
) -> Result<(StripeSettings, Option<Sandbox>), StartError> {
    let stripe = config.payments.stripe();
    let Payments::Sandbox { addr } = config.payments else {
        return Ok((stripe, None));
    };
    let options = stripe_sandbox::Options {
        addr,
        webhook: Some(Webhook {
            url: format!("http://{shop_addr}/webhooks/stripe"),
            secret: stripe_sandbox::WEBHOOK_SECRET.to_owned(),
        }),
        state: Some(config.storage.data_dir.join("sandbox.jsonl")),
        ..stripe_sandbox::Options::default()
    };
    let sandbox = Sandbox::start(options)
        .await
        .map_err(|error| StartError::Sandbox(addr, error))?;
    let stripe = StripeSettings {
        // Its port is the real one even if 0 was configured.
        api_base: Some(sandbox.url()),
        ..stripe
    };
    Ok((stripe, Some(sandbox)))
}

/// The origins of the payment pages: the Content-Security-Policy must let a form redirect there.
/// With a custom domain, sessions created before it was set up still use Stripe's.
fn payment_origins(stripe: &StripeSettings) -> Vec<String> {
    let api_base = stripe.api_base.as_deref();
    let other_base = api_base
        .and_then(|base| url::Url::parse(base).ok())
        .filter(|base| base.host_str() != Some("api.stripe.com"));
    let default_origin = other_base.map_or_else(
        || STRIPE_PAYMENT_PAGE.to_owned(),
        |base| base.origin().ascii_serialization(),
    );
    std::iter::once(default_origin)
        .chain(stripe.checkout_origin.clone())
        .collect()
}

//! One server: bound to its address, with database, Stripe or the sandbox, pages and jobs.

use std::collections::HashSet;
use std::fs::DirBuilder;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::SchemaManager;
use shop::catalog;
use shop::checkout::{Options, PaymentOrigins};
use shop::database::{Alone, Database};
use shop::identity::{Identity, IdentityError, identity};
use shop::limits::Limiter;
use shop::mail::Mailer;
use shop::prune::PruneSettings;
use shop::secret::Secret;
use shop::stripe::{CallError, Stripe, StripeSettings};
use shop::{Settings, Shop};
use stripe_sandbox::{Sandbox, Webhook};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{Config, Payments, Rhythm, Serving};
use crate::http::{
    accept, assets::Assets, client::Clients, health::Readiness, pictures::Pictures, router,
};
use crate::jobs::{self, AllRounds};

/// Where Stripe's own payment page lives.
const STRIPE_PAYMENT_PAGE: &str = "https://checkout.stripe.com";

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder for data cannot be made.
    #[error("the folder {0} (DATA_DIR) cannot be made")]
    DataDir(String, #[source] std::io::Error),
    /// Somebody else has the address, or it is not ours.
    #[error("{0} (LEPTOS_SITE_ADDR) cannot be listened on; is another server running there?")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] shop::database::OpenError),
    /// Steps are missing, and only `till serve` and `till migrate` take them.
    #[error("the database needs an update: run `till migrate` after stopping older servers")]
    NeedsUpdate,
    /// There is no database yet, or none of its tables.
    #[error("the database has no tables yet: run `till migrate` first")]
    Empty,
    /// A newer version has changed the tables.
    #[error(
        "the database belongs to a newer version of Till, which has taken the step {0}: run that version"
    )]
    Newer(String),
    /// The tables cannot be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[from] sea_orm::DbErr),
    /// The database does not say who the shop is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The sandbox does not start.
    #[error("the sandbox could not start at {0} (SANDBOX_ADDR)")]
    Sandbox(SocketAddr, #[source] stripe_sandbox::StartError),
    /// The key or the address of the API cannot be used.
    #[error(transparent)]
    Stripe(#[from] shop::stripe::BadSettings),
    /// Stripe does not know the key.
    #[error(
        "Stripe does not take STRIPE_SECRET_KEY: {0}. Copy it again from Stripe's dashboard, Developers, API keys"
    )]
    KeyRefused(String),
    /// The mail server cannot be used.
    #[error("SMTP_URL: {0}")]
    Mail(#[from] shop::mail::smtp::BadServer),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] shop::catalog::CatalogError),
    /// A shipping rate is no amount in a currency that products are sold in.
    #[error(
        "SHIPPING_RATES: {rate} is no amount in {currency}, in which products are sold. Make it a multiple of {step}."
    )]
    ShippingRate {
        /// As set.
        rate: i64,
        /// Of a product on sale.
        currency: shop::money::Currency,
        /// In minor units.
        step: i64,
    },
    /// The files for browsers are not where they should be.
    #[error(
        "there are no files for browsers in {0} (LEPTOS_SITE_ROOT): {1} is missing. Start Till in the folder that holds target/site, or name the folder; `make build` makes it"
    )]
    NoAssets(String, String),
    /// The public address cannot be used.
    #[error("{0} (PUBLIC_URL) cannot be used as the origin of forms")]
    PublicUrl(String),
}

/// Opens the database of a configuration and brings its tables up to date: for `till serve` and
/// `till migrate` alone, because older servers may still be running beside any other command.
///
/// # Errors
/// [`StartError`]
pub async fn open_database(config: &Config) -> Result<Database, StartError> {
    make_folder(&config.data_dir)?;
    let database =
        Database::open_with(config.database_url.expose(), config.postgres_writers).await?;
    // Before the steps are taken, which would stop at one that is not known with a sentence about
    // files.
    if let Tables::Newer(step) = tables(&database).await? {
        return Err(StartError::Newer(step));
    }
    migrate(&database).await?;
    Ok(database)
}

/// Opens the database of a configuration for a command that works on it as it is. No table is
/// changed, and where there is no database none is made.
///
/// # Errors
/// [`StartError`], also where the tables are not those of this version.
pub async fn open_existing(config: &Config) -> Result<Database, StartError> {
    let url = config.database_url.expose();
    if lacks_file(url) {
        return Err(StartError::Empty);
    }
    let database = Database::open_with(url, config.postgres_writers).await?;
    let refused = match tables(&database).await? {
        Tables::UpToDate => return Ok(database),
        Tables::None => StartError::Empty,
        Tables::Older => StartError::NeedsUpdate,
        Tables::Newer(step) => StartError::Newer(step),
    };
    database.close().await?;
    Err(refused)
}

/// SQLite would make the file that `mode=rwc` names.
fn lacks_file(url: &str) -> bool {
    url.starts_with("sqlite:")
        && url
            .parse::<SqliteConnectOptions>()
            .is_ok_and(|options| !options.get_filename().exists())
}

/// How the tables compare with what this version needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tables {
    None,
    Older,
    UpToDate,
    /// With a step that this version does not know.
    Newer(String),
}

/// Looks at the steps that were taken, without a write: SeaORM's own functions make their table
/// first.
pub(crate) async fn tables(database: &Database) -> Result<Tables, sea_orm::DbErr> {
    const STEPS: &str = "seaql_migrations";
    let reader = database.reader();
    if !SchemaManager::new(reader).has_table(STEPS).await? {
        return Ok(Tables::None);
    }
    let backend = reader.get_database_backend();
    let select = format!("SELECT version FROM {STEPS} ORDER BY version");
    let rows = reader
        .query_all_raw(Statement::from_string(backend, select))
        .await?;
    let taken: HashSet<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?;
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    // The newest one says most.
    let unknown = taken.iter().filter(|step| !known.contains(step)).max();
    Ok(match unknown {
        Some(step) => Tables::Newer(step.clone()),
        None if taken.is_empty() => Tables::None,
        None if taken.len() < known.len() => Tables::Older,
        None => Tables::UpToDate,
    })
}

/// Takes every step that is missing, all in one transaction. Of several servers that start at once one does it, and the
/// others find it done.
///
/// # Errors
/// Where the database does not answer, or a step fails; then none was taken.
pub async fn migrate(database: &Database) -> Result<(), sea_orm::DbErr> {
    let transaction = database.begin_alone(Alone::Migration).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

/// Makes the data folder where it is missing, for nobody else to read: mails and orders are in it.
pub(crate) fn make_folder(path: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| StartError::DataDir(path.display().to_string(), error))
}

/// Opens the shop for a command that runs beside a server: the same database and the same Stripe, or the sandbox of the
/// server that runs at `SANDBOX_ADDR`. Nothing is started.
///
/// # Errors
/// [`StartError`]
pub async fn open_shop(config: &Config) -> Result<Shop, StartError> {
    let database = open_existing(config).await?;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.site_addr));
    let identity = identity(&database).await?;
    let payments = running_payments(config);
    put_together(config, database, identity, &payments, public_url)
}

/// For the question about the key at the start: a server must not wait long for a Stripe that is
/// out of reach.
const KEY_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks Stripe once whether it takes the key, before anything is started or changed. Where Stripe is
/// out of reach, the shop is started all the same: its pages need no Stripe.
///
/// # Errors
/// [`StartError::KeyRefused`], and where no client can be made.
pub async fn check_key(config: &Config) -> Result<(), StartError> {
    if matches!(config.payments, Payments::Sandbox { .. }) {
        return Ok(());
    }
    let payments = running_payments(config);
    let stripe = Stripe::new(&StripeSettings {
        timeout: KEY_TIMEOUT,
        ..stripe_settings(config, &payments)
    })?;
    match stripe.once().account().await {
        Ok(account) if account.charges_enabled == Some(false) => tracing::warn!(
            "Stripe takes the key, but the account {} may not take payments yet: `till doctor` \
             says why",
            account.id
        ),
        Ok(account) => tracing::info!("Stripe takes the key of the account {}", account.id),
        Err(CallError::Refused(answered)) if answered.status == 401 => {
            return Err(StartError::KeyRefused(answered.explained()));
        }
        // A restricted key may not ask for the account: it is known all the same.
        Err(CallError::Refused(answered)) if answered.status == 403 => {
            tracing::info!("Stripe takes the key, which is a restricted one");
        }
        Err(error) => tracing::warn!(
            "whether Stripe takes the key is not known: {}. Shoppers cannot pay until Stripe \
             answers",
            error.explained()
        ),
    }
    Ok(())
}

fn stripe_settings(config: &Config, payments: &Started) -> StripeSettings {
    StripeSettings {
        key: payments.key.clone(),
        api_base: payments.api_base.clone(),
        timeout: config.patience.timeout,
        tries: config.patience.tries,
        pause: config.patience.pause,
        total: config.patience.total,
    }
}

/// The way of mails, for the shop at this address.
///
/// # Errors
/// Where the mail server's name cannot be used.
pub fn open_mailer(config: &Config, public_url: &str) -> Result<Mailer, StartError> {
    let mailer = Mailer::new(config.mail.clone(), &config.shop_name, public_url);
    Ok(mailer?)
}

/// The domain, with everything that it needs.
fn put_together(
    config: &Config,
    database: Database,
    identity: Identity,
    payments: &Started,
    public_url: String,
) -> Result<Shop, StartError> {
    let stripe = Stripe::new(&stripe_settings(config, payments))?;
    let mailer = open_mailer(config, &public_url)?;
    let settings = Settings {
        name: config.shop_name.clone(),
        public_url,
        livemode: payments.livemode,
        hold: config.hold,
        late_payment: config.late_payment,
        options: config.options.clone(),
        order_numbers: config.order_numbers.clone(),
        time_zone: config.time_zone.clone(),
        identity,
        mail_new_orders: config.mail.new_orders,
        contact: config.contact.clone(),
    };
    let payment_origins = PaymentOrigins::new(
        payment_origins(
            payments.api_base.as_deref(),
            payments.checkout_origin.clone(),
        ),
        payments.checkout_origin.is_none(),
    );
    Ok(Shop {
        database,
        stripe,
        mailer,
        settings,
        limiter: Limiter::new(config.limits.clone()),
        payment_origins,
    })
}

/// Shipping rates are numbers without a currency: they are taken as amounts in the one that the products are sold in.
pub(crate) async fn check_rates(database: &Database, options: &Options) -> Result<(), StartError> {
    if options.rates().is_empty() {
        return Ok(());
    }
    let currencies = catalog::currencies(database).await?;
    for rate in options.rates().iter().map(|rate| rate.amount.0) {
        if let Some(currency) = currencies.iter().find(|known| rate % known.step() != 0) {
            return Err(StartError::ShippingRate {
                rate,
                currency: *currency,
                step: currency.step(),
            });
        }
    }
    if currencies.len() > 1 {
        tracing::warn!(
            "products are sold in several currencies, and SHIPPING_RATES charges the same number in each of them"
        );
    }
    Ok(())
}

/// A server that is ready to run.
#[derive(Debug)]
pub struct Application {
    listener: TcpListener,
    addr: SocketAddr,
    router: axum::Router,
    shop: Shop,
    sandbox: Option<Sandbox>,
    rhythm: Rhythm,
    serving: Serving,
    prune: PruneSettings,
    rounds: AllRounds,
    stopping: watch::Sender<bool>,
}

impl Application {
    /// Opens the database, binds the address and puts everything together. Nothing is served yet.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn build(config: Config) -> Result<Self, StartError> {
        let database = open_database(&config).await?;
        check_rates(&database, &config.options).await?;
        let listener = TcpListener::bind(config.site_addr)
            .await
            .map_err(|error| StartError::Listen(config.site_addr, error))?;
        let addr = listener
            .local_addr()
            .map_err(|error| StartError::Listen(config.site_addr, error))?;
        let public_url = config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{addr}"));

        let payments = start_payments(&config, addr).await?;
        let identity = identity(&database).await?;
        let shop = put_together(&config, database, identity, &payments, public_url.clone())?;
        shop.payment_origins.load(&shop.database).await?;
        let (stopping, stopped) = watch::channel(false);
        let rounds = AllRounds::new(config.rhythm);
        let state = router::AppState {
            shop: shop.clone(),
            webhook_secrets: payments.webhook_secrets.into(),
            assets: Assets::find(&config.site_root, addr),
            pictures: Pictures::new(&config.data_dir, &config.site_root),
            stopping: stopped,
            clients: Clients::new(
                config.serving.trusted_proxies.clone(),
                payments.sandbox.is_some(),
            ),
            timeouts: config.serving.timeouts,
            readiness: Readiness::new(shop.database.clone(), rounds.clone()),
        };
        let router = router::router(state).map_err(|_| StartError::PublicUrl(public_url))?;
        Ok(Self {
            listener,
            addr,
            router,
            shop,
            sandbox: payments.sandbox,
            rhythm: config.rhythm,
            serving: config.serving,
            prune: config.prune,
            rounds,
            stopping,
        })
    }

    /// Where it listens; the port is the real one even if the configuration said 0.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The domain behind it.
    #[must_use]
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// The sandbox, where it runs inside.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref()
    }

    /// Serves until `stop` is done, then lets requests finish, ends the jobs and closes the database.
    ///
    /// # Errors
    /// Where the database does not close in order.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), sea_orm::DbErr> {
        let shop = Shop {
            stripe: self.shop.stripe.unbounded(),
            ..self.shop.clone()
        };
        let jobs = jobs::spawn(
            &shop,
            self.rhythm,
            self.prune,
            &self.rounds,
            &self.stopping.subscribe(),
        );
        accept::serve(self.listener, self.router, self.serving, async {
            stop.await;
            tracing::info!("stopping: no new requests");
            self.stopping.send_replace(true);
        })
        .await;
        for job in jobs {
            // Its supervisor does not panic.
            let _ = job.await;
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.shop.database.close().await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Where payments go, once it is known.
struct Started {
    key: Secret,
    api_base: Option<String>,
    webhook_secrets: Vec<Secret>,
    checkout_origin: Option<String>,
    livemode: bool,
    sandbox: Option<Sandbox>,
}

/// Where payments go, with the sandbox started where it stands in for Stripe.
async fn start_payments(config: &Config, shop: SocketAddr) -> Result<Started, StartError> {
    let started = running_payments(config);
    let Payments::Sandbox { addr } = config.payments else {
        return Ok(started);
    };
    let options = stripe_sandbox::Options {
        addr,
        webhook: Some(Webhook {
            url: format!("http://{shop}/webhooks/stripe"),
            secret: stripe_sandbox::WEBHOOK_SECRET.to_owned(),
        }),
        state: Some(config.data_dir.join("sandbox.jsonl")),
        ..stripe_sandbox::Options::default()
    };
    let sandbox = Sandbox::start(options)
        .await
        .map_err(|error| StartError::Sandbox(addr, error))?;
    Ok(Started {
        api_base: Some(sandbox.url()),
        sandbox: Some(sandbox),
        ..started
    })
}

/// Where payments go, with the sandbox taken to be running already.
fn running_payments(config: &Config) -> Started {
    match config.payments.clone() {
        Payments::Stripe {
            key,
            webhook_secrets,
            api_base,
            checkout_origin,
            livemode,
        } => Started {
            key,
            api_base,
            webhook_secrets,
            checkout_origin,
            livemode,
            sandbox: None,
        },
        Payments::Sandbox { addr } => Started {
            key: Secret::new(stripe_sandbox::API_KEY),
            api_base: Some(format!("http://{addr}")),
            webhook_secrets: vec![Secret::new(stripe_sandbox::WEBHOOK_SECRET)],
            checkout_origin: None,
            livemode: false,
            sandbox: None,
        },
    }
}

/// The origins of the pages on which this configuration's sessions are paid: browsers must allow a form to lead there.
/// With a domain of the shop's own, sessions begun before it was set up still lead to Stripe's.
fn payment_origins(api_base: Option<&str>, own: Option<String>) -> Vec<String> {
    let foreign = api_base
        .and_then(|base| url::Url::parse(base).ok())
        .filter(|base| base.host_str() != Some("api.stripe.com"));
    let usual = foreign.map_or_else(
        || STRIPE_PAYMENT_PAGE.to_owned(),
        |base| base.origin().ascii_serialization(),
    );
    std::iter::once(usual).chain(own).collect()
}

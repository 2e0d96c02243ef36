//! Why the server cannot start, in sentences for its owner.

use std::net::SocketAddr;

use shop::checkout::rates::UnchargeableRate;
use shop::identity::IdentityError;

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder could not be created.
    #[error("could not create the folder {0} (DATA_DIR)")]
    DataDir(String, #[source] std::io::Error),
    /// The address is in use, or is not one of this machine.
    #[error("could not listen on {0} (LEPTOS_SITE_ADDR); is another server running there?")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The database could not be opened.
    #[error(transparent)]
    Database(#[from] shop::database::OpenError),
    /// Migrations are missing, and only `till serve` and `till migrate` apply them.
    #[error("the database needs an update: stop older servers, then run `till migrate`")]
    NeedsUpdate,
    /// The database's file does not exist; only `till serve`, `till migrate` and `till restore`
    /// create it.
    #[error(
        "there is no database file {0}. Run the command in the shop's folder, or set DATA_DIR or \
         DATABASE_URL as for `till serve`; a new shop needs `till migrate` first"
    )]
    NoFile(String),
    /// The database has no tables yet.
    #[error("the database has no tables yet: run `till migrate` first")]
    Empty,
    /// A newer version has migrated the database.
    #[error(
        "the database belongs to a newer version of Till, which has applied the migration {0}: \
         run that version"
    )]
    Newer(String),
    /// A migration failed.
    #[error("the database could not be migrated")]
    Migration(#[from] sea_orm::DbErr),
    /// The shop's id could not be read.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The sandbox did not start.
    #[error("could not start the sandbox at {0} (SANDBOX_ADDR)")]
    Sandbox(SocketAddr, #[source] stripe_sandbox::StartError),
    /// The key or the address of the API cannot be used.
    #[error(transparent)]
    Stripe(#[from] shop::stripe::InvalidSettings),
    /// Stripe rejects the key.
    #[error(
        "Stripe rejects STRIPE_SECRET_KEY: {0}. Copy it again from Stripe's dashboard, \
         Developers, API keys"
    )]
    KeyRefused(String),
    /// Settings do not go together.
    #[error(transparent)]
    Setting(#[from] shop::settings::InvalidSetting),
    /// The mail server cannot be used.
    #[error("SMTP_URL: {0}")]
    Mail(#[from] shop::mail::smtp::InvalidServerName),
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] shop::catalog::CatalogError),
    /// A shipping rate is not a valid amount in a currency that products are sold in.
    #[error(transparent)]
    ShippingRate(UnchargeableRate),
    /// The assets are missing: the folder, and a file that it lacks.
    #[error(
        "{0} (LEPTOS_SITE_ROOT) does not hold the files for browsers: {1} is missing. Start Till \
         in the folder that holds target/site, or set the variable; `make build` creates the files"
    )]
    NoAssets(String, String),
    /// The public URL cannot be an origin.
    #[error("{0} (PUBLIC_URL) is not a valid origin")]
    PublicUrl(String),
}

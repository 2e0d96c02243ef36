//! The shop's shared state: the database, Stripe, email and settings.

use std::ops::Deref;
use std::sync::Arc;

use locale::Languages;
use sea_orm::DbErr;

use crate::checkout::PaymentOrigins;
use crate::database::Database;
use crate::identity::Identity;
use crate::limits::Limiter;
use crate::live::Live;
use crate::mail::Mailer;
use crate::owner_settings::OwnerSettings;
use crate::profile::ShopProfile;
use crate::settings_list::AllSettings;
use crate::stripe::Stripe;

/// The settings that the domain uses and that are fixed while the shop runs. The others are
/// [`Shop::owner_settings`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// The languages of pages. They are in their addresses, so they do not change while the shop
    /// runs.
    pub languages: Arc<Languages>,
    /// Every setting of the program, with the values of the variables that are set.
    pub all: AllSettings,
    /// Origin at which shoppers reach the shop, without a trailing slash: `https://shop.example`.
    pub public_url: String,
    /// Whether the Stripe key is a live key. Events of the other mode are not applied.
    pub livemode: bool,
    /// The id by which Stripe's metadata names this shop.
    pub identity: Identity,
}

/// Everything that the domain's functions need: [`ShopParts`]; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shop(Arc<ShopParts>);

/// What a shop consists of.
#[derive(Clone, Debug)]
pub struct ShopParts {
    /// The database.
    pub database: Database,
    /// The Stripe client.
    pub stripe: Stripe,
    /// Sends emails.
    pub mailer: Mailer,
    /// The owner's settings.
    pub settings: Arc<Settings>,
    /// What the owner changes while the shop runs.
    pub live: Live,
    /// Rate limits for each client and for all clients together.
    pub limiter: Limiter,
    /// Origins of the payment pages. The pages' `form-action` policy must allow them.
    pub payment_origins: PaymentOrigins,
}

impl Deref for Shop {
    type Target = ShopParts;

    fn deref(&self) -> &ShopParts {
        &self.0
    }
}

impl Shop {
    /// A shop of these parts.
    #[must_use]
    pub fn new(parts: ShopParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The settings of this copy alone, to change them. The others keep theirs.
    pub fn settings_mut(&mut self) -> &mut Settings {
        Arc::make_mut(&mut Arc::make_mut(&mut self.0).settings)
    }

    /// The same for the settings that the owner may change while the shop runs: this copy starts
    /// with the changed ones, as a server with other variables would.
    pub fn change_owner_settings(&mut self, change: impl FnOnce(&mut OwnerSettings)) {
        let mut settings = OwnerSettings::clone(&self.owner_settings());
        change(&mut settings);
        let notices = self.live.notices_folder().to_owned();
        Arc::make_mut(&mut self.0).live = Live::new(settings, notices);
    }

    /// What the owner may change while the shop runs, by variables and database. It is the same
    /// `Arc` as long as nothing has changed.
    #[must_use]
    pub fn owner_settings(&self) -> Arc<OwnerSettings> {
        Arc::clone(&self.live.current().settings)
    }

    /// What people read about the shop itself, by variables and database.
    #[must_use]
    pub fn profile(&self) -> Arc<ShopProfile> {
        Arc::clone(&self.live.current().profile)
    }

    /// The page of a payment in Stripe's dashboard. `None` if this shop's Stripe is another server,
    /// such as the sandbox.
    #[must_use]
    pub fn dashboard_address(&self, payment_intent: &str) -> Option<String> {
        let test = if self.settings.livemode { "" } else { "test/" };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_link = self.stripe.is_stripe() && payment_intent.bytes().all(is_plain);
        is_link.then(|| format!("https://dashboard.stripe.com/{test}payments/{payment_intent}"))
    }

    /// A page of Stripe's dashboard, such as `webhooks`. `None` if this shop's Stripe is another
    /// server, such as the sandbox.
    #[must_use]
    pub fn dashboard_page(&self, path: &str) -> Option<String> {
        let test = if self.settings.livemode { "" } else { "test/" };
        let is_stripe = self.stripe.is_stripe();
        is_stripe.then(|| format!("https://dashboard.stripe.com/{test}{path}"))
    }

    /// Tells other servers what this process has changed, and closes the database.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn close(self) -> Result<(), DbErr> {
        self.live.finish().await;
        self.database.clone().close().await
    }

    /// The same shop with the time limit on Stripe calls that applies to one shopper's request.
    pub(crate) fn for_shopper(&self) -> Self {
        self.with_stripe(self.stripe.for_shopper())
    }

    /// The same shop with the time limits on Stripe calls of a job.
    #[must_use]
    pub fn for_jobs(&self) -> Self {
        self.with_stripe(self.stripe.for_jobs())
    }

    fn with_stripe(&self, stripe: Stripe) -> Self {
        Self::new(ShopParts {
            stripe,
            ..(*self.0).clone()
        })
    }
}

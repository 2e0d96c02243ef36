//! The configuration, read from variables in one place and checked before anything starts.
//!
//! Each setting is declared with its documentation, name, default and parser in the struct that
//! holds it ([`mod@shop::settings`]). [`Config`] has a field for each of these structs.

use std::time::Duration;

use shop::checkout::CheckoutSettings;
use shop::mail::MailSettings;
use shop::orders::OrderSettings;
use shop::owner_settings::{OwnerSettings, SetVariables, StockSettings};
use shop::profile::ShopProfile;
use shop::prune::PruneSettings;
use shop::settings::{FromVariables, InvalidSetting, Variables};
use shop::settings_list::AllSettings;
use shop::storage::StorageSettings;
use till_core::limits::Limits;

use crate::telemetry::LogSettings;

#[cfg(test)]
mod documentation;
pub mod env_file;
mod payments;
mod serving;
mod site;

pub use payments::{Payments, SandboxSettings};
pub use serving::{AdminNetworks, Serving, Timeouts};
pub use shop::stripe::RetryPolicy;
pub use site::SiteSettings;

use env_file::Environment;

shop::settings! {
    /// The configuration of one server.
    #[derive(Clone, Debug)]
    pub struct Config {
        /// Where data is kept.
        pub storage: StorageSettings,
        /// Where the shop is served.
        pub site: SiteSettings,
        /// What people read about the shop itself.
        pub profile: ShopProfile,
        /// How payments are taken.
        pub payments: Payments,
        /// The settings of checkouts.
        pub checkout: CheckoutSettings,
        /// The settings of orders.
        pub orders: OrderSettings,
        /// The settings of emails.
        pub mail: MailSettings,
        /// The settings of the stock.
        pub stock: StockSettings,
        /// The limits of one client, and of all together.
        pub limits: Limits,
        /// The limits of connections and requests.
        pub serving: Serving,
        /// How long data is kept that is no longer needed.
        pub prune: PruneSettings,
        /// What is logged. The command line reads it before everything else.
        pub logs: LogSettings,
        /// Timeouts and retries of requests to Stripe.
        pub retry_policy: RetryPolicy,
        /// How often the server reconciles with Stripe.
        pub job_intervals: JobIntervals,
        /// Which variables lock a setting that the database may hold.
        pub variables: SetVariables,
        /// Every setting, for the owner.
        pub all: AllSettings,
    }
}

/// How often the server reconciles with Stripe. Only tests change the defaults.
#[derive(Clone, Copy, Debug)]
pub struct JobIntervals {
    /// From the server's start to the first run.
    pub first_delay: Duration,
    /// From the end of one run to the start of the next.
    pub interval: Duration,
}

impl Default for JobIntervals {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(5),
            interval: Duration::from_secs(5 * 60),
        }
    }
}

impl FromVariables for JobIntervals {
    fn read(_: &dyn Variables) -> Result<Self, InvalidSetting> {
        Ok(Self::default())
    }
}

impl Config {
    /// Reads the process' environment and the file `.env`.
    ///
    /// # Errors
    /// A sentence that says which variable is wrong and how to fix it.
    pub fn from_environment(environment: &Environment) -> Result<Self, InvalidSetting> {
        environment.warn_of_unknown_names();
        Self::read(environment)
    }

    /// Reads the variables, and checks those of different structs together.
    ///
    /// # Errors
    /// A sentence that says which variable is wrong and how to fix it.
    pub fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let mut config = <Self as FromVariables>::read(variables)?;
        config.all = AllSettings::new(Self::documentation(), variables);
        payments::check_site(&config.payments, &config.site)?;
        payments::check_methods(&config.payments, &config.checkout.options)?;
        Ok(config)
    }

    /// What the variables say of the settings that the owner may change while the shop runs.
    #[must_use]
    pub fn owner_settings(&self) -> OwnerSettings {
        OwnerSettings {
            profile: self.profile.clone(),
            checkout: self.checkout.clone(),
            orders: self.orders.clone(),
            mail: self.mail.clone(),
            stock: self.stock,
            prune: self.prune,
            variables: self.variables.clone(),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn read(variables: &[(&str, &str)]) -> Result<Config, InvalidSetting> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::read(&move |name: &str| {
            variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        })
    }

    pub(crate) fn refusal(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap_err().to_string()
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let config = read(&[
            ("STRIPE_SECRET_KEY", ""),
            ("STRIPE_WEBHOOK_SECRET", " "),
            ("SHOP_NAME", ""),
            ("PUBLIC_URL", ""),
        ])
        .unwrap();
        assert!(matches!(config.payments, Payments::Sandbox { .. }));
        assert_eq!(config.profile.name, "Till");
    }

    #[test]
    fn a_configuration_prints_no_secret() {
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_hidden1"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_hidden2"),
            ("DATABASE_URL", "postgres://u:hidden3@h/d"),
            ("SMTP_URL", "smtps://u:hidden4@mail.example"),
            ("MAIL_FROM", "hidden5@shop.example"),
        ];
        let printed = format!("{:?}", read(&variables).unwrap());
        assert!(!printed.contains("hidden"), "{printed}");
    }
}

//! What the owner may change while the shop runs: settings that variables, the database or the
//! defaults decide, in this order.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkout::CheckoutSettings;
use crate::mail::MailSettings;
use crate::orders::OrderSettings;
use crate::profile::ShopProfile;
use crate::prune::PruneSettings;
use crate::settings::{FromVariables, InvalidSetting, Setting, Variables, invalid, value};

/// The most units that count as a low stock.
pub const MAX_LOW_STOCK: i64 = 1_000_000;

crate::settings! {
    /// The settings that the owner may change while the shop runs. Some of each kind are fixed by
    /// variables all the same, see [`crate::settings::Setting::or_in_database`].
    #[derive(Clone, Debug)]
    pub struct OwnerSettings {
        /// What people read about the shop itself.
        pub profile: ShopProfile,
        /// The settings of checkouts. A checkout keeps those that it began with.
        pub checkout: CheckoutSettings,
        /// The settings of orders.
        pub orders: OrderSettings,
        /// The settings of emails.
        pub mail: MailSettings,
        /// The settings of the stock.
        pub stock: StockSettings,
        /// How long data is kept that is no longer needed.
        pub prune: PruneSettings,
        /// Which of these settings have a variable.
        pub variables: SetVariables,
    }
}

crate::settings! {
    /// The settings of the stock.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct StockSettings {
        /// With how many units left or fewer a variant is shown to the owner as low on stock.
        pub low: i64 = Setting::new("LOW_STOCK", "3", low).or_in_database(),
    }
}

fn low(name: &str, typed: &str) -> Result<i64, InvalidSetting> {
    let number = typed.parse().ok();
    let allowed = number.filter(|number| (0..=MAX_LOW_STOCK).contains(number));
    allowed.ok_or_else(|| {
        invalid(format!(
            "{name} must be a whole number from 0 to {MAX_LOW_STOCK}, not \"{typed}\"."
        ))
    })
}

/// The variables that are set. Each wins over the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetVariables(BTreeSet<String>);

impl FromVariables for SetVariables {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let is_set = |name: &String| value(variables, name).is_some();
        Ok(Self(stored_names().filter(is_set).collect()))
    }
}

impl SetVariables {
    /// Whether this variable is set, so that the database does not count.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// The settings that the database may hold.
pub fn stored_names() -> impl Iterator<Item = String> {
    OwnerSettings::documentation()
        .into_iter()
        .filter(|setting| setting.can_be_in_database)
        .flat_map(|setting| setting.names())
}

impl OwnerSettings {
    /// The settings with the values that the database holds, except where a variable is set. Also
    /// returns why a stored value is refused; its setting stays as it is.
    #[must_use]
    pub fn with_stored(&self, stored: &BTreeMap<String, String>) -> (Self, Vec<InvalidSetting>) {
        let mut settings = self.clone();
        let unlocked = |name: &str| match self.variables.contains(name) {
            true => None,
            false => stored.get(name).cloned(),
        };
        let refused = settings.apply_stored(&unlocked);
        (settings, refused)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};
    use crate::time_zone::TimeZone;

    fn stored(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
        let rows = rows.iter();
        rows.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_variable_wins_over_the_database_which_wins_over_the_default() {
        let settings: OwnerSettings = read(&[("SHOP_NAME", "From variable")]).unwrap();
        let rows = stored(&[
            ("SHOP_NAME", "From database"),
            ("SHOP_EMAIL", "hello@shop.example"),
            ("SHOP_TIME_ZONE", "Nowhere"),
            ("SHOP_LANGUAGES", "de"),
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("PHONE", "yes"),
            ("LOW_STOCK", "7"),
        ]);
        let (settings, refused) = settings.with_stored(&rows);
        let profile = &settings.profile;
        assert_eq!(profile.name, "From variable");
        assert_eq!(profile.contact.email.as_deref(), Some("hello@shop.example"));
        assert_eq!(profile.contact.phone, None);
        assert_eq!(profile.time_zone, TimeZone::default());
        assert_eq!(profile.languages.iter().count(), 1);
        assert_eq!(profile.languages.default_language().code(), "en");
        assert!(settings.checkout.options.phone);
        assert_eq!(settings.stock.low, 7);
        assert_eq!(refused.len(), 1, "{refused:?}");
    }

    #[test]
    fn no_secret_address_or_folder_may_be_in_the_database() {
        for setting in OwnerSettings::documentation() {
            let is_secret = setting.can_be_in_file;
            assert!(!(is_secret && setting.can_be_in_database), "{setting:?}");
        }
        let names: Vec<_> = stored_names().collect();
        for fixed in ["SMTP_URL", "SMTP_CA_FILE", "HOLD_MINUTES", "SHOP_LANGUAGES"] {
            assert!(!names.iter().any(|name| name == fixed), "{fixed}");
        }
    }

    #[test]
    fn a_low_stock_is_a_number_of_units() {
        let low = |typed| read::<StockSettings>(&[("LOW_STOCK", typed)]).map(|stock| stock.low);
        assert_eq!((low(""), low("0")), (Ok(3), Ok(0)));
        for bad in ["-1", "1.5", "few", "1000001"] {
            let refused = refusal::<StockSettings>(&[("LOW_STOCK", bad)]);
            assert!(refused.starts_with("LOW_STOCK must be"), "{refused}");
        }
    }
}

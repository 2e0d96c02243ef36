//! Every setting with what it does, its default, its value, and where that comes from. A secret's
//! value is never kept here.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use locale::Language;
use serde::Serialize;
use strum::{AsRefStr, Display, EnumIter, EnumString};
use till_core::admin::Right;

use crate::settings::{
    DefaultValue, Documentation, FromVariables, InvalidSetting, Variables, value,
};

/// What settings are about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum SettingGroup {
    /// What the shop looks like and says first.
    Face,
    /// How shoppers reach the owner.
    Contact,
    /// Country, languages, time zone and law.
    Country,
    /// What prices say about tax, and who calculates it.
    Tax,
    /// Where the shop ships to, for how much, and how long it takes.
    Shipping,
    /// What shoppers are asked for when they pay.
    Checkout,
    /// How orders are numbered.
    Orders,
    /// When the owner is warned about the stock.
    Stock,
    /// Who sends emails, and who gets those to the owner.
    Mail,
    /// How long data is kept.
    Retention,
    /// How often and how much one client may ask for.
    Limits,
    /// How Stripe is reached.
    Stripe,
    /// Addresses, folders, the database and logs.
    Server,
}

impl SettingGroup {
    /// The group of a setting. A test finds those that are not named here.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "SHOP_NAME" | "SHOP_TAGLINE" | "SHOP_OPENING" | "SHOP_ANNOUNCEMENT"
            | "SHOP_ACCENT_COLOR" | "SHOP_LOGO" | "DELIVERY_NOTE" | "RETURN_NOTE" => Self::Face,
            "SHOP_ADDRESS" | "SHOP_EMAIL" | "SHOP_PHONE" | "SHOP_LINKS" => Self::Contact,
            "SHOP_COUNTRY" | "SHOP_LANGUAGES" | "SHOP_TIME_ZONE" | "EU_CONSUMER_RULES"
            | "WITHDRAWALS" => Self::Country,
            "PRICE_TAX" | "AUTOMATIC_TAX" | "TAX_IDS" | "INVOICES" => Self::Tax,
            "SHIPPING_COUNTRIES" | "SHIPPING_RATES" | "HANDLING_DAYS" | "TRANSIT_DAYS" => {
                Self::Shipping
            }
            "HOLD_MINUTES" | "LATE_PAYMENT" | "PROMOTION_CODES" | "PHONE" | "BILLING_ADDRESS"
            | "TERMS_OF_SERVICE" | "ORDER_NOTE" | "PAYMENT_METHODS" => Self::Checkout,
            "ORDER_PREFIX" => Self::Orders,
            "LOW_STOCK" => Self::Stock,
            "SMTP_URL" | "SMTP_CA_FILE" | "MAIL_FROM" | "MAIL_OWNER" | "MAIL_OWNER_ORDERS" => {
                Self::Mail
            }
            "KEEP_AUDIT_DAYS" => Self::Retention,
            "TRUSTED_PROXIES" | "MAX_CONNECTIONS" | "MAX_CONNECTIONS_PER_CLIENT" => Self::Limits,
            "SANDBOX_ADDR" => Self::Stripe,
            "DATA_DIR" | "DATABASE_URL" | "POSTGRES_WRITERS" | "PUBLIC_URL" | "RUST_LOG"
            | "PAGE_CACHE_MB" => Self::Server,
            name if name.starts_with("PRUNE_") => Self::Retention,
            name if name.starts_with("LIMIT_") => Self::Limits,
            name if name.starts_with("STRIPE_") => Self::Stripe,
            name if name.starts_with("LEPTOS_") || name.starts_with("ADMIN_") => Self::Server,
            _ => return None,
        })
    }

    /// Who may change its settings.
    #[must_use]
    pub fn right(self) -> Right {
        match self {
            Self::Tax | Self::Shipping | Self::Checkout | Self::Stripe => Right::PaymentSettings,
            Self::Face
            | Self::Contact
            | Self::Country
            | Self::Orders
            | Self::Stock
            | Self::Mail
            | Self::Retention
            | Self::Limits
            | Self::Server => Right::Settings,
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// Its variable is set, in the environment or in `.env`.
    Environment,
    /// The database.
    Database,
    /// Neither.
    Default,
}

/// One setting as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// The name of its variable.
    pub name: String,
    /// What it is about.
    pub group: SettingGroup,
    /// The language, if it is a text in one.
    pub language: Option<Language>,
    /// What it does.
    pub meaning: &'static str,
    /// What applies if it is unset.
    pub default: String,
    /// An example of a value.
    pub example: Option<&'static str>,
    /// The words that it may be; empty if it is anything else.
    pub choices: Vec<&'static str>,
    /// How many characters it may have, if it is one line with a limit.
    pub max_characters: Option<usize>,
    /// Whether it is a secret.
    pub is_secret: bool,
    /// Its value if it is set. `None` if it is not, and for a secret.
    pub value: Option<String>,
    /// Where its value comes from.
    pub source: Source,
    /// Whether the database may hold it.
    pub can_be_in_database: bool,
}

impl SettingRow {
    /// Whether the owner can change it here: the database may hold it, and no variable locks it.
    #[must_use]
    pub fn can_be_changed(&self) -> bool {
        self.can_be_in_database && self.source != Source::Environment
    }
}

/// The value of a variable that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SetVariable {
    Value(String),
    /// A secret, or a file with one.
    Secret,
}

/// Every setting of the program, with the values of the variables that are set. Its `Debug` output
/// shows no value.
#[derive(Clone, Default)]
pub struct AllSettings(Arc<Inner>);

impl fmt::Debug for AllSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.settings.iter().map(|setting| setting.name);
        f.debug_set().entries(names).finish()
    }
}

#[derive(Default)]
struct Inner {
    settings: Vec<Documentation>,
    variables: BTreeMap<String, SetVariable>,
}

/// Empty until all settings are known.
impl FromVariables for AllSettings {
    fn read(_: &dyn Variables) -> Result<Self, InvalidSetting> {
        Ok(Self::default())
    }
}

impl AllSettings {
    /// These settings, with those of the variables that are set.
    #[must_use]
    pub fn new(settings: Vec<Documentation>, variables: &dyn Variables) -> Self {
        let mut set = BTreeMap::new();
        for setting in &settings {
            for name in setting.names() {
                if let Some(variable) = set_variable(setting, &name, variables) {
                    set.insert(name, variable);
                }
            }
        }
        Self(Arc::new(Inner {
            settings,
            variables: set,
        }))
    }

    /// All settings, those of one struct after the other. `stored` is what the database holds.
    #[must_use]
    pub fn rows(&self, stored: &BTreeMap<String, String>) -> Vec<SettingRow> {
        let settings = self.0.settings.iter();
        settings
            .flat_map(|setting| setting.names().map(|name| self.row(setting, &name, stored)))
            .collect()
    }

    /// One setting by its name.
    #[must_use]
    pub fn find(&self, name: &str, stored: &BTreeMap<String, String>) -> Option<SettingRow> {
        let mut settings = self.0.settings.iter();
        let setting = settings.find(|setting| setting.names().any(|known| known == name))?;
        Some(self.row(setting, name, stored))
    }

    fn row(
        &self,
        setting: &Documentation,
        name: &str,
        stored: &BTreeMap<String, String>,
    ) -> SettingRow {
        let stored = stored.get(name).filter(|_| setting.can_be_in_database);
        let (value, source) = match (self.0.variables.get(name), stored) {
            (Some(SetVariable::Value(value)), _) => (Some(value.clone()), Source::Environment),
            (Some(SetVariable::Secret), _) => (None, Source::Environment),
            (None, Some(value)) => (Some(value.clone()), Source::Database),
            (None, None) => (None, Source::Default),
        };
        SettingRow {
            name: name.to_owned(),
            group: SettingGroup::of(setting.name).unwrap_or(SettingGroup::Server),
            language: setting.language_of(name),
            meaning: setting.meaning,
            default: match &setting.default {
                DefaultValue::Value(value) => value.clone(),
                DefaultValue::Words(words) => words.replace('`', ""),
            },
            example: setting.example,
            choices: setting.choices.clone(),
            max_characters: setting.max_characters,
            is_secret: setting.can_be_in_file,
            value,
            source,
            can_be_in_database: setting.can_be_in_database,
        }
    }
}

/// The value of a setting's variable, or that it is set and secret. What can be in a file is a
/// secret.
fn set_variable(
    setting: &Documentation,
    name: &str,
    variables: &dyn Variables,
) -> Option<SetVariable> {
    let is_in_file = || value(variables, &format!("{name}_FILE")).is_some();
    match value(variables, name) {
        Some(_) if setting.can_be_in_file => Some(SetVariable::Secret),
        None if setting.can_be_in_file && is_in_file() => Some(SetVariable::Secret),
        variable => variable.map(SetVariable::Value),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::local_text::LocalText;
    use crate::settings::{Setting, text};

    crate::settings! {
        struct Kiosk {
            /// The name.
            name: String = Setting::new("SHOP_NAME", "Till", text).or_in_database(),
            /// The words.
            words: LocalText = Setting::local_text("SHOP_TAGLINE", 10).or_in_database(),
            /// The key.
            key: Option<String> = Setting::optional("STRIPE_SECRET_KEY", text).or_in_file(),
            /// The way.
            phone: bool =
                Setting::choice("PHONE", "no", [("no", false), ("yes", true)]).or_in_database(),
        }
    }

    fn all(variables: &'static [(&'static str, &'static str)]) -> AllSettings {
        let read = move |name: &str| {
            let mut variables = variables.iter();
            let found = variables.find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        AllSettings::new(Kiosk::documentation(), &read)
    }

    #[test]
    fn a_setting_says_where_its_value_comes_from_and_whether_it_can_be_changed() {
        let stored = BTreeMap::from([
            ("SHOP_NAME".to_owned(), "Stored".to_owned()),
            ("STRIPE_SECRET_KEY".to_owned(), "stored".to_owned()),
        ]);
        let shown = |variables, name: &str| {
            let row = all(variables).find(name, &stored).unwrap();
            (row.value.clone(), row.source, row.can_be_changed())
        };
        let some = |text: &str| Some(text.to_owned());
        let unset = &[];
        assert_eq!(
            shown(unset, "SHOP_NAME"),
            (some("Stored"), Source::Database, true)
        );
        assert_eq!(
            shown(&[("SHOP_NAME", "Variable")], "SHOP_NAME"),
            (some("Variable"), Source::Environment, false)
        );
        assert_eq!(shown(unset, "PHONE"), (None, Source::Default, true));
        assert_eq!(
            shown(unset, "STRIPE_SECRET_KEY"),
            (None, Source::Default, false)
        );
        for secret in ["STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY_FILE"] {
            let variables: &'static [_] = match secret {
                "STRIPE_SECRET_KEY" => &[("STRIPE_SECRET_KEY", "sk_test_hidden")],
                _ => &[("STRIPE_SECRET_KEY_FILE", "/hidden")],
            };
            let row = shown(variables, "STRIPE_SECRET_KEY");
            assert_eq!(row, (None, Source::Environment, false));
            assert!(!format!("{:?}", all(variables)).contains("hidden"));
        }
    }

    #[test]
    fn a_text_has_a_row_for_each_language() {
        let rows = all(&[]).rows(&BTreeMap::new());
        let taglines = rows
            .iter()
            .filter(|row| row.name.starts_with("SHOP_TAGLINE"));
        let languages: Vec<_> = taglines
            .map(|row| row.language.map(Language::code))
            .collect();
        assert_eq!(languages, [None, Some("de"), Some("en"), Some("fr")]);
        let phone = rows.iter().find(|row| row.name == "PHONE").unwrap();
        assert_eq!(phone.choices, ["no", "yes"]);
        assert_eq!(phone.group, SettingGroup::Checkout);
        assert_eq!(phone.meaning, "The way.");
    }
}

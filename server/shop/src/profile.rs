//! What shoppers and owner read about the shop itself.

use std::sync::Arc;

use locale::Languages;

use crate::contact::Contact;
use crate::delivery_time::DeliveryTime;
use crate::face::Face;
use crate::law::Law;
use crate::settings::{self, InvalidSetting, Setting, invalid};
use crate::stripe::checkout_options::AutomaticTax;
use crate::time_zone::TimeZone;

/// The setting of the time zone.
pub const SHOP_TIME_ZONE: &str = "SHOP_TIME_ZONE";
/// Maximum number of characters of the shop's name.
const MAX_NAME: usize = 100;

crate::settings! {
    /// What shoppers and owner read about the shop itself.
    #[derive(Clone, Debug)]
    pub struct ShopProfile {
        /// The shop's name, shown in headings.
        pub name: String =
            Setting::new("SHOP_NAME", "Till", settings::short_text(MAX_NAME))
                .max_characters(MAX_NAME)
                .or_in_database(),
        /// What the shop looks like and says first.
        pub face: Face,
        /// The owner's contact details.
        pub contact: Contact,
        /// The shop's languages, separated by commas: `en`, `de` or `fr`. Pages in the first are at
        /// addresses without a prefix, those in the others at `/de/…`.
        pub languages: Arc<Languages> =
            Setting::new("SHOP_LANGUAGES", "en", languages).example("en,de,fr"),
        /// What pages say about tax beside a price: `included`, `added`, or `small-business` if the
        /// owner charges none because the business is small. By default what `AUTOMATIC_TAX` says.
        pub price_tax: PriceTax = Setting::choice(
            "PRICE_TAX",
            "auto",
            [
                ("auto", PriceTax::Automatic),
                ("included", PriceTax::Included),
                ("added", PriceTax::Added),
                ("small-business", PriceTax::SmallBusiness),
            ],
        )
        .or_in_database()
        .example("included"),
        /// The time zone of dates that people read, on pages, in emails and in tables, and of the
        /// days of sales.
        pub time_zone: TimeZone =
            Setting::new(SHOP_TIME_ZONE, "UTC", time_zone)
                .or_in_database()
                .example("Europe/Berlin"),
        /// How long deliveries take.
        pub delivery_time: DeliveryTime,
        /// The law that the shop follows.
        pub law: Law,
    }
}

/// What pages say about tax beside a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceTax {
    /// What Stripe Tax is asked to do, or nothing without it.
    Automatic,
    /// Prices include tax.
    Included,
    /// Tax is added to the prices.
    Added,
    /// No tax is charged, because the business is small.
    SmallBusiness,
}

impl PriceTax {
    /// What is said, if `automatic_tax` is what Stripe Tax is asked to do. `None`: nothing;
    /// otherwise never [`PriceTax::Automatic`].
    #[must_use]
    pub fn said(self, automatic_tax: Option<AutomaticTax>) -> Option<Self> {
        match (self, automatic_tax) {
            (Self::Automatic, None) => None,
            (Self::Automatic, Some(AutomaticTax::Inclusive)) => Some(Self::Included),
            (Self::Automatic, Some(AutomaticTax::Exclusive)) => Some(Self::Added),
            (said, _) => Some(said),
        }
    }
}

fn languages(name: &str, typed: &str) -> Result<Arc<Languages>, InvalidSetting> {
    let languages = typed.parse::<Languages>();
    languages
        .map(Arc::new)
        .map_err(|error| invalid(format!("{name} {error}.")))
}

fn time_zone(name: &str, typed: &str) -> Result<TimeZone, InvalidSetting> {
    TimeZone::named(typed).map_err(|_| {
        invalid(format!(
            "{name} must be a name from the IANA time zone database, such as Europe/Berlin, not \
             \"{typed}\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn a_time_zone_is_one_that_the_database_knows() {
        let zone = |variables: &[(&str, &str)]| read::<ShopProfile>(variables).unwrap().time_zone;
        let berlin = zone(&[("SHOP_TIME_ZONE", "Europe/Berlin")]);
        assert_eq!(berlin, TimeZone::named("Europe/Berlin").unwrap());
        assert_eq!(zone(&[]), TimeZone::default());
        assert_eq!(
            refusal::<ShopProfile>(&[("SHOP_TIME_ZONE", "Berlin")]),
            "SHOP_TIME_ZONE must be a name from the IANA time zone database, such as \
             Europe/Berlin, not \"Berlin\"."
        );
    }
}

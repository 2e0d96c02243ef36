//! Carriers, and the addresses at which their parcels are tracked.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter, EnumString};

/// The longest tracking number, in characters.
pub const MAX_TRACKING_NUMBER: usize = 100;
/// The longest name of another carrier, in characters.
pub const MAX_CARRIER_NAME: usize = 60;

/// Who carries a parcel.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveActiveEnum))]
#[cfg_attr(
    feature = "sea-orm",
    sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")
)]
pub enum Carrier {
    /// DHL and Deutsche Post.
    Dhl,
    /// DPD.
    Dpd,
    /// GLS.
    Gls,
    /// Hermes in Germany.
    Hermes,
    /// UPS.
    Ups,
    /// `FedEx`.
    Fedex,
    /// Österreichische Post.
    PostAt,
    /// Swiss Post.
    PostCh,
    /// La Poste with Colissimo.
    LaPoste,
    /// Royal Mail.
    RoyalMail,
    /// The United States Postal Service.
    Usps,
    /// Another one, which the owner names.
    Other,
}

impl Carrier {
    /// Its name, which is the same in all languages. Empty for [`Self::Other`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dhl => "DHL",
            Self::Dpd => "DPD",
            Self::Gls => "GLS",
            Self::Hermes => "Hermes",
            Self::Ups => "UPS",
            Self::Fedex => "FedEx",
            Self::PostAt => "Österreichische Post",
            Self::PostCh => "Die Post (Schweiz)",
            Self::LaPoste => "La Poste",
            Self::RoyalMail => "Royal Mail",
            Self::Usps => "USPS",
            Self::Other => "",
        }
    }

    /// What precedes the tracking number in the address of its page.
    fn tracking_page(self) -> Option<&'static str> {
        Some(match self {
            Self::Dhl => {
                "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode="
            }
            Self::Dpd => "https://tracking.dpd.de/status/en_US/parcel/",
            Self::Gls => "https://gls-group.com/GROUP/en/parcel-tracking?match=",
            Self::Hermes => {
                "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#"
            }
            Self::Ups => "https://www.ups.com/track?tracknum=",
            Self::Fedex => "https://www.fedex.com/fedextrack/?trknbr=",
            Self::PostAt => "https://www.post.at/sv/sendungsdetails?snr=",
            Self::PostCh => "https://service.post.ch/ekp-web/ui/entry/search/",
            Self::LaPoste => "https://www.laposte.fr/outils/suivre-vos-envois?code=",
            Self::RoyalMail => "https://www.royalmail.com/track-your-item#/tracking-results/",
            Self::Usps => "https://tools.usps.com/go/TrackConfirmAction?tLabels=",
            Self::Other => return None,
        })
    }

    /// The address of the page that tracks a parcel. `None` if it is not known.
    #[must_use]
    pub fn tracking_address(self, number: &str) -> Option<String> {
        let mut address = self.tracking_page()?.to_owned();
        for byte in number.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                address.push(char::from(byte));
            } else {
                address.push_str(&format!("%{byte:02X}"));
            }
        }
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_carrier_but_others_has_a_name_and_a_tracking_page() {
        for carrier in Carrier::iter() {
            let known = carrier != Carrier::Other;
            assert_eq!(!carrier.name().is_empty(), known, "{carrier}");
            let address = carrier.tracking_address("00340434161094042557");
            assert_eq!(address.is_some(), known, "{carrier}");
            let ends = |address: String| {
                address.starts_with("https://") && address.ends_with("00340434161094042557")
            };
            assert!(address.is_none_or(ends), "{carrier}");
        }
    }

    #[test]
    fn a_number_cannot_leave_its_place_in_the_address() {
        assert_eq!(
            Carrier::Ups.tracking_address("1Z 9&a=\"<ä>").as_deref(),
            Some("https://www.ups.com/track?tracknum=1Z%209%26a%3D%22%3C%C3%A4%3E")
        );
    }

    proptest! {
        #[test]
        fn any_number_makes_an_address_of_plain_characters(number in "\\PC*") {
            for carrier in Carrier::iter() {
                let address = carrier.tracking_address(&number).unwrap_or_default();
                let number = &address[carrier.tracking_page().map_or(0, str::len)..];
                let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
                prop_assert!(number.chars().all(plain), "{}", address);
            }
        }
    }
}

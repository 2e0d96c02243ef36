//! How long deliveries take, as far as the owner says.

use std::fmt;

use crate::settings::{InvalidSetting, Setting, invalid};

/// The most days that a setting may say.
pub const MAX_DAYS: u32 = 365;

crate::settings! {
    /// How long deliveries take, whatever the shipping rate and the country. Each is optional.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct DeliveryTime {
        /// How many working days pass from an order until its parcel is with the carrier.
        pub handling: Option<Days> =
            Setting::optional("HANDLING_DAYS", days).or_in_database().example("0-1"),
        /// How many working days the carrier takes.
        pub transit: Option<Days> =
            Setting::optional("TRANSIT_DAYS", days).or_in_database().example("1-3"),
    }
}

/// A number of working days, from the fewest to the most.
///
/// `Display` writes `1-3`, or `2` if both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The fewest.
    pub min: u32,
    /// The most; not less than `min`.
    pub max: u32,
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.min == self.max {
            true => write!(f, "{}", self.max),
            false => write!(f, "{}-{}", self.min, self.max),
        }
    }
}

impl DeliveryTime {
    /// The days from the order to its arrival; `None` unless both settings are set.
    #[must_use]
    pub fn total(&self) -> Option<Days> {
        let (handling, transit) = (self.handling?, self.transit?);
        Some(Days {
            min: handling.min + transit.min,
            max: handling.max + transit.max,
        })
    }
}

fn days(name: &str, typed: &str) -> Result<Days, InvalidSetting> {
    let (min, max) = typed.split_once('-').unwrap_or((typed, typed));
    match (number(min), number(max)) {
        (Some(min), Some(max)) if min <= max && max <= MAX_DAYS => Ok(Days { min, max }),
        _ => Err(invalid(format!(
            "{name} must be a number of days such as 2, or the fewest and the most such as 1-3, up \
             to {MAX_DAYS}, not \"{typed}\"."
        ))),
    }
}

/// A whole number without a sign.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn days_are_a_number_or_the_fewest_and_the_most() {
        let time = |handling: &str, transit: &str| -> DeliveryTime {
            read(&[("HANDLING_DAYS", handling), ("TRANSIT_DAYS", transit)]).unwrap()
        };
        let both = time("0", "1 - 3");
        assert_eq!(both.handling.unwrap().to_string(), "0");
        assert_eq!(both.transit.unwrap().to_string(), "1-3");
        assert_eq!(both.total().unwrap().to_string(), "1-3");
        assert_eq!(
            time("2-4", "365").total(),
            Some(Days { min: 367, max: 369 })
        );
        for (handling, transit) in [("", ""), ("1", ""), ("", "1")] {
            assert_eq!(time(handling, transit).total(), None);
        }
        for bad in [
            "3-1",
            "-1",
            "1-",
            "-",
            "+1",
            "1.5",
            "366",
            "two",
            "1-2-3",
            "99999999999",
        ] {
            assert_eq!(
                refusal::<DeliveryTime>(&[("TRANSIT_DAYS", bad)]),
                format!(
                    "TRANSIT_DAYS must be a number of days such as 2, or the fewest and the most \
                     such as 1-3, up to 365, not \"{bad}\"."
                )
            );
        }
    }
}

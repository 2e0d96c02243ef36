//! `ORDER_PREFIX` and `SHOP_TIME_ZONE`: how orders are numbered, and how their times are shown.

use shop::orders::OrderNumbers;
use shop::time_zone::TimeZone;

use super::{ConfigError, invalid};

pub(super) fn numbers(text: &impl Fn(&str) -> Option<String>) -> Result<OrderNumbers, ConfigError> {
    let prefix = text("ORDER_PREFIX").unwrap_or_default();
    OrderNumbers::with_prefix(&prefix).map_err(|_| {
        invalid(format!(
            "ORDER_PREFIX must be up to {} letters from A to Z, such as TEA, not \"{prefix}\".",
            shop::orders::MAX_PREFIX_LENGTH
        ))
    })
}

pub(super) fn time_zone(text: &impl Fn(&str) -> Option<String>) -> Result<TimeZone, ConfigError> {
    let Some(name) = text("SHOP_TIME_ZONE") else {
        return Ok(TimeZone::default());
    };
    TimeZone::named(&name).map_err(|_| {
        invalid(format!(
            "SHOP_TIME_ZONE must be a name from the IANA time zone database, such as \
             Europe/Berlin, not \"{name}\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn only(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
        move |asked| (asked == name).then(|| value.to_owned())
    }

    #[test]
    fn a_prefix_is_up_to_four_letters() {
        let tea = numbers(&only("ORDER_PREFIX", "tea")).unwrap();
        assert_eq!(tea, OrderNumbers::with_prefix("TEA").unwrap());
        assert_eq!(numbers(&|_: &str| None).unwrap(), OrderNumbers::default());
        let said = numbers(&only("ORDER_PREFIX", "TEA-1"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "ORDER_PREFIX must be up to 4 letters from A to Z, such as TEA, not \"TEA-1\"."
        );
    }

    #[test]
    fn a_time_zone_is_one_that_the_database_knows() {
        let berlin = time_zone(&only("SHOP_TIME_ZONE", "Europe/Berlin")).unwrap();
        assert_eq!(berlin, TimeZone::named("Europe/Berlin").unwrap());
        assert_eq!(time_zone(&|_: &str| None).unwrap(), TimeZone::default());
        let said = time_zone(&only("SHOP_TIME_ZONE", "Berlin"))
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "SHOP_TIME_ZONE must be a name from the IANA time zone database, such as \
             Europe/Berlin, not \"Berlin\"."
        );
    }
}

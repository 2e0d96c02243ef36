//! The settings of orders.

use super::{MAX_PREFIX_LENGTH, OrderNumbers};
use crate::settings::{InvalidSetting, Setting, invalid};

crate::settings! {
    /// The settings of orders.
    #[derive(Clone, Debug)]
    pub struct OrderSettings {
        /// How orders are numbered: with up to four letters before each new number.
        pub numbers: OrderNumbers = Setting::or_empty("ORDER_PREFIX", numbers)
            .or_in_database()
            .example("TEA"),
    }
}

fn numbers(name: &str, prefix: &str) -> Result<OrderNumbers, InvalidSetting> {
    OrderNumbers::with_prefix(prefix).map_err(|_| {
        invalid(format!(
            "{name} must be up to {MAX_PREFIX_LENGTH} letters from A to Z, such as TEA, not \
             \"{prefix}\"."
        ))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn a_prefix_is_up_to_four_letters() {
        let numbers =
            |variables: &[(&str, &str)]| read::<OrderSettings>(variables).unwrap().numbers;
        let tea = numbers(&[("ORDER_PREFIX", "tea")]);
        assert_eq!(tea, OrderNumbers::with_prefix("TEA").unwrap());
        assert_eq!(numbers(&[]), OrderNumbers::default());
        assert_eq!(
            refusal::<OrderSettings>(&[("ORDER_PREFIX", "TEA-1")]),
            "ORDER_PREFIX must be up to 4 letters from A to Z, such as TEA, not \"TEA-1\"."
        );
    }
}

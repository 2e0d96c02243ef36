//! The setting of withdrawals.

use crate::settings::{self, Setting};

crate::settings! {
    /// The setting of withdrawals.
    #[derive(Clone, Copy, Debug)]
    pub struct WithdrawalSettings {
        /// Whether shoppers can withdraw from a contract on `/withdraw`.
        pub offered: bool =
            Setting::new("WITHDRAWALS", "on", settings::one_of([("on", true), ("off", false)])),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn withdrawals_are_on_unless_they_are_switched_off() {
        let offered =
            |variables: &[(&str, &str)]| read::<WithdrawalSettings>(variables).unwrap().offered;
        assert!(offered(&[]));
        assert!(!offered(&[("WITHDRAWALS", "off")]));
        assert_eq!(
            refusal::<WithdrawalSettings>(&[("WITHDRAWALS", "never")]),
            "WITHDRAWALS must be on or off, not \"never\"."
        );
    }
}

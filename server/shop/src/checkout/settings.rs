//! The settings of checkouts.

use std::time::Duration;

use crate::settings::{InvalidSetting, Setting, invalid};
use crate::stripe::checkout_options::{Options, ShippingDecided};

/// Stripe accepts 30 minutes to 24 hours by its own clock; a minute at either end allows for ours
/// (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at>).
const MIN_HOLD_MINUTES: u64 = 31;
const MAX_HOLD_MINUTES: u64 = 24 * 60 - 1;

crate::settings! {
    /// The settings of checkouts.
    #[derive(Clone, Debug)]
    pub struct CheckoutSettings {
        /// How long a session can be paid and its units are held.
        pub hold: Duration = Setting::new("HOLD_MINUTES", "35", hold),
        /// What to do with a payment that arrives when the units are sold out.
        pub late_payment: LatePayment = Setting::choice(
            "LATE_PAYMENT",
            "refund",
            [("refund", LatePayment::Refund), ("accept", LatePayment::Accept)],
        )
        .or_in_database(),
        /// What Stripe's page asks shoppers for in addition to the payment.
        pub options: Options,
        /// Whether the owner has set where the shop ships to, even if nowhere.
        pub shipping_decided: ShippingDecided,
    }
}

/// What to do with a payment that arrives after its hold was released, when the units are sold out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LatePayment {
    /// It is refunded automatically.
    Refund,
    /// It is kept, and the order is flagged as oversold for the owner.
    Accept,
}

fn hold(name: &str, typed: &str) -> Result<Duration, InvalidSetting> {
    typed
        .parse()
        .ok()
        .filter(|minutes| (MIN_HOLD_MINUTES..=MAX_HOLD_MINUTES).contains(minutes))
        .map(|minutes| Duration::from_secs(minutes * 60))
        .ok_or_else(|| {
            invalid(format!(
                "{name} must be a whole number from {MIN_HOLD_MINUTES} to {MAX_HOLD_MINUTES}, not \
                 \"{typed}\": Stripe's sessions last 30 minutes to 24 hours."
            ))
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn late_payments_are_refunded_unless_the_owner_accepts_them() {
        let of = |value| {
            let settings: CheckoutSettings = read(&[("LATE_PAYMENT", value)]).unwrap();
            settings.late_payment
        };
        assert_eq!(of(""), LatePayment::Refund);
        assert_eq!(of("refund"), LatePayment::Refund);
        assert_eq!(of("accept"), LatePayment::Accept);
        let said = refusal::<CheckoutSettings>(&[("LATE_PAYMENT", "keep")]);
        assert_eq!(said, "LATE_PAYMENT must be refund or accept, not \"keep\".");
    }

    #[test]
    fn a_hold_lasts_as_long_as_stripes_page_can_be_paid_on() {
        let hold = |minutes| {
            read(&[("HOLD_MINUTES", minutes)])
                .map(|settings: CheckoutSettings| settings.hold.as_secs())
        };
        assert_eq!(hold(" "), Ok(35 * 60));
        assert_eq!(hold("31"), Ok(31 * 60));
        assert_eq!(hold("1439"), Ok(1439 * 60));
        for bad in [
            "0",
            "30",
            "1440",
            "1441",
            "-35",
            "35.5",
            "an hour",
            "99999999999999999999",
        ] {
            let said = hold(bad).unwrap_err().to_string();
            assert!(said.starts_with("HOLD_MINUTES must be"), "{said}");
            assert!(said.contains(bad), "{said}");
        }
    }
}

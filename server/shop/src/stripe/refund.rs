//! Giving money back.

use std::collections::HashMap;

use stripe_core::refund::CreateRefund;

use super::{CallError, IdempotencyKey, RequestStrategy, Stripe};
use crate::token::CheckoutId;

/// What asking for a refund came to. Its row comes with its event, as that of a refund made in Stripe's dashboard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundAsked {
    /// Stripe has made it.
    Made,
    /// Everything had gone back before.
    Already,
}

impl Stripe {
    /// Gives back all that is left of a checkout's payment, once, however often it is called with the same `again`.
    ///
    /// # Errors
    /// [`CallError`]; after `Unknown` the refund may have been made.
    pub(crate) async fn refund(
        &self,
        checkout: &CheckoutId,
        payment_intent: &str,
        again: u32,
    ) -> Result<RefundAsked, CallError> {
        let metadata = HashMap::from([("checkout_id".to_owned(), checkout.as_str().to_owned())]);
        // Without an amount it is what is left: even a second one could not give back more than was paid.
        let call = CreateRefund::new()
            .payment_intent(payment_intent)
            .metadata(metadata);
        let key = match again {
            0 => format!("refund-{}", checkout.as_str()),
            _ => format!("refund-{}-{again}", checkout.as_str()),
        };
        let key =
            IdempotencyKey::new(key).map_err(|error| CallError::Refused(error.to_string()))?;
        match self.call(&call, &RequestStrategy::Idempotent(key)).await {
            Ok(_) => Ok(RefundAsked::Made),
            Err(CallError::Refused(reason)) => settled(reason),
            Err(unknown) => Err(unknown),
        }
    }
}

/// What a no means: the same refund in other words, trouble with our key that the owner will mend, or a no for good.
fn settled(reason: String) -> Result<RefundAsked, CallError> {
    if reason
        .split(' ')
        .any(|word| word == "charge_already_refunded")
    {
        Ok(RefundAsked::Already)
    } else if reason.starts_with("401 ") || reason.starts_with("403 ") {
        Err(CallError::Unknown(reason))
    } else {
        Err(CallError::Refused(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_is_told_from_what_only_sounds_like_one() {
        let said = |reason: &str| settled(reason.to_owned());
        assert!(matches!(
            said("400 invalid_request_error charge_already_refunded "),
            Ok(RefundAsked::Already)
        ));
        assert!(matches!(
            said("400 invalid_request_error charge_disputed "),
            Err(CallError::Refused(_))
        ));
        assert!(matches!(
            said("401 invalid_request_error no code "),
            Err(CallError::Unknown(_))
        ));
    }
}

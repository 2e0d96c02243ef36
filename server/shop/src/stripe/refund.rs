//! Giving money back.

use std::collections::HashMap;

use stripe_core::refund::CreateRefund;

use super::{Answered, CallError, IdempotencyKey, RequestStrategy, Stripe, answer};
use crate::token::CheckoutId;

/// The name under which a refund says at Stripe which request it was made for.
const REQUEST: &str = "refund_request";

/// What asking for a refund came to. Its row comes with its event, as that of a refund made in Stripe's dashboard does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundAsked {
    /// Stripe has made it.
    Made,
    /// Everything had gone back before.
    Already,
}

/// What asking for a refund of a certain amount came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartAsked {
    /// Stripe has made it, now or before, under this id.
    Made(String),
    /// Everything had gone back before.
    Already,
}

/// A refund of a certain amount.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartRequest<'a> {
    /// The checkout that was paid.
    pub(crate) checkout: &'a CheckoutId,
    /// Stripe's id of the payment.
    pub(crate) payment_intent: &'a str,
    /// In minor units of the payment's currency.
    pub(crate) amount: i64,
    /// The request's name, under which Stripe keeps the refund. No other request may ever have it.
    pub(crate) request: &'a str,
    /// How often it was asked again after a no.
    pub(crate) again: u32,
    /// Whether Stripe may have made it already.
    pub(crate) asked_before: bool,
}

impl Stripe {
    /// Gives back a part of a checkout's payment, once, however often it is called.
    ///
    /// Stripe forgets idempotency keys after a day
    /// (<https://docs.stripe.com/api/idempotent_requests>), and the tries go on for longer. So
    /// where it may have been made before, the payment's refunds are looked at first.
    ///
    /// # Errors
    /// [`CallError`]; unless it is definite, the refund may have been made.
    pub(crate) async fn refund_part(&self, part: &PartRequest<'_>) -> Result<PartAsked, CallError> {
        let request = part.request;
        if part.asked_before {
            let refunds = self.refunds_of(part.payment_intent).await?;
            let made = refunds
                .iter()
                .find(|refund| refund["metadata"][REQUEST] == request);
            if let Some(id) = made.and_then(|refund| refund["id"].as_str()) {
                return Ok(PartAsked::Made(id.to_owned()));
            }
        }
        let checkout = part.checkout.as_str();
        let metadata = HashMap::from([
            ("checkout_id".to_owned(), checkout.to_owned()),
            (REQUEST.to_owned(), request.to_owned()),
        ]);
        let call = CreateRefund::new()
            .payment_intent(part.payment_intent)
            .amount(part.amount)
            .metadata(metadata);
        let key = format!("refund-{checkout}-request-{request}-{}", part.again);
        let key = IdempotencyKey::new(key).map_err(|_| CallError::Invalid("no idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        match self.call(&call, &strategy, answer::read_refund_id).await {
            Ok(id) => Ok(PartAsked::Made(id)),
            Err(CallError::Refused(answered)) => match settled(answered)? {
                RefundAsked::Made | RefundAsked::Already => Ok(PartAsked::Already),
            },
            Err(error) => Err(error),
        }
    }

    /// Gives back all that is left of a checkout's payment, once, however often it is called with the same `again`.
    ///
    /// # Errors
    /// [`CallError`]; unless it is definite, the refund may have been made.
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
        let key = IdempotencyKey::new(key).map_err(|_| CallError::Invalid("no idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        match self.call(&call, &strategy, answer::read_refund).await {
            Ok(()) => Ok(RefundAsked::Made),
            Err(CallError::Refused(answered)) => settled(answered),
            Err(error) => Err(error),
        }
    }
}

/// What a refusal means: the same refund in other words, trouble with our key that the owner will
/// fix, or a lasting no.
fn settled(answered: Answered) -> Result<RefundAsked, CallError> {
    if answered.code.as_deref() == Some("charge_already_refunded") {
        Ok(RefundAsked::Already)
    } else if matches!(answered.status, 401 | 403) {
        Err(CallError::Unsettled(answered))
    } else {
        Err(CallError::Refused(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_is_told_from_what_only_sounds_like_one() {
        let said = |status: u16, code: Option<&str>| {
            settled(Answered {
                status,
                readable: true,
                kind: Some("invalid_request_error".to_owned()),
                code: code.map(str::to_owned),
                param: None,
                message: None,
                request_id: None,
            })
        };
        assert!(matches!(
            said(400, Some("charge_already_refunded")),
            Ok(RefundAsked::Already)
        ));
        assert!(matches!(
            said(400, Some("charge_disputed")),
            Err(CallError::Refused(_))
        ));
        assert!(matches!(said(401, None), Err(CallError::Unsettled(_))));
    }
}

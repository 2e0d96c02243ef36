//! Making refunds.

use std::collections::HashMap;

use stripe_core::refund::CreateRefund;
use till_core::token::CheckoutId;

use super::{CallError, ErrorResponse, IdempotencyKey, RequestStrategy, Stripe, response};

/// The metadata key that names the refund request of a refund at Stripe.
pub(crate) const REQUEST_METADATA_KEY: &str = "refund_request";

/// The outcome of a full refund. Its row is created by its event, as for a refund made in Stripe's
/// dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FullRefundOutcome {
    /// Stripe has made it.
    Made,
    /// The payment was already refunded in full.
    AlreadyRefunded,
}

/// The outcome of a refund of a certain amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartialRefundOutcome {
    /// Stripe has made it, now or before, with this id.
    Made(String),
    /// The payment was already refunded in full.
    AlreadyRefunded,
}

/// A refund of a certain amount.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialRefund<'a> {
    /// The checkout that was paid.
    pub(crate) checkout: &'a CheckoutId,
    /// Stripe's id of the payment.
    pub(crate) payment_intent: &'a str,
    /// In minor units of the payment's currency.
    pub(crate) amount: i64,
    /// The name of the refund request, stored in the refund's metadata; unique for ever.
    pub(crate) request: &'a str,
    /// How often the owner has retried it after a refusal.
    pub(crate) manual_retries: u32,
    /// Whether Stripe may already have made it.
    pub(crate) may_exist: bool,
}

impl Stripe {
    /// Refunds an amount of a checkout's payment; idempotent.
    ///
    /// Stripe forgets idempotency keys after a day
    /// (<https://docs.stripe.com/api/idempotent_requests>), but retries go on for longer. So if the
    /// refund may exist, the payment's refunds are fetched first.
    ///
    /// # Errors
    /// [`CallError`]; unless it is definite, the refund may have been made.
    pub(crate) async fn refund_amount(
        &self,
        part: &PartialRefund<'_>,
    ) -> Result<PartialRefundOutcome, CallError> {
        let request = part.request;
        if part.may_exist {
            let refunds = self.refunds_of(part.payment_intent).await?;
            let made = refunds
                .iter()
                .find(|refund| refund["metadata"][REQUEST_METADATA_KEY] == request);
            if let Some(id) = made.and_then(|refund| refund["id"].as_str()) {
                return Ok(PartialRefundOutcome::Made(id.to_owned()));
            }
        }
        let checkout = part.checkout.as_str();
        let metadata = HashMap::from([
            ("checkout_id".to_owned(), checkout.to_owned()),
            (REQUEST_METADATA_KEY.to_owned(), request.to_owned()),
        ]);
        let call = CreateRefund::new()
            .payment_intent(part.payment_intent)
            .amount(part.amount)
            .metadata(metadata);
        let key = format!(
            "refund-{checkout}-request-{request}-{}",
            part.manual_retries
        );
        let key =
            IdempotencyKey::new(key).map_err(|_| CallError::Invalid("invalid idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        match self
            .call("create-refund", &call, &strategy, response::read_refund_id)
            .await
        {
            Ok(id) => Ok(PartialRefundOutcome::Made(id)),
            Err(CallError::Refused(response)) => match classify_refusal(response)? {
                FullRefundOutcome::Made | FullRefundOutcome::AlreadyRefunded => {
                    Ok(PartialRefundOutcome::AlreadyRefunded)
                }
            },
            Err(error) => Err(error),
        }
    }

    /// Refunds the rest of a checkout's payment; idempotent for the same `manual_retries`.
    ///
    /// # Errors
    /// [`CallError`]; unless it is definite, the refund may have been made.
    pub(crate) async fn refund(
        &self,
        checkout: &CheckoutId,
        payment_intent: &str,
        manual_retries: u32,
    ) -> Result<FullRefundOutcome, CallError> {
        let metadata = HashMap::from([("checkout_id".to_owned(), checkout.as_str().to_owned())]);
        // Without an amount Stripe refunds the rest: even a second refund cannot exceed the
        // payment.
        let call = CreateRefund::new()
            .payment_intent(payment_intent)
            .metadata(metadata);
        let key = match manual_retries {
            0 => format!("refund-{}", checkout.as_str()),
            _ => format!("refund-{}-{manual_retries}", checkout.as_str()),
        };
        let key =
            IdempotencyKey::new(key).map_err(|_| CallError::Invalid("invalid idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        match self
            .call("create-refund", &call, &strategy, response::read_refund)
            .await
        {
            Ok(()) => Ok(FullRefundOutcome::Made),
            Err(CallError::Refused(response)) => classify_refusal(response),
            Err(error) => Err(error),
        }
    }
}

/// Classifies a refusal: already refunded, a key problem that the owner can fix, or permanent.
fn classify_refusal(response: ErrorResponse) -> Result<FullRefundOutcome, CallError> {
    if response.code.as_deref() == Some("charge_already_refunded") {
        Ok(FullRefundOutcome::AlreadyRefunded)
    } else if matches!(response.status, 401 | 403) {
        Err(CallError::Inconclusive(response))
    } else {
        Err(CallError::Refused(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permanent_refusal_is_distinguished_from_the_others() {
        let classify = |status: u16, code: Option<&str>| {
            classify_refusal(ErrorResponse {
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
            classify(400, Some("charge_already_refunded")),
            Ok(FullRefundOutcome::AlreadyRefunded)
        ));
        assert!(matches!(
            classify(400, Some("charge_disputed")),
            Err(CallError::Refused(_))
        ));
        assert!(matches!(
            classify(401, None),
            Err(CallError::Inconclusive(_))
        ));
    }
}

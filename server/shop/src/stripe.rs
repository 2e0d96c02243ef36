//! The way to Stripe, and the only user of async-stripe.
//!
//! Every call is bounded: a timeout for each try, a few tries with growing, jittered pauses, all with the same
//! idempotency key. Events come the other way, see [`crate::inbox`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::stripe::{
    Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest,
};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_shared::{ApiErrorsCode, CheckoutSession, CheckoutSessionMode, CheckoutSessionStatus};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::checkout::Options;
use crate::money::{Currency, MinorUnit};
use crate::secret::Secret;

mod options;
pub(crate) mod raw;
mod refund;

pub(crate) use options::knows_payment_method;
pub(crate) use refund::RefundAsked;

/// Calls to Stripe that shoppers' requests may have under way at the same time.
const MAX_CALLS: usize = 16;
/// Who waits longer for one of them is told that payment is not available right now.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);

/// How to reach Stripe.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// The secret key.
    pub key: Secret,
    /// Another address than Stripe's own, such as the sandbox's.
    pub api_base: Option<String>,
    /// For one try.
    pub timeout: Duration,
    /// Tries in all, at least one.
    pub tries: u32,
    /// The first pause between tries; each further one is twice as long.
    pub pause: Duration,
}

/// The settings cannot make a client.
#[derive(Debug, thiserror::Error)]
#[error("the Stripe key or the address of its API cannot be used")]
pub struct BadSettings;

/// Why a call did not succeed. Neither variant carries what Stripe wrote about a person or a card.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Stripe said no, and would again.
    #[error("Stripe refused: {0}")]
    Refused(String),
    /// No answer, or none that settles it, after all tries. The call may have been executed.
    #[error("no answer from Stripe: {0}")]
    Unknown(String),
    /// Too many calls are under way. Nothing was sent.
    #[error("too many calls to Stripe are under way")]
    Busy,
}

/// A session that exists at Stripe.
#[derive(Clone, Debug)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// The page on which it is paid; only while open.
    pub url: Option<String>,
    /// Whether it can be paid, or has been.
    pub status: SessionStatus,
}

/// Whether a session can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It can be paid.
    Open,
    /// The shopper is done with it: paid, or a delayed payment under way.
    Complete,
    /// It can no longer be paid.
    Expired,
    /// Stripe does not know it: it cannot be paid either.
    Missing,
}

/// What a session is created from: every parameter comes from stored rows, so that a retry is the same request.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// `client_reference_id`, the only metadata, and the idempotency key.
    pub checkout_id: String,
    /// Of all lines.
    pub currency: Currency,
    /// At least one.
    pub lines: Vec<SessionLine>,
    /// What is asked for beside the payment.
    pub options: Options,
    /// Where the shopper goes when done.
    pub success_url: String,
    /// Where the shopper goes when turning back.
    pub cancel_url: String,
    /// Unix time in seconds.
    pub expires_at: i64,
}

/// One line item.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// The product's name on Stripe's page.
    pub name: String,
    /// Of one piece.
    pub unit_amount: MinorUnit,
    /// Pieces.
    pub quantity: u64,
}

/// A client for Stripe; cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    tries: u32,
    pause: Duration,
    /// One for each call under way; `None` for jobs.
    permits: Option<Arc<Semaphore>>,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe")
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

impl Stripe {
    /// Makes a client.
    ///
    /// # Errors
    /// Where the key is no header value or the address no address.
    pub fn new(settings: &StripeSettings) -> Result<Self, BadSettings> {
        let mut builder = ClientBuilder::new(settings.key.expose()).timeout(settings.timeout);
        if let Some(base) = &settings.api_base {
            // async-stripe appends `v1/…` to the base as it stands.
            builder = builder.url(format!("{}/", base.trim_end_matches('/')));
        }
        let client = builder.build().map_err(|_| BadSettings)?;
        Ok(Self {
            client,
            tries: settings.tries.max(1),
            pause: settings.pause,
            permits: Some(Arc::new(Semaphore::new(MAX_CALLS))),
        })
    }

    /// The same client without the bound on simultaneous calls: for jobs, each of which makes one
    /// call after the other. Shoppers must not keep them from their work, nor wait for them.
    #[must_use]
    pub fn unbounded(&self) -> Self {
        Self {
            permits: None,
            ..self.clone()
        }
    }

    /// Waits until a call may begin.
    async fn permit(&self) -> Result<Option<OwnedSemaphorePermit>, CallError> {
        let Some(permits) = self.permits.clone() else {
            return Ok(None);
        };
        // The semaphore is never closed.
        match tokio::time::timeout(PERMIT_TIMEOUT, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => Err(CallError::Busy),
        }
    }

    /// Creates the Checkout Session of a checkout, once, however often it is called.
    ///
    /// # Errors
    /// [`CallError`]; after `Unknown` a session may exist whose page nobody has seen.
    pub async fn create_session(&self, request: &SessionRequest) -> Result<Session, CallError> {
        let currency: stripe_types::Currency = match request.currency.code().parse() {
            Ok(currency) => currency,
            Err(never) => match never {},
        };
        let lines: Vec<_> = request
            .lines
            .iter()
            .map(|line| {
                let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency.clone());
                price.unit_amount = Some(line.unit_amount.0);
                price.product_data = Some(ProductData::new(&line.name));
                price.tax_behavior = options::price_tax(&request.options);
                let mut item = CreateCheckoutSessionLineItems::new();
                item.price_data = Some(price);
                item.quantity = Some(line.quantity);
                item
            })
            .collect();
        let metadata = HashMap::from([("checkout_id".to_owned(), request.checkout_id.clone())]);
        let mut payment_intent = CreateCheckoutSessionPaymentIntentData::new();
        // A session's metadata is not copied to its payment intent; refunds and disputes name only that.
        payment_intent.metadata = Some(metadata.clone());
        let call = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .line_items(lines)
            .success_url(&request.success_url)
            .cancel_url(&request.cancel_url)
            .expires_at(request.expires_at)
            .client_reference_id(&request.checkout_id)
            .metadata(metadata)
            .payment_intent_data(payment_intent);
        let call = options::add(call, &request.options, &currency);
        let key = IdempotencyKey::new(&request.checkout_id)
            .map_err(|error| CallError::Refused(error.to_string()))?;
        self.call(&call, &RequestStrategy::Idempotent(key))
            .await
            .map(session)
    }

    /// Ends a session, so that it can no longer be paid, and says how it stands then.
    ///
    /// # Errors
    /// [`CallError::Unknown`] where Stripe does not answer; the session may then be open or not.
    pub async fn expire_session(&self, id: &str) -> Result<SessionStatus, CallError> {
        match self
            .call(&ExpireCheckoutSession::new(id), &RequestStrategy::Once)
            .await
        {
            Ok(_) => Ok(SessionStatus::Expired),
            // Only an open session can be expired: look at what it is instead.
            Err(CallError::Refused(_)) => self.session_status(id).await,
            Err(unknown) => Err(unknown),
        }
    }

    /// How a session stands.
    ///
    /// # Errors
    /// [`CallError`] where Stripe does not answer or does not let us look.
    pub async fn session_status(&self, id: &str) -> Result<SessionStatus, CallError> {
        match self
            .call(&RetrieveCheckoutSession::new(id), &RequestStrategy::Once)
            .await
        {
            Ok(found) => Ok(session(found).status),
            Err(CallError::Refused(reason)) if reason.starts_with("404 ") => {
                Ok(SessionStatus::Missing)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request until it is answered or the tries are used up.
    async fn call<R: StripeRequest>(
        &self,
        request: &R,
        strategy: &RequestStrategy,
    ) -> Result<R::Output, CallError>
    where
        R::Output: miniserde::Deserialize,
    {
        let _permit = self.permit().await?;
        let mut pause = self.pause;
        let mut tries = 1;
        loop {
            let error = match request
                .customize()
                .request_strategy(strategy.clone())
                .send(&self.client)
                .await
            {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let reason = reason(&error);
            if !may_pass(&error) {
                return Err(CallError::Refused(reason));
            }
            if tries >= self.tries {
                return Err(CallError::Unknown(reason));
            }
            tracing::debug!(tries, reason, "Stripe did not answer; trying again");
            tokio::time::sleep(jittered(pause)).await;
            tries += 1;
            pause *= 2;
        }
    }
}

fn session(found: CheckoutSession) -> Session {
    let status = match found.status {
        Some(CheckoutSessionStatus::Complete) => SessionStatus::Complete,
        Some(CheckoutSessionStatus::Expired) => SessionStatus::Expired,
        _ => SessionStatus::Open,
    };
    Session {
        id: found.id.to_string(),
        url: found.url,
        status,
    }
}

/// Whether the same request, with the same key, may be answered otherwise the next time
/// (<https://docs.stripe.com/error-low-level>): no answer, garbage from something in between, or one of Stripe's passing codes.
fn may_pass(error: &StripeError) -> bool {
    match error {
        StripeError::Stripe(_, status) => matches!(status, 409 | 424 | 429 | 500..),
        StripeError::JSONDeserialize(_) | StripeError::ClientError(_) | StripeError::Timeout => {
            true
        }
        StripeError::ConfigError(_) => false,
    }
}

/// The part of an error that may be logged: status, type and code, never the message.
fn reason(error: &StripeError) -> String {
    match error {
        StripeError::Stripe(inner, status) => {
            let code = inner.code.as_ref().map_or("no code", ApiErrorsCode::as_str);
            format!(
                "{status} {} {code} {}",
                inner.type_.as_str(),
                inner.param.as_deref().unwrap_or_default()
            )
        }
        StripeError::JSONDeserialize(_) => "an answer that is not Stripe's".to_owned(),
        StripeError::ClientError(_) => "connection failed".to_owned(),
        StripeError::ConfigError(_) => "bad configuration".to_owned(),
        StripeError::Timeout => "timeout".to_owned(),
    }
}

/// Between half and all of a pause, so that servers that failed together do not try again together.
pub(crate) fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the full pause is as good.
    let share = if getrandom::fill(&mut byte).is_ok() {
        u32::from(byte[0])
    } else {
        255
    };
    pause / 2 + pause / 2 * share / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_jittered_between_half_and_all_of_itself() {
        let pause = Duration::from_millis(200);
        for _ in 0..1_000 {
            let jittered = jittered(pause);
            assert!((pause / 2..=pause).contains(&jittered), "{jittered:?}");
        }
    }

    #[test]
    fn a_client_does_not_print_its_key() -> Result<(), BadSettings> {
        let settings = StripeSettings {
            key: Secret::new("sk_test_verysecret"),
            api_base: None,
            timeout: Duration::from_secs(1),
            tries: 1,
            pause: Duration::ZERO,
        };
        let printed = format!("{settings:?} {:?}", Stripe::new(&settings)?);
        assert!(!printed.contains("verysecret"), "{printed}");
        Ok(())
    }
}

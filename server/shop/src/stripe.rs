//! The client for Stripe, and the only user of async-stripe, which builds the requests.
//!
//! Every call is bounded: a timeout for each attempt, and a few attempts with exponential, jittered
//! backoff, all with the same idempotency key. Responses are parsed into small types of our own.
//! Webhook events are received in [`crate::inbox`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use locale::Language;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_shared::CheckoutSessionMode;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::crash_points;
use crate::inbox::text::lossy_text;
use checkout_options::Options;
use till_core::money::{Currency, MinorUnit};
use till_core::token::ShopId;

use self::connection::{Connections, Response};
use self::response::SessionResponse;

mod account;
mod call_error;
pub mod checkout_options;
mod clock;
mod connection;
pub mod endpoint;
mod options;
pub mod promotion_codes;
pub(crate) mod raw;
mod refund;
mod response;
mod settings;

pub use account::Account;
pub use call_error::{CallError, ErrorResponse};
pub use connection::NoResponse;
pub(crate) use options::{MAX_ORDER_NOTE, ORDER_NOTE};
pub(crate) use refund::{
    FullRefundOutcome, PartialRefund, PartialRefundOutcome, REQUEST_METADATA_KEY,
};
pub use settings::{RetryPolicy, StripeSettings};

/// The version of Stripe's API that the shop requests and is written for.
pub const API_VERSION: &str = "2026-09-30.endive";
/// Calls to Stripe that shoppers' requests may make at the same time.
const MAX_CONCURRENT_CALLS: usize = 16;
/// How long a call may wait for a permit before the shopper is told that payment is unavailable.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings are invalid.
#[derive(Debug, thiserror::Error)]
#[error("the Stripe key or the URL of its API is invalid")]
pub struct InvalidSettings;

/// A Checkout Session at Stripe.
#[derive(Clone, Debug)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// The URL of its payment page, while it is open.
    pub url: Option<String>,
    /// Whether it can be paid.
    pub status: SessionStatus,
}

/// Whether a session can be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It can be paid.
    Open,
    /// The shopper has completed it: it is paid, or a delayed payment is being processed.
    Complete,
    /// It can no longer be paid.
    Expired,
    /// Stripe does not know it, so it cannot be paid.
    Missing,
    /// Stripe returned no status or an unknown one: it counts neither as paid nor as expired.
    Unknown,
}

/// What a session is created from. Every value comes from stored rows, so that a retry sends the
/// same request.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// `client_reference_id`, `metadata[checkout_id]`, and the idempotency key.
    pub checkout_id: String,
    /// `metadata[shop]`, by which a restored database recognizes its own payments.
    pub shop: Option<ShopId>,
    /// The currency of all lines.
    pub currency: Currency,
    /// At least one.
    pub lines: Vec<SessionLine>,
    /// What the page collects besides the payment.
    pub options: Options,
    /// The language of Stripe's page.
    pub language: Language,
    /// The shopper is redirected here after paying.
    pub success_url: String,
    /// The shopper is sent here when cancelling.
    pub cancel_url: String,
    /// Unix time in seconds.
    pub expires_at: i64,
}

/// One line item.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// The name on Stripe's page.
    pub name: String,
    /// The owner's SKU, in the metadata of Stripe's product.
    pub sku: Option<String>,
    /// Stripe's tax code; `None` is the account's.
    pub tax_code: Option<String>,
    /// The URL of the picture on Stripe's page, which Stripe fetches.
    pub picture: Option<String>,
    /// The price of one unit.
    pub unit_amount: MinorUnit,
    /// The number of units.
    pub quantity: u64,
}

/// A client for Stripe; cheap to clone.
#[derive(Clone)]
pub struct Stripe {
    connections: Connections,
    retry_policy: RetryPolicy,
    /// Limits concurrent calls; `None` for jobs.
    permits: Option<Arc<Semaphore>>,
    /// How long the shopper's request may still wait for Stripe; `None` for jobs.
    budget: Option<Arc<Mutex<Duration>>>,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe")
            .field("retry_policy", &self.retry_policy)
            .finish_non_exhaustive()
    }
}

impl Stripe {
    /// Creates a client.
    ///
    /// # Errors
    /// If the key is not a valid header value, or the URL is invalid.
    pub fn new(
        settings: &StripeSettings,
        retry_policy: RetryPolicy,
    ) -> Result<Self, InvalidSettings> {
        Ok(Self {
            connections: Connections::new(settings, retry_policy.attempt_timeout)?,
            retry_policy,
            permits: Some(Arc::new(Semaphore::new(MAX_CONCURRENT_CALLS))),
            budget: None,
        })
    }

    /// Whether it speaks to Stripe itself, and not to another server such as the sandbox.
    pub(crate) fn is_stripe(&self) -> bool {
        self.connections.is_stripe()
    }

    /// The same client for one request of a shopper: all its calls together take no longer than
    /// [`RetryPolicy::total_timeout`].
    #[must_use]
    pub fn for_shopper(&self) -> Self {
        Self {
            budget: Some(Arc::new(Mutex::new(self.retry_policy.total_timeout))),
            ..self.clone()
        }
    }

    /// How long the shopper may still wait for Stripe; `None` for jobs. Time spent in the database
    /// does not count.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let budget = self.budget.as_ref()?;
        Some(*budget.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the shopper's time for Stripe is used up: every further call would fail.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.time_left().is_some_and(|left| left.is_zero())
    }

    /// Deducts time for which the shopper has waited for Stripe.
    pub(crate) fn spend(&self, waited: Duration) {
        if let Some(budget) = &self.budget {
            let mut left = budget.lock().unwrap_or_else(PoisonError::into_inner);
            *left = left.saturating_sub(waited);
        }
    }

    /// The same client without the limit on concurrent calls: for jobs, each of which makes its
    /// calls one at a time. Shoppers and jobs must not wait for each other.
    #[must_use]
    pub fn for_jobs(&self) -> Self {
        Self {
            permits: None,
            budget: None,
            ..self.clone()
        }
    }

    /// Each delay is randomized to between 50% and 100%, so that servers that failed together do
    /// not retry together: the jitter adds up to the delay itself.
    fn backoff(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_min_delay(self.retry_policy.delay / 2)
            .without_max_delay()
            .with_jitter()
            .with_max_times(self.retry_policy.max_attempts.saturating_sub(1) as usize)
    }

    /// The same client with one attempt for each call, and without the limit on concurrent calls.
    #[must_use]
    pub fn without_retries(&self) -> Self {
        Self {
            retry_policy: RetryPolicy {
                max_attempts: 1,
                ..self.retry_policy
            },
            ..self.for_jobs()
        }
    }

    /// Seconds by which this server's clock is ahead of Stripe's, negative if it is behind, as
    /// measured at Stripe's last response. `None` before the first one.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        self.connections.clock.seconds()
    }

    /// A warning for the owner if this server's clock is wrong.
    #[must_use]
    pub fn clock_warning(&self) -> Option<String> {
        clock::warning(self.clock_offset()?)
    }

    /// Waits until a call may start.
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

    /// Creates the Checkout Session of a checkout; idempotent.
    ///
    /// # Errors
    /// [`CallError`]. Unless the error says that the call was not executed, a session may exist
    /// that nobody knows about.
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
                let mut product = ProductData::new(&line.name);
                product.tax_code.clone_from(&line.tax_code);
                product.images = line.picture.clone().map(|picture| vec![picture]);
                product.metadata = line
                    .sku
                    .clone()
                    .map(|sku| HashMap::from([("sku".to_owned(), sku)]));
                price.product_data = Some(product);
                price.tax_behavior = options::price_tax(&request.options);
                let mut item = CreateCheckoutSessionLineItems::new();
                item.price_data = Some(price);
                item.quantity = Some(line.quantity);
                item
            })
            .collect();
        let mut metadata = HashMap::from([("checkout_id".to_owned(), request.checkout_id.clone())]);
        if let Some(shop) = &request.shop {
            metadata.insert("shop".to_owned(), shop.as_str().to_owned());
        }
        let mut payment_intent = CreateCheckoutSessionPaymentIntentData::new();
        // A session's metadata is not copied to its payment intent, and refunds and disputes refer
        // only to the latter.
        payment_intent.metadata = Some(metadata.clone());
        // Without this, the account's setting applies, and it is on by default. Shoppers abroad
        // would then pay in their own currency, and events in older API versions would report that
        // currency instead of ours.
        let mut adaptive_pricing = CreateCheckoutSessionAdaptivePricing::new();
        adaptive_pricing.enabled = Some(false);
        let call = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Payment)
            .adaptive_pricing(adaptive_pricing)
            .line_items(lines)
            .locale(options::locale(request.language))
            .success_url(&request.success_url)
            .cancel_url(&request.cancel_url)
            .expires_at(request.expires_at)
            .client_reference_id(&request.checkout_id)
            .metadata(metadata)
            .payment_intent_data(payment_intent);
        let call = options::add_options(call, &request.options, &currency, request.language);
        let key = IdempotencyKey::new(&request.checkout_id)
            .map_err(|_| CallError::Invalid("invalid idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        let session = self
            .call(
                "create-session",
                &call,
                &strategy,
                SessionResponse::read_new,
            )
            .await?;
        self.with_url(session).await
    }

    /// Fetches the URL of a new session's page if the first response lacks it.
    async fn with_url(&self, session: Session) -> Result<Session, CallError> {
        if session.url.is_some() {
            return Ok(session);
        }
        let call = RetrieveCheckoutSession::new(session.id.as_str());
        let found = self
            .call(
                "get-session",
                &call,
                &RequestStrategy::Once,
                SessionResponse::read,
            )
            .await?;
        match found.url() {
            Some(url) => Ok(Session {
                url: Some(url.to_owned()),
                ..session
            }),
            None => Err(CallError::Invalid("the session has no URL")),
        }
    }

    /// Expires a session, so that it can no longer be paid, and returns its resulting status.
    ///
    /// # Errors
    /// [`CallError`] if Stripe does not say; in that case the session may or may not be open.
    pub async fn expire_session(&self, id: &str) -> Result<SessionStatus, CallError> {
        let call = ExpireCheckoutSession::new(id);
        match self
            .call(
                "expire-session",
                &call,
                &RequestStrategy::Once,
                SessionResponse::read,
            )
            .await
        {
            Ok(session) => match session.status_once_expired(id) {
                SessionStatus::Unknown => self.session_status(id).await,
                status => Ok(status),
            },
            // Only an open session can be expired: fetch its status instead.
            Err(CallError::Refused(_)) => self.session_status(id).await,
            Err(error) => Err(error),
        }
    }

    /// Fetches the status of a session.
    ///
    /// # Errors
    /// [`CallError`] if Stripe does not respond or refuses.
    pub async fn session_status(&self, id: &str) -> Result<SessionStatus, CallError> {
        let call = RetrieveCheckoutSession::new(id);
        match self
            .call(
                "get-session",
                &call,
                &RequestStrategy::Once,
                SessionResponse::read,
            )
            .await
        {
            Ok(found) => Ok(found.status_of(id)),
            Err(CallError::Refused(response)) if response.status == 404 => {
                Ok(SessionStatus::Missing)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request, with retries, within the shopper's remaining time. `name` is what it does,
    /// for the log. `read` parses the body of a success.
    async fn call<R: StripeRequest, T>(
        &self,
        name: &'static str,
        request: &R,
        strategy: &RequestStrategy,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, CallError> {
        let called = self.call_with_retries(name, request, strategy, read);
        let Some(left) = self.time_left() else {
            return called.await;
        };
        if left.is_zero() {
            return Err(CallError::NoResponse(NoResponse::Timeout));
        }
        let started = Instant::now();
        let result = tokio::time::timeout(left, called).await;
        self.spend(started.elapsed());
        // A request that was sent may have been executed, as with any missing response.
        result.unwrap_or(Err(CallError::NoResponse(NoResponse::Timeout)))
    }

    async fn call_with_retries<R: StripeRequest, T>(
        &self,
        name: &'static str,
        request: &R,
        strategy: &RequestStrategy,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, CallError> {
        let _permit = self.permit().await?;
        let request = self
            .connections
            .prepare(request.build(), strategy.get_key().as_ref())
            .ok_or(CallError::Invalid("an id is invalid in a URL"))?;
        let attempt = || async {
            crash_points::reach(name, "before");
            let sent = self.connections.send(request.clone()).await;
            crash_points::reach(name, "after");
            read_response(sent, read)
        };
        attempt
            .retry(self.backoff())
            .when(|(_, retry)| *retry)
            .notify(|(error, _), _| {
                tracing::debug!(%error, "the call {name} to Stripe failed; retrying");
            })
            .await
            .map_err(|(error, _)| error)
    }
}

/// Parses a response, or returns its error and whether to send the same request, with the same key,
/// again.
///
/// If `Stripe-Should-Retry` is present, it decides whether to retry
/// (<https://docs.stripe.com/error-low-level>). It does not make a server error a refusal: whether
/// the request was executed stays unknown.
fn read_response<T>(
    sent: Result<Response, NoResponse>,
    read: fn(&[u8]) -> Option<T>,
) -> Result<T, (CallError, bool)> {
    let response = sent.map_err(|error| (CallError::NoResponse(error), true))?;
    let should_retry = response.should_retry;
    if (200..300).contains(&response.status) {
        let error = || CallError::Inconclusive(response::unreadable(&response));
        let read_lossily = || read(lossy_text(&response.body).as_bytes());
        return read(&response.body)
            .or_else(read_lossily)
            .ok_or_else(|| (error(), should_retry.unwrap_or(true)));
    }
    let error_response = response::read_error(&response);
    // An unreadable error, such as a 404, is from a proxy that did not reach Stripe.
    let transient = !error_response.readable || is_transient(error_response.status);
    let retry = should_retry.unwrap_or(transient);
    let error = if transient || retry {
        CallError::Inconclusive(error_response)
    } else {
        CallError::Refused(error_response)
    };
    Err((error, retry))
}

/// Whether an error with this status may be transient
/// (<https://docs.stripe.com/error-low-level>).
fn is_transient(status: u16) -> bool {
    matches!(status, 409 | 424 | 429 | 500..)
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder;

    use super::*;

    #[test]
    fn each_delay_is_randomized_to_between_50_and_100_percent() -> Result<(), InvalidSettings> {
        let settings = StripeSettings {
            key: "sk_test_1".into(),
            webhook_secrets: Vec::new(),
            api_base: None,
            checkout_origin: None,
            livemode: false,
        };
        let retry_policy = RetryPolicy {
            max_attempts: 4,
            delay: Duration::from_millis(200),
            ..RetryPolicy::default()
        };
        let stripe = Stripe::new(&settings, retry_policy)?;
        for _ in 0..1_000 {
            let delays: Vec<_> = stripe.backoff().build().collect();
            assert_eq!(delays.len(), 3);
            for (delay, full) in delays
                .iter()
                .zip([200, 400, 800].map(Duration::from_millis))
            {
                assert!((full / 2..=full).contains(delay), "{delay:?}");
            }
        }
        assert_eq!(stripe.without_retries().backoff().build().count(), 0);
        Ok(())
    }

    #[test]
    fn a_response_with_half_an_emoji_is_read() {
        let response = Response {
            status: 200,
            should_retry: None,
            request_id: None,
            body: r#"{"data":[{"name":"Ada \ud83d"}]}"#.into(),
        };
        let read = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).ok();
        let value = read_response(Ok(response), read).ok();
        let name = value.as_ref().map(|value| &value["data"][0]["name"]);
        assert_eq!(name.and_then(|name| name.as_str()), Some("Ada \u{fffd}"));
    }

    #[test]
    fn a_client_does_not_print_its_key() -> Result<(), InvalidSettings> {
        let settings = StripeSettings {
            key: "sk_test_verysecret".into(),
            webhook_secrets: vec!["whsec_verysecret".into()],
            api_base: None,
            checkout_origin: None,
            livemode: false,
        };
        let stripe = Stripe::new(&settings, RetryPolicy::default())?;
        let printed = format!("{settings:?} {stripe:?}");
        assert!(!printed.contains("verysecret"), "{printed}");
        Ok(())
    }
}

//! The way to Stripe, and the only user of async-stripe, which builds the requests.
//!
//! Every call is bounded: a timeout for each try, a few tries with growing, jittered pauses, all with the same
//! idempotency key. Answers are read by small views of our own. Events come the other way, see
//! [`crate::inbox`].

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData,
    RetrieveCheckoutSession,
};
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_shared::CheckoutSessionMode;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::checkout::Options;
use crate::inbox::text::readable;
use crate::money::{Currency, MinorUnit};
use crate::secret::Secret;

use self::answer::SessionAnswer;
use self::connection::{Connections, Response};

mod answer;
mod call_error;
mod connection;
mod options;
pub(crate) mod raw;
mod refund;

pub use call_error::{Answered, CallError};
pub use connection::NoAnswer;
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
    /// For all that one request of a shopper asks Stripe.
    pub total: Duration,
}

/// The settings cannot make a client.
#[derive(Debug, thiserror::Error)]
#[error("the Stripe key or the address of its API cannot be used")]
pub struct BadSettings;

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
    /// Stripe names no status, or one that is new: it is taken neither for paid nor for over.
    Unknown,
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
    connections: Connections,
    tries: u32,
    pause: Duration,
    /// One for each call under way; `None` for jobs.
    permits: Option<Arc<Semaphore>>,
    total: Duration,
    /// What a shopper's request may still wait for Stripe; `None` for jobs.
    budget: Option<Arc<Mutex<Duration>>>,
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
        Ok(Self {
            connections: Connections::new(settings)?,
            tries: settings.tries.max(1),
            pause: settings.pause,
            permits: Some(Arc::new(Semaphore::new(MAX_CALLS))),
            total: settings.total,
            budget: None,
        })
    }

    /// The same client for one request of a shopper: all its calls together take no longer than
    /// [`StripeSettings::total`], however many they are.
    #[must_use]
    pub fn for_shopper(&self) -> Self {
        Self {
            budget: Some(Arc::new(Mutex::new(self.total))),
            ..self.clone()
        }
    }

    /// How long the shopper may still wait for Stripe; `None` for jobs. What the database takes does
    /// not count.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let budget = self.budget.as_ref()?;
        Some(*budget.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the shopper has waited long enough: every call would fail.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.time_left().is_some_and(|left| left.is_zero())
    }

    /// Counts time for which the shopper has waited for Stripe.
    pub(crate) fn spend(&self, waited: Duration) {
        if let Some(budget) = &self.budget {
            let mut left = budget.lock().unwrap_or_else(PoisonError::into_inner);
            *left = left.saturating_sub(waited);
        }
    }

    /// The same client without the bound on simultaneous calls: for jobs, each of which makes one
    /// call after the other. Shoppers must not keep them from their work, nor wait for them.
    #[must_use]
    pub fn unbounded(&self) -> Self {
        Self {
            permits: None,
            budget: None,
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
    /// [`CallError`]; unless it is definite, a session may exist whose page nobody has seen.
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
            .map_err(|_| CallError::Invalid("no idempotency key"))?;
        let strategy = RequestStrategy::Idempotent(key);
        let session = self.call(&call, &strategy, SessionAnswer::read_new).await?;
        self.with_url(session).await
    }

    /// A new session with its page's address, which is asked for where the first answer lacks it.
    async fn with_url(&self, session: Session) -> Result<Session, CallError> {
        if session.url.is_some() {
            return Ok(session);
        }
        let again = RetrieveCheckoutSession::new(session.id.as_str());
        let found = self
            .call(&again, &RequestStrategy::Once, SessionAnswer::read)
            .await?;
        match found.url() {
            Some(url) => Ok(Session {
                url: Some(url.to_owned()),
                ..session
            }),
            None => Err(CallError::Invalid("the session has no address")),
        }
    }

    /// Ends a session, so that it can no longer be paid, and says how it stands then.
    ///
    /// # Errors
    /// [`CallError`] where Stripe does not say; the session may then be open or not.
    pub async fn expire_session(&self, id: &str) -> Result<SessionStatus, CallError> {
        let call = ExpireCheckoutSession::new(id);
        match self
            .call(&call, &RequestStrategy::Once, SessionAnswer::read)
            .await
        {
            Ok(answer) => match answer.status_once_expired(id) {
                SessionStatus::Unknown => self.session_status(id).await,
                status => Ok(status),
            },
            // Only an open session can be expired: look at what it is instead.
            Err(CallError::Refused(_)) => self.session_status(id).await,
            Err(error) => Err(error),
        }
    }

    /// How a session stands.
    ///
    /// # Errors
    /// [`CallError`] where Stripe does not answer or does not let us look.
    pub async fn session_status(&self, id: &str) -> Result<SessionStatus, CallError> {
        let call = RetrieveCheckoutSession::new(id);
        match self
            .call(&call, &RequestStrategy::Once, SessionAnswer::read)
            .await
        {
            Ok(found) => Ok(found.status_of(id)),
            Err(CallError::Refused(answered)) if answered.status == 404 => {
                Ok(SessionStatus::Missing)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a request until it is answered or the tries are used up. `read` takes what is needed
    /// out of the body of a success.
    async fn call<R: StripeRequest, T>(
        &self,
        request: &R,
        strategy: &RequestStrategy,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, CallError> {
        let called = self.call_at_length(request, strategy, read);
        let Some(left) = self.time_left() else {
            return called.await;
        };
        if left.is_zero() {
            return Err(CallError::Silent(NoAnswer::Timeout));
        }
        let begun = Instant::now();
        let answer = tokio::time::timeout(left, called).await;
        self.spend(begun.elapsed());
        // What was sent may have been executed: that is what silence means to every caller.
        answer.unwrap_or(Err(CallError::Silent(NoAnswer::Timeout)))
    }

    async fn call_at_length<R: StripeRequest, T>(
        &self,
        request: &R,
        strategy: &RequestStrategy,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T, CallError> {
        let _permit = self.permit().await?;
        let request = self
            .connections
            .prepare(request.build(), strategy.get_key().as_ref())
            .ok_or(CallError::Invalid("an id is not fit for an address"))?;
        let mut pause = self.pause;
        let mut tries = 1;
        loop {
            let sent = self.connections.send(request.clone()).await;
            let (error, again) = match judge(sent, read) {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if !again || tries >= self.tries {
                return Err(error);
            }
            tracing::debug!(tries, %error, "Stripe did not answer; trying again");
            tokio::time::sleep(jittered(pause)).await;
            tries += 1;
            pause *= 2;
        }
    }
}

/// Reads an answer, or says what is wrong with it and whether the same request, with the same key,
/// is to be sent again.
///
/// `Stripe-Should-Retry` decides about that where it is there
/// (<https://docs.stripe.com/error-low-level>). It does not make a server's error a refusal: what
/// came of the request stays unknown.
fn judge<T>(
    sent: Result<Response, NoAnswer>,
    read: fn(&[u8]) -> Option<T>,
) -> Result<T, (CallError, bool)> {
    let response = sent.map_err(|none| (CallError::Silent(none), true))?;
    let should_retry = response.should_retry;
    if (200..300).contains(&response.status) {
        let error = || CallError::Unsettled(answer::unreadable(&response));
        let once_more = || read(readable(&response.body).as_bytes());
        return read(&response.body)
            .or_else(once_more)
            .ok_or_else(|| (error(), should_retry.unwrap_or(true)));
    }
    let answered = answer::read_error(&response);
    // Something in between that knows no such page has not asked Stripe.
    let passing = !answered.readable || may_pass(answered.status);
    let again = should_retry.unwrap_or(passing);
    let error = if passing || again {
        CallError::Unsettled(answered)
    } else {
        CallError::Refused(answered)
    };
    Err((error, again))
}

/// Whether Stripe may answer the same request otherwise the next time, by the status of its error
/// (<https://docs.stripe.com/error-low-level>).
fn may_pass(status: u16) -> bool {
    matches!(status, 409 | 424 | 429 | 500..)
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
    fn an_answer_with_half_an_emoji_is_read() {
        let response = Response {
            status: 200,
            should_retry: None,
            request_id: None,
            body: r#"{"data":[{"name":"Ada \ud83d"}]}"#.into(),
        };
        let read = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).ok();
        let answer = judge(Ok(response), read).ok();
        let name = answer.as_ref().map(|answer| &answer["data"][0]["name"]);
        assert_eq!(name.and_then(|name| name.as_str()), Some("Ada \u{fffd}"));
    }

    #[test]
    fn a_client_does_not_print_its_key() -> Result<(), BadSettings> {
        let settings = StripeSettings {
            key: Secret::new("sk_test_verysecret"),
            api_base: None,
            timeout: Duration::from_secs(1),
            tries: 1,
            pause: Duration::ZERO,
            total: Duration::from_secs(1),
        };
        let printed = format!("{settings:?} {:?}", Stripe::new(&settings)?);
        assert!(!printed.contains("verysecret"), "{printed}");
        Ok(())
    }
}

//! How Stripe is reached.

use std::time::Duration;

use secrecy::SecretString;

use crate::settings::{FromVariables, InvalidSetting, Variables};

/// Stripe, or a server with the same API, and the owner's account there.
#[derive(Clone, Debug)]
pub struct StripeSettings {
    /// The secret key.
    pub key: SecretString,
    /// The secrets that webhooks are signed with: at least one.
    pub webhook_secrets: Vec<SecretString>,
    /// A base URL other than Stripe's, such as the sandbox's.
    pub api_base: Option<String>,
    /// The origin of the payment page, if it has a domain of the shop's own.
    pub checkout_origin: Option<String>,
    /// Whether the key is a live key, which takes real payments.
    pub livemode: bool,
}

/// Timeouts and retries of requests to Stripe. Short, because a shopper is waiting. Only tests
/// change the defaults.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Timeout for one attempt.
    pub attempt_timeout: Duration,
    /// Attempts in all, at least one.
    pub max_attempts: u32,
    /// The delay before the first retry; it doubles for each further one.
    pub delay: Duration,
    /// Timeout for all calls of one request of a shopper together.
    pub total_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(8),
            max_attempts: 3,
            delay: Duration::from_millis(250),
            total_timeout: Duration::from_secs(10),
        }
    }
}

impl FromVariables for RetryPolicy {
    fn read(_: &dyn Variables) -> Result<Self, InvalidSetting> {
        Ok(Self::default())
    }
}

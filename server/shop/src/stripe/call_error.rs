//! Why a call to Stripe did not succeed.

use std::fmt;

use super::connection::NoResponse;

/// Why a call to Stripe failed. No variant contains data about a person or a card.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Stripe refused, and would refuse a retry. Nothing was executed.
    #[error("Stripe refused: {0}")]
    Refused(ErrorResponse),
    /// After all attempts the response is inconclusive: a transient error, or not Stripe's
    /// response. The call may have been executed.
    #[error("no usable response from Stripe: {0}")]
    Inconclusive(ErrorResponse),
    /// After all attempts there is no response. The call may have been executed.
    #[error("no response from Stripe: {0}")]
    NoResponse(NoResponse),
    /// The request cannot be sent, or its response lacks something essential. A retry would change
    /// nothing.
    #[error("invalid call to Stripe: {0}")]
    Invalid(&'static str),
    /// Too many concurrent calls. Nothing was sent.
    #[error("too many concurrent calls to Stripe")]
    Busy,
}

/// What is kept of a response that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// Whether the body was one of Stripe's; otherwise a proxy has responded.
    pub readable: bool,
    /// The error's `type` (<https://docs.stripe.com/api/errors>).
    pub kind: Option<String>,
    /// The error's `code` (<https://docs.stripe.com/error-codes>).
    pub code: Option<String>,
    /// The parameter that the error is about.
    pub param: Option<Box<str>>,
    /// Stripe's message for developers: for the log and the owner, never for shoppers.
    pub message: Option<Box<str>>,
    /// `Request-Id`, to find the request in Stripe's log.
    pub request_id: Option<Box<str>>,
}

impl CallError {
    /// Whether the call was definitely not executed.
    #[must_use]
    pub fn was_not_executed(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Invalid(_))
    }

    /// Stripe's refusal if only the owner can fix it: every parameter comes from the shop's own
    /// rows, so no shopper can. A reused idempotency key is not the owner's to fix.
    #[must_use]
    pub fn fixable_by_owner(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Refused(response) if response.kind.as_deref() != Some("idempotency_error") => {
                Some(response)
            }
            _ => None,
        }
    }

    /// The error for the log and the owner, in Stripe's own words if there are any, without a full
    /// stop at the end.
    #[must_use]
    pub fn explain(&self) -> String {
        match self {
            Self::Refused(response) | Self::Inconclusive(response) => response.explain(),
            Self::NoResponse(_) | Self::Invalid(_) | Self::Busy => self.to_string(),
        }
    }

    /// Whether other calls would probably fail as well now: Stripe does not respond, rejects the
    /// key, or got too many requests. Any other error is about this call only.
    #[must_use]
    pub fn affects_other_calls(&self) -> bool {
        match self {
            Self::NoResponse(_) => true,
            Self::Refused(response) | Self::Inconclusive(response) => {
                matches!(response.status, 401 | 403 | 429)
            }
            Self::Invalid(_) | Self::Busy => false,
        }
    }
}

impl ErrorResponse {
    /// The response for the log and the owner, in Stripe's own words if there are any, without a
    /// full stop at the end.
    #[must_use]
    pub fn explain(&self) -> String {
        let Some(message) = &self.message else {
            return format!("Stripe answered {self}");
        };
        let message = message.trim_end_matches('.');
        match &self.request_id {
            Some(id) => format!("{message} (request {id})"),
            None => message.to_owned(),
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.readable {
            let kind = self.kind.as_deref().unwrap_or("no type");
            write!(f, " {kind} {}", self.code.as_deref().unwrap_or("no code"))?;
        } else {
            f.write_str(" unreadable")?;
        }
        if let Some(param) = &self.param {
            write!(f, " {param}")?;
        }
        match &self.request_id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

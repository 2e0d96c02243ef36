//! Why a call to Stripe did not succeed.

use std::fmt;

use super::connection::NoAnswer;

/// Why a call did not succeed. No variant carries what Stripe wrote about a person or a card.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Stripe refused, and would refuse again. Nothing was executed.
    #[error("Stripe refused: {0}")]
    Refused(Answered),
    /// After all attempts there is an answer, but it settles nothing: an error that may pass, or
    /// something that is not Stripe's. The call may have been executed.
    #[error("no usable answer from Stripe: {0}")]
    Unsettled(Answered),
    /// After all attempts there is no answer. The call may have been executed.
    #[error("no answer from Stripe: {0}")]
    Silent(NoAnswer),
    /// The request cannot be sent, or lacks in its answer what the shop cannot do without.
    /// Another attempt would change nothing.
    #[error("the call to Stripe cannot be used: {0}")]
    Invalid(&'static str),
    /// Too many calls are under way. Nothing was sent.
    #[error("too many calls to Stripe are under way")]
    Busy,
}

/// What is kept of an answer that was no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Of HTTP.
    pub status: u16,
    /// Whether the body was what Stripe sends; otherwise something in between has answered.
    pub readable: bool,
    /// The error's `type` (<https://docs.stripe.com/api/errors>).
    pub kind: Option<String>,
    /// The error's `code` (<https://docs.stripe.com/error-codes>).
    pub code: Option<String>,
    /// The parameter that the error is about.
    pub param: Option<Box<str>>,
    /// Stripe's sentence for developers. For the log and the owner; no shopper reads it.
    pub message: Option<Box<str>>,
    /// `Request-Id`, by which Stripe's log is searched.
    pub request_id: Option<Box<str>>,
}

impl CallError {
    /// Whether the call was not executed and never will be.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Invalid(_))
    }

    /// Stripe's refusal, where only the owner can do something about it: whatever the shop asks for
    /// comes from its own rows, so that no shopper is to blame. A key that was used for another
    /// request is not the owner's.
    #[must_use]
    pub fn owners_refusal(&self) -> Option<&Answered> {
        match self {
            Self::Refused(answered) if answered.kind.as_deref() != Some("idempotency_error") => {
                Some(answered)
            }
            _ => None,
        }
    }

    /// The error in Stripe's own sentence, where it has one: for the log and the owner. No full stop
    /// ends it.
    #[must_use]
    pub fn explained(&self) -> String {
        match self {
            Self::Refused(answered) | Self::Unsettled(answered) => answered.explained(),
            Self::Silent(_) | Self::Invalid(_) | Self::Busy => self.to_string(),
        }
    }

    /// Whether other calls would probably meet the same now: Stripe is silent, does not accept the
    /// key, or has had too many requests. Any other error is about the one call.
    #[must_use]
    pub fn concerns_others(&self) -> bool {
        match self {
            Self::Silent(_) => true,
            Self::Refused(answered) | Self::Unsettled(answered) => {
                matches!(answered.status, 401 | 403 | 429)
            }
            Self::Invalid(_) | Self::Busy => false,
        }
    }
}

impl Answered {
    /// The answer in Stripe's own sentence, where it has one: for the log and the owner. No full stop
    /// ends it.
    #[must_use]
    pub fn explained(&self) -> String {
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

impl fmt::Display for Answered {
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

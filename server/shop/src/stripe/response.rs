//! Parses Stripe's responses: only the fields that the shop needs, whatever their types.
//!
//! async-stripe's types fail as a whole if one field has a new value, is missing or has another
//! type. These types fail only if the response says nothing that the shop can use.

use serde::Deserialize;
use serde_json::Value;

use super::call_error::ErrorResponse;
use super::connection::Response;
use super::{Session, SessionStatus};

/// The longest label that is kept for the log, see [`label`].
const MAX_LABEL_BYTES: usize = 100;
/// The longest message of Stripe's that is kept.
const MAX_MESSAGE_CHARS: usize = 500;

/// A Checkout Session.
#[derive(Debug, Deserialize)]
pub(super) struct SessionResponse {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    url: Value,
    #[serde(default)]
    status: Value,
}

impl SessionResponse {
    /// Parses any JSON object.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Parses a new session, which must have an id.
    pub(super) fn read_new(body: &[u8]) -> Option<Session> {
        let session = Self::read(body)?;
        let id = session.id.as_str().filter(|id| !id.is_empty())?;
        Some(Session {
            id: id.to_owned(),
            url: session.url().map(str::to_owned),
            status: session.status(),
        })
    }

    /// The URL of its payment page.
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_str().filter(|url| !url.is_empty())
    }

    /// The status in the response.
    pub(super) fn status(&self) -> SessionStatus {
        match self.status.as_str() {
            Some("open") => SessionStatus::Open,
            Some("complete") => SessionStatus::Complete,
            Some("expired") => SessionStatus::Expired,
            _ => SessionStatus::Unknown,
        }
    }

    /// The status of the session `id` after it was fetched. A response about another session says
    /// nothing about this one.
    pub(super) fn status_of(&self, id: &str) -> SessionStatus {
        if self.id.as_str().is_none_or(|named| named == id) {
            self.status()
        } else {
            SessionStatus::Unknown
        }
    }

    /// The status of the session `id` after a request to expire it. A success means that it is
    /// expired even if the response has no status.
    pub(super) fn status_once_expired(&self, id: &str) -> SessionStatus {
        if self.id == id && self.status.is_null() {
            SessionStatus::Expired
        } else {
            self.status_of(id)
        }
    }
}

/// Returns `Some` if a body is a refund.
pub(super) fn read_refund(body: &[u8]) -> Option<()> {
    #[derive(Deserialize)]
    struct Refund {
        #[serde(default)]
        id: Value,
        #[serde(default)]
        object: Value,
    }
    let refund: Refund = serde_json::from_slice(body).ok()?;
    (refund.id.is_string() || refund.object == "refund").then_some(())
}

/// Returns the id of a refund.
pub(super) fn read_refund_id(body: &[u8]) -> Option<String> {
    let refund: Value = serde_json::from_slice(body).ok()?;
    let id = refund.get("id")?.as_str()?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// Parses an error response. If its body is not one of Stripe's error objects, a proxy has
/// responded.
pub(super) fn read_error(response: &Response) -> ErrorResponse {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        #[serde(default)]
        r#type: Value,
        #[serde(default)]
        code: Value,
        #[serde(default)]
        param: Value,
        #[serde(default)]
        message: Value,
    }
    let error = serde_json::from_slice::<Body>(&response.body).ok();
    let error = error.map(|body| body.error);
    let field = |field: fn(&Error) -> &Value| {
        let text = error.as_ref().and_then(|error| field(error).as_str());
        text.and_then(label)
    };
    ErrorResponse {
        status: response.status,
        readable: error.is_some(),
        kind: field(|error| &error.r#type),
        code: field(|error| &error.code),
        param: field(|error| &error.param).map(String::into_boxed_str),
        message: error
            .as_ref()
            .and_then(|error| error.message.as_str())
            .and_then(safe_message)
            .map(String::into_boxed_str),
        request_id: request_id(response),
    }
}

/// Describes a success whose body cannot be parsed.
pub(super) fn unreadable(response: &Response) -> ErrorResponse {
    ErrorResponse {
        status: response.status,
        readable: false,
        kind: None,
        code: None,
        param: None,
        message: None,
        request_id: request_id(response),
    }
}

/// Stripe's message for developers, made safe for the log and for emails to the owner. The shop
/// sends Stripe no email address and no card; if a message contains an email address or a key
/// nevertheless, it is removed.
fn safe_message(text: &str) -> Option<String> {
    let words = text.split_whitespace().map(|word| {
        let is_key = ["sk_", "rk_", "pk_", "whsec_"]
            .iter()
            .any(|beginning| word.contains(beginning));
        match word {
            _ if word.contains('@') => "(an address)".to_owned(),
            _ if is_key => "(a key)".to_owned(),
            word => word.replace(char::is_control, ""),
        }
    });
    let message = words.collect::<Vec<_>>().join(" ");
    let message: String = message.chars().take(MAX_MESSAGE_CHARS).collect();
    (!message.is_empty()).then_some(message)
}

fn request_id(response: &Response) -> Option<Box<str>> {
    let id = response.request_id.as_deref().and_then(label);
    id.map(String::into_boxed_str)
}

/// A text that is safe to log: short, and without blanks or control characters.
fn label(text: &str) -> Option<String> {
    let fits = text.len() <= MAX_LABEL_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    (fits && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;

    use super::*;

    fn status(body: &str) -> Option<SessionStatus> {
        Some(SessionResponse::read(body.as_bytes())?.status_of("cs_1"))
    }

    fn status_once_expired(body: &str) -> Option<SessionStatus> {
        Some(SessionResponse::read(body.as_bytes())?.status_once_expired("cs_1"))
    }

    #[test]
    fn without_a_known_status_a_session_is_neither_paid_nor_expired() {
        for body in [
            r#"{"id":"cs_1"}"#,
            r#"{"id":"cs_1","status":null}"#,
            r#"{"id":"cs_1","status":"paused"}"#,
            r#"{"id":"cs_1","status":7}"#,
            r#"{"id":"cs_2","status":"expired"}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(status(body), Some(SessionStatus::Unknown), "{body}");
        }
        assert_eq!(
            status(r#"{"status":"expired","new":[{}]}"#),
            Some(SessionStatus::Expired)
        );
    }

    #[test]
    fn a_successful_request_to_expire_is_enough_unless_its_response_says_otherwise() {
        for (body, expected) in [
            (r#"{"id":"cs_1"}"#, SessionStatus::Expired),
            (r#"{"id":"cs_1","status":"open"}"#, SessionStatus::Open),
            (r#"{"id":"cs_1","status":"paused"}"#, SessionStatus::Unknown),
            (r#"{"id":"cs_2"}"#, SessionStatus::Unknown),
            ("{}", SessionStatus::Unknown),
        ] {
            assert_eq!(status_once_expired(body), Some(expected), "{body}");
        }
    }

    #[test]
    fn a_new_session_needs_only_an_id() {
        assert!(SessionResponse::read_new(b"{}").is_none());
        assert!(SessionResponse::read_new(br#"{"id":null,"url":"https://x"}"#).is_none());
        let session = SessionResponse::read_new(br#"{"id":"cs_1","url":5}"#);
        assert!(session.is_some_and(|session| session.id == "cs_1" && session.url.is_none()));
    }

    #[test]
    fn a_message_of_stripes_loses_keys_and_email_addresses() {
        let said = "Invalid API Key provided: sk_test_***abcd\n for\u{7} jo@shop.example.";
        let kept = safe_message(said);
        let kept = kept.as_deref();
        assert_eq!(
            kept,
            Some("Invalid API Key provided: (a key) for (an address)")
        );
        assert_eq!(
            safe_message(&"x".repeat(600)).map(|kept| kept.len()),
            Some(500)
        );
        assert_eq!(safe_message(" \n"), None);
    }

    #[test]
    fn an_error_displays_its_labels_and_explains_itself_with_its_message() {
        let read = |body: &str| {
            read_error(&Response {
                status: 402,
                should_retry: None,
                request_id: Some("req_1".to_owned()),
                body: Bytes::copy_from_slice(body.as_bytes()),
            })
        };
        let error = read(
            r#"{"error":{"type":"new_error","code":"card_declined","param":"a b","message":"Jo"}}"#,
        );
        assert_eq!(error.to_string(), "402 new_error card_declined (req_1)");
        assert_eq!(error.explain(), "Jo (request req_1)");
        assert!(error.readable && read(r#"{"error":{"type":{},"code":null}}"#).readable);
        for other in ["<html>", r#"{"error":"Jo"}"#, "{}"] {
            assert!(!read(other).readable, "{other}");
            assert_eq!(read(other).to_string(), "402 unreadable (req_1)");
        }
    }
}

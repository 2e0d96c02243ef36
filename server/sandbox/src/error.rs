//! Error responses in Stripe's format.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// An error response: `{"error": {"type", "code", "message", …}}`.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) kind: ErrorType,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) charge: Option<String>,
    /// Whether the request began to execute. If so, the response is saved for its idempotency key;
    /// a failed validation is not.
    pub(crate) executed: bool,
}

/// Stripe's four error types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorType {
    Api,
    Card,
    Idempotency,
    InvalidRequest,
}

impl ErrorType {
    fn name(self) -> &'static str {
        match self {
            ErrorType::Api => "api_error",
            ErrorType::Card => "card_error",
            ErrorType::Idempotency => "idempotency_error",
            ErrorType::InvalidRequest => "invalid_request_error",
        }
    }
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, kind: ErrorType, message: impl Into<String>) -> ApiError {
        ApiError {
            status,
            kind,
            code: None,
            message: message.into(),
            param: None,
            decline_code: None,
            charge: None,
            executed: false,
        }
    }

    /// 400 for a request that cannot be understood or is not allowed.
    pub(crate) fn invalid(message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, ErrorType::InvalidRequest, message)
    }

    pub(crate) fn parameter_missing(param: &str) -> ApiError {
        ApiError::invalid(format!("Missing required param: {param}."))
            .code("parameter_missing")
            .param(param)
    }

    pub(crate) fn parameters_unknown(params: &[String]) -> ApiError {
        let message = match params {
            [one] => format!("Received unknown parameter: {one}"),
            several => format!("Received unknown parameters: {}", several.join(", ")),
        };
        let first = params.first().cloned().unwrap_or_default();
        ApiError::invalid(message)
            .code("parameter_unknown")
            .param(first)
    }

    /// 404 `resource_missing`; `object` as in "No such checkout.session: …".
    pub(crate) fn no_such(object: &str, id: &str, param: &str) -> ApiError {
        ApiError {
            status: StatusCode::NOT_FOUND,
            ..ApiError::invalid(format!("No such {object}: {id}"))
        }
        .code("resource_missing")
        .param(param)
    }

    /// 500: the state file could not be written. Nothing has changed.
    pub(crate) fn state_file(error: &std::io::Error) -> ApiError {
        tracing::error!(%error, "could not write the sandbox's state file");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorType::Api,
            "The sandbox could not write its state file.",
        )
    }

    /// 402: the card was declined.
    pub(crate) fn card(code: &'static str, message: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::PAYMENT_REQUIRED, ErrorType::Card, message).code(code)
    }

    pub(crate) fn code(mut self, code: &'static str) -> ApiError {
        self.code = Some(code);
        self
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> ApiError {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn executed(mut self) -> ApiError {
        self.executed = true;
        self
    }

    /// The response body; `request_log_url` is where the sandbox would show the request.
    pub(crate) fn body(&self, request_log_url: &str) -> Value {
        let mut error = Map::new();
        error.insert("type".into(), json!(self.kind.name()));
        error.insert("message".into(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".into(), json!(code));
            let page = code.replace('_', "-");
            error.insert(
                "doc_url".into(),
                json!(format!("https://stripe.com/docs/error-codes/{page}")),
            );
        }
        if let Some(param) = &self.param {
            error.insert("param".into(), json!(param));
        }
        if let Some(decline_code) = self.decline_code {
            error.insert("decline_code".into(), json!(decline_code));
        }
        if let Some(charge) = &self.charge {
            error.insert("charge".into(), json!(charge));
        }
        error.insert("request_log_url".into(), json!(request_log_url));
        json!({ "error": error })
    }
}

//! Values that a refund or a dispute reports instead of the recorded ones: an amount in another
//! currency, as banks may dispute it, or a status that Stripe's documentation does not list yet.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::money::Currency;

/// The values to report; an unset one leaves the recorded value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
}

impl Overrides {
    /// Checks the values: an amount and a currency must be set together, a status is any word.
    ///
    /// # Errors
    /// 400 if only one of amount and currency is set, for an unknown currency, or if the status is
    /// not a word.
    pub(crate) fn from_request(
        amount: Option<i64>,
        currency: Option<&str>,
        status: Option<String>,
    ) -> Result<Overrides, ApiError> {
        if amount.is_some() != currency.is_some() {
            return Err(ApiError::invalid(
                "told_amount and told_currency must be set together.",
            ));
        }
        let currency = currency
            .map(|code| Currency::read(code, "told_currency"))
            .transpose()?;
        let is_word = |word: &String| {
            (1..=100).contains(&word.len())
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if !status.as_ref().is_none_or(is_word) {
            return Err(
                ApiError::invalid("told_status must be a word such as under_review.")
                    .param("told_status"),
            );
        }
        Ok(Overrides {
            amount,
            currency,
            status,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Overrides::default()
    }

    /// Replaces the values in an object's JSON.
    pub(crate) fn apply(&self, object: &mut Value) {
        if let Some(amount) = self.amount {
            object["amount"] = json!(amount);
        }
        if let Some(currency) = &self.currency {
            object["currency"] = json!(currency.code());
        }
        if let Some(status) = &self.status {
            object["status"] = json!(status);
        }
    }
}

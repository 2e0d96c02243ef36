//! What a tester has an object say instead of what is booked: amounts in another currency, as
//! shoppers' banks dispute them, and words that today's documentation does not have.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::money::Currency;

/// Each of them, where it is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
}

impl Told {
    /// An amount in another currency needs both; a status is any word.
    ///
    /// # Errors
    /// 400 for half of an amount, an unknown currency, and no word.
    pub(crate) fn read(
        amount: Option<i64>,
        currency: Option<&str>,
        status: Option<String>,
    ) -> Result<Told, ApiError> {
        if amount.is_some() != currency.is_some() {
            return Err(ApiError::invalid(
                "told_amount and told_currency are given together.",
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
                ApiError::invalid("told_status is a word such as under_review.")
                    .param("told_status"),
            );
        }
        Ok(Told {
            amount,
            currency,
            status,
        })
    }

    pub(crate) fn is_nothing(&self) -> bool {
        *self == Told::default()
    }

    /// Has an object say it.
    pub(crate) fn change(&self, object: &mut Value) {
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

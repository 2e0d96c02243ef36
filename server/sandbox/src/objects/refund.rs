//! Refunds.

use serde::{Deserialize, Serialize};

use crate::metadata::Metadata;
use crate::money::Currency;
use crate::overrides::Overrides;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// The bank's response to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BankResponse {
    /// Success, with the reference by which the shopper's bank finds the refund.
    Reference,
    Success,
    Failure,
}

/// A refund of a charge, in full or in part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: RefundStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// Whether it goes to a card; otherwise to a bank account.
    pub(crate) to_card: bool,
    /// When the bank responds, in milliseconds since 1970, and how; `None` once it has.
    #[serde(default, rename = "awaits", skip_serializing_if = "Option::is_none")]
    pub(crate) bank_response: Option<(i64, BankResponse)>,
    /// The currency that the shopper paid in, if it is not the session's.
    #[serde(default, rename = "presented", skip_serializing_if = "Option::is_none")]
    pub(crate) presentment_currency: Option<Currency>,
    /// Values that replace the real ones in API responses and events.
    #[serde(default, rename = "told", skip_serializing_if = "Overrides::is_empty")]
    pub(crate) overrides: Overrides,
}

impl Refund {
    /// The id of the balance transaction: the refund's with another prefix, so none is stored.
    pub(crate) fn balance_transaction(&self) -> String {
        format!("txn_{}", self.key())
    }

    /// The id of the balance transaction that reverses a failed refund.
    pub(crate) fn failure_balance_transaction(&self) -> String {
        format!("txn_f{}", self.key())
    }

    /// The id without its prefix.
    pub(crate) fn key(&self) -> &str {
        self.id.strip_prefix("re_").unwrap_or(&self.id)
    }
}

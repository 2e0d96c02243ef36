//! Disputes and inquiries.

use serde::{Deserialize, Serialize};

use crate::money::Currency;
use crate::overrides::Overrides;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
    WarningNeedsResponse,
    WarningClosed,
}

/// A dispute about a charge, or an inquiry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// One of `REASONS` in `dispute.rs`.
    pub(crate) reason: String,
    pub(crate) status: DisputeStatus,
    /// The brand of the card; `None` for a bank account.
    pub(crate) brand: Option<String>,
    /// Whether it is an inquiry, which withdraws no funds.
    pub(crate) inquiry: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<i64>,
    /// Values that replace the real ones in API responses and events.
    #[serde(default, rename = "told", skip_serializing_if = "Overrides::is_empty")]
    pub(crate) overrides: Overrides,
}

impl Dispute {
    /// The id of the balance transaction that withdraws the funds: the dispute's with another
    /// prefix, so none is stored.
    pub(crate) fn withdrawal(&self) -> String {
        format!("txn_{}", self.key())
    }

    /// The id of the balance transaction that reinstates the funds.
    pub(crate) fn reinstatement(&self) -> String {
        format!("txn_r{}", self.key())
    }

    fn key(&self) -> &str {
        self.id.strip_prefix("du_").unwrap_or(&self.id)
    }
}

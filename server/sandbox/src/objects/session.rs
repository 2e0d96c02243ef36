//! Checkout Sessions.

use serde::{Deserialize, Serialize};

use super::coupon::Discount;
use super::payment::{PaymentMethod, Shopper};
use super::session_options::{SessionOptions, TaxBehavior};
use crate::metadata::Metadata;
use crate::money::Currency;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Complete => "complete",
            Status::Expired => "expired",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    Unpaid,
    Paid,
    NoPaymentRequired,
}

/// A payment method type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodType {
    Card,
    SepaDebit,
}

impl MethodType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            MethodType::Card => "card",
            MethodType::SepaDebit => "sepa_debit",
        }
    }
}

/// A line item. Its own id and those of its price and product share one random part, to keep a
/// hundred thousand sessions small.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineItem {
    /// 24 random characters.
    pub(crate) key: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// In minor units.
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub(crate) tax_behavior: TaxBehavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<Box<str>>,
}

/// A payment that waits for the shopper's approval by 3-D Secure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Authentication {
    pub(crate) shopper: Shopper,
    pub(crate) method: PaymentMethod,
    /// Whether the bank declines it even if approved.
    pub(crate) declined: bool,
}

/// A Checkout Session. Its JSON is rendered on demand: see `json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckoutSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) status: Status,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<LineItem>,
    pub(crate) success_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancel_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_reference_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) payment_intent_metadata: Metadata,
    /// As given at creation; `None` allows all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_payment_method_types: Option<Vec<MethodType>>,
    /// The optional parameters of the creation, if any were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) options: Option<Box<SessionOptions>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Box<Choices>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authentication: Option<Box<Authentication>>,
    /// Set by the first payment attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_intent: Option<String>,
    /// Set when the session completes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shopper: Option<Box<Shopper>>,
    /// The `checkout.session.completed` event; the payment page waits for its delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed_event: Option<String>,
    /// The currency that the shopper paid in, if it is not the session's.
    #[serde(default, rename = "presented", skip_serializing_if = "Option::is_none")]
    pub(crate) presentment_currency: Option<Currency>,
}

/// The shopper's choices on the payment page that the total depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Choices {
    /// Set by a promotion code.
    pub(crate) discount: Option<Discount>,
    /// Index into the session's shipping options.
    pub(crate) shipping_option: usize,
    /// The country whose tax rate applies.
    pub(crate) country: Option<String>,
}

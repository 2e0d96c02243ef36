//! Payment intents and charges.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Address;
use crate::metadata::Metadata;
use crate::money::Currency;

/// The payment method of a charge. Contains nothing that could be charged again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentMethod {
    Card {
        id: String,
        brand: String,
        last4: String,
        exp_month: i64,
        exp_year: i64,
        /// Whether the card requires 3-D Secure.
        #[serde(default)]
        authenticated: bool,
    },
    SepaDebit {
        id: String,
        country: String,
        last4: String,
    },
}

/// What the shopper typed apart from the payment method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shopper {
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) billing: Option<Box<Address>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shipping: Option<Box<ShippingDetails>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) business_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_id: Option<TaxId>,
    /// Keys and values of the session's custom fields that were filled in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom_fields: Vec<(String, String)>,
    /// Whether the terms of service were accepted, if the session requires it.
    #[serde(default)]
    pub(crate) accepted_terms: bool,
}

/// A business's tax id. The sandbox does not verify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaxId {
    /// Stripe's word, such as `eu_vat`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) value: String,
}

/// The recipient and the shipping address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShippingDetails {
    pub(crate) name: String,
    pub(crate) address: Address,
}

/// Why a payment failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) decline_code: Option<String>,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentIntentStatus {
    RequiresPaymentMethod,
    /// Waits for the shopper's approval by 3-D Secure.
    RequiresAction,
    Processing,
    Succeeded,
    /// Its session expired.
    Canceled,
}

/// A payment intent. Created by the first attempt to pay a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) session: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: PaymentIntentStatus,
    pub(crate) metadata: Metadata,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) payment_method: Option<PaymentMethod>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_failure: Option<Failure>,
    /// The result of the delayed payment, while it is processing.
    #[serde(rename = "settles")]
    pub(crate) settlement: Option<Settlement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The JSON of the shipping details of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shipping: Option<Value>,
    /// The URL where the shopper approves the payment, while it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) canceled_at: Option<i64>,
    /// The currency that the shopper paid in, if it is not the session's.
    #[serde(default, rename = "presented", skip_serializing_if = "Option::is_none")]
    pub(crate) presentment_currency: Option<Currency>,
}

/// The result of a delayed payment, which the sandbox knows in advance.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Settlement {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) succeeds: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

/// A charge: one attempt to collect a payment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    /// In minor units; part of `amount`.
    pub(crate) amount_refunded: i64,
    pub(crate) currency: Currency,
    pub(crate) status: ChargeStatus,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) shopper: Shopper,
    pub(crate) metadata: Metadata,
    pub(crate) failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, rename = "after")]
    pub(crate) follow_ups: FollowUps,
    /// The currency that the shopper paid in, if it is not the session's.
    #[serde(default, rename = "presented", skip_serializing_if = "Option::is_none")]
    pub(crate) presentment_currency: Option<Currency>,
}

/// What happens to a charge automatically after its payment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FollowUps {
    /// When the balance transaction will be created, in milliseconds since 1970; `None` once it is.
    #[serde(rename = "books_at_ms", skip_serializing_if = "Option::is_none")]
    pub(crate) balance_transaction_at_ms: Option<i64>,
    /// When the balance transaction was created, in seconds since 1970.
    #[serde(rename = "booked_at", skip_serializing_if = "Option::is_none")]
    pub(crate) balance_transaction_created: Option<i64>,
    /// When the test card's dispute will be opened, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disputed_at_ms: Option<i64>,
    /// The id of the newest dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dispute: Option<String>,
}

impl Charge {
    /// The id of the balance transaction, once there is one: the charge's with another prefix.
    pub(crate) fn balance_transaction(&self) -> Option<String> {
        self.follow_ups.balance_transaction_created?;
        let key = self.id.strip_prefix("ch_").unwrap_or(&self.id);
        Some(format!("txn_{key}"))
    }
}

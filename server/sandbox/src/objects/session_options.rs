//! The optional parameters of a session. Stored apart from it, since most sessions use few of them.

use serde::{Deserialize, Serialize};

use super::coupon::Discount;
use crate::metadata::Metadata;

/// Whether a price includes its tax.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaxBehavior {
    /// Counts as exclusive: see `tax.rs`.
    #[default]
    Unspecified,
    Inclusive,
    Exclusive,
}

impl TaxBehavior {
    pub(crate) const NAMES: [&'static str; 3] = ["unspecified", "inclusive", "exclusive"];

    /// Parses one of [`TaxBehavior::NAMES`]; anything else is unspecified.
    pub(crate) fn named(name: Option<&str>) -> TaxBehavior {
        match name {
            Some("inclusive") => TaxBehavior::Inclusive,
            Some("exclusive") => TaxBehavior::Exclusive,
            _ => TaxBehavior::Unspecified,
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn is_unspecified(&self) -> bool {
        *self == TaxBehavior::Unspecified
    }
}

/// A shipping option, created with its session. The first one is the default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShippingOption {
    /// `shr_…`
    pub(crate) id: String,
    pub(crate) display_name: String,
    /// In minor units of the session's currency.
    pub(crate) amount: i64,
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub(crate) tax_behavior: TaxBehavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<String>,
    #[serde(default)]
    pub(crate) estimate: DeliveryEstimate,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
}

/// How long shipping takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryEstimate {
    pub(crate) minimum: Option<DeliveryBound>,
    pub(crate) maximum: Option<DeliveryBound>,
}

/// One end of a delivery estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryBound {
    pub(crate) unit: DeliveryUnit,
    pub(crate) value: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryUnit {
    Hour,
    Day,
    BusinessDay,
    Week,
    Month,
}

impl DeliveryUnit {
    pub(crate) const NAMES: [&'static str; 5] = ["hour", "day", "business_day", "week", "month"];

    /// Parses one of [`DeliveryUnit::NAMES`].
    pub(crate) fn named(name: &str) -> DeliveryUnit {
        match name {
            "hour" => DeliveryUnit::Hour,
            "business_day" => DeliveryUnit::BusinessDay,
            "week" => DeliveryUnit::Week,
            "month" => DeliveryUnit::Month,
            _ => DeliveryUnit::Day,
        }
    }
}

/// The shop's own texts on the payment page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct CustomText {
    pub(crate) submit: Option<String>,
    pub(crate) shipping_address: Option<String>,
    pub(crate) terms_of_service_acceptance: Option<String>,
    pub(crate) after_submit: Option<String>,
}

/// A text field that the shop adds to the payment page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CustomField {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) optional: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_value: Option<String>,
    /// In characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) minimum_length: Option<i64>,
    /// In characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) maximum_length: Option<i64>,
}

/// The optional parameters. Values that are only returned are stored as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SessionOptions {
    /// Set if the shop disabled adaptive pricing; otherwise shoppers abroad pay in their own
    /// currency.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) adaptive_pricing_off: bool,
    pub(crate) automatic_tax: bool,
    pub(crate) allow_promotion_codes: Option<bool>,
    /// Set by `discounts`; the shopper cannot remove it.
    pub(crate) discount: Option<Discount>,
    /// `auto` or `required`.
    pub(crate) billing_address_collection: Option<String>,
    /// If empty, no shipping address is collected.
    pub(crate) shipping_countries: Vec<String>,
    pub(crate) shipping_options: Vec<ShippingOption>,
    pub(crate) phone_number_collection: bool,
    /// `none` or `required`.
    pub(crate) terms_of_service: Option<String>,
    pub(crate) custom_text: CustomText,
    pub(crate) submit_type: Option<String>,
    /// Returned as sent. No customer is created, since the sandbox has no customers.
    pub(crate) customer_creation: Option<String>,
    pub(crate) payment_intent_description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom_fields: Vec<CustomField>,
    /// Set if the shopper may enter a tax id: `never` or `if_supported`, when it is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tax_id_required: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) invoice_creation: bool,
}

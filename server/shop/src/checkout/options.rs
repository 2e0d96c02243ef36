//! What shoppers are asked for on Stripe's page beside the payment. The owner sets it by the environment.

use serde::{Deserialize, Serialize};

/// The options of a shop. A checkout keeps those that it began with, so that a retry is the same request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whether Stripe Tax works out the tax.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic_tax: bool,
    /// Whether the prices contain the tax already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tax_inclusive: bool,
}

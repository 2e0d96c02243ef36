//! Coupons, promotion codes, and the discounts that sessions copy from them.

use serde::{Deserialize, Serialize};

use crate::metadata::Metadata;
use crate::money::Currency;

/// The discount that a coupon gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscountValue {
    /// Ten-thousandths of a percent: 25.5 % is 255000.
    Percent(u32),
    /// Minor units.
    Amount { amount: i64, currency: Currency },
}

/// A coupon.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Coupon {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) name: Option<String>,
    pub(crate) off: DiscountValue,
    /// `once`, `forever` or `repeating`; no difference for one-time payments.
    pub(crate) duration: String,
    pub(crate) duration_in_months: Option<i64>,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) redeem_by: Option<i64>,
    pub(crate) times_redeemed: i64,
    pub(crate) metadata: Metadata,
}

/// A code that shoppers type to get a coupon.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PromotionCode {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) code: String,
    pub(crate) coupon: String,
    /// As the shop's owner set it.
    pub(crate) active: bool,
    pub(crate) max_redemptions: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    /// The minimum subtotal, in minor units.
    pub(crate) minimum: Option<(i64, Currency)>,
    pub(crate) first_time_transaction: bool,
    pub(crate) times_redeemed: i64,
    pub(crate) metadata: Metadata,
}

/// A session's copy of the coupon that was applied to it. Later changes of the coupon do not affect
/// it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Discount {
    pub(crate) coupon: String,
    /// The coupon's name, for the payment page.
    pub(crate) name: Option<String>,
    pub(crate) off: DiscountValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) promotion_code: Option<AppliedPromotionCode>,
}

/// The promotion code of a discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AppliedPromotionCode {
    pub(crate) id: String,
    pub(crate) code: String,
}

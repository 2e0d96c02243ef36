//! A refund at Stripe.

use sea_orm::entity::prelude::*;
use till_core::money::CurrencyCode;
use till_core::refunds::RefundStatus;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    /// Stripe's id, `re_…` or `pyr_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub order_id: i64,
    /// In minor units of `currency`.
    pub amount: i64,
    pub currency: CurrencyCode,
    /// It moves forward only.
    pub status: RefundStatus,
    /// When it was created at Stripe.
    pub created_at: TimeDateTimeWithTimeZone,
    /// When Stripe reported that it failed; only if its status says so.
    pub failed_at: Option<TimeDateTimeWithTimeZone>,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

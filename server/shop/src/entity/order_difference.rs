//! A difference between an order and its session at Stripe, found by the last comparison.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display};

/// How a session and its order differ.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Kind {
    /// Paid at Stripe, but there is no order here.
    PaidWithoutOrder,
    /// An order here, but not paid at Stripe.
    OrderWithoutPayment,
    /// The total or the currency differs.
    AmountDiffers,
    /// The refunded sum at Stripe is not that of the refunds here.
    RefundsDiffer,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_difference")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub stripe_session_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
    pub order_id: i64,
    /// The amounts here and at Stripe. Other amounts are another difference, which needs its own
    /// resolution.
    pub amounts: String,
    pub found_at: TimeDateTimeWithTimeZone,
    /// The resolution that covers it.
    pub resolution_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

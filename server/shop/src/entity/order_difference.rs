//! A difference between an order and its session at Stripe, found by the last comparison.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_difference")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub stripe_session_id: String,
    /// See [`crate::reconcile::Kind`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub order_id: i64,
    /// The amounts here and at Stripe. Other amounts are another difference, which needs its own
    /// resolution.
    pub amounts: String,
    pub found_at: TimeDateTimeWithTimeZone,
    /// The resolution that covers it.
    pub resolution_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

//! A refund that the owner has asked for at the command line.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_request")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    /// In minor units of the order's currency.
    pub amount: i64,
    /// Whether the order's units go back into stock once Stripe has made the refund.
    pub restock: bool,
    /// See [`crate::orders::refund::RequestState`].
    pub state: String,
    /// Stripe's id of the refund, once it is made.
    pub stripe_refund_id: Option<String>,
    /// The user of the operating system.
    pub requested_by: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

//! A refund that the owner has requested on the command line.

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
    /// Whether to return the order's units to stock once Stripe has created the refund.
    pub restock: bool,
    /// See [`crate::orders::refund::RequestState`].
    pub state: String,
    /// Stripe's id of the refund, once it is created.
    pub stripe_refund_id: Option<String>,
    /// The operating system's user name.
    pub requested_by: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

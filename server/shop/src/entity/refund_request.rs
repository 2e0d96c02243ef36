//! A refund that the owner has requested on the command line.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display};

/// The state of a refund request.
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
pub enum RequestState {
    /// Not sent to Stripe yet, or to be sent again.
    Asked,
    /// Stripe has made the refund.
    Made,
    /// The refund was not made, and is not retried unless the owner asks for it.
    Refused,
}

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
    pub state: RequestState,
    /// Stripe's id of the refund, once it is created.
    pub stripe_refund_id: Option<String>,
    /// The operating system's user name.
    pub requested_by: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

//! A refund that the owner has requested.

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
    /// Whether to return the units to stock once Stripe has created the refund: those of its lines,
    /// or all of the order if it has none.
    pub restock: bool,
    /// Why, for the owner's records.
    pub reason: Option<String>,
    /// Whether the buyer is told.
    pub notify: bool,
    /// Derived from the form's token and what was requested; `None` on the command line.
    #[sea_orm(unique)]
    pub submission: Option<String>,
    pub state: RequestState,
    /// Stripe's id of the refund, once it is created.
    pub stripe_refund_id: Option<String>,
    /// The user's email address, or the operating system's user name.
    pub requested_by: String,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

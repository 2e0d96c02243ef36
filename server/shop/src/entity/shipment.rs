//! A parcel of an order.

use sea_orm::entity::prelude::*;
use till_core::carrier::Carrier;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipment")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    /// `None` if the owner has not said.
    pub carrier: Option<Carrier>,
    /// The name of another carrier.
    pub carrier_name: Option<String>,
    pub tracking_number: Option<String>,
    /// Whether the buyer is told.
    pub notify: bool,
    /// The user's email address, or the operating system's user name.
    pub shipped_by: String,
    pub shipped_at: TimeDateTimeWithTimeZone,
    /// Counts the changes; a new one has 1.
    pub version: i64,
    /// When it was undone: its units count as not shipped.
    pub undone_at: Option<TimeDateTimeWithTimeZone>,
    /// As `shipped_by`.
    pub undone_by: Option<String>,
    /// Derived from the form's token and what was stated; `None` on the command line.
    #[sea_orm(unique)]
    pub submission: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

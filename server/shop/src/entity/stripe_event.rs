//! A Stripe event as received.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display, EnumString};

/// The state of a stored event.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumString,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum EventState {
    /// It refers to an order that does not exist yet.
    Pending,
    /// Everything it changes is written.
    Applied,
    /// It changes nothing: not our session, a type that we do not use, or its order was not created
    /// in time. If the order is created later, the event is applied.
    Ignored,
    /// It could not be applied; it is retried.
    Failed,
    /// Out of retries: only the owner can have it retried.
    Dead,
}

/// How an event reached us.
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
pub enum Source {
    /// Stripe sent it, with a valid signature.
    Webhook,
    /// Fetched from Stripe's API.
    Pulled,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_event")]
pub struct Model {
    /// Stripe's id, `evt_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub r#type: String,
    pub livemode: bool,
    /// The body as received, except for invalid characters, see [`crate::inbox::text`]. Holds
    /// personal data: never logged.
    pub payload: String,
    pub state: EventState,
    /// Why it failed or was ignored.
    pub error: Option<String>,
    /// The checkout that it is about, if that is one of this shop.
    pub checkout_id: Option<String>,
    /// When it was created at Stripe.
    pub created_at: TimeDateTimeWithTimeZone,
    /// When it was received. If it had been read from Stripe before its webhook arrived, when that
    /// arrived.
    pub received_at: TimeDateTimeWithTimeZone,
    /// Number of failed attempts.
    pub attempts: i32,
    /// When a failed event is retried, or a waiting one is given up.
    pub due_at: Option<TimeDateTimeWithTimeZone>,
    /// The payment intent whose order must exist first.
    pub waits_for: Option<String>,
    pub source: Source,
    /// When the owner dismissed it: it failed and needs no further action.
    pub dismissed_at: Option<TimeDateTimeWithTimeZone>,
    /// Who dismissed it.
    pub dismissed_by: Option<String>,
    /// Why it was dismissed.
    pub dismissed_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

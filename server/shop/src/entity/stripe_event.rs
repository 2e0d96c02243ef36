//! One event of Stripe's, as it arrived.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_event")]
pub struct Model {
    /// Stripe's id, `evt_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub r#type: String,
    pub livemode: bool,
    /// The body as it came, but for characters that are none, see [`crate::inbox::text`]. Holds
    /// personal data: never logged.
    pub payload: String,
    /// See [`crate::inbox::EventState`].
    pub state: String,
    /// Why it failed or was ignored.
    pub error: Option<String>,
    /// The checkout that it concerns, where it is ours.
    pub checkout_id: Option<String>,
    /// When Stripe made it.
    pub created_at: TimeDateTimeWithTimeZone,
    /// When it came here; where it had been read from Stripe before its webhook came, when that did.
    pub received_at: TimeDateTimeWithTimeZone,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// When a failed event is tried again, and when a waiting one is given up.
    pub due_at: Option<TimeDateTimeWithTimeZone>,
    /// The payment intent whose order must come first.
    pub waits_for: Option<String>,
    /// See [`crate::inbox::Source`].
    pub source: String,
    /// When the owner has dismissed it: it failed, and nothing is to be done about it any more.
    pub dismissed_at: Option<TimeDateTimeWithTimeZone>,
    /// Who did.
    pub dismissed_by: Option<String>,
    /// Why.
    pub dismissed_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

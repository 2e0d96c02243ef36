//! What the owner should know about Stripe and the shop as a whole.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_fact")]
pub struct Model {
    /// A [`crate::notice::Notice`] by its name, or another thing that is said once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What was seen last, in words. Holds no personal data.
    pub detail: String,
    /// When it was seen last.
    pub seen_at: TimeDateTimeWithTimeZone,
    /// When the owner was last written to about it.
    pub mailed_at: Option<TimeDateTimeWithTimeZone>,
}

impl ActiveModelBehavior for ActiveModel {}

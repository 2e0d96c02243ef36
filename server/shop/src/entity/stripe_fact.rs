//! Facts about Stripe and the shop as a whole that the owner should know.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_fact")]
pub struct Model {
    /// The name of a [`crate::notice::Notice`], or of another fact that is reported once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// What was seen last, as text. Holds no personal data.
    pub detail: String,
    /// When it was seen last.
    pub seen_at: TimeDateTimeWithTimeZone,
    /// When the owner was last emailed about it.
    pub mailed_at: Option<TimeDateTimeWithTimeZone>,
}

impl ActiveModelBehavior for ActiveModel {}

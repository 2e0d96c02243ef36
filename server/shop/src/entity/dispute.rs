//! A payment that the shopper's bank has called into question.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute")]
pub struct Model {
    /// Stripe's id, `dp_…` or `du_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub order_id: i64,
    /// In minor units of `currency`.
    pub amount: i64,
    pub currency: String,
    /// See [`crate::money_back::DisputeStatus`] and [`crate::money_back::DisputeFact::merge`].
    pub status: String,
    /// When Stripe told of this status.
    pub status_at: TimeDateTimeWithTimeZone,
    /// See [`crate::money_back::Certainty`].
    pub certainty: String,
    /// Stripe's word, such as `fraudulent`.
    pub reason: Option<String>,
    /// Stripe has taken the amount out of the balance.
    pub funds_withdrawn: bool,
    /// Stripe has put it back.
    pub funds_reinstated: bool,
    /// When Stripe made it.
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

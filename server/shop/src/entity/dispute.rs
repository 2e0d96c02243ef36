//! A dispute or inquiry about a payment.

use sea_orm::entity::prelude::*;
use till_core::money::CurrencyCode;
use till_core::refunds::{Certainty, DisputeStatus};

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
    pub currency: CurrencyCode,
    /// See [`till_core::refunds::DisputeFact::merge`].
    pub status: DisputeStatus,
    /// When Stripe reported this status.
    pub status_at: TimeDateTimeWithTimeZone,
    pub certainty: Certainty,
    /// Stripe's word, such as `fraudulent`.
    pub reason: Option<String>,
    /// Whether Stripe has withdrawn the amount from the balance.
    pub funds_withdrawn: bool,
    /// Whether Stripe has reinstated it.
    pub funds_reinstated: bool,
    /// Until when Stripe takes evidence, the latest that an event has stated.
    pub evidence_due_by: Option<TimeDateTimeWithTimeZone>,
    /// When it was created at Stripe.
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

//! What was paid.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order")]
pub struct Model {
    /// The key inside; what people read is `number`.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// By which shopper and owner speak of it, see [`crate::orders::OrderNumbers`]. It never
    /// changes.
    #[sea_orm(unique)]
    pub number: String,
    #[sea_orm(unique)]
    pub checkout_id: String,
    #[sea_orm(unique)]
    pub stripe_session_id: String,
    /// None where nothing was due.
    pub stripe_payment_intent_id: Option<String>,
    /// All amounts in minor units of this, as Stripe confirmed them.
    pub currency: String,
    pub amount_subtotal: i64,
    pub amount_discount: i64,
    pub amount_shipping: i64,
    pub amount_tax: i64,
    pub amount_total: i64,
    /// Stripe's word: `paid` or `no_payment_required`.
    pub payment_status: String,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    /// Of the shopper, as far as the payment page asked: Stripe's address object, as JSON.
    pub billing_address: Option<String>,
    pub shipping_name: Option<String>,
    /// Stripe's address object, as JSON.
    pub shipping_address: Option<String>,
    /// The name of the shipping rate that was chosen.
    pub shipping_method: Option<String>,
    /// Why the owner should look at it, see [`crate::orders::Flag`].
    pub flag: Option<String>,
    /// When it was made from what Stripe has, see [`crate::reconcile::Adoption`]; `None` for all
    /// others. The owner should look at it.
    pub adopted_at: Option<TimeDateTimeWithTimeZone>,
    pub paid_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

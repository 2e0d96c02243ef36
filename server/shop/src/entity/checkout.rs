//! What was promised to one shopper.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout")]
pub struct Model {
    /// Random, 32 hexadecimal digits: `client_reference_id` at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The form that began it; `None` once it has ended without money, so that the form can begin another.
    #[sea_orm(unique)]
    pub attempt: Option<String>,
    /// The attempt of the form, where that was paid already and `attempt` is derived from it and
    /// the quantities.
    pub derived_from: Option<String>,
    /// Opens `/orders/{token}`.
    #[sea_orm(unique)]
    pub token: String,
    /// A [`crate::lifecycle::CheckoutState`] by its name.
    pub state: String,
    pub currency: String,
    /// Sum over the lines, in minor units.
    pub amount_subtotal: i64,
    /// Origin that the links sent to Stripe begin with. Stored, so that a retry is the same request.
    pub public_url: String,
    /// Unknown until Stripe has answered, or an event has named it.
    #[sea_orm(unique)]
    pub stripe_session_id: Option<String>,
    /// Where the shopper pays.
    pub stripe_url: Option<String>,
    /// Why it was refused, for the owner.
    pub error: Option<String>,
    /// A [`crate::checkout::Options`] as JSON: what the session was created with beside its lines.
    pub options: String,
    /// Who began it, by [`crate::limits::Client::key`]; only while it holds stock.
    pub client: Option<String>,
    /// The client's [`crate::limits::Client::network`]; only while it holds stock.
    pub client_network: Option<String>,
    /// Until when the session can be paid, and the stock is held.
    pub expires_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

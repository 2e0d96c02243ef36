//! A checkout: quote, hold and session of one attempt.

use sea_orm::entity::prelude::*;
use till_core::lifecycle::CheckoutState;
use till_core::money::Currency;
use till_core::token::{AttemptToken, OrderToken, ShopId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout")]
pub struct Model {
    /// Random, 32 hexadecimal digits: `client_reference_id` at Stripe.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The attempt token of the form that began it; `None` once it has ended unpaid, so that the
    /// form can begin another.
    #[sea_orm(unique)]
    pub attempt: Option<AttemptToken>,
    /// The form's attempt token, if the form's first checkout was paid and `attempt` is derived
    /// from that token and the quantities.
    pub derived_from: Option<AttemptToken>,
    /// Opens `/orders/{token}`.
    #[sea_orm(unique)]
    pub token: OrderToken,
    pub state: CheckoutState,
    pub currency: Currency,
    /// Sum of the lines, in minor units.
    pub amount_subtotal: i64,
    /// The code of the language in which the shopper buys.
    pub language: String,
    /// Beginning of the links sent to Stripe: the shop's origin and the prefix of the language.
    /// Stored so that a retry sends the same request.
    pub public_url: String,
    /// Unknown until Stripe has responded or an event has named it.
    #[sea_orm(unique)]
    pub stripe_session_id: Option<String>,
    /// URL of Stripe's payment page.
    pub stripe_url: Option<String>,
    /// Why it was refused, for the owner.
    pub error: Option<String>,
    /// The session's [`crate::checkout::Options`] as JSON.
    pub options: String,
    /// The client's [`till_core::limits::Client::key`]; only while units are held.
    pub client: Option<String>,
    /// The client's [`till_core::limits::Client::network`]; only while units are held.
    pub client_network: Option<String>,
    /// The shop's id sent to Stripe, see [`crate::identity`]; `None` if the checkout is older than
    /// the id. Stored so that a retry sends the same request.
    pub shop: Option<ShopId>,
    /// When the session and the hold expire.
    pub expires_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}

//! What the domain needs to work: the database, Stripe and a few settings.

use std::time::Duration;

use crate::checkout::{Options, PaymentOrigins};
use crate::contact::Contact;
use crate::database::Database;
use crate::identity::Identity;
use crate::limits::Limiter;
use crate::mail::Mailer;
use crate::orders::OrderNumbers;
use crate::stripe::Stripe;
use crate::time_zone::TimeZone;

/// Settings of the shop that the domain cares about.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Shown in headings.
    pub name: String,
    /// Origin of the shop as shoppers reach it, without a slash at the end: `https://shop.example`.
    pub public_url: String,
    /// Whether the key takes real money. Events of the other mode are not applied.
    pub livemode: bool,
    /// How long a session can be paid and its stock is held. Stripe's minimum is 30 minutes.
    pub hold: Duration,
    /// What becomes of a payment that arrives when the pieces are gone.
    pub late_payment: LatePayment,
    /// What shoppers are asked for on Stripe's page beside the payment.
    pub options: Options,
    /// How orders are numbered.
    pub order_numbers: OrderNumbers,
    /// By which clocks people read dates.
    pub time_zone: TimeZone,
    /// Who the shop is to Stripe.
    pub identity: Identity,
    /// Whether the owner gets a mail about each new order.
    pub mail_new_orders: bool,
    /// Who keeps the shop, and where to write.
    pub contact: Contact,
}

/// What becomes of a payment that arrives after its hold was given up, when the pieces are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatePayment {
    /// It is given back by itself.
    #[default]
    Refund,
    /// It stands, the order is flagged as oversold, and the owner sees to it.
    Accept,
}

/// Everything that a function of the domain needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The database.
    pub database: Database,
    /// The way to Stripe.
    pub stripe: Stripe,
    /// The way of mails.
    pub mailer: Mailer,
    /// What the owner has set.
    pub settings: Settings,
    /// What one client, and all together, may ask for.
    pub limiter: Limiter,
    /// Where sessions are paid. Browsers must allow a form to lead there.
    pub payment_origins: PaymentOrigins,
}

impl Shop {
    /// The same shop for one request of a shopper, who waits for Stripe only so long.
    pub(crate) fn for_shopper(&self) -> Self {
        Self {
            stripe: self.stripe.for_shopper(),
            ..self.clone()
        }
    }
}

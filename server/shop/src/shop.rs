//! The shop's shared state: the database, Stripe, email and settings.

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

/// The settings that the domain uses.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The shop's name, shown in headings.
    pub name: String,
    /// Origin at which shoppers reach the shop, without a trailing slash: `https://shop.example`.
    pub public_url: String,
    /// Whether the Stripe key is a live key. Events of the other mode are not applied.
    pub livemode: bool,
    /// How long a session can be paid and its units are held. Stripe's minimum is 30 minutes.
    pub hold: Duration,
    /// What to do with a payment that arrives when the units are sold out.
    pub late_payment: LatePayment,
    /// What Stripe's page asks shoppers for in addition to the payment.
    pub options: Options,
    /// The format of order numbers.
    pub order_numbers: OrderNumbers,
    /// The time zone of dates that people read.
    pub time_zone: TimeZone,
    /// The id by which Stripe's metadata names this shop.
    pub identity: Identity,
    /// Whether the owner gets an email about each new order.
    pub mail_new_orders: bool,
    /// The owner's contact details.
    pub contact: Contact,
}

/// What to do with a payment that arrives after its hold was released, when the units are sold out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatePayment {
    /// It is refunded automatically.
    #[default]
    Refund,
    /// It is kept, and the order is flagged as oversold for the owner.
    Accept,
}

/// Everything that the domain's functions need; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The database.
    pub database: Database,
    /// The Stripe client.
    pub stripe: Stripe,
    /// Sends emails.
    pub mailer: Mailer,
    /// The owner's settings.
    pub settings: Settings,
    /// Rate limits for each client and for all clients together.
    pub limiter: Limiter,
    /// Origins of the payment pages. The pages' `form-action` policy must allow them.
    pub payment_origins: PaymentOrigins,
}

impl Shop {
    /// The same shop with the time limit on Stripe calls that applies to one shopper's request.
    pub(crate) fn for_shopper(&self) -> Self {
        Self {
            stripe: self.stripe.for_shopper(),
            ..self.clone()
        }
    }
}

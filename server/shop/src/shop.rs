//! What the domain needs to work: the database, Stripe and a few settings.

use std::time::Duration;

use crate::database::Database;
use crate::stripe::Stripe;

/// Settings of the shop that the domain cares about.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Shown in headings.
    pub name: String,
    /// Origin of the shop as shoppers reach it, without a slash at the end: `https://shop.example`.
    pub public_url: String,
    /// Whether the key takes real money. Events of the other mode are not applied.
    pub livemode: bool,
    /// Whether the local sandbox stands in for Stripe: every page says that no real payment is taken.
    pub sandbox: bool,
    /// Origin of the page on which sessions are paid. Browsers must allow a form to lead there.
    pub payment_origin: String,
    /// How long a session can be paid and its stock is held. Stripe's minimum is 30 minutes.
    pub hold: Duration,
}

/// Everything that a function of the domain needs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The database.
    pub database: Database,
    /// The way to Stripe.
    pub stripe: Stripe,
    /// What the owner has set.
    pub settings: Settings,
}

//! The domain of Till: products, checkouts and orders.
//!
//! Without features this crate holds pure types and rules that also compile to WASM: [`money`],
//! [`quantity`], [`token`], [`view`], [`refusal`], [`limits`] and the [`lifecycle`] of a checkout.
//! The feature `ssr` adds everything that touches the database or Stripe.
#![forbid(unsafe_code)]

pub mod crash_points;
pub mod lifecycle;
pub mod limits;
pub mod money;
pub mod quantity;
pub mod refunds;
pub mod refusal;
pub mod token;
pub mod view;

#[cfg(feature = "ssr")]
pub mod catalog;
#[cfg(feature = "ssr")]
pub mod checkout;
#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
pub mod contact;
#[cfg(feature = "ssr")]
pub mod country;
#[cfg(feature = "ssr")]
pub mod database;
#[cfg(feature = "ssr")]
pub mod doctor;
#[cfg(feature = "ssr")]
pub mod entity;
#[cfg(feature = "ssr")]
pub mod error_chain;
#[cfg(feature = "ssr")]
pub mod identity;
#[cfg(feature = "ssr")]
pub mod inbox;
#[cfg(feature = "ssr")]
mod isolated;
#[cfg(feature = "ssr")]
pub mod lease;
#[cfg(feature = "ssr")]
pub mod mail;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod orders;
#[cfg(feature = "ssr")]
pub mod outbox;
#[cfg(feature = "ssr")]
pub mod prune;
#[cfg(feature = "ssr")]
pub mod reconcile;
#[cfg(feature = "ssr")]
pub mod secret;
#[cfg(feature = "ssr")]
mod shop;
#[cfg(feature = "ssr")]
pub mod stripe;
#[cfg(feature = "ssr")]
pub mod time_zone;

#[cfg(feature = "ssr")]
pub use shop::{LatePayment, Settings, Shop};

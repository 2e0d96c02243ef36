//! The domain of Till on its database: products, checkouts and orders, the inbox and the outbox,
//! and the calls to Stripe. Its pure types and decisions are in [`till_core`].
#![forbid(unsafe_code)]

pub mod admin;
pub mod audit;
pub mod catalog;
mod catalog_change;
pub mod checkout;
pub mod clock;
pub mod contact;
pub mod country;
pub mod crash_points;
pub mod database;
pub mod delivery_time;
pub mod doctor;
pub mod entity;
pub mod error_chain;
pub mod face;
pub mod first_steps;
pub mod guarantee;
pub mod identity;
pub mod inbox;
mod isolated;
pub mod law;
pub mod lease;
pub mod limits;
pub mod live;
pub mod local_text;
pub mod logo;
pub mod mail;
pub mod markdown;
pub mod new_token;
pub mod notice;
pub mod orders;
pub mod outbox;
pub mod owner_settings;
pub mod pictures;
pub mod policy;
pub mod profile;
pub mod prune;
pub mod reconcile;
pub mod settings;
pub mod settings_list;
mod shop;
mod spreadsheet;
pub mod storage;
pub mod stored_settings;
pub mod stripe;
pub mod time_zone;
pub mod today;
pub mod withdrawals;

pub use checkout::LatePayment;
pub use shop::{Settings, Shop, ShopParts};

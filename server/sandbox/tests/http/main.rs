//! The sandbox as its clients meet it: over HTTP.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod async_stripe;
mod bench;
mod business;
mod checkout_sessions;
mod clock;
mod coupons;
mod disputes;
mod events;
mod every_event;
mod faults;
mod idempotency;
mod payment_page;
mod payment_page_options;
mod payments;
mod promotion_codes;
mod protocol;
mod refunds;
mod restart;
mod secrecy;
mod session_options;
mod shapes;
mod shipping;
mod switchboard;
mod tax;
mod three_d_secure;
mod webhook_endpoints;
mod webhooks;

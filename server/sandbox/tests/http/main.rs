//! The sandbox as its clients meet it: over HTTP.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod async_stripe;
mod bench;
mod checkout_sessions;
mod clock;
mod disputes;
mod events;
mod faults;
mod idempotency;
mod payment_page;
mod payments;
mod protocol;
mod refunds;
mod restart;
mod secrecy;
mod switchboard;
mod webhook_endpoints;
mod webhooks;

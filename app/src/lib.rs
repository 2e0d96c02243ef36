//! Till's pages.
//!
//! This crate is compiled twice: with the feature `ssr` into the server, which renders every page,
//! and with `hydrate` to WASM, where only [`islands`] run. Everything outside an island exists on
//! the server only.
#![forbid(unsafe_code)]

pub mod api;
#[cfg(feature = "ssr")]
mod document;
pub mod islands;
#[cfg(feature = "ssr")]
pub mod listing_address;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod withdrawal;

#[cfg(feature = "ssr")]
pub use document::{App, shell};
#[cfg(feature = "ssr")]
pub use pages::choice::Choice;
#[cfg(feature = "ssr")]
pub use pages::form_state::FormAttempt;
#[cfg(feature = "ssr")]
use ui::{files, head, headers, language};

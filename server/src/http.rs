//! HTTP: who may ask what, and in which form the answer goes out.

pub mod accept;
pub mod assets;
pub mod checkout_form;
pub mod health;
pub mod router;
pub mod security_headers;
pub mod webhook;

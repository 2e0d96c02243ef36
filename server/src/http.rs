//! HTTP: who may ask what, and in which form the answer goes out.

pub mod accept;
pub mod assets;
pub mod checkout_form;
pub mod client;
pub mod connections;
pub mod deadline;
pub mod health;
pub mod link;
pub mod request_id;
pub mod router;
pub mod security_headers;
pub mod stall;
pub mod webhook;

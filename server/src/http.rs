//! HTTP: connections, routes, middleware and handlers.

pub mod accept;
pub mod address;
pub mod assets;
pub mod checkout_form;
mod choice;
pub mod client;
pub mod connections;
pub mod deadline;
mod discovery;
pub mod explanation;
pub mod find_order;
pub mod front;
pub mod health;
mod language;
mod listing_form;
pub mod notices;
pub mod page_cache;
pub mod pages;
pub mod pictures;
pub mod request_id;
pub mod router;
pub mod security_headers;
pub mod stall;
mod storable;
pub mod theme;
pub mod webhook;
pub mod withdraw;

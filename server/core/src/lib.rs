//! Pure types and decisions of Till, without input or output: they compile to WASM as well.
//!
//! From the bottom up: [`quantity`], [`money`] and [`token`]; [`unit_price`]s and [`sale`]s;
//! [`limits`]; the [`lifecycle`] of a checkout, [`refunds`] and disputes; [`carrier`]s and the
//! [`fulfilment`] of an order; [`refusal`]s; and the [`view`]s that pages show. A [`choice`] is
//! what a browser tab remembers.
#![forbid(unsafe_code)]

pub mod accent;
pub mod admin;
pub mod carrier;
pub mod characters;
pub mod choice;
pub mod fulfilment;
pub mod lifecycle;
pub mod limits;
pub mod money;
mod open_enum;
pub mod quantity;
pub mod refunds;
pub mod refusal;
pub mod sale;
pub mod token;
pub mod unit_price;
pub mod view;

//! The owner's admin: pages below `/admin`, and the server functions that their forms are sent to.
//!
//! Everything is rendered on the server, and works without scripts. Each page and each server
//! function asks for its right itself, by [`access::require`].
#![forbid(unsafe_code)]

pub mod access;
mod amounts;
pub mod api;
pub mod assets;
pub mod audit_query;
mod audit_words;
pub mod codes;
mod cookies;
pub mod decision;
mod document;
mod form;
mod guarded;
pub mod held;
mod languages;
mod layout;
mod new_password;
mod notice;
mod pages;
mod paths;
mod problems;
mod product_words;
mod request;
pub mod sent;
mod sent_product;
mod setting_problems;
mod setting_values;
mod state_words;
mod times;
pub mod uploads;

pub use document::{AdminApp, shell};
pub use languages::{languages, nearest};
pub use notice::Notice;
pub use pages::orders::chosen as chosen_orders;
pub use paths::is_page_of_admin;

/// The path of the first page, below which all others are.
pub const ROOT: &str = "/admin";
/// What the paths of the server functions begin with.
pub const API: &str = "/admin/api";

//! The server functions. Each is thin, and calls one function of `shop`.
//!
//! They answer plain forms: each leaves a [`crate::decision::Decision`], from which the server
//! makes a redirect or the form's page. The form's field `from` says which page that is; it is not
//! an argument of theirs.

pub mod account;
pub mod categories;
pub mod forgotten;
pub mod link;
pub mod logo;
pub mod orders;
pub mod pictures;
pub mod policies;
pub mod product_import;
pub mod products;
pub mod repairs;
pub mod second_factor;
pub mod settings;
pub mod sign_in;
pub mod sign_out;
pub mod stock;
pub mod users;

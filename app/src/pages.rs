//! One file per page, and components that pages share. All of it runs on the server only.

pub mod arrival;
pub mod buy_form;
pub mod cancelled;
pub mod catalog;
pub mod error;
pub mod find_order;
pub mod head;
pub mod icons;
pub mod layout;
pub mod not_found;
pub mod order;
pub mod payment_link;
pub mod product;

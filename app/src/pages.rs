//! One file per page, and what pages share. All of it runs on the server only.

pub mod buy_form;
pub mod cancelled;
pub mod catalog;
pub mod icons;
pub mod layout;
pub mod not_found;
pub mod order;
pub mod product;
pub mod trouble;

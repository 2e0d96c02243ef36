//! One file per page, and components that pages share. All of it runs on the server only.

pub mod arrival;
pub mod buy_form;
pub mod cancelled;
pub mod catalog;
pub mod category;
pub mod category_links;
pub mod choice;
pub mod error;
pub mod find_order;
pub mod head;
pub mod icons;
pub mod layout;
pub mod listing;
pub mod not_found;
pub mod order;
pub mod payment_link;
pub mod picture;
pub mod policy;
pub mod policy_links;
pub mod price;
pub mod product;
pub mod search;
pub mod search_box;
pub mod structured_data;
pub mod withdraw;
pub mod withdraw_link;

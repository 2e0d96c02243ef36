//! Everything that runs in the browser, and nothing else.
//!
//! Each island improves a page that works without it: the form is a plain form, the order page refreshes itself.

pub mod order_watch;
pub mod pay_bar;
pub mod running_total;
pub mod stepper;

//! What the pages of the shop and of the owner's admin share. It runs on the server only.
#![forbid(unsafe_code)]

pub mod files;
pub mod head;
pub mod headers;
pub mod language;
pub mod rendered;
pub mod text_area;
pub mod when_read;

pub use files::Files;
pub use language::provide_language;

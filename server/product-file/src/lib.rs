//! Reads product files as shop owners have them, and writes Till's own format.
//!
//! No database and no network: the caller imports the products that [`read`] returns.
//!
//! ```no_run
//! use product_file::{Format, InputFile, Options, read};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = InputFile::new("products.csv", std::fs::File::open("products.csv")?);
//! let options = Options { format: Format::Till, currency: None };
//! let mut products = read(vec![file], options)?;
//! for product in products.by_ref() {
//!     println!("{:?}", product?.slug);
//! }
//! // Only now is it known whether the files may be imported.
//! println!("{}", products.report().problems);
//! # Ok(())
//! # }
//! ```
//!
//! # Files
//!
//! - UTF-8 with or without a byte order mark, UTF-16, and older encodings such as Windows-1252,
//!   which are guessed: [`FileReport::sample`] lets the owner see whether correctly.
//! - Cells are separated by commas, semicolons, tabs, or what a first line `sep=;` declares.
//! - Lines end with LF, CRLF or CR, and are numbered as an editor does.
//! - Rows of separators alone are skipped.
//!
//! # Columns of Till's own format
//!
//! In any order and case; only `sku` is required. A column that is not in the file says nothing:
//! an import keeps what is stored ([`Given::Absent`]). A column with another name is not read, and
//! is listed in [`FileReport::unread_columns`].
//!
//! Rows with the same `slug` are the variants of one product, wherever in the files they are.
//! What they share may be in one of them or in all. Without the column `slug`, each row is about
//! the product that has its SKU.
//!
//! Of the product:
//!
//! - `slug`: the last part of its page's address: `tin-cup`.
//! - `name`: one line, at most 250 characters.
//! - `description`: plain text of up to 20,000 characters. HTML becomes text, and a literal `\n` a
//!   line break.
//! - `category`, `brand`: a name of at most 100 characters.
//! - `image`: `https://…`, `/pictures/…` or a file's name without folders, of the kinds jpg, jpeg,
//!   png, webp, gif, avif and svg. Several with `|` between them.
//! - `image_alt`: a text for each picture, in the same order, with `|` between them. Only beside
//!   the column `image`.
//! - `position`: products are sorted by this number.
//! - `name_de`, `description_de` and so on: name and description in one of the shop's languages.
//! - `manufacturer_name`, `manufacturer_address`, `manufacturer_contact`, `responsible_person`,
//!   `safety`: what the page says about the product's safety, see [`ProductText`].
//!
//! Of the variant:
//!
//! - `variant`: what distinguishes it. Empty if it is the only one.
//! - `sku`: identifies it, at most 100 characters.
//! - `active`: whether it is on sale: `true`, `yes`, `1` or `WAHR`, and `false`, `no`, `0` or
//!   `FALSCH`. A variant without one takes that of the product's first row that has one, so it may
//!   be in a single row for all.
//! - `price`: in minor units: `1250` is €12.50.
//! - `price_decimal`: instead of `price`: `12.50`, `12,50` or `1.234,50`. `1,250` is refused,
//!   because it may mean two prices.
//! - `currency`: `EUR`. Without it, the currency of [`Options`].
//! - `sale_price`, `sale_price_decimal`: a reduced price.
//! - `sale_from`, `sale_until`: its first and last day: `2026-11-28`.
//! - `stock`: units. Empty: not counted.
//! - `max_per_order`: units in one order.
//! - `weight_grams`: of one unit.
//! - `gtin`: the digits of its barcode (EAN, UPC or ISBN).
//! - `content_amount`, `content_unit`: `0.75` and one of [`ContentUnit`].
//! - `tax_code`: Stripe's: `txcd_99999999`.
//!
//! A cell that a spreadsheet would run as a formula (`=`, `+`, `-`, `@`) is written with an
//! apostrophe before it, which reading removes. So is one that begins with an apostrophe.
//!
//! # Other shops
//!
//! [`Format::Shopify`] and [`Format::WooCommerce`] read the exports of those shops. These have no
//! currency, so [`Options`] must have one. What the shop cannot sell is in [`Report::left_out`],
//! and what becomes something else in [`Report::notes`]. Whether a product is on sale there holds
//! for all its variants.
//!
//! [`Variant::price`] is the regular price, and [`Variant::sale`] the reduced one. A price that
//! Shopify compares with another has no dates: the higher one becomes the regular price, and the
//! lower one a sale without days.
//!
//! # Memory
//!
//! A file is read twice. Kept are slugs, SKUs and the rows of products that are not complete:
//! 24 MB for 100,000 products in a file of 58 MB, and the size of the file on top if no product is
//! complete before the file's end.

mod builder;
mod cells;
mod encoding;
pub mod field;
mod html;
mod picture;
mod price;
mod problem;
mod product;
mod product_text;
mod reader;
mod report;
mod shopify;
mod table;
mod text;
mod till;
mod woocommerce;
mod writer;

pub use builder::first_free;
pub use price::MAX_PRICE;
pub use problem::{FileError, MAX_PROBLEMS, Place, Problem, Problems};
pub use product::{Given, Picture, Product, Sale, Variant};
pub use product_text::{ProductText, ProductTexts};
pub use reader::{FileContent, Format, InputFile, Options, ProductReader, read};
pub use report::{FileReport, LeftOut, Note, Report};
pub use text::slug_of;
pub use till::COLUMNS;
pub use till_core::unit_price::{Content, ContentUnit};
pub use writer::{ProductWriter, WriteError};

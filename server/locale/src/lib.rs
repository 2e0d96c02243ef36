//! The shop's languages: which one a visitor reads, the texts in it, and how it writes money,
//! numbers and dates. Pure: no input or output.
//!
//! From the bottom up: [`language`]; [`negotiation`] by `Accept-Language` and [`paths`] with a
//! language's prefix; numbers, [`money`], [`dates`] and names of countries as the Unicode CLDR
//! (<https://cldr.unicode.org>) defines them; and the [`texts`] of `app/locales`.
//!
//! A further language is a folder there: `cldr.json`, and the same messages in Fluent files.
#![forbid(unsafe_code)]

mod bidi;
mod countries;
pub mod dates;
pub mod language;
pub mod money;
pub mod negotiation;
mod numbers;
pub mod paths;
mod refusals;
pub mod texts;

pub use language::{InvalidLanguages, Language, Languages, UnknownLanguage};
pub use texts::Texts;

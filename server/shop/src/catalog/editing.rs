//! What the owner edits of a product: everything but its stock, its pictures and its place.
//!
//! A form has texts as they were typed. Saving reads them by the rules of the import, and writes by
//! its functions. Whoever saves says which version was shown; if another one is stored, and has
//! other values, nothing is written.

use locale::Language;
use product_file::field;
use till_core::money::{Currency, Money};

pub use product_file::field::{day, example as price_example};

pub use archive::{ArchiveOutcome, put_on_sale, take_off_sale};
pub use duplicate::duplicate;
pub use form::{
    Editable, ProductForm, StoredPictureView, TextForm, VariantFacts, VariantForm, blank, load,
    thousandths_text,
};
pub use place::{Move, MoveOutcome, move_product};
pub use save::{Conflict, SaveOutcome, create, made_slug, save};

mod archive;
pub(super) mod check;
mod duplicate;
pub(super) mod form;
mod place;
mod save;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The product's name.
    Name,
    /// The last part of its page's address.
    Slug,
    /// The description.
    Description,
    /// The brand.
    Brand,
    /// The category's slug.
    Category,
    /// The currency of all its prices.
    Currency,
    /// The manufacturer's name.
    ManufacturerName,
    /// The manufacturer's postal address.
    ManufacturerAddress,
    /// The manufacturer's email address or website.
    ManufacturerContact,
    /// Who is responsible in the EU.
    ResponsiblePerson,
    /// Warnings and safety information.
    Safety,
    /// The name in a language.
    NameIn(Language),
    /// The description in a language.
    DescriptionIn(Language),
    /// The variants as a whole.
    Variants,
    /// A field of the variant at this index in the form.
    Variant(usize, VariantField),
}

/// A field of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariantField {
    /// Which stored variant it is.
    Id,
    /// The SKU.
    Sku,
    /// What distinguishes it from the others.
    Name,
    /// The regular price.
    Price,
    /// The reduced price.
    SalePrice,
    /// The sale's first day.
    SaleFrom,
    /// The sale's last day.
    SaleUntil,
    /// Units in one order.
    MaxPerOrder,
    /// Weight in grams.
    Weight,
    /// The barcode's digits.
    Gtin,
    /// How much a unit contains.
    ContentAmount,
    /// In which unit.
    ContentUnit,
    /// Stripe's tax code.
    TaxCode,
    /// The stock of a new variant.
    Stock,
}

/// Why a field is refused. Its message is the predicate of a sentence about the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It must not be empty.
    #[error("must not be empty")]
    Missing,
    /// It is too long.
    #[error("may have at most {0} characters")]
    TooLong(usize),
    /// It has control or invisible characters, or a line break in a single line.
    #[error("has a line break or a character that nobody can see")]
    Characters,
    /// It is no slug.
    #[error("may have lower-case letters a to z, digits, and single hyphens between them")]
    NotASlug,
    /// Another product has this slug, or another variant this SKU.
    #[error("is taken already")]
    Taken,
    /// There is none of this name.
    #[error("is not known: it may have been removed meanwhile")]
    Unknown,
    /// It is no amount in this currency.
    #[error("must be an amount such as {}", field::example(*.0).decimal())]
    NotAnAmount(Currency),
    /// It may mean two amounts in this currency: `1,250`.
    #[error("may mean two amounts: write no separator before thousands, and all decimals")]
    AmbiguousAmount(Currency),
    /// A price is zero, negative or too large.
    #[error("must be above zero and at most {0}")]
    PriceOutOfRange(Money),
    /// The currency has no such fractions.
    #[error("must be a multiple of {0}")]
    NotAStep(Money),
    /// It is no whole number in this range.
    #[error("must be a whole number from {0} to {1}")]
    NotANumber(i64, i64),
    /// The reduced price is not below the regular one.
    #[error("must be below the regular price of {0}")]
    NotBelow(Money),
    /// It is no day, or one that no database can store.
    #[error("must be a day such as 2026-11-28")]
    NotADay,
    /// The sale ends before it begins.
    #[error("must not be before the sale's first day")]
    EndsBeforeItBegins,
    /// The sale has days, but no price.
    #[error("is missing: the sale has days, but no price")]
    SaleWithoutPrice,
    /// It is no GTIN, or has a mistyped digit.
    #[error("must be a GTIN (EAN, UPC or ISBN) of 8, 12, 13 or 14 digits; one may be mistyped")]
    NotAGtin,
    /// It is no tax code of Stripe's.
    #[error("must be one of Stripe's tax codes, such as txcd_99999999")]
    NotATaxCode,
    /// It is no content.
    #[error("must be a number above zero with at most three decimals, such as 0.75")]
    NotAContent,
    /// Only one of the content's amount and unit is given.
    #[error("must not be empty: amount and unit go together")]
    Incomplete,
    /// Two variants of the product have this name or SKU.
    #[error("is the same for two variants of this product")]
    Twice,
    /// Of several variants each needs a name.
    #[error("must not be empty: of several variants each needs a name")]
    Unnamed,
    /// The names of product and variant are too long together.
    #[error("is too long with the product's name: together at most {0} characters")]
    NamesTooLong(usize),
    /// The product has too many variants.
    #[error("are too many: a product has at most {0}")]
    TooManyVariants(usize),
    /// The product has no variant.
    #[error("are missing: a product has at least one")]
    NoVariant,
    /// The product is to be on sale, but none of its variants is.
    #[error("must have one that is on sale, or the product cannot be")]
    NoneOnSale,
    /// The variant is that of another product, or is none.
    #[error("is not a variant of this product")]
    OtherProduct,
    /// It is not among the given values.
    #[error("must be one of the listed values")]
    NotListed,
}

/// A field that is refused, and why. Nothing was written then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field.
    pub field: Field,
    /// Why.
    pub reason: Reason,
}

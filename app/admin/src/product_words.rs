//! Names of a product's fields in forms, and what is said about them.

use std::borrow::Cow;

use locale::Texts;
use shop::catalog::editing::{Field, Reason, VariantField, price_example};
use shop::catalog::stock::StockReason;
use shop::pictures::{MAX_BYTES, Unfit};
use till_core::money::{MinorUnit, Money};

use crate::amounts::exchanged;

/// The name of a field in the product's form. `indices` has the index in the form of each variant
/// that was checked. `None`: the whole form.
pub(crate) fn field_name(field: Field, indices: &[usize]) -> Option<String> {
    let own = |name: &str| Some(format!("form[{name}]"));
    match field {
        Field::Name => own("name"),
        Field::Slug => own("slug"),
        Field::Description => own("description"),
        Field::Brand => own("brand"),
        Field::Category => own("category"),
        Field::Currency => own("currency"),
        Field::ManufacturerName => own("manufacturer_name"),
        Field::ManufacturerAddress => own("manufacturer_address"),
        Field::ManufacturerContact => own("manufacturer_contact"),
        Field::ResponsiblePerson => own("responsible_person"),
        Field::Safety => own("safety"),
        Field::NameIn(language) => Some(format!("form[texts][{}][name]", language.code())),
        Field::DescriptionIn(language) => {
            Some(format!("form[texts][{}][description]", language.code()))
        }
        Field::Variants => None,
        Field::Variant(checked, field) => {
            let index = indices.get(checked).copied().unwrap_or(checked);
            Some(variant_field(index, variant_field_name(field)))
        }
    }
}

/// The name of a field of the variant at this index.
pub(crate) fn variant_field(index: usize, name: &str) -> String {
    format!("form[variants][{index}][{name}]")
}

fn variant_field_name(field: VariantField) -> &'static str {
    match field {
        // A variant's id is hidden; its SKU stands for it.
        VariantField::Id | VariantField::Sku => "sku",
        VariantField::Name => "name",
        VariantField::Price => "price",
        VariantField::SalePrice => "sale_price",
        VariantField::SaleFrom => "sale_from",
        VariantField::SaleUntil => "sale_until",
        VariantField::MaxPerOrder => "max_per_order",
        VariantField::Weight => "weight_grams",
        VariantField::Gtin => "gtin",
        VariantField::ContentAmount => "content_amount",
        VariantField::ContentUnit => "content_unit",
        VariantField::TaxCode => "tax_code",
        VariantField::Stock => "stock",
    }
}

/// Why a field is refused.
pub(crate) fn reason_text(reason: Reason, texts: Texts) -> Cow<'static, str> {
    let length = |max: usize| u64::try_from(max).unwrap_or(u64::MAX);
    match reason {
        Reason::Missing => texts.admin_field_missing(),
        Reason::TooLong(max) => texts.admin_field_too_long(length(max)).into(),
        Reason::Characters => texts.admin_field_characters(),
        Reason::NotASlug => texts.admin_field_not_a_slug(),
        Reason::Taken => texts.admin_field_taken(),
        Reason::Unknown => texts.admin_field_unknown(),
        Reason::NotAnAmount(currency) => {
            let example = written(price_example(currency), texts);
            texts.admin_field_not_an_amount(&example).into()
        }
        Reason::AmbiguousAmount(currency) => {
            let thousand = 10_i64.pow(u32::from(currency.decimals())) * 1250;
            let example = written(MinorUnit(thousand).of(currency), texts);
            texts.admin_field_ambiguous_amount(&example).into()
        }
        Reason::PriceOutOfRange(max) => texts.admin_field_price_range(max).into(),
        Reason::NotAStep(step) => texts.admin_field_not_a_step(step).into(),
        Reason::NotANumber(min, max) => texts
            .admin_field_not_a_number(&min.to_string(), &max.to_string())
            .into(),
        Reason::NotBelow(price) => texts.admin_field_not_below(price).into(),
        Reason::NotADay => texts.admin_field_not_a_day(),
        Reason::EndsBeforeItBegins => texts.admin_field_ends_before(),
        Reason::SaleWithoutPrice => texts.admin_field_sale_without_price(),
        Reason::NotAGtin => texts.admin_field_not_a_gtin(),
        Reason::NotATaxCode => texts.admin_field_not_a_tax_code(),
        Reason::NotAContent => texts.admin_field_not_a_content(),
        Reason::Incomplete => texts.admin_field_incomplete(),
        Reason::Twice => texts.admin_field_twice(),
        Reason::Unnamed => texts.admin_field_unnamed(),
        Reason::NamesTooLong(max) => texts.admin_field_names_too_long(length(max)).into(),
        Reason::TooManyVariants(max) => texts.admin_field_too_many_variants(length(max)).into(),
        Reason::NoVariant => texts.admin_field_no_variant(),
        Reason::NoneOnSale => texts.admin_field_none_on_sale(),
        Reason::OtherProduct => texts.admin_field_other_product(),
        Reason::NotListed => texts.admin_field_not_listed(),
    }
}

/// An amount as a field has it in the language of the texts: `12,50`.
fn written(amount: Money, texts: Texts) -> String {
    exchanged(&amount.decimal(), texts.language())
}

/// Why the stock was changed.
pub(crate) fn stock_reason_text(reason: StockReason, texts: Texts) -> Cow<'static, str> {
    match reason {
        StockReason::First => texts.admin_stock_first(),
        StockReason::Received => texts.admin_stock_received(),
        StockReason::Counted => texts.admin_stock_counted(),
        StockReason::Damaged => texts.admin_stock_damaged(),
        StockReason::Returned => texts.admin_stock_returned(),
        StockReason::Imported => texts.admin_stock_imported(),
        StockReason::Uncounted => texts.admin_stock_uncounted(),
    }
}

/// Why a file does not become a picture.
pub(crate) fn unfit_text(unfit: Unfit, texts: Texts) -> Cow<'static, str> {
    match unfit {
        Unfit::Kind => texts.admin_picture_other_kind(),
        Unfit::Bytes => {
            let megabytes = u64::try_from(MAX_BYTES / 1_000_000).unwrap_or(u64::MAX);
            texts.admin_picture_too_many_bytes(megabytes).into()
        }
        Unfit::Pixels => texts.admin_picture_too_many_pixels(),
        Unfit::Unreadable => texts.admin_picture_unreadable(),
    }
}

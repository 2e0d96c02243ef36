//! What must hold for all variants of a product, whichever of them are in the files.

use std::collections::HashMap;

use product_file::Place;
use till_core::view::full_name;

use crate::catalog::MAX_VARIANTS;
use crate::entity::variant;

/// Maximum length of the names of a product and its variant together, in characters. Stripe takes
/// no longer name of a line (<https://docs.stripe.com/api/products/object#product_object-name>).
pub(super) const MAX_FULL_NAME_CHARACTERS: usize = 250;

/// A variant as these checks see it.
#[derive(Clone, Copy, Debug)]
struct Checked<'a> {
    sku: &'a str,
    name: &'a str,
    currency: &'a str,
    /// Its row, if it is in the files.
    place: Option<&'a Place>,
}

/// How a product's variants may not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// There are more than [`MAX_VARIANTS`].
    TooMany,
    /// Of several variants one has no name.
    Unnamed,
    /// Two have the same name.
    SameName,
    /// Two have different currencies.
    Currency,
    /// The names of product and variant are too long together.
    LongName,
}

/// What is wrong with a product's variants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VariantProblem {
    /// What it is.
    pub(super) misfit: Misfit,
    /// The SKU of the variant that it is about.
    pub(super) sku: String,
    /// The row of a variant that it is about. `None`: none of them is in the files.
    pub(super) place: Option<Place>,
    /// The column.
    pub(super) column: &'static str,
    /// The predicate of a sentence about its cell.
    pub(super) reason: String,
}

/// Checks a product's variants, whose rows `place_of` returns by SKU.
pub(super) fn check<'v, 'p>(
    product: &str,
    variants: impl Iterator<Item = &'v variant::Model>,
    place_of: impl Fn(&str) -> Option<&'p Place>,
) -> Vec<VariantProblem> {
    let mut variants: Vec<&variant::Model> = variants.collect();
    variants.sort_by_key(|variant| (variant.position, variant.id));
    let variants: Vec<Checked<'_>> = variants
        .into_iter()
        .map(|variant| Checked {
            sku: &variant.sku,
            name: &variant.name,
            currency: variant.currency.as_str(),
            place: place_of(&variant.sku),
        })
        .collect();
    [
        count(&variants),
        missing_name(&variants),
        same_name(&variants),
        currency(&variants),
        long_name(product, &variants),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The variant of the last row, if one is in the files.
fn last<'v, 'a>(variants: impl IntoIterator<Item = &'v Checked<'a>>) -> Option<&'v Checked<'a>> {
    variants.into_iter().max_by_key(|variant| variant.place)
}

fn problem_of(
    variant: &Checked<'_>,
    misfit: Misfit,
    column: &'static str,
    reason: String,
) -> VariantProblem {
    VariantProblem {
        misfit,
        sku: variant.sku.to_owned(),
        place: variant.place.cloned(),
        column,
        reason,
    }
}

fn count(variants: &[Checked<'_>]) -> Option<VariantProblem> {
    let count = variants.len();
    let last = last(variants).filter(|_| count > MAX_VARIANTS)?;
    let reason = format!(
        "is that of one of {count} variants: a product has at most {MAX_VARIANTS}, so make several \
         products of it"
    );
    Some(problem_of(last, Misfit::TooMany, "sku", reason))
}

fn missing_name(variants: &[Checked<'_>]) -> Option<VariantProblem> {
    if variants.len() < 2 {
        return None;
    }
    let unnamed = last(variants.iter().filter(|variant| variant.name.is_empty()))?;
    let remedy = match unnamed.place {
        Some(_) => "",
        None => ", so add a row for that one with its name",
    };
    let reason = format!(
        "is empty for the SKU \"{}\": of several variants each needs a name{remedy}",
        unnamed.sku
    );
    Some(problem_of(unnamed, Misfit::Unnamed, "variant", reason))
}

/// Names that differ only in case are the same to shoppers.
fn same_name(variants: &[Checked<'_>]) -> Option<VariantProblem> {
    let mut names: HashMap<String, &Checked<'_>> = HashMap::new();
    for variant in variants.iter().filter(|variant| !variant.name.is_empty()) {
        if let Some(other) = names.insert(variant.name.to_lowercase(), variant) {
            let named = last([other, variant])?;
            let reason = format!(
                "is \"{}\" for two variants of the product: give each another name",
                named.name
            );
            return Some(problem_of(named, Misfit::SameName, "variant", reason));
        }
    }
    None
}

/// A product has one currency, because an order has.
fn currency(variants: &[Checked<'_>]) -> Option<VariantProblem> {
    let first = variants.first()?;
    let other = variants
        .iter()
        .find(|variant| variant.currency != first.currency)?;
    let reason = format!(
        "is {} for the SKU \"{}\", but {} for the SKU \"{}\": a product has one currency",
        first.currency.to_ascii_uppercase(),
        first.sku,
        other.currency.to_ascii_uppercase(),
        other.sku
    );
    Some(problem_of(
        last([first, other])?,
        Misfit::Currency,
        "currency",
        reason,
    ))
}

fn long_name(product: &str, variants: &[Checked<'_>]) -> Option<VariantProblem> {
    let length = |variant: &Checked<'_>| full_name(product, variant.name).chars().count();
    let long = variants
        .iter()
        .filter(|variant| length(variant) > MAX_FULL_NAME_CHARACTERS);
    let long = last(long)?;
    let reason = format!(
        "makes a name of {} characters with that of the product, but at most \
         {MAX_FULL_NAME_CHARACTERS} are allowed",
        length(long)
    );
    Some(problem_of(long, Misfit::LongName, "variant", reason))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn place(line: u64) -> Place {
        Place {
            file: "products.csv".into(),
            line,
        }
    }

    fn variant<'a>(sku: &'a str, name: &'a str, place: Option<&'a Place>) -> Checked<'a> {
        Checked {
            sku,
            name,
            currency: "eur",
            place,
        }
    }

    #[test]
    fn the_row_of_a_variant_that_does_not_fit_is_named() {
        let row = place(2);
        let stored = variant("A", "m", None);
        let same = same_name(&[variant("B", "M", Some(&row)), stored]).unwrap();
        assert_eq!(same.place.as_ref(), Some(&row));
        assert_eq!(
            same.reason,
            "is \"M\" for two variants of the product: give each another name"
        );
        let unnamed = missing_name(&[stored, variant("B", "", None)]).unwrap();
        assert_eq!((unnamed.place, unnamed.column), (None, "variant"));
        assert!(missing_name(&[variant("B", "", None)]).is_none());
        let dollars = Checked {
            currency: "usd",
            ..variant("B", "L", Some(&row))
        };
        let mixed = currency(&[stored, dollars]).unwrap();
        assert_eq!(mixed.place, Some(row));
        assert_eq!(
            mixed.reason,
            "is EUR for the SKU \"A\", but USD for the SKU \"B\": a product has one currency"
        );
    }

    #[test]
    fn a_product_has_not_too_many_variants_and_no_long_names() {
        let rows: Vec<Place> = (0..=MAX_VARIANTS as u64).map(place).collect();
        let all: Vec<Checked<'_>> = rows.iter().map(|row| variant("A", "", Some(row))).collect();
        let many = count(&all).unwrap();
        assert_eq!(many.place.as_ref(), rows.last());
        assert!(many.reason.starts_with("is that of one of 251 variants"));
        assert!(count(&all[1..]).is_none());
        // The comma and the blank between them count too.
        let product = "x".repeat(240);
        assert!(long_name(&product, &[variant("A", "12345678", None)]).is_none());
        let long = long_name(&product, &[variant("A", "123456789", None)]).unwrap();
        assert!(long.reason.starts_with("makes a name of 251 characters"));
    }
}

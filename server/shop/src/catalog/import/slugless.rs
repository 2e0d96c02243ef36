//! Rows without a slug, of which several may be variants of one stored product.

use std::collections::HashMap;

use product_file::{Given, Problems, Product};

use super::problem;

/// Collects the rows of each product, so that they are written as one. Kept are the rows of
/// products that are not complete.
#[derive(Debug, Default)]
pub(super) struct SluglessRows {
    /// The id of the stored product that has a variant, by SKU.
    owners: HashMap<String, i64>,
    /// The number of rows of a product that are still to come.
    missing: HashMap<i64, usize>,
    pending: HashMap<i64, Product>,
}

impl SluglessRows {
    /// Expects a row of each of these variants, given with the ids of their products.
    pub(super) fn new(owners: HashMap<String, i64>) -> Self {
        let mut missing: HashMap<i64, usize> = HashMap::new();
        for owner in owners.values() {
            *missing.entry(*owner).or_default() += 1;
        }
        Self {
            owners,
            missing,
            pending: HashMap::new(),
        }
    }

    /// Adds a row, and returns its product if that is complete now.
    pub(super) fn add(&mut self, row: Product, problems: &mut Problems) -> Option<Product> {
        let sku = row.variants.first().map(|variant| variant.sku.as_str());
        let owner = sku.and_then(|sku| self.owners.get(sku)).copied();
        // Of no stored product: that is a problem, which the writer reports.
        let Some(owner) = owner else {
            return Some(row);
        };
        let mut product = match self.pending.remove(&owner) {
            Some(mut product) => {
                merge(&mut product, row, problems);
                product
            }
            None => row,
        };
        let missing = self.missing.entry(owner).or_default();
        *missing = missing.saturating_sub(1);
        if *missing > 0 {
            self.pending.insert(owner, product);
            return None;
        }
        fill_active(&mut product);
        Some(product)
    }
}

/// Adds the variants of a further row. What variants share may be in any of the rows, and an empty
/// cell takes nothing back.
fn merge(product: &mut Product, row: Product, problems: &mut Problems) {
    let texts = [
        ("name", &mut product.name, row.name),
        ("description", &mut product.description, row.description),
    ];
    let mut different: Vec<(String, bool)> = Vec::new();
    for (column, known, text) in texts {
        different.push((column.to_owned(), merge_cell(known, text, String::is_empty)));
    }
    let pictures = merge_cell(&mut product.pictures, row.pictures, Vec::is_empty);
    let position = merge_cell(&mut product.position, row.position, |_| false);
    for (text, given) in row.texts {
        let known = product.texts.entry(text).or_default();
        let differs = known.is_some() && given.is_some() && *known != given;
        different.push((text.column(), differs));
        if known.is_none() {
            *known = given;
        }
    }
    let others = [
        ("category", merge_given(&mut product.category, row.category)),
        ("brand", merge_given(&mut product.brand, row.brand)),
        ("image", pictures),
        ("position", position),
    ];
    different.extend(others.map(|(column, differs)| (column.to_owned(), differs)));
    for (column, _) in different.into_iter().filter(|(_, differs)| *differs) {
        let reason = format!(
            "is not that of {}, which is about a variant of the same product: all rows of a \
             product have one {column}, or only the first has it",
            product.place
        );
        problems.add(problem(&row.place, &column, reason));
    }
    product.variants.extend(row.variants);
}

/// Keeps what the first row says, and returns whether another one contradicts it.
fn merge_given<T: PartialEq>(known: &mut Given<T>, given: Given<T>) -> bool {
    let differs = match (&*known, &given) {
        (Given::Value(known), Given::Value(given)) => Some(known != given),
        (Given::Value(_), _) | (_, Given::Absent) => Some(false),
        _ => None,
    };
    if differs.is_none() {
        *known = given;
    }
    differs.unwrap_or(false)
}

/// The same for cells whose emptiness is a value.
fn merge_cell<T: PartialEq>(
    known: &mut Option<T>,
    given: Option<T>,
    is_empty: impl Fn(&T) -> bool,
) -> bool {
    let Some(given) = given else {
        return false;
    };
    if known.as_ref().is_none_or(&is_empty) {
        *known = Some(given);
        return false;
    }
    !is_empty(&given) && known.as_ref() != Some(&given)
}

/// A variant whose row does not say whether it is on sale takes what the first of the rows says.
fn fill_active(product: &mut Product) {
    let mut variants = product.variants.iter();
    let first = variants.find_map(|variant| variant.active);
    for variant in &mut product.variants {
        variant.active = variant.active.or(first);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use product_file::{Format, InputFile, Options, read};

    use super::*;

    fn rows(file: &'static str) -> Vec<Product> {
        let file = InputFile::new("products.csv", std::io::Cursor::new(file));
        let options = Options {
            format: Format::Till,
            currency: None,
        };
        let products = read(vec![file], options).unwrap();
        products.map(Result::unwrap).collect()
    }

    /// The products of these rows, of which A and B are of one product, and C of another.
    fn products(file: &'static str) -> (Vec<Product>, Problems) {
        let owners = [("A", 1), ("B", 1), ("C", 2)].map(|(sku, id)| (sku.to_owned(), id));
        let mut slugless = SluglessRows::new(HashMap::from(owners));
        let mut problems = Problems::default();
        let rows = rows(file).into_iter();
        let products = rows.filter_map(|row| slugless.add(row, &mut problems));
        let products = products.collect();
        (products, problems)
    }

    #[test]
    fn rows_of_one_product_become_one_wherever_they_are() {
        let (products, problems) = products(
            "sku,name,description,category,image,active\n\
             A,,Strong.,,a.jpg,false\nC,Cup,,,,\nB,Mug,,Kitchen,,\n",
        );
        assert!(problems.is_empty(), "{problems}");
        let [cup, mug] = products.as_slice() else {
            panic!("{products:?}");
        };
        assert_eq!((cup.variants.len(), mug.variants.len()), (1, 2));
        assert_eq!(mug.name.as_deref(), Some("Mug"));
        assert_eq!(mug.description.as_deref(), Some("Strong."));
        assert_eq!(mug.category, Given::Value("Kitchen".to_owned()));
        assert_eq!(mug.pictures.as_deref().map(<[_]>::len), Some(1));
        let active: Vec<_> = mug.variants.iter().map(|variant| variant.active).collect();
        assert_eq!(active, [Some(false), Some(false)]);
    }

    #[test]
    fn rows_of_one_product_that_contradict_each_other_are_a_problem() {
        let (_, problems) = products("sku,name,brand\nA,Mug,Maker\nC,Cup,\nB,Jug,Maker\n");
        assert_eq!(
            problems.to_string(),
            "products.csv, line 4, column name: is not that of products.csv, line 2, which is \
             about a variant of the same product: all rows of a product have one name, or only the \
             first has it"
        );
    }

    #[test]
    fn a_row_of_no_stored_product_is_returned_at_once() {
        let (products, _) = products("sku,stock\nX,1\nA,1\nB,2\n");
        let skus: Vec<Vec<&str>> = products
            .iter()
            .map(|product| {
                product
                    .variants
                    .iter()
                    .map(|row| row.sku.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(skus, [vec!["X"], vec!["A", "B"]]);
    }
}

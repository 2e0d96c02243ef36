//! What the three formats share when they make a product of its rows.

use std::collections::{HashMap, HashSet};

use till_core::money::{Currency, Money};
use till_core::quantity::Quantity;

use crate::cells::{self, Cells};
use crate::price::{self, Writer};
use crate::problem::{Place, quoted};
use crate::product::{Given, Picture, Variant};
use crate::report::Report;
use crate::{picture, text};

/// The largest length of a SKU or slug, in characters.
pub const MAX_CODE_CHARACTERS: usize = 100;
/// The largest length of another shop's id in a code, in characters.
const MAX_ID_CHARACTERS: usize = 20;
/// The largest length of a name, in characters.
pub const MAX_NAME_CHARACTERS: usize = 250;
/// The largest length of a category's or brand's name, in characters.
pub const MAX_GROUP_CHARACTERS: usize = 100;
/// The largest length of a description, in characters.
pub const MAX_DESCRIPTION_CHARACTERS: usize = 20_000;
/// The largest stock of a variant, in units.
pub const MAX_STOCK: i64 = 1_000_000_000;
/// The largest weight of a unit, in grams.
pub const MAX_WEIGHT: i64 = 100_000_000;

/// What is known while products are made.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    /// The currency of rows that name none.
    pub(crate) currency: Option<Currency>,
    pub(crate) report: Report,
    /// The SKUs that any row names, so that no generated one is the same.
    pub(crate) named_skus: HashSet<String>,
    /// The SKUs so far, with their rows.
    skus: HashMap<String, Place>,
    /// Generated slugs so far.
    slugs: HashSet<String>,
    /// The number of products so far.
    pub(crate) number: u64,
}

impl Builder {
    pub(crate) fn new(currency: Option<Currency>) -> Self {
        Self {
            currency,
            ..Self::default()
        }
    }

    pub(crate) fn problem(&mut self, cells: &Cells, column: &str, reason: impl Into<String>) {
        self.report.problems.add(cells.problem(column, reason));
    }

    /// Reads a SKU, and checks that no other row has it.
    pub(crate) fn sku(&mut self, cells: &Cells, column: &str) -> Option<String> {
        let sku = cells.read(&mut self.report.problems, column, |cell| {
            cells::limited(text::code(cell)?, MAX_CODE_CHARACTERS)
        });
        match sku {
            Given::Value(sku) => {
                self.claim_sku(cells, column, &sku);
                self.note_shortened(cells, &sku);
                Some(sku)
            }
            Given::Empty => {
                self.problem(cells, column, "must not be empty");
                None
            }
            Given::Absent => None,
        }
    }

    fn claim_sku(&mut self, cells: &Cells, column: &str, sku: &str) {
        match self.skus.get(sku) {
            Some(first) => {
                let first = cells.mention(first);
                self.problem(
                    cells,
                    column,
                    format!("{} is already used in {first}", quoted(sku)),
                );
            }
            None => {
                self.skus.insert(sku.to_owned(), cells.place.clone());
            }
        }
    }

    fn note_shortened(&mut self, cells: &Cells, sku: &str) {
        if price::is_power(sku) {
            self.report.note("shortened SKU", &cells.place, || {
                format!(
                    "the SKU {} looks like a number that a spreadsheet has shortened",
                    quoted(sku)
                )
            });
        }
    }

    /// Makes a SKU of a slug, the variant's name and the row's id in the other shop, if it has one,
    /// for a row without a SKU. With an id it is the same whatever else is in the file.
    pub(crate) fn make_sku(
        &mut self,
        cells: &Cells,
        slug: &str,
        variant: &str,
        id: &str,
    ) -> String {
        let option = text::slug_of(variant, MAX_CODE_CHARACTERS);
        let name = match option.as_str() {
            "" => slug.to_owned(),
            option => format!("{slug}-{option}"),
        };
        let id = text::slug_of(id, MAX_ID_CHARACTERS);
        let base = match id.as_str() {
            "" => name,
            id => {
                let max = MAX_CODE_CHARACTERS - id.len() - 1;
                let name: String = name.chars().take(max).collect();
                format!("{}-{id}", name.trim_end_matches('-'))
            }
        };
        let taken = |sku: &str| self.skus.contains_key(sku) || self.named_skus.contains(sku);
        let sku = first_free(&base, taken);
        self.skus.insert(sku.clone(), cells.place.clone());
        self.report.note("generated SKU", &cells.place, || {
            format!("has no SKU, and gets {}", quoted(&sku))
        });
        sku
    }

    /// Makes a slug of a name that no other product has. If the name has no letter for it, of the
    /// product's id in the other shop, or else of its number in the file.
    pub(crate) fn make_slug(&mut self, name: &str, id: &str) -> String {
        let base = match text::slug_of(name, MAX_CODE_CHARACTERS) {
            empty if empty.is_empty() => match text::slug_of(id, MAX_ID_CHARACTERS) {
                empty if empty.is_empty() => format!("product-{}", self.number),
                id => format!("product-{id}"),
            },
            slug => slug,
        };
        let slug = first_free(&base, |slug| self.slugs.contains(slug));
        self.slugs.insert(slug.clone());
        slug
    }

    /// Reads a price in another shop's file. `None` for an empty one, and for one that is a
    /// problem.
    pub(crate) fn shop_price(&mut self, cells: &Cells, column: &str) -> Option<Money> {
        let currency = self.currency?;
        let read = cells.read(&mut self.report.problems, column, |cell| {
            price::decimal(text::unguard_code(cell), currency, Writer::Shop)
        });
        read.value().copied()
    }

    /// Reads a stock in another shop's file, where it may be below zero.
    pub(crate) fn shop_stock(&mut self, cells: &Cells, column: &str) -> Given<i64> {
        let read = cells.read(&mut self.report.problems, column, |cell| {
            cells::number(cell, -MAX_STOCK, MAX_STOCK)
        });
        match read {
            Given::Value(stock) if stock < 0 => {
                self.report.note("negative stock", &cells.place, || {
                    format!("a stock of {stock} units becomes 0")
                });
                Given::Value(0)
            }
            other => other,
        }
    }

    /// Reads a barcode in another shop's file, which may hold anything.
    pub(crate) fn shop_gtin(&mut self, cells: &Cells, column: &str) -> Given<String> {
        match cells.get(column).map(text::unguard_code) {
            None => Given::Absent,
            Some("") => Given::Empty,
            Some(cell) => cells::gtin(cell).map_or_else(
                |reason| {
                    self.report.note("no GTIN", &cells.place, || {
                        format!("the barcode is left out: it {reason}")
                    });
                    Given::Empty
                },
                Given::Value,
            ),
        }
    }

    /// Reads a weight in another shop's file, in a unit of so many milligrams.
    pub(crate) fn shop_weight(
        &mut self,
        cells: &Cells,
        column: &str,
        milligrams: i64,
    ) -> Given<i64> {
        match cells.get(column) {
            None => Given::Absent,
            Some("") => Given::Empty,
            Some(cell) => match price::grams(text::unguard_code(cell), milligrams) {
                Some(0) => Given::Empty,
                Some(grams) if grams <= MAX_WEIGHT => Given::Value(grams),
                _ => {
                    self.report.note("no weight", &cells.place, || {
                        format!("the weight {} is left out: it is no number", quoted(cell))
                    });
                    Given::Empty
                }
            },
        }
    }

    /// Adds a picture of another shop's product, unless it has it already. One that browsers do
    /// not show is left out.
    pub(crate) fn add_picture(
        &mut self,
        cells: &Cells,
        pictures: &mut Vec<Picture>,
        source: &str,
        alt: Option<&str>,
    ) {
        let source = text::unguard(source.trim()).trim().replace(' ', "%20");
        if source.is_empty() {
            return;
        }
        let source = match picture::after_scheme(&source, "http://") {
            Some(rest) => {
                self.report.note("picture over HTTP", &cells.place, || {
                    format!("a picture's address gets https:// instead of http://: {source}")
                });
                format!("https://{rest}")
            }
            None if source.starts_with("//") => format!("https:{source}"),
            None => source,
        };
        let picture = picture::source(&source).and_then(|source| {
            let alt = alt.map(|alt| picture::alt(&text::line(alt)?));
            Ok(Picture {
                source,
                alt: alt.transpose()?,
            })
        });
        match picture {
            Ok(picture) => match pictures
                .iter_mut()
                .find(|known| known.source == picture.source)
            {
                Some(known) if known.alt.as_deref().unwrap_or_default().is_empty() => {
                    known.alt = picture.alt.or(known.alt.take());
                }
                Some(_) => {}
                None => pictures.push(picture),
            },
            Err(reason) => self.report.note("no picture", &cells.place, || {
                format!("a picture is left out: it {reason}")
            }),
        }
    }

    /// Reads the line of text that a product of another shop has in its first row with one.
    pub(crate) fn shop_line(&mut self, cells: &Cells, column: &str, max: usize) -> Given<String> {
        cells.read(&mut self.report.problems, column, |cell| {
            cells::limited(text::line(cell)?, max)
        })
    }

    /// Reads a description.
    pub(crate) fn description(&mut self, cells: &Cells, column: &str) -> Given<String> {
        let read = cells.read(&mut self.report.problems, column, |cell| {
            let text = text::lines(cell)?;
            if text.is_empty() {
                return Ok(text);
            }
            cells::limited(text, MAX_DESCRIPTION_CHARACTERS)
        });
        match read {
            Given::Value(text) if text.is_empty() => Given::Empty,
            other => other,
        }
    }

    /// Reads a largest number of units in one order.
    pub(crate) fn max_per_order(&mut self, cells: &Cells, column: &str) -> Option<u32> {
        let read = cells.read(&mut self.report.problems, column, |cell| {
            let number = cells::number(cell, 1, i64::from(Quantity::MAX))?;
            u32::try_from(number).map_err(|error| error.to_string())
        });
        read.value().copied()
    }

    /// Checks that a product's variants have different names, and that only a single one has none.
    pub(crate) fn check_variant_names<'a>(
        &mut self,
        column: &str,
        variants: impl Iterator<Item = (&'a Cells, &'a str)>,
    ) {
        let mut names: HashMap<String, &Place> = HashMap::new();
        let variants: Vec<_> = variants.collect();
        if variants.len() < 2 {
            return;
        }
        for (cells, name) in variants {
            if name.is_empty() {
                self.problem(
                    cells,
                    column,
                    "must not be empty: the product has several variants, so say what differs, \
                     such as Large",
                );
                continue;
            }
            match names.get(&name.to_lowercase()) {
                Some(first) => {
                    let first = cells.mention(first);
                    self.problem(
                        cells,
                        column,
                        format!(
                            "{} is already used in {first}: the variants of a product need \
                             different names",
                            quoted(name)
                        ),
                    );
                }
                None => {
                    names.insert(name.to_lowercase(), &cells.place);
                }
            }
        }
    }
}

/// The variants of another shop's product, which says for all of them whether it is on sale.
pub(crate) fn with_active(mut variants: Vec<Variant>, active: bool) -> Vec<Variant> {
    for variant in &mut variants {
        variant.active = Some(active);
    }
    variants
}

/// This code or, if it is taken, the first free one with a number. At most 100 characters long.
#[must_use]
pub fn first_free(base: &str, taken: impl Fn(&str) -> bool) -> String {
    let cut = |max: usize| base.chars().take(max).collect::<String>();
    let first = cut(MAX_CODE_CHARACTERS).trim_end_matches('-').to_owned();
    if !taken(&first) {
        return first;
    }
    let mut number = 2_u64;
    loop {
        let suffix = format!("-{number}");
        let start = cut(MAX_CODE_CHARACTERS - suffix.len());
        let code = format!("{}{suffix}", start.trim_end_matches('-'));
        if !taken(&code) {
            return code;
        }
        number += 1;
    }
}

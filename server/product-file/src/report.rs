//! What was read, said in sentences.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use till_core::money::{Currency, MinorUnit, Money};

use crate::html;
use crate::problem::{Place, Problems, counted};
use crate::product::{Product, Sale};

/// What is known about the products that have been read so far.
///
/// Every row that is not empty is counted once: `rows` is the sum of `imported`, `refused` and
/// `left_out.len()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the files are.
    pub files: Vec<FileReport>,
    /// Rows that are not empty.
    pub rows: u64,
    /// Rows of products that were returned.
    pub imported: u64,
    /// Rows with problems, and further rows of their products.
    pub refused: u64,
    /// Rows that consist of separators only.
    pub empty_rows: u64,
    /// Products that were returned.
    pub products: u64,
    /// Their variants.
    pub variants: u64,
    /// Why the files must not be imported. Empty: they may be.
    pub problems: Problems,
    /// Rows that the shop cannot sell, each with the reason.
    pub left_out: Vec<LeftOut>,
    /// What the owner should know about rows that are imported.
    pub notes: Vec<Note>,
    /// The lowest and highest [`Variant::lasting_price`](crate::Variant::lasting_price) in each
    /// currency.
    pub prices: BTreeMap<Currency, (MinorUnit, MinorUnit)>,
}

/// What one file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Its name as it was given.
    pub name: Arc<str>,
    /// Its encoding: `UTF-8`, `windows-1252`…
    pub encoding: &'static str,
    /// The character between its cells.
    pub delimiter: char,
    /// Columns that were not read.
    pub unread_columns: Vec<String>,
    /// The column of regular prices as the file spells it, for messages.
    pub price_column: String,
    /// The column of reduced prices as the file spells it, for messages.
    pub sale_price_column: String,
    /// In a file of neither UTF-8 nor UTF-16: the first text by which the owner sees whether the
    /// encoding was guessed correctly.
    pub sample: Option<(u64, String)>,
}

/// A row that was left out. `Display` writes it as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The row.
    pub place: Place,
    /// What the row is about, if it has a name.
    pub name: String,
    /// Why, as the predicate of a sentence about it.
    pub reason: Cow<'static, str>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if !self.name.is_empty() {
            write!(f, ", {}", self.name)?;
        }
        write!(f, ": left out, because it {}", self.reason)
    }
}

/// Something about rows that are imported. `Display` writes it as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which kind of note it is. There is one note of each kind.
    kind: &'static str,
    /// The first such row.
    pub place: Place,
    /// What the first such row has, as the predicate of a sentence about it.
    pub text: String,
    /// The number of such rows.
    pub count: u64,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)?;
        match self.count {
            1 => Ok(()),
            _ => write!(f, " (and {} like it)", counted(self.count - 1, "row")),
        }
    }
}

impl Report {
    /// Adds a note, or counts it if there is one of its kind.
    pub(crate) fn note(
        &mut self,
        kind: &'static str,
        place: &Place,
        text: impl FnOnce() -> String,
    ) {
        match self.notes.iter_mut().find(|note| note.kind == kind) {
            Some(note) => note.count += 1,
            None => self.notes.push(Note {
                kind,
                place: place.clone(),
                text: text(),
                count: 1,
            }),
        }
    }

    /// Notes a reduced price, and when shoppers pay which of the two.
    pub(crate) fn note_sale(&mut self, place: &Place, sale: &Sale, regular: Money) {
        let reduced = sale.price;
        if sale.is_dated() {
            self.note("dated sale", place, || {
                format!(
                    "has a sale on certain days: shoppers pay {reduced} on these days, and the \
                     regular price {regular} before and after them"
                )
            });
        } else {
            self.note("sale", place, || {
                format!(
                    "has a reduced price: shoppers pay {reduced}, and the regular price {regular} \
                     is kept for later"
                )
            });
        }
    }

    /// Notes that the other shop goes on selling without stock.
    pub(crate) fn note_oversold(&mut self, place: &Place) {
        self.note("oversold", place, || {
            "was sold without stock too: here it is sold out at 0; an empty stock is not counted"
                .to_owned()
        });
    }

    pub(crate) fn leave_out(
        &mut self,
        place: &Place,
        name: &str,
        reason: impl Into<Cow<'static, str>>,
    ) {
        let name: String = html::line(name)
            .chars()
            .filter(|c| !c.is_control())
            .take(100)
            .collect();
        self.left_out.push(LeftOut {
            place: place.clone(),
            name,
            reason: reason.into(),
        });
    }

    /// Sorts what is said about rows by their place, now that all have been read.
    pub(crate) fn sort(&mut self) {
        self.problems.sort();
        self.left_out
            .sort_by(|one, other| one.place.cmp(&other.place));
        self.notes.sort_by(|one, other| one.place.cmp(&other.place));
    }

    /// Counts a product that is returned, and notes prices that cannot be charged.
    pub(crate) fn count(&mut self, product: &Product) {
        self.products += 1;
        self.variants += product.variants.len() as u64;
        for variant in &product.variants {
            let dated = variant.sale.value().filter(|sale| sale.is_dated());
            let dated = dated.map(|sale| sale.price);
            for price in variant.lasting_price().into_iter().chain(dated) {
                let Money { amount, currency } = price;
                let (low, high) = self.prices.entry(currency).or_insert((amount, amount));
                *low = amount.min(*low);
                *high = amount.max(*high);
                self.check_minimum(price, &variant.place);
            }
        }
    }

    fn check_minimum(&mut self, price: Money, place: &Place) {
        let Money { amount, currency } = price;
        let minimum = currency.minimum();
        if minimum == MinorUnit::ZERO {
            self.note("no documented minimum", place, || {
                format!(
                    "Stripe documents no minimum charge in {}, but a charge must be worth about \
                     €0.50 or $0.50 in the currency of your account",
                    currency.code().to_ascii_uppercase()
                )
            });
        } else if amount < minimum {
            self.note("below the minimum", place, || {
                let below = format!(
                    "{price} is below Stripe's minimum charge of {}",
                    minimum.of(currency)
                );
                match currency.decimals() {
                    0 => below,
                    decimals => {
                        let units = amount.0 * 10_i64.pow(u32::from(decimals));
                        let meant = MinorUnit(units).of(currency);
                        format!("{below}; if {meant} is meant, the price is {units} minor units")
                    }
                }
            });
        }
    }

    /// The sentences of a summary: products, rows and prices, then what is special about the files.
    #[must_use]
    pub fn summary(&self) -> Vec<String> {
        let mut sentences = vec![format!(
            "{} with {} in {}",
            counted(self.products, "product"),
            counted(self.variants, "variant"),
            counted(self.imported, "row")
        )];
        for (currency, (low, high)) in &self.prices {
            let (low, high) = (low.of(*currency), high.of(*currency));
            sentences.push(if low == high {
                format!("shoppers will see the price {low}")
            } else {
                format!("shoppers will see prices from {low} to {high}")
            });
        }
        for file in &self.files {
            sentences.extend(file.sentences());
        }
        if self.empty_rows > 0 {
            sentences.push(format!("{} skipped", counted(self.empty_rows, "empty row")));
        }
        if !self.left_out.is_empty() {
            let rows = counted(self.left_out.len() as u64, "row");
            sentences.push(format!("{rows} left out"));
        }
        sentences
    }
}

impl FileReport {
    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        let name = &self.name;
        if let Some((line, sample)) = &self.sample {
            sentences.push(format!(
                "{name} is not in UTF-8 and was read as {}: line {line} has {sample}; if letters \
                 are wrong there, save the file as CSV UTF-8",
                self.encoding.replace("windows", "Windows")
            ));
        }
        if !self.unread_columns.is_empty() {
            sentences.push(format!(
                "{name} has columns that were not read: {}",
                self.unread_columns.join(", ")
            ));
        }
        sentences
    }
}

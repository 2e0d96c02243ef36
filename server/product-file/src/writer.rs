//! Writes products in Till's own format, so that reading returns them.

use std::io::{self, Write};

use till_core::unit_price::Content;
use time::Date;

use crate::problem::quoted;
use crate::product::{Given, Product, Variant};
use crate::product_text::ProductText;
use crate::till::COLUMNS;
use crate::{html, picture, text};

/// The number of [`COLUMNS`] that are written: prices are written in minor units only.
const WRITTEN: usize = COLUMNS.len() - 2;
/// The number of [`COLUMNS`] that all variants of a product share. They come first.
const SHARED: usize = 8;

/// Why products could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk or the pipe failed.
    #[error("could not write the products")]
    Failed(#[from] io::Error),
    /// A product lacks what every row of a file needs.
    #[error("the product with the SKU {sku} has no {column}")]
    Incomplete {
        /// The SKU of its variant, in quotation marks.
        sku: String,
        /// What it lacks.
        column: &'static str,
    },
}

/// Writes a product file: UTF-8 with a byte order mark, by which Excel recognizes it.
///
/// What all variants of a product share is in its first row only, so that it is changed in one
/// place.
///
/// Reading returns what was written if [`Variant::active`] is given for all variants of a product
/// or for none. Otherwise those without one are read with the first that is given.
pub struct ProductWriter<W> {
    out: W,
    texts: Vec<ProductText>,
}

impl<W: Write> ProductWriter<W> {
    /// Writes the header, without columns for [`Product::texts`].
    ///
    /// # Errors
    /// [`WriteError::Failed`].
    pub fn new(out: W) -> Result<Self, WriteError> {
        Self::with_texts(out, Vec::new())
    }

    /// Writes the header, with columns for these texts. Products have no others: they would be
    /// left out.
    ///
    /// # Errors
    /// [`WriteError::Failed`].
    pub fn with_texts(mut out: W, texts: Vec<ProductText>) -> Result<Self, WriteError> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut header = COLUMNS[..WRITTEN]
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>();
        header.splice(SHARED..SHARED, texts.iter().map(|text| text.column()));
        let mut writer = Self { out, texts };
        writer.row(header.into_iter())?;
        Ok(writer)
    }

    /// Writes the rows of a product.
    ///
    /// # Errors
    /// [`WriteError`]. Nothing of the product was written if it is incomplete.
    pub fn write(&mut self, product: &Product) -> Result<(), WriteError> {
        let mut rows = Vec::new();
        for (index, variant) in product.variants.iter().enumerate() {
            let mut cells = match index {
                0 => self.shared_cells(product, variant)?,
                _ => self.further_cells(product, variant)?,
            };
            cells.extend(variant_cells(variant)?);
            rows.push(cells);
        }
        for row in rows {
            self.row(row.into_iter())?;
        }
        Ok(())
    }

    /// Returns the output after the last product.
    ///
    /// # Errors
    /// [`WriteError::Failed`].
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn shared_cells(
        &self,
        product: &Product,
        variant: &Variant,
    ) -> Result<Vec<String>, WriteError> {
        let mut cells = shared_cells(product, variant)?;
        cells.extend(self.texts.iter().map(|text| {
            let value = product.texts.get(text).and_then(Option::as_deref);
            let value = value.unwrap_or_default();
            match text.is_line() {
                true => line(value),
                false => lines(value),
            }
        }));
        Ok(cells)
    }

    /// The cells of a further variant, which share what its product's first row says.
    fn further_cells(
        &self,
        product: &Product,
        variant: &Variant,
    ) -> Result<Vec<String>, WriteError> {
        let mut cells = vec![slug(product, variant)?];
        cells.resize(SHARED + self.texts.len(), String::new());
        Ok(cells)
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) -> io::Result<()> {
        let cells: Vec<_> = cells.map(quote).collect();
        writeln!(self.out, "{}", cells.join(","))
    }
}

/// Puts a cell in quotation marks if any spreadsheet would divide it.
fn quote(cell: String) -> String {
    if cell.contains([',', ';', '\t', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

fn incomplete(variant: &Variant, column: &'static str) -> WriteError {
    WriteError::Incomplete {
        sku: quoted(&variant.sku),
        column,
    }
}

fn slug(product: &Product, variant: &Variant) -> Result<String, WriteError> {
    let slug = product.slug.as_deref().filter(|slug| !slug.is_empty());
    slug.map(code).ok_or_else(|| incomplete(variant, "slug"))
}

fn shared_cells(product: &Product, variant: &Variant) -> Result<Vec<String>, WriteError> {
    let name = product
        .name
        .as_deref()
        .map(line)
        .filter(|name| !name.is_empty());
    let pictures = product.pictures.as_deref().unwrap_or_default();
    let sources = picture::join_list(pictures.iter().map(|picture| picture.source.trim()));
    let alts: Vec<_> = pictures
        .iter()
        .map(|picture| plain(picture.alt.as_deref().unwrap_or_default()))
        .collect();
    let alts = match alts.iter().all(String::is_empty) {
        true => String::new(),
        false => picture::join_list(alts.iter().map(String::as_str)),
    };
    Ok(vec![
        slug(product, variant)?,
        name.ok_or_else(|| incomplete(variant, "name"))?,
        lines(product.description.as_deref().unwrap_or_default()),
        optional(&product.category, |name| line(name)),
        optional(&product.brand, |name| line(name)),
        text::guard(&sources),
        text::guard(&alts),
        product
            .position
            .map(|position| position.to_string())
            .unwrap_or_default(),
    ])
}

fn variant_cells(variant: &Variant) -> Result<Vec<String>, WriteError> {
    let price = variant.price.ok_or_else(|| incomplete(variant, "price"))?;
    let sale = variant.sale.value();
    let content = variant.content.value();
    let active = variant.active.map(|active| active.to_string());
    let limit = variant.max_per_order.map(|units| units.to_string());
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    Ok(vec![
        line(variant.name.as_deref().unwrap_or_default()),
        code(&variant.sku),
        active.unwrap_or_default(),
        optional(&variant.gtin, |gtin| code(gtin)),
        optional(&variant.stock, ToString::to_string),
        limit.unwrap_or_default(),
        optional(&variant.weight_grams, ToString::to_string),
        content.map(content_amount).unwrap_or_default(),
        content
            .map(|content| content.unit.symbol().to_owned())
            .unwrap_or_default(),
        optional(&variant.tax_code, |code| self::code(code)),
        sale.map(|sale| sale.price.amount.0.to_string())
            .unwrap_or_default(),
        day(sale.and_then(|sale| sale.from)),
        day(sale.and_then(|sale| sale.until)),
        price.amount.0.to_string(),
        price.currency.code().to_ascii_uppercase(),
    ])
}

fn optional<T>(given: &Given<T>, write: impl Fn(&T) -> String) -> String {
    given.value().map(write).unwrap_or_default()
}

fn content_amount(content: &Content) -> String {
    let (whole, rest) = (content.thousandths / 1_000, content.thousandths % 1_000);
    let decimals = format!("{rest:03}");
    match decimals.trim_end_matches('0') {
        "" => whole.to_string(),
        decimals => format!("{whole}.{decimals}"),
    }
}

/// Text of one line as the reader normalizes it.
fn plain(text: &str) -> String {
    let one_line = text.replace(['\r', '\n', '\t'], " ");
    let visible: String = one_line.chars().filter(|c| !c.is_control()).collect();
    text::normalized(visible.trim())
}

fn code(code: &str) -> String {
    text::guard(&plain(code))
}

fn line(text: &str) -> String {
    text::guard(&html::escape(&plain(text)))
}

fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let visible = |c: &char| !c.is_control() || ['\n', '\t'].contains(c);
    let visible: String = text.chars().filter(visible).collect();
    text::guard(&html::escape(text::normalized(visible.trim()).trim()))
}

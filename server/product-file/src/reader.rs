//! Reads files in two passes, so that the memory needed does not grow with descriptions.
//!
//! The first pass counts the rows of each product; the second keeps a product's rows until it has
//! all of them. A product whose rows are together needs no more memory than itself; only keys
//! (slugs and SKUs) are kept for the whole time.

use std::collections::HashMap;
use std::io::{BufRead, Read, Seek};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use till_core::money::Currency;

use crate::builder::Builder;
use crate::cells::{Cells, Header};
use crate::encoding::{Detected, Utf8Text, detect};
use crate::problem::{FileError, Place, Problem, quoted};
use crate::product::Product;
use crate::report::{FileReport, Report};
use crate::table::{Malformed, Next, Row, Rows, declared_delimiter, guess_delimiter};
use crate::{shopify, text, till, woocommerce};

/// Whose files they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Till's own.
    Till,
    /// The export of products of Shopify.
    Shopify,
    /// The export of products of WooCommerce.
    WooCommerce,
}

impl Format {
    fn column(self, name: &str) -> Option<String> {
        match self {
            Self::Till => till::column(name),
            Self::Shopify => shopify::column(name),
            Self::WooCommerce => woocommerce::column(name),
        }
    }

    fn missing_columns(
        self,
        header: &Header,
        currency: Option<Currency>,
    ) -> Vec<(&'static str, String)> {
        let has = |column: &str| header.has(column);
        match self {
            Self::Till => till::missing_columns(has, currency),
            Self::Shopify => shopify::missing_columns(has, currency),
            Self::WooCommerce => woocommerce::missing_columns(has, currency),
        }
    }

    fn key(self, cells: &Cells) -> Option<String> {
        match self {
            Self::Till => till::key(cells),
            Self::Shopify => shopify::key(cells),
            Self::WooCommerce => woocommerce::key(cells),
        }
    }

    fn product(self, rows: &[Cells], builder: &mut Builder) -> Option<Product> {
        match self {
            Self::Till => till::product(rows, builder),
            Self::Shopify => shopify::product(rows, builder),
            Self::WooCommerce => woocommerce::product(rows, builder),
        }
    }

    /// The columns that may hold regular prices, and those that may hold reduced ones.
    fn price_columns(self) -> [&'static [&'static str]; 2] {
        match self {
            Self::Till => [
                &["price", "price_decimal"],
                &["sale_price", "sale_price_decimal"],
            ],
            Self::Shopify => [&["variant price"], &["variant price"]],
            Self::WooCommerce => [&["regular price"], &["sale price"]],
        }
    }

    /// The column with SKUs, if rows without one get a generated one.
    fn sku_column(self) -> Option<&'static str> {
        match self {
            Self::Till => None,
            Self::Shopify => Some(shopify::SKU),
            Self::WooCommerce => Some(woocommerce::SKU),
        }
    }
}

/// A file's content.
pub trait FileContent: Read + Seek + Send {}
impl<T: Read + Seek + Send> FileContent for T {}

/// A file to read.
pub struct InputFile {
    name: Arc<str>,
    content: Box<dyn FileContent>,
}

impl InputFile {
    /// A file under the name by which messages mention it.
    pub fn new(name: &str, content: impl FileContent + 'static) -> Self {
        Self {
            name: name.into(),
            content: Box::new(content),
        }
    }
}

/// How to read files.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whose files they are.
    pub format: Format,
    /// The currency of prices whose row names none.
    pub currency: Option<Currency>,
}

/// A file whose header has been read.
struct OpenFile {
    name: Arc<str>,
    content: Box<dyn FileContent>,
    encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    mark: u64,
    delimiter: u8,
    header: Arc<Header>,
}

/// Where the text of rows comes from.
type Source = Rows<Utf8Text<Box<dyn FileContent>>>;

/// What the first pass has found.
#[derive(Default)]
struct Index {
    /// The number of rows of each product, by its key.
    rows: HashMap<String, u32>,
    /// Other keys of products.
    aliases: HashMap<String, String>,
}

impl Index {
    fn resolve(&self, key: String) -> String {
        self.aliases.get(&key).cloned().unwrap_or(key)
    }

    /// Counts rows under the key of their product, whichever of its keys they name.
    fn merge_aliases(&mut self) {
        for (alias, key) in &self.aliases {
            if alias != key
                && let Some(count) = self.rows.remove(alias)
            {
                *self.rows.entry(key.clone()).or_default() += count;
            }
        }
    }
}

/// The rows of a product that is not complete.
struct Pending {
    number: u64,
    rows: Vec<Cells>,
}

/// Returns complete products, each when its last row has been read, so in the order of the files
/// where a product's rows are together.
///
/// Products with problems are not returned. All products must have been read before
/// [`ProductReader::report`] says whether the files may be imported.
pub struct ProductReader {
    format: Format,
    files: std::vec::IntoIter<OpenFile>,
    current: Option<(Arc<str>, Arc<Header>, Source)>,
    last_name: Arc<str>,
    index: Index,
    pending: HashMap<String, Pending>,
    started: u64,
    builder: Builder,
    failed: bool,
}

/// Opens files, reads their headers, and counts their rows.
///
/// # Errors
/// [`FileError`] if a file cannot be read at all. Problems of headers and rows are in
/// [`ProductReader::report`]; after one of a header, no product is returned.
pub fn read(files: Vec<InputFile>, options: Options) -> Result<ProductReader, FileError> {
    let mut builder = Builder::new(options.currency);
    let mut open_files = Vec::new();
    for file in files {
        open_files.push(open(file, options, &mut builder.report)?);
    }
    let mut index = Index::default();
    if builder.report.problems.is_empty() {
        for (number, file) in open_files.iter_mut().enumerate() {
            let sample = count_rows(file, options.format, &mut index, &mut builder)?;
            builder.report.files[number].sample = sample;
        }
        index.merge_aliases();
    } else {
        open_files.clear();
    }
    Ok(ProductReader {
        format: options.format,
        files: open_files.into_iter(),
        current: None,
        last_name: Arc::from(""),
        index,
        pending: HashMap::new(),
        started: 0,
        builder,
        failed: false,
    })
}

fn unreadable(name: &Arc<str>) -> impl Fn(std::io::Error) -> FileError + use<> {
    let file = Arc::clone(name);
    move |source| FileError::Unreadable {
        file: Arc::clone(&file),
        source,
    }
}

fn open(
    mut input: InputFile,
    options: Options,
    report: &mut Report,
) -> Result<OpenFile, FileError> {
    let file = Arc::clone(&input.name);
    let failed = unreadable(&file);
    let (encoding, mark) = match detect(&mut input.content).map_err(&failed)? {
        Detected::Text { encoding, mark } => (encoding, mark),
        Detected::Empty => return Err(FileError::Empty { file }),
        Detected::NotText(what) => return Err(FileError::NotCsv { file, what }),
        Detected::Mixed { line } => return Err(FileError::MixedEncoding { file, line }),
    };
    let mut text = Utf8Text::new(&mut input.content, encoding, mark).map_err(&failed)?;
    let head = String::from_utf8_lossy(text.fill_buf().map_err(&failed)?).into_owned();
    let delimiter = declared_delimiter(&head)
        .unwrap_or_else(|| guess_delimiter(&head, |name| options.format.column(name).is_some()));
    let mut rows = Rows::new(
        Utf8Text::new(&mut input.content, encoding, mark).map_err(&failed)?,
        delimiter,
    );
    let header = match header_row(&mut rows).map_err(&failed)? {
        Next::Row(row) => read_header(&file, &row, options, report),
        Next::Malformed(malformed) => {
            report.problems.add(malformed_row(&file, malformed));
            Header::default()
        }
        Next::End => return Err(FileError::Empty { file }),
    };
    let [price_column, sale_price_column] = options.format.price_columns().map(|columns| {
        let column = columns.iter().find(|column| header.has(column));
        let column = column.or(columns.first()).copied().unwrap_or_default();
        header.spelled(column).to_owned()
    });
    report.files.push(FileReport {
        name: Arc::clone(&file),
        encoding: encoding.name(),
        delimiter: char::from(delimiter),
        unread_columns: header.unread(),
        price_column,
        sale_price_column,
        sample: None,
    });
    Ok(OpenFile {
        name: file,
        content: input.content,
        encoding,
        mark,
        delimiter,
        header: Arc::new(header),
    })
}

/// Reads the names of columns, and says which are missing or twice there.
fn read_header(file: &Arc<str>, row: &Row, options: Options, report: &mut Report) -> Header {
    let (header, doubled) = Header::new(row, |name| options.format.column(name));
    let mut problem = |column: &str, reason: String| {
        report.problems.add(Problem {
            place: Place {
                file: Arc::clone(file),
                line: row.line,
            },
            column: Some(column.to_owned()),
            reason,
        });
    };
    for (column, reason) in options.format.missing_columns(&header, options.currency) {
        problem(column, reason + hint(options.format, row));
    }
    for name in doubled {
        problem(&name, "appears twice".to_owned());
    }
    header
}

/// The first row that is neither empty nor the declaration of a delimiter.
fn header_row<R: BufRead>(rows: &mut Rows<R>) -> std::io::Result<Next> {
    loop {
        match rows.next()? {
            Next::Row(row) if row.is_empty() || is_declaration(&row) => {}
            other => return Ok(other),
        }
    }
}

/// Whether the row is `sep=;`, which its own delimiter may have divided.
fn is_declaration(row: &Row) -> bool {
    let mut cells = row.cells();
    let first = cells.next().unwrap_or_default().to_ascii_lowercase();
    let declares = first
        .strip_prefix("sep=")
        .is_some_and(|rest| rest.len() <= 1);
    row.line == 1 && declares && cells.all(str::is_empty)
}

/// Which shop has written a file that lacks our columns.
fn hint(format: Format, header: &Row) -> &'static str {
    let has = |name: &str| header.cells().any(|cell| cell.eq_ignore_ascii_case(name));
    let shopify = has("Handle") || has("URL handle");
    let woocommerce = has("Regular price") || has("Visibility in catalog");
    match format {
        Format::Till | Format::WooCommerce if shopify => {
            "; this looks like Shopify's export: use --from shopify"
        }
        Format::Till | Format::Shopify if woocommerce => {
            "; this looks like WooCommerce's export: use --from woocommerce"
        }
        _ => "",
    }
}

/// The problem of a row that cannot be divided into cells.
fn malformed_row(file: &Arc<str>, malformed: Malformed) -> Problem {
    let (line, reason) = match malformed {
        Malformed::AfterQuote { line, cell } => (
            line,
            format!(
                "has text after the closing quotation mark of cell {}: write two quotation marks \
                 for each one within text",
                cell + 1
            ),
        ),
        Malformed::Unclosed { line, quote } => (
            line,
            format!(
                "has a quotation mark in line {quote} that is never closed: close it, or write two \
                 for one within text; nothing after it was read"
            ),
        ),
        Malformed::TooLarge { line } => (
            line,
            "is larger than 1 MiB: check its quotation marks; nothing after it was read".to_owned(),
        ),
    };
    row_problem(file, line, reason)
}

/// A problem of a whole row.
fn row_problem(file: &Arc<str>, line: u64, reason: String) -> Problem {
    Problem {
        place: Place {
            file: Arc::clone(file),
            line,
        },
        column: None,
        reason,
    }
}

/// The first pass over a file. Returns its line and text for [`FileReport::sample`].
fn count_rows(
    file: &mut OpenFile,
    format: Format,
    index: &mut Index,
    builder: &mut Builder,
) -> Result<Option<(u64, String)>, FileError> {
    let failed = unreadable(&file.name);
    let text = Utf8Text::new(&mut file.content, file.encoding, file.mark).map_err(&failed)?;
    let mut rows = Rows::new(text, file.delimiter);
    header_row(&mut rows).map_err(&failed)?;
    let guessed = ![UTF_8, UTF_16LE, UTF_16BE].contains(&file.encoding);
    let mut sample = None;
    loop {
        let row = match rows.next().map_err(&failed)? {
            Next::Row(row) => row,
            Next::Malformed(_) => continue,
            Next::End => break,
        };
        if row.is_empty() || file.header.misfit(&row, format != Format::Till).is_some() {
            continue;
        }
        if guessed && sample.is_none() {
            let letters = row.cells().find(|cell| !cell.is_ascii());
            sample = letters.map(|cell| (row.line, quoted(cell)));
        }
        let cells = Cells {
            place: Place {
                file: Arc::clone(&file.name),
                line: row.line,
            },
            header: Arc::clone(&file.header),
            row,
        };
        if let Some(sku) = format.sku_column() {
            let sku = text::unguard_code(cells.text(sku));
            if !sku.is_empty() {
                builder.named_skus.insert(text::normalized(sku));
            }
        }
        if let Some(key) = format.key(&cells) {
            if format == Format::WooCommerce {
                for alias in woocommerce::aliases(&cells) {
                    index.aliases.entry(alias).or_insert_with(|| key.clone());
                }
            }
            *index.rows.entry(key).or_default() += 1;
        }
    }
    let nothing = || (1, "no letter outside ASCII in its rows".to_owned());
    Ok(guessed.then(|| sample.unwrap_or_else(nothing)))
}

impl ProductReader {
    /// What was read so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.builder.report
    }

    /// What was read.
    #[must_use]
    pub fn into_report(self) -> Report {
        self.builder.report
    }

    /// The next row that fits its header. `None` at the end of the last file.
    fn next_row(&mut self) -> Result<Option<Cells>, FileError> {
        loop {
            let Some((name, header, rows)) = &mut self.current else {
                let Some(file) = self.files.next() else {
                    return Ok(None);
                };
                let failed = unreadable(&file.name);
                let text =
                    Utf8Text::new(file.content, file.encoding, file.mark).map_err(&failed)?;
                let mut rows = Rows::new(text, file.delimiter);
                header_row(&mut rows).map_err(&failed)?;
                self.last_name = Arc::clone(&file.name);
                self.current = Some((file.name, file.header, rows));
                continue;
            };
            let report = &mut self.builder.report;
            let mut refuse = |problem| {
                report.rows += 1;
                report.refused += 1;
                report.problems.add(problem);
            };
            match rows.next().map_err(unreadable(name))? {
                Next::End => self.current = None,
                Next::Malformed(malformed) => refuse(malformed_row(name, malformed)),
                Next::Row(row) if row.is_empty() => report.empty_rows += 1,
                Next::Row(row) => match header.misfit(&row, self.format != Format::Till) {
                    Some(reason) => refuse(row_problem(name, row.line, reason)),
                    None => {
                        report.rows += 1;
                        return Ok(Some(Cells {
                            place: Place {
                                file: Arc::clone(name),
                                line: row.line,
                            },
                            header: Arc::clone(header),
                            row,
                        }));
                    }
                },
            }
        }
    }

    /// Reads rows until a product is complete.
    fn next_group(&mut self) -> Result<Option<Pending>, FileError> {
        while let Some(row) = self.next_row()? {
            let Some(key) = self.format.key(&row) else {
                self.started += 1;
                return Ok(Some(Pending {
                    number: self.started,
                    rows: vec![row],
                }));
            };
            let key = self.index.resolve(key);
            let count = self.index.rows.get(&key).copied().unwrap_or_default() as usize;
            let pending = self.pending.entry(key.clone()).or_insert_with(|| {
                self.started += 1;
                Pending {
                    number: self.started,
                    rows: Vec::new(),
                }
            });
            pending.rows.push(row);
            if pending.rows.len() >= count {
                return Ok(self.pending.remove(&key));
            }
        }
        if self.pending.is_empty() {
            return Ok(None);
        }
        Err(FileError::Changed {
            file: Arc::clone(&self.last_name),
        })
    }

    fn next_product(&mut self) -> Result<Option<Product>, FileError> {
        while let Some(group) = self.next_group()? {
            self.builder.number = group.number;
            let problems = self.builder.report.problems.count();
            let left_out = self.builder.report.left_out.len();
            let product = self.format.product(&group.rows, &mut self.builder);
            let report = &mut self.builder.report;
            let left_out = report.left_out.len() - left_out;
            let rows = group.rows.len().saturating_sub(left_out) as u64;
            if report.problems.count() > problems {
                report.refused += rows;
            } else if let Some(product) = product {
                report.imported += rows;
                report.count(&product);
                return Ok(Some(product));
            }
        }
        self.builder.report.sort();
        Ok(None)
    }
}

impl Iterator for ProductReader {
    type Item = Result<Product, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.next_product().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

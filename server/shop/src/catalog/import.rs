//! Imports products from files: all or nothing, and idempotent.
//!
//! The files are read twice. The first reading finds what is wrong with the files alone, and the
//! shop does not notice it. The second one writes, in one transaction, which locks the variants:
//! meanwhile checkouts wait. What does not fit the stored products is found only then, and nothing
//! is kept; a dry run locks as much, and keeps nothing either.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub use changes::{Changes, MAX_CHANGES, Part, ProductChange, Value, What};
use made_slugs::MadeSlugs;
use product_file::{
    FileError, Format, InputFile, Place, Problem, Problems, ProductReader, Report, read,
};
use sea_orm::DbErr;
use serde_json::json;

use super::rows::BATCH_SIZE;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::database::{AdvisoryLock, Database};
use crate::time_zone::TimeZone;

mod changes;
pub mod draft;
mod made_slugs;
mod slugless;
mod stored;
pub(super) mod write;

/// The largest number of units in one order of a new variant, if the file does not say.
pub const DEFAULT_MAX_PER_ORDER: i64 = 10;

/// How to import files.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Whose files they are, and their currency.
    pub file: product_file::Options,
    /// Which variants' stock to set.
    pub stock: StockMode,
    /// The time zone of the days of sales.
    pub time_zone: TimeZone,
    /// Whether to change nothing, and only report what would change.
    pub dry_run: bool,
    /// The digest of the dry run that a person has seen, see [`ImportReport::digest`]: if something
    /// else would change now, nothing is imported. `None`: whatever it is.
    pub seen: Option<String>,
    /// Who imports.
    pub actor: Actor,
}

impl ImportOptions {
    /// Files of Till's own, with a currency in each row.
    #[must_use]
    pub fn own(stock: StockMode, time_zone: TimeZone) -> Self {
        Self {
            file: product_file::Options {
                format: product_file::Format::Till,
                currency: None,
            },
            stock,
            time_zone,
            dry_run: false,
            seen: None,
            actor: Actor::on_command_line("till"),
        }
    }
}

/// Which variants' stock to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockMode {
    /// Only that of new variants; afterwards only sales change it.
    OnlyNew,
    /// That of every variant in the files, but never below the units held.
    Set,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// What was read.
    pub file: Report,
    /// Number of new products.
    pub created: usize,
    /// Number of changed products; a product with a changed or new variant counts as changed.
    pub updated: usize,
    /// Number of unchanged products.
    pub unchanged: usize,
    /// What has changed, in words.
    pub changes: Changes,
    /// Number of existing variants whose stock differs from the file and was left unchanged.
    pub stock_differs: usize,
    /// Variants whose stock could not be set as low as in the file.
    pub held: Vec<HeldStock>,
    /// Names of pictures that are files: beside the imported ones, or in the shop's folder of
    /// pictures.
    pub picture_files: BTreeSet<String>,
}

impl ImportReport {
    /// A digest of everything that changes, which is another one as soon as someone has changed one
    /// of these products. A sale changes it only if the import sets the stock.
    #[must_use]
    pub fn digest(&self) -> String {
        self.changes.digest()
    }
}

/// A variant whose stock was set to its held units, because the file has less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldStock {
    /// The variant's SKU.
    pub sku: String,
    /// The stock in the file.
    pub requested: i64,
    /// The units held, to which the stock was set.
    pub held: i64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Rows are invalid, or do not fit what is stored.
    #[error("{0}")]
    Rejected(Problems),
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The files are not the same as when they were checked.
    #[error("the files were changed while they were being imported: import them again")]
    Changed,
    /// Something else would change now than what was shown.
    #[error(
        "the products were changed since you looked at what the import would do: nothing was \
         imported, look again"
    )]
    NotAsSeen,
    /// The database is unreachable.
    #[error("could not write to the database")]
    Database(#[from] DbErr),
}

/// Imports the products of files, which `open` opens. It is called twice.
///
/// Products are identified by their slug, and variants by their SKU.
///
/// - A product whose slug is not in the files, but all of whose variants are, gets the slug that
///   the files have for them; its old page redirects to the new one.
/// - Other variants that the files have in another product move to that. A product that has lost
///   all of them is off sale, and its page redirects to where the first one went.
/// - Rows without a slug are about the products that have their SKUs.
/// - Products and variants that are not in the files stay unchanged.
///
/// `progress` is called with the number of products written so far, and that of all.
///
/// # Errors
/// [`ImportError`]. Nothing was written then.
pub async fn import(
    database: &Database,
    open: impl Fn() -> Result<Vec<InputFile>, FileError>,
    options: ImportOptions,
    mut progress: impl FnMut(u64, u64),
) -> Result<ImportReport, ImportError> {
    let (checked, mut rows) = check(read(open()?, options.file)?)?;
    // Two servers may import the same products at once: the second finds them unchanged.
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    let slugs = match options.file.format {
        Format::WooCommerce => MadeSlugs::find(&transaction, &rows).await?,
        Format::Till | Format::Shopify => MadeSlugs::default(),
    };
    slugs.apply_to_rows(&mut rows);
    let mut products = read(open()?, options.file)?;
    let mut writer = write::Writer::new(&transaction, &options, &checked, rows).await?;
    loop {
        let mut batch = next_batch(&mut products)?;
        if batch.is_empty() {
            break;
        }
        for product in &mut batch {
            slugs.apply(product);
        }
        writer.write(batch).await?;
        progress(writer.products(), checked.products);
    }
    if *products.report() != checked {
        transaction.rollback().await?;
        return Err(ImportError::Changed);
    }
    writer.complete().await?;
    let report = match writer.finish() {
        Ok(report) => report,
        Err(problems) => {
            transaction.rollback().await?;
            return Err(ImportError::Rejected(problems));
        }
    };
    let is_other = |seen: &String| *seen != report.digest();
    if options.seen.as_ref().is_some_and(is_other) {
        transaction.rollback().await?;
        return Err(ImportError::NotAsSeen);
    }
    match options.dry_run {
        true => transaction.rollback().await?,
        false => {
            if report.created + report.updated > 0 {
                audit::write(&transaction, &options.actor, entry(&report)).await?;
            }
            catalog_change::note(&transaction).await?;
            transaction.commit().await?;
        }
    }
    Ok(report)
}

fn entry(report: &ImportReport) -> Entry {
    let files = report.file.files.iter().map(|file| file.name.as_ref());
    Entry {
        action: Action::ImportProducts,
        kind: SubjectKind::ProductFile,
        subject: files.collect::<Vec<&str>>().join(", "),
        before: None,
        after: Some(json!({ "created": report.created, "updated": report.updated })),
    }
}

/// What the first reading remembers of a variant's row.
struct Row {
    place: Place,
    /// The slug of its product; `None` if the file names none.
    slug: Option<Arc<str>>,
}

type RowsBySku = HashMap<String, Row>;

/// Reads files without writing, and returns what was read.
fn check(mut products: ProductReader) -> Result<(Report, RowsBySku), ImportError> {
    let mut rows = RowsBySku::new();
    for product in products.by_ref() {
        let product = product?;
        let slug: Option<Arc<str>> = product.slug.as_deref().map(Into::into);
        for variant in product.variants {
            let row = Row {
                place: variant.place,
                slug: slug.clone(),
            };
            rows.insert(variant.sku, row);
        }
    }
    let report = products.report().clone();
    if report.problems.is_empty() {
        Ok((report, rows))
    } else {
        Err(ImportError::Rejected(report.problems))
    }
}

/// The next products: at least one, unless all have been read, and as many variants as one
/// statement can write.
fn next_batch(products: &mut ProductReader) -> Result<Vec<product_file::Product>, FileError> {
    let mut batch = Vec::new();
    let mut variants = 0;
    while variants < BATCH_SIZE {
        let Some(product) = products.next() else {
            break;
        };
        let product = product?;
        variants += product.variants.len();
        batch.push(product);
    }
    Ok(batch)
}

/// A problem of a row with what is stored.
fn problem(place: &Place, column: &str, reason: impl Into<String>) -> Problem {
    Problem {
        place: place.clone(),
        column: Some(column.to_owned()),
        reason: reason.into(),
    }
}

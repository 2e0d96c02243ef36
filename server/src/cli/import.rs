//! `till import`

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use product_file::{FileError, Format, InputFile};
use shop::audit::Actor;
use shop::catalog::import::{ImportOptions, ImportReport, StockMode, import};
use shop::database::Database;
use shop::pictures::{Folders, is_file_stored, store_file};
use till_core::money::Currency;

use super::output::{count, print_error, print_line};
use super::{operator, pictures};
use crate::application::{check_shipping_rates, load_settings, open_existing};
use crate::config::Config;

/// The number of missing pictures that are named; further ones are only counted.
const MAX_SHOWN_PICTURES: usize = 50;
/// The number of changed products that a dry run describes; further ones are only counted.
const MAX_SHOWN_CHANGES: usize = 50;

/// Arguments of `till import`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The CSV files: a header line with the names of columns, then one line per variant. The
    /// columns are those that `till export products` writes; only sku is always needed.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose files they are.
    #[arg(long, value_enum, default_value_t = From::Till, value_name = "SHOP")]
    from: From,
    /// The currency of prices, if the files do not name it, such as EUR.
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
    /// Also set the stock of existing variants, but never below what unpaid checkouts hold.
    #[arg(long)]
    stock: bool,
    /// Do not fetch pictures from other servers; `till pictures fetch` does so later.
    #[arg(long)]
    no_fetch: bool,
    /// Change nothing, and show what would change. Checkouts wait meanwhile, as in an import.
    #[arg(long)]
    dry_run: bool,
}

/// The shop that wrote the files.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum From {
    Till,
    Shopify,
    #[value(name = "woocommerce")]
    WooCommerce,
}

fn currency(code: &str) -> Result<Currency, String> {
    code.parse()
        .map_err(|_| format!("\"{code}\" is not a currency that the shop can sell in"))
}

pub(super) async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<()> {
    let options = ImportOptions {
        file: product_file::Options {
            format: match arguments.from {
                From::Till => Format::Till,
                From::Shopify => Format::Shopify,
                From::WooCommerce => Format::WooCommerce,
            },
            currency: arguments.currency,
        },
        stock: match arguments.stock {
            true => StockMode::Set,
            false => StockMode::OnlyNew,
        },
        time_zone: config.profile.time_zone.clone(),
        dry_run: arguments.dry_run,
        seen: None,
        actor: Actor::on_command_line(operator::user()),
    };
    let open = || -> Result<Vec<InputFile>, FileError> {
        arguments.files.iter().map(|path| open(path)).collect()
    };
    // Before the database: a mistyped name is the likelier error.
    check_names(&arguments.files)?;
    open()?;
    let database = open_existing(config).await?;
    // Shown on a terminal only.
    let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
        "{wide_bar} {human_pos} of {human_len} products",
    )?);
    let imported = import(&database, open, options, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let report = imported.context("nothing was imported")?;
    let settings = load_settings(config, &database).await?;
    let options = &settings.checkout.options;
    let sellable = check_shipping_rates(&database, options).await;
    print_report(&report, arguments.dry_run);
    let folders = Folders::of(&arguments.files);
    if !arguments.dry_run {
        store_files(&database, &report, &folders).await?;
    }
    let missing = missing(&database, &report, &folders, config).await?;
    if !missing.is_empty() {
        print_line(&missing_pictures(&missing, &pictures_folder(config)));
    }
    if !arguments.dry_run && !arguments.no_fetch {
        pictures::fetch(&database)
            .await
            .context("the products were imported, but not all of their pictures")?;
    }
    database.close().await?;
    if arguments.dry_run {
        return Ok(());
    }
    sellable.context("the products were imported, but cannot be sold with these SHIPPING_RATES")
}

fn open(path: &Path) -> Result<InputFile, FileError> {
    let name = path.display().to_string();
    match open_regular(path) {
        Ok(file) => Ok(InputFile::new(&name, file)),
        Err(source) => Err(FileError::Unreadable {
            file: name.into(),
            source,
        }),
    }
}

/// Opens a file that can be read several times. To open a pipe might wait for ever.
fn open_regular(path: &Path) -> io::Result<File> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() || metadata.is_dir() {
        return File::open(path);
    }
    let reason = "it is a pipe or a device, but must be read twice: save it as a file first";
    Err(io::Error::other(reason))
}

/// Fails if a file is given twice, or is standard input.
fn check_names(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut known = HashSet::new();
    for file in files {
        if file.as_os_str() == "-" {
            anyhow::bail!("a file is read twice, so it cannot be standard input: save it first");
        }
        let path = file.canonicalize().unwrap_or_else(|_| file.clone());
        anyhow::ensure!(known.insert(path), "{} is given twice", file.display());
    }
    Ok(())
}

fn print_report(report: &ImportReport, dry_run: bool) {
    let (created, updated, unchanged) = (report.created, report.updated, report.unchanged);
    print_line(&match dry_run {
        true => format!(
            "dry run, nothing was changed: {created} would be created, {updated} updated, \
             {unchanged} unchanged"
        ),
        false => format!("{created} created, {updated} updated, {unchanged} unchanged"),
    });
    if dry_run {
        let shown = report.changes.first.iter().take(MAX_SHOWN_CHANGES);
        for change in shown.clone() {
            print_line(&format!("  {change}"));
        }
        let more = report.changes.count - shown.len();
        if more > 0 {
            print_line(&format!(
                "  and {}",
                count(more, "more product", "more products")
            ));
        }
    }
    for held in &report.held {
        print_line(&format!(
            "{}: the file says {}, but unpaid checkouts hold {}: the stock was set to {}",
            held.sku, held.requested, held.held, held.held
        ));
    }
    if report.stock_differs > 0 {
        print_line(&format!(
            "the file gives a different stock for {}, which was not changed: use --stock to set it",
            count(report.stock_differs, "variant", "variants")
        ));
    }
    for sentence in report.file.summary() {
        print_line(&sentence);
    }
    for note in &report.file.notes {
        print_line(&note.to_string());
    }
    for row in &report.file.left_out {
        print_line(&row.to_string());
    }
}

/// Stores the pictures that are files beside the imported ones, and names those that cannot be.
async fn store_files(
    database: &Database,
    report: &ImportReport,
    folders: &Folders,
) -> anyhow::Result<()> {
    let bar = pictures::progress_bar()?;
    bar.set_length(u64::try_from(report.picture_files.len()).unwrap_or(u64::MAX));
    let (mut stored, mut problems) = (0_u64, Vec::new());
    for name in &report.picture_files {
        if let Some(path) = folders.find(name) {
            match store_file(database, name, path).await? {
                Ok(changed) => stored += u64::from(changed),
                Err(problem) => problems.push(format!("{name} {problem}")),
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if stored > 0 {
        let pictures = count(stored, "picture was", "pictures were");
        print_line(&format!("{pictures} stored"));
    }
    for problem in problems {
        print_error(&problem);
    }
    Ok(())
}

/// The shop's folder of pictures.
fn pictures_folder(config: &Config) -> PathBuf {
    config.storage.data_dir.join("pictures")
}

/// The names of picture files that are neither stored, nor beside the imported files, nor in the
/// shop's folder.
async fn missing<'r>(
    database: &Database,
    report: &'r ImportReport,
    folders: &Folders,
    config: &Config,
) -> anyhow::Result<Vec<&'r str>> {
    let folder = pictures_folder(config);
    let mut missing = Vec::new();
    for name in &report.picture_files {
        let is_here = folder.join(name).is_file() || folders.find(name).is_some();
        if !is_here && !is_file_stored(database, name).await? {
            missing.push(name.as_str());
        }
    }
    Ok(missing)
}

fn missing_pictures(names: &[&str], folder: &Path) -> String {
    let shown = &names[..names.len().min(MAX_SHOWN_PICTURES)];
    let more = match names.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{} missing in {}: {}{more}",
        count(names.len(), "picture is", "pictures are"),
        folder.display(),
        shown.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_pictures_are_named_with_their_folder() {
        let folder = Path::new("/var/lib/till/pictures");
        assert_eq!(
            missing_pictures(&["cup.jpg"], folder),
            "1 picture is missing in /var/lib/till/pictures: cup.jpg"
        );
        assert_eq!(
            missing_pictures(&["cup.jpg", "mug.jpg"], folder),
            "2 pictures are missing in /var/lib/till/pictures: cup.jpg, mug.jpg"
        );
        let many = missing_pictures(&["cup.jpg"; 60], folder);
        assert!(many.starts_with("60 pictures are missing in "), "{many}");
        assert!(many.ends_with("cup.jpg, cup.jpg and 10 more"), "{many}");
    }
}

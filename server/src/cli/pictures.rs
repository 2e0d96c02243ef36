//! `till pictures`
//!
//! Exit code: 0 on success, 1 if `fetch` could not fetch a picture, 2 for errors.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use shop::audit::Actor;
use shop::database::Database;
use shop::face::SHOP_LOGO;
use shop::pictures::{self, Converted, FetchReport, FileProblem, Of, PictureSummary, Which};

use super::operator;
use super::output::{count, or_dash, print_error, print_json, print_line, print_table};
use crate::application::open_existing;
use crate::config::Config;

/// The longest text for those who do not see a picture, as in a product file.
const MAX_ALT_CHARS: usize = 500;

/// Arguments of `till pictures`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add pictures behind those of a product: all of them or none. JPEG, PNG, WebP or GIF.
    Add(Add),
    /// Make a picture the shop's logo, above every page in place of its name: JPEG, PNG, WebP or
    /// GIF. `till settings unset SHOP_LOGO` shows the name again.
    Logo(LogoFile),
    /// List pictures with their numbers, and which are stored.
    List(List),
    /// Remove a picture from a product.
    Remove(Remove),
    /// Fetch and store the pictures that products have at other servers, as an import does, and
    /// list those that fail. What was fetched before is not fetched again.
    Fetch,
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// The SKU of one of the product's variants.
    sku: String,
    /// The picture files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the picture shows, for those who do not see it; with several files, once for each, in
    /// the same order.
    #[arg(long, value_name = "TEXT", value_parser = alt)]
    alt: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LogoFile {
    /// The picture file.
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only those of the product with this SKU.
    sku: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Remove {
    /// The SKU of one of the product's variants.
    sku: String,
    /// The picture's number in `till pictures list`.
    number: i64,
}

/// Parses a text into one line.
fn alt(text: &str) -> Result<String, String> {
    let spaced = text.replace(char::is_control, " ");
    let alt = spaced.trim();
    if alt.chars().count() > MAX_ALT_CHARS {
        return Err(format!("at most {MAX_ALT_CHARS} characters"));
    }
    Ok(alt.to_owned())
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let database = open_existing(config).await?;
    let code = match command {
        Command::Add(arguments) => add(&database, arguments).await?,
        Command::Logo(LogoFile { file }) => {
            let converted = convert(&file).await;
            let converted =
                converted.map_err(|problem| anyhow::anyhow!("{} {problem}", file.display()))?;
            let logo = pictures::set_logo(
                &database,
                &config.owner_settings(),
                &operator::actor(),
                &converted,
            )
            .await?;
            print_line(&format!("{SHOP_LOGO} is set in the database: {logo}"));
            ExitCode::SUCCESS
        }
        Command::List(arguments) => list(&database, arguments).await?,
        Command::Remove(arguments) => {
            let which = Which {
                number: arguments.number,
                address: None,
            };
            pictures::remove(&database, Of::Sku(&arguments.sku), which, &actor()).await?;
            let number = arguments.number;
            print_line(&format!(
                "picture {number} of {} was removed",
                arguments.sku
            ));
            ExitCode::SUCCESS
        }
        Command::Fetch => {
            let report = fetch(&database).await?;
            if report.fetched == 0 && report.failures.is_empty() {
                print_line("every picture was fetched before");
            }
            match report.failures.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
    };
    database.close().await?;
    Ok(code)
}

fn actor() -> Actor {
    Actor::on_command_line(operator::user())
}

async fn add(database: &Database, arguments: Add) -> anyhow::Result<ExitCode> {
    let Add {
        sku,
        files,
        mut alt,
    } = arguments;
    let (file_count, alt_count) = (files.len(), alt.len());
    anyhow::ensure!(
        alt.is_empty() || alt_count == file_count,
        "give --alt once for each file, in their order, or not at all: there are {} and {}",
        count(file_count, "file", "files"),
        count(alt_count, "text", "texts")
    );
    alt.resize(file_count, String::new());
    // Before the conversion, which takes longer: a mistyped SKU.
    pictures::check_sku(database, &sku).await?;
    let mut converted = Vec::new();
    for (file, alt) in files.iter().zip(alt) {
        match convert(file).await {
            Ok(picture) => converted.push((picture, alt)),
            Err(problem) => print_error(&format!("{} {problem}", file.display())),
        }
    }
    anyhow::ensure!(converted.len() == file_count, "no picture was added");
    let numbers = pictures::add(database, Of::Sku(&sku), &converted, &actor()).await?;
    for (file, number) in files.iter().zip(numbers) {
        print_line(&format!("{} is picture {number} of {sku}", file.display()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn convert(file: &Path) -> Result<Converted, FileProblem> {
    let original = pictures::read_file(file.to_owned()).await?;
    Ok(pictures::convert(original).await?)
}

async fn list(database: &Database, arguments: List) -> anyhow::Result<ExitCode> {
    let pictures = pictures::list(database, arguments.sku.as_deref()).await?;
    if arguments.json {
        print_json(&pictures)?;
        return Ok(ExitCode::SUCCESS);
    }
    let row = |picture: &PictureSummary| {
        let size = picture.width.zip(picture.height);
        [
            picture.product.clone(),
            picture.number.to_string(),
            state(picture).to_owned(),
            or_dash(size.map(|(width, height)| format!("{width} × {height}"))),
            or_dash(Some(&picture.alt).filter(|alt| !alt.is_empty())),
            picture.address.clone(),
        ]
    };
    print_table(
        ["PRODUCT", "NUMBER", "STATE", "SIZE", "TEXT", "FROM"],
        &pictures.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(ExitCode::SUCCESS)
}

fn state(picture: &PictureSummary) -> &'static str {
    match picture.stored {
        true => "stored",
        false if picture.address.starts_with("https://") => "not fetched",
        false => "file",
    }
}

/// Fetches what was not fetched yet, with a progress bar, and names what fails.
pub(super) async fn fetch(database: &Database) -> anyhow::Result<FetchReport> {
    let bar = progress_bar()?;
    let fetched = pictures::fetch_waiting(database, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let report = fetched?;
    if report.fetched > 0 {
        let pictures = count(report.fetched, "picture was", "pictures were");
        print_line(&format!("{pictures} fetched"));
    }
    for failure in &report.failures {
        print_error(&failure.to_string());
    }
    if !report.failures.is_empty() {
        let pictures = count(report.failures.len(), "picture was", "pictures were");
        print_error(&format!(
            "{pictures} not fetched: until `till pictures fetch` succeeds, browsers load them from \
             their addresses"
        ));
    }
    Ok(report)
}

/// Shown on a terminal only.
pub(super) fn progress_bar() -> anyhow::Result<ProgressBar> {
    Ok(
        ProgressBar::no_length().with_style(ProgressStyle::with_template(
            "{wide_bar} {human_pos} of {human_len} pictures",
        )?),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(alt(" a\ncup "), Ok("a cup".to_owned()));
        assert_eq!(alt(""), Ok(String::new()));
        assert!(alt(&"ä".repeat(MAX_ALT_CHARS)).is_ok());
        assert!(alt(&"ä".repeat(MAX_ALT_CHARS + 1)).is_err());
    }
}

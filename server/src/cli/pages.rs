//! `till pages`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, bail};
use clap::Subcommand;
use locale::Language;
use shop::database::Database;
use shop::policy::{self, Policy, PolicySlug};
use strum::IntoEnumIterator;

use super::operator;
use super::output::{count, print_line, print_table};
use crate::application::{load_profile, open_existing};
use crate::config::Config;

/// Arguments of `till pages`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the shop's policies in each language, also those that are missing.
    List,
    /// Print a policy as Markdown.
    Show(Which),
    /// Write a policy in your editor ($VISUAL or $EDITOR).
    Edit(Which),
    /// Import the files DIR/LANGUAGE/POLICY.md, such as pages/de/terms.md: all of them or none.
    Import(Import),
}

#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// imprint, terms, privacy, withdrawal, shipping or accessibility.
    #[arg(value_parser = slug)]
    policy: PolicySlug,
    /// The language's code; the shop's default language if left out.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The folder.
    dir: PathBuf,
}

fn slug(text: &str) -> Result<PolicySlug, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = PolicySlug::iter().map(|slug| slug.to_string()).collect();
        format!("must be one of {}", known.join(", "))
    })
}

fn language(text: &str) -> Result<Language, String> {
    text.parse().map_err(|_| {
        let known: Vec<_> = Language::all().map(Language::code).collect();
        format!("must be one of {}", known.join(", "))
    })
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let database = open_existing(config).await?;
    let default = config.profile.languages.default_language();
    match command {
        Command::List => list(config, &database).await?,
        Command::Show(which) => {
            let language = which.language.unwrap_or(default);
            let found = policy::find(&database, which.policy, &[language]).await?;
            let Some(found) = found else {
                bail!("there is no {} in {language} yet", which.policy);
            };
            write_out(&found.text())?;
        }
        Command::Edit(which) => {
            let language = which.language.unwrap_or(default);
            edit(&database, which.policy, language).await?;
        }
        Command::Import(Import { dir }) => {
            let policies = read_folder(&dir)?;
            policy::save(&database, &operator::actor(), &policies).await?;
            print_line(&count(policies.len(), "page imported", "pages imported"));
        }
    }
    database.close().await?;
    Ok(())
}

async fn list(config: &Config, database: &Database) -> anyhow::Result<()> {
    let zone = load_profile(config, database).await?.time_zone;
    let policies = policy::list(database.reader()).await?;
    let mut rows = Vec::new();
    for slug in PolicySlug::iter() {
        for language in config.profile.languages.iter() {
            let code = language.code();
            let mut all = policies.iter();
            let found = all.find(|one| one.slug == slug && one.language == code);
            let (title, changed) = match found {
                Some(found) => (found.title.clone(), zone.format_table(found.updated_at)),
                None => ("(missing)".to_owned(), "–".to_owned()),
            };
            rows.push([slug.to_string(), code.to_owned(), changed, title]);
        }
    }
    print_table(["POLICY", "LANGUAGE", "CHANGED", "TITLE"], &rows);
    Ok(())
}

/// Writes text of several lines to stdout.
fn write_out(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Reads all pages of a folder. A file that is no page is an error: its name may be misspelled.
fn read_folder(dir: &Path) -> anyhow::Result<Vec<Policy>> {
    let mut policies = Vec::new();
    for folder in entries(dir)? {
        let code = name_of(&folder);
        if !folder.is_dir() {
            continue;
        }
        let Ok(language) = language(&code) else {
            bail!("{}: {code} is not the code of a language", folder.display());
        };
        for file in entries(&folder)? {
            let name = name_of(&file);
            let slug = name.strip_suffix(".md").and_then(|name| slug(name).ok());
            let Some(slug) = slug else {
                bail!("{}: no policy has this name", file.display());
            };
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("could not read {}", file.display()))?;
            let policy = Policy::parse(slug, language, &text)
                .with_context(|| format!("{} cannot be imported", file.display()))?;
            policies.push(policy);
        }
    }
    if policies.is_empty() {
        bail!(
            "{} has no pages: they are files such as de/terms.md",
            dir.display()
        );
    }
    Ok(policies)
}

/// The entries of a folder in alphabetical order, without hidden ones.
fn entries(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let context = || format!("could not read {}", dir.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if !name_of(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Lets the owner edit a page in a temporary file.
async fn edit(database: &Database, slug: PolicySlug, language: Language) -> anyhow::Result<()> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|editor| !editor.trim().is_empty());
    let Some(editor) = editor else {
        bail!("set VISUAL or EDITOR to your editor, or write a file and use till pages import");
    };
    let before = match policy::find(database, slug, &[language]).await? {
        Some(policy) => policy.text(),
        None => "# Title\n".to_owned(),
    };
    let name = format!("till-{}-{slug}-{language}.md", process::id());
    let file = std::env::temp_dir().join(name);
    let context = || format!("could not write {}", file.display());
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut opened| opened.write_all(before.as_bytes()))
        .with_context(context)?;
    // As git does: the variable may hold arguments.
    let status = process::Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(&file)
        .status()
        .with_context(|| format!("could not start {editor}"))?;
    if !status.success() {
        let _ = std::fs::remove_file(&file);
        bail!("the editor failed: nothing was changed");
    }
    let after = std::fs::read_to_string(&file)
        .with_context(|| format!("could not read {}", file.display()))?;
    if after == before {
        let _ = std::fs::remove_file(&file);
        print_line("nothing was changed");
        return Ok(());
    }
    // The file is kept if it cannot be saved, so that no text is lost.
    let policy = Policy::parse(slug, language, &after)
        .with_context(|| format!("{} cannot be saved", file.display()))?;
    policy::save(database, &operator::actor(), &[policy]).await?;
    let _ = std::fs::remove_file(&file);
    print_line(&format!("{slug} in {language} was saved"));
    Ok(())
}

//! Generates a method for each message, so that a misspelled key or a wrong argument does not
//! compile, and embeds the folders of `app/locales`.

#[path = "build/messages.rs"]
mod messages;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use messages::{Argument, Kind, Message};

/// The folder whose messages have comments that declare their arguments.
const SOURCE_LANGUAGE: &str = "en";

fn main() -> Result<()> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let locales = manifest.join("../../app/locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let locales = locales.canonicalize().context("app/locales")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("languages.rs"), languages(&locales)?)?;
    fs::write(out.join("texts.rs"), texts(&locales.join(SOURCE_LANGUAGE))?)?;
    Ok(())
}

/// Returns the table of languages: one entry for each folder, sorted by name.
fn languages(locales: &Path) -> Result<String> {
    let mut codes = BTreeSet::new();
    for entry in fs::read_dir(locales)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            codes.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let source = codes.iter().position(|code| code == SOURCE_LANGUAGE);
    let source = source.context("the folder of the source language is missing")?;
    let mut code = format!("const SOURCE_LANGUAGE: u8 = {source};\n");
    code.push_str("static LANGUAGES: &[LanguageData] = &[\n");
    for language in &codes {
        code.push_str(&language_data(language, &locales.join(language))?);
    }
    code.push_str("];\n");
    Ok(code)
}

fn language_data(code: &str, folder: &Path) -> Result<String> {
    let path = folder.join("cldr.json");
    let cldr = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let cldr: serde_json::Value = serde_json::from_str(&cldr)?;
    let text = |name: &str| {
        let value = cldr.get(name).and_then(serde_json::Value::as_str);
        value.with_context(|| format!("{}: no {name}", path.display()))
    };
    let mut data = String::from("LanguageData {\n");
    writeln!(data, "code: {code:?},")?;
    writeln!(data, "dates_locale: {:?},", text("datesLocale")?)?;
    writeln!(data, "standard: {:?},", text("standard")?)?;
    let after_letter = text("standard-alphaNextToNumber")?;
    writeln!(data, "alpha_next_to_number: {after_letter:?},")?;
    let symbols = pairs(&cldr, "symbols").with_context(|| path.display().to_string())?;
    let symbols = symbols.map(|(currency, symbol)| (currency.to_ascii_lowercase(), symbol));
    let symbols: Vec<(String, &str)> = symbols.collect();
    let countries = pairs(&cldr, "territories").with_context(|| path.display().to_string())?;
    let countries: Vec<(&String, &str)> = countries.collect();
    writeln!(data, "symbols: &{symbols:?},")?;
    writeln!(data, "countries: &{countries:?},")?;
    data.push_str("sources: &[\n");
    for file in files(folder)? {
        writeln!(data, "include_str!({:?}),", file.display().to_string())?;
    }
    data.push_str("],\n},\n");
    Ok(data)
}

/// Returns the texts of an object by key.
fn pairs<'a>(
    cldr: &'a serde_json::Value,
    name: &'static str,
) -> Result<impl Iterator<Item = (&'a String, &'a str)>> {
    let object = cldr.get(name).and_then(serde_json::Value::as_object);
    let object = object.with_context(|| format!("no {name}"))?;
    let text = |(key, value): (&'a String, &'a serde_json::Value)| Some((key, value.as_str()?));
    Ok(object.iter().filter_map(text))
}

/// Returns the Fluent files of a language's folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths: std::io::Result<Vec<PathBuf>> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "ftl"));
    paths.sort();
    Ok(paths)
}

/// Reads all messages of a file.
fn read(file: &Path) -> Result<Vec<Message>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    messages::parse(&text).with_context(|| file.display().to_string())
}

/// Checks that a message uses the arguments that its comment declares, and no others.
fn check_arguments(message: &Message) -> Result<()> {
    let declared = message.arguments.iter();
    let declared: BTreeSet<&str> = declared.map(|argument| argument.name.as_str()).collect();
    let used = message.used();
    if declared != used {
        let key = &message.key;
        bail!("{key}: the comment declares {declared:?}, the text uses {used:?}");
    }
    Ok(())
}

/// Returns the methods of `Texts`, and a list of all texts for tests.
fn texts(folder: &Path) -> Result<String> {
    let mut methods = String::from("impl Texts {\n");
    let mut calls = String::new();
    let mut keys = BTreeSet::new();
    for file in files(folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        for message in read(&file)? {
            check_arguments(&message)?;
            if !keys.insert(message.key.clone()) {
                bail!("{}: there are two messages with this key", message.key);
            }
            method(&mut methods, &message, &name)?;
            call(&mut calls, &message)?;
        }
    }
    methods.push_str("}\n");
    write!(
        methods,
        "/// Every text with sample arguments, by key.\n\
         #[cfg(test)]\n\
         pub(crate) fn every_text(texts: Texts) -> Vec<(&'static str, Vec<String>)> {{\n\
         vec![\n{calls}]\n}}\n"
    )?;
    Ok(methods)
}

fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn slots(message: &Message) -> impl Iterator<Item = &Argument> {
    let slots = message.arguments.iter();
    slots.filter(|argument| argument.kind == Kind::Slot)
}

fn method(code: &mut String, message: &Message, file: &str) -> Result<()> {
    let key = &message.key;
    for line in &message.description {
        writeln!(code, "/// {line}")?;
    }
    if !message.description.is_empty() {
        writeln!(code, "///")?;
    }
    writeln!(code, "/// The message `{key}` in `{file}`.")?;
    writeln!(code, "#[must_use]")?;
    let name = identifier(key);
    if message.arguments.is_empty() {
        writeln!(code, "pub fn {name}(self) -> Cow<'static, str> {{")?;
        writeln!(code, "self.plain({key:?})\n}}")?;
        return Ok(());
    }
    let mut parameters = String::new();
    let mut values = String::new();
    for Argument { name, kind } in &message.arguments {
        let parameter = identifier(name);
        let (kind, value) = match kind {
            Kind::Text => ("&str", format!("Argument::Text({parameter})")),
            Kind::Number => ("u64", format!("Argument::Number({parameter})")),
            Kind::Money => ("Money", format!("Argument::Money({parameter})")),
            Kind::Slot => ("", "Argument::Slot".to_owned()),
        };
        if !kind.is_empty() {
            write!(parameters, ", {parameter}: {kind}")?;
        }
        write!(values, "({name:?}, {value}), ")?;
    }
    let slots = slots(message).count();
    let (result, format) = match slots {
        0 => ("String".to_owned(), "format"),
        _ => (format!("[String; {}]", slots + 1), "parts"),
    };
    writeln!(code, "pub fn {name}(self{parameters}) -> {result} {{")?;
    writeln!(code, "self.{format}({key:?}, &[{values}])\n}}")?;
    Ok(())
}

fn call(code: &mut String, message: &Message) -> Result<()> {
    let mut samples = String::new();
    for argument in &message.arguments {
        samples.push_str(match argument.kind {
            Kind::Text => "\"Teapot\", ",
            Kind::Number => "3, ",
            Kind::Money => "tests::sample_money(), ",
            Kind::Slot => "",
        });
    }
    let (key, name) = (&message.key, identifier(&message.key));
    let call = format!("texts.{name}({samples})");
    let texts = if message.arguments.is_empty() {
        format!("vec![{call}.into_owned()]")
    } else if slots(message).count() > 0 {
        format!("{call}.to_vec()")
    } else {
        format!("vec![{call}]")
    };
    writeln!(code, "({key:?}, {texts}),")?;
    Ok(())
}

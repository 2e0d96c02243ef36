//! Tests that `.env.example` and the documentation say the same as the settings.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use shop::settings::{DefaultValue, Documentation, FromVariables};
use shop::settings_list::SettingGroup;
use till_core::admin::Right;

use super::Config;
use super::env_file::{EnvFile, is_name};

const EXAMPLE: &str = include_str!("../../../.env.example");
const TABLE: &str = include_str!("../../../docs/CONFIGURATION.md");

/// The lines of `.env.example` that set something, without their `#`: name and line.
fn example_lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    EXAMPLE.lines().filter_map(|line| {
        let line = line.strip_prefix('#')?;
        let (name, _) = line.split_once('=')?;
        is_name(name).then_some((name, line))
    })
}

/// The value in the first line of this name, as it is read.
fn example_of(name: &str) -> Option<String> {
    let (_, line) = example_lines().find(|(known, _)| *known == name)?;
    let file = EnvFile::parse(line.as_bytes()).unwrap();
    file.0.get(name).cloned()
}

#[test]
fn every_setting_has_a_name_of_its_own_and_a_meaning() {
    let settings = Config::documentation();
    let names: BTreeSet<_> = settings.iter().map(|setting| setting.name).collect();
    assert_eq!(names.len(), settings.len());
    for setting in settings {
        assert!(setting.meaning.ends_with('.'), "{setting:?}");
    }
}

#[test]
fn every_setting_is_in_a_group_and_those_of_payments_are_for_owners() {
    for setting in Config::documentation() {
        assert!(SettingGroup::of(setting.name).is_some(), "{setting:?}");
    }
    let right = |name| SettingGroup::of(name).map(SettingGroup::right);
    for name in [
        "SHIPPING_RATES",
        "AUTOMATIC_TAX",
        "LATE_PAYMENT",
        "PROMOTION_CODES",
    ] {
        assert_eq!(right(name), Some(Right::PaymentSettings), "{name}");
    }
    for name in ["SHOP_NAME", "MAIL_FROM", "LOW_STOCK", "KEEP_AUDIT_DAYS"] {
        assert_eq!(right(name), Some(Right::Settings), "{name}");
    }
}

#[test]
fn the_example_file_shows_every_setting() {
    let mut names = BTreeSet::new();
    for setting in Config::documentation() {
        let Documentation { name, .. } = setting;
        let shown = match (setting.example, &setting.default) {
            (Some(example), _) => example,
            (None, DefaultValue::Value(value)) => value,
            (None, DefaultValue::Words(_)) => panic!("{name} needs an example"),
        };
        assert_eq!(example_of(name).as_deref(), Some(shown), "{name}");
        names.insert(name.to_owned());
        if setting.can_be_in_file {
            names.insert(format!("{name}_FILE"));
        }
    }
    // Texts in single languages may be shown.
    let settings = Config::documentation();
    let in_languages: BTreeSet<_> = settings
        .iter()
        .flat_map(|one| one.names().skip(1))
        .collect();
    let shown = example_lines().map(|(name, _)| name.to_owned());
    let shown = shown.filter(|name| !in_languages.contains(name)).collect();
    assert_eq!(names, shown);
    // Each group of lines begins with what it is about.
    for group in EXAMPLE.split("\n\n") {
        assert!(
            group.starts_with("# ") || group.starts_with("## "),
            "{group}"
        );
    }
}

#[test]
fn the_documentations_table_has_every_setting_and_its_default() {
    let mut table = BTreeMap::new();
    for row in TABLE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, names, defaults, meaning, _] = cells[..] else {
            panic!("{row}")
        };
        assert!(!meaning.is_empty(), "{row}");
        let names: Vec<_> = names
            .split(", ")
            .map(|name| name.trim_matches('`'))
            .collect();
        let defaults: Vec<_> = match defaults.split(", ").collect::<Vec<_>>() {
            each if each.len() == names.len() => each,
            // The same for all.
            _ => vec![defaults; names.len()],
        };
        table.extend(names.into_iter().zip(defaults));
    }
    for setting in Config::documentation() {
        let default = setting.default.to_string();
        assert_eq!(
            table.remove(setting.name),
            Some(&default[..]),
            "{setting:?}"
        );
    }
    assert!(table.is_empty(), "not settings: {table:?}");
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let variables = |name: &str| {
        asked.borrow_mut().insert(name.to_owned());
        None
    };
    Config::read(&variables).unwrap();
    for setting in Config::documentation() {
        for name in setting.names() {
            assert!(asked.borrow_mut().remove(&name), "{name}");
        }
        if setting.can_be_in_file {
            asked.borrow_mut().remove(&format!("{}_FILE", setting.name));
        }
    }
    assert_eq!(asked.into_inner(), BTreeSet::new());
}

#[test]
fn the_example_changes_nothing_as_it_is_and_is_valid_with_every_line_filled_in() {
    let as_it_is = EnvFile::parse(EXAMPLE.as_bytes()).unwrap();
    assert!(as_it_is.0.is_empty());
    // The first example of a name counts; a secret is set by its value, not by its file.
    let mut filled = String::new();
    let mut seen = BTreeSet::new();
    for line in EXAMPLE.lines() {
        let setting = line.strip_prefix('#').and_then(|rest| rest.split_once('='));
        match setting.filter(|(name, _)| is_name(name)) {
            Some((name, _)) if name.ends_with("_FILE") || !seen.insert(name) => {}
            Some(("STRIPE_SECRET_KEY", _)) => filled += "STRIPE_SECRET_KEY=sk_test_x\n",
            Some(("STRIPE_WEBHOOK_SECRET", _)) => filled += "STRIPE_WEBHOOK_SECRET=whsec_x\n",
            Some((name, value)) => filled += &format!("{name}={value}\n"),
            None => filled += &format!("{line}\n"),
        }
    }
    let file = EnvFile::parse(filled.as_bytes()).unwrap();
    assert!(file.0.len() > 20, "{file:?}");
    assert_eq!(file.unknown_names().count(), 0);
    let config = Config::read(&|name: &str| file.0.get(name).cloned()).unwrap();
    assert_eq!(
        config.site.public_url.as_deref(),
        Some("https://shop.example")
    );
}

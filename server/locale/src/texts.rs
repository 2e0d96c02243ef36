//! The texts of `app/locales`, with a method for each message of the English files.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use icu_decimal::input::Decimal;
use intl_memoizer::Memoizable;
use intl_memoizer::concurrent::IntlLangMemoizer;
use till_core::money::{CurrencyCode, MinorUnit, Money};
use unic_langid::LanguageIdentifier;

use crate::bidi;
use crate::language::Language;
use crate::numbers;

/// Stands for a slot while a text is formatted. A private-use character, which texts do not have.
const SLOT: char = '\u{E000}';

/// The texts in one language. Each method is a message, with its arguments.
///
/// A text has no markup, and is inserted into a page like any other text. Where a page needs markup
/// inside a sentence, such as a link, the message has a slot there, and the method returns the
/// parts around the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts(Language);

/// A value that is inserted into a text.
enum Argument<'a> {
    Text(&'a str),
    /// It also chooses plural forms.
    Number(u64),
    Money(Money),
    Slot,
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// By [`Language::index`].
static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> =
    LazyLock::new(|| Language::all().map(bundle).collect());

fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Only text that needs it is isolated, see `bidi`.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(write_number));
    bundle.set_transform(Some(join_lines));
    for source in language.data().sources {
        // Tests check that every file is valid; here the valid part of a file is used.
        let resource = FluentResource::try_new((*source).to_owned());
        let resource = resource.unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// Texts are in several lines only because lines of a file end somewhere.
fn join_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\n') {
        return text.replace('\n', " ").into();
    }
    text.into()
}

/// The language of a bundle, for [`write_number`].
struct BundleLanguage(Option<Language>);

impl Memoizable for BundleLanguage {
    type Args = ();
    type Error = ();

    fn construct(locale: LanguageIdentifier, (): ()) -> Result<Self, ()> {
        Ok(Self(locale.to_string().parse().ok()))
    }
}

/// Writes numbers with the digit groups of the language, which Fluent leaves to others.
fn write_number(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else {
        return None;
    };
    let number: Decimal = number.as_string().parse().ok()?;
    let language = memoizer.with_try_get::<BundleLanguage, _, _>((), |language| language.0);
    Some(numbers::format(&number, language.ok()??))
}

impl Texts {
    /// The texts in this language.
    #[must_use]
    pub fn of(language: Language) -> Self {
        Self(language)
    }

    /// The language of the texts.
    #[must_use]
    pub fn language(self) -> Language {
        self.0
    }

    /// Writes an amount in minor units whose currency the shop may not know. If so, its decimals
    /// are not known either: `1,500 minor units of XYZ`.
    #[must_use]
    pub fn amount(self, minor_units: i64, currency: &CurrencyCode) -> String {
        if let Some(currency) = currency.known() {
            return self.0.money(MinorUnit(minor_units).of(currency));
        }
        let amount = numbers::format(&minor_units.into(), self.0);
        self.minor_units(&amount, &currency.as_str().to_ascii_uppercase())
    }

    /// A message without arguments.
    fn plain(self, key: &str) -> Cow<'static, str> {
        self.write(key, None)
            .unwrap_or_else(|| key.to_owned().into())
    }

    /// A message with arguments.
    fn format(self, key: &str, arguments: &[(&'static str, Argument<'_>)]) -> String {
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, argument) in arguments {
            values.set(*name, self.value(argument));
        }
        self.write(key, Some(&values))
            .map_or_else(|| key.to_owned(), Cow::into_owned)
    }

    /// A message with slots: the parts around them. Tests check that every language has the slots.
    fn parts<const N: usize>(
        self,
        key: &str,
        arguments: &[(&'static str, Argument<'_>)],
    ) -> [String; N] {
        let text = self.format(key, arguments);
        let mut parts = text.split(SLOT).map(str::to_owned);
        std::array::from_fn(|_| parts.next().unwrap_or_default())
    }

    fn value<'a>(self, argument: &Argument<'a>) -> FluentValue<'a> {
        match argument {
            Argument::Text(text) => without_slots(bidi::isolate(text)).into(),
            Argument::Number(number) => (*number).into(),
            Argument::Money(money) => self.0.money(*money).into(),
            Argument::Slot => SLOT.to_string().into(),
        }
    }

    /// Returns a message in this language, or else in the source language. `None` if it exists in
    /// neither, which the generated methods exclude.
    fn write(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<Cow<'static, str>> {
        let bundles = [self.0, Language::source()].into_iter();
        write_first(
            bundles.filter_map(|language| BUNDLES.get(language.index())),
            key,
            arguments,
        )
    }
}

/// Writes a message of the first bundle that has it.
fn write_first(
    mut bundles: impl Iterator<Item = &'static FluentBundle<FluentResource>>,
    key: &str,
    arguments: Option<&FluentArgs<'_>>,
) -> Option<Cow<'static, str>> {
    bundles.find_map(|bundle| {
        let pattern = bundle.get_message(key)?.value()?;
        // What cannot be resolved stays in the text as `{$name}`, which tests exclude.
        let mut errors = Vec::new();
        Some(match arguments {
            None => bundle.format_pattern(pattern, None, &mut errors),
            Some(_) => {
                let text = bundle.format_pattern(pattern, arguments, &mut errors);
                text.into_owned().into()
            }
        })
    })
}

fn without_slots(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(SLOT) {
        return text.replace(SLOT, "").into();
    }
    text
}

#[cfg(test)]
#[path = "../build/messages.rs"]
mod messages;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::messages::{self, Kind, Message};
    use super::*;

    pub(super) fn sample_money() -> Money {
        MinorUnit(123_456).of("eur".parse().unwrap())
    }

    fn texts(code: &str) -> Texts {
        Texts::of(code.parse().unwrap())
    }

    fn messages_of(language: Language) -> BTreeMap<String, Message> {
        let mut all = BTreeMap::new();
        for source in language.data().sources {
            for message in messages::parse(source).unwrap() {
                let key = message.key.clone();
                let earlier = all.insert(key, message);
                assert!(earlier.is_none(), "{language}: {earlier:?} is there twice");
            }
        }
        all
    }

    /// The owner's admin is written in fewer languages than the shop; others read it in English.
    fn has_admin(language: Language) -> bool {
        ["en", "de"].contains(&language.code())
    }

    /// Whether a message is of the files `admin*.ftl`, whose keys all begin so.
    fn is_of_admin(key: &str) -> bool {
        key.starts_with("admin-")
    }

    #[test]
    fn every_language_has_every_message_with_the_same_arguments() {
        let source = messages_of(Language::source());
        let source_keys: BTreeSet<&String> = source.keys().collect();
        for language in Language::all() {
            let translated = messages_of(language);
            let keys: BTreeSet<&String> = translated.keys().collect();
            let is_needed = |key: &&&String| has_admin(language) || !is_of_admin(key);
            let missing: Vec<_> = source_keys.difference(&keys).filter(is_needed).collect();
            let unused: Vec<_> = keys.difference(&source_keys).collect();
            assert!(missing.is_empty(), "{language}: {missing:?} are missing");
            assert!(unused.is_empty(), "{language}: {unused:?} are not used");
            for (key, message) in &translated {
                let declared = &source[key].arguments;
                let names: BTreeSet<&str> = declared.iter().map(|a| a.name.as_str()).collect();
                assert_eq!(message.used(), names, "{language}: {key}");
                let slots: Vec<&str> = declared
                    .iter()
                    .filter(|argument| argument.kind == Kind::Slot)
                    .map(|argument| argument.name.as_str())
                    .collect();
                let mut used: Vec<&str> = message.used.iter().map(String::as_str).collect();
                used.retain(|name| slots.contains(name));
                // Each once: the parts around them are in this order.
                assert_eq!(used, slots, "{language}: the slots of {key}");
            }
        }
    }

    #[test]
    fn every_text_is_complete_in_every_language() {
        for language in Language::all() {
            for (key, parts) in every_text(Texts::of(language)) {
                let text = parts.concat();
                let place = format!("{language}: {key}: {text}");
                assert!(!text.trim().is_empty(), "{place}");
                assert!(!text.contains(['{', '}', SLOT]), "{place}");
                assert!(!text.contains(['\'', '"', '\n']), "{place}");
                assert!(!text.contains("  ") && !text.contains("..."), "{place}");
                assert_ne!(text, key, "{place}");
            }
        }
    }

    #[test]
    fn french_punctuation_does_not_begin_a_line() {
        let all = every_text(texts("fr"));
        for (key, parts) in all.into_iter().filter(|(key, _)| !is_of_admin(key)) {
            let text = parts.concat();
            for bad in [" ?", " !", " ;", " :", " »", "« "] {
                assert!(!text.contains(bad), "{key}: {text}");
            }
        }
    }

    #[test]
    fn a_text_has_its_arguments_as_the_language_writes_them() {
        let english = texts("en");
        assert_eq!(english.sold_out(), "Sold out");
        assert_eq!(english.only_left(3), "Only 3 left");
        assert_eq!(english.only_left(12_345), "Only 12,345 left");
        assert_eq!(english.pay_total(sample_money()), "Pay €1,234.56");
        let german = texts("de");
        assert_eq!(german.sold_out(), "Ausverkauft");
        assert_eq!(german.only_left(12_345), "Nur noch 12.345 verfügbar");
        assert_eq!(german.pay_total(sample_money()), "1.234,56\u{a0}€ bezahlen");
        let french = texts("fr");
        assert_eq!(
            french.pay_total(sample_money()),
            "Payer 1\u{202f}234,56\u{a0}€"
        );
    }

    #[test]
    fn a_number_chooses_the_form_of_its_language() {
        let french = texts("fr");
        let begins = |left, words: &str| {
            let text = french.above_share(left);
            assert!(text.starts_with(words), "{text}");
        };
        begins(0, "Aucun autre");
        begins(1, "Un seul autre");
        begins(2, "Seuls 2 autres");
    }

    #[test]
    fn a_slot_divides_a_text_where_its_language_has_it() {
        assert_eq!(texts("en").pay_sum(), ["Pay ", ""]);
        assert_eq!(texts("de").pay_sum(), ["", " bezahlen"]);
    }

    #[test]
    fn a_message_that_is_not_translated_is_in_the_source_language() {
        static UNTRANSLATED: LazyLock<FluentBundle<FluentResource>> =
            LazyLock::new(|| FluentBundle::new_concurrent(Vec::new()));
        let source = &BUNDLES[Language::source().index()];
        let write = |key| write_first([&*UNTRANSLATED, source].into_iter(), key, None);
        assert_eq!(write("sold-out").as_deref(), Some("Sold out"));
        assert_eq!(write("no-such-message"), None);
        let mut arguments = FluentArgs::new();
        arguments.set("left", 1234);
        let written = write_first(
            [&*UNTRANSLATED, source].into_iter(),
            "only-left",
            Some(&arguments),
        );
        assert_eq!(written.as_deref(), Some("Only 1,234 left"));
    }

    #[test]
    fn a_right_to_left_name_is_isolated_from_the_sentence() {
        assert_eq!(texts("en").quantity_of("Mug"), "Quantity: Mug");
        assert_eq!(
            texts("en").quantity_of("קומקום"),
            "Quantity: \u{2068}קומקום\u{2069}"
        );
    }

    #[test]
    fn an_amount_in_an_unknown_currency_is_in_minor_units() {
        let amount =
            |code: &str, language: &str| texts(language).amount(150_000, &code.parse().unwrap());
        assert_eq!(amount("eur", "en"), "€1,500.00");
        assert_eq!(amount("xyz", "en"), "150,000 minor units of XYZ");
        assert_eq!(amount("xyz", "de"), "150.000 kleinste Einheiten von XYZ");
    }

    proptest! {
        #[test]
        fn any_name_is_inserted_as_text(name in ".{0,40}") {
            for language in Language::all() {
                let texts = Texts::of(language);
                let inserted = texts.quantity_of(&name);
                let plain: String = name.chars().filter(|c| *c != SLOT).collect();
                if bidi::isolate(&plain) == plain {
                    prop_assert!(inserted.ends_with(&plain));
                }
                let line = texts.offer_line(2, &name, sample_money());
                prop_assert!(!line.contains(SLOT));
            }
        }

        #[test]
        fn any_number_is_written(number: u64) {
            for language in Language::all() {
                let text = Texts::of(language).only_left(number);
                prop_assert!(text.chars().any(|c| c.is_ascii_digit()));
            }
        }
    }
}

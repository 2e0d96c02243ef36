//! How settings are declared, documented and read.
//!
//! A struct declared with [`settings!`](crate::settings!) has one entry for each setting: what it
//! means, its field, and a [`Setting`] with its variable's name, default and parser. `.env.example`
//! and `docs/CONFIGURATION.md` are compared with these entries by a test.
//!
//! An empty variable counts as unset. A secret can be read from a file: `NAME_FILE` is its path.

use std::fmt;

use locale::Language;
use till_core::characters::is_deceptive;

use crate::local_text::LocalText;

/// A source of variables: the process' environment and `.env`, or a list in a test.
pub trait Variables {
    /// Returns the value, if the variable is set.
    fn get(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A sentence that says which variable is wrong, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct InvalidSetting {
    sentence: String,
    missing: Option<&'static str>,
}

impl InvalidSetting {
    /// The setting that is needed beside others and has no value. `None`: a value is wrong.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        self.missing
    }
}

/// Creates the error with this sentence.
pub fn invalid(sentence: impl Into<String>) -> InvalidSetting {
    InvalidSetting {
        sentence: sentence.into(),
        missing: None,
    }
}

/// Creates the error that the setting `name` is needed beside others and has no value.
pub fn missing(name: &'static str, sentence: impl Into<String>) -> InvalidSetting {
    InvalidSetting {
        sentence: sentence.into(),
        missing: Some(name),
    }
}

/// Settings that belong together, read from variables.
pub trait FromVariables: Sized {
    /// Reads them.
    ///
    /// # Errors
    /// A sentence that says which variable is wrong and how to fix it.
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting>;

    /// Replaces the settings that are stored in the database and may be. Returns why a stored value
    /// is refused; its setting stays as it is.
    fn apply_stored(&mut self, _stored: &dyn Variables) -> Vec<InvalidSetting> {
        Vec::new()
    }

    /// Their documentation. Empty for values that are no settings and only tests change.
    fn documentation() -> Vec<Documentation> {
        Vec::new()
    }
}

/// What is known about a setting beside its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// The variable.
    pub name: &'static str,
    /// What applies if it is unset.
    pub default: DefaultValue,
    /// The value in `.env.example`, if that is not the default.
    pub example: Option<&'static str>,
    /// Whether it can be read from the file that `NAME_FILE` names.
    pub can_be_in_file: bool,
    /// Whether the database may hold it, for when the variable is unset.
    pub can_be_in_database: bool,
    /// Whether it is a text that each language may have its own of: `NAME_DE`.
    pub by_language: bool,
    /// The words that it may be; empty if it is anything else.
    pub choices: Vec<&'static str>,
    /// How many characters it may have, if it is one line with a limit.
    pub max_characters: Option<usize>,
    /// What it means.
    pub meaning: &'static str,
}

/// What applies if a variable is unset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// The same as with this value.
    Value(String),
    /// Something that no value says, in words.
    Words(&'static str),
}

/// As the tables of the documentation show it.
impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "`{value}`"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl Documentation {
    /// The names of its variables: its own, and one for each language where it has one.
    pub fn names(&self) -> impl Iterator<Item = String> + use<> {
        let name = self.name;
        let languages = Language::all()
            .filter(|_| self.by_language)
            .collect::<Vec<_>>();
        let others = languages
            .into_iter()
            .map(move |language| name_in(name, language));
        std::iter::once(name.to_owned()).chain(others)
    }

    /// The language of one of its names; `None` for the setting's own.
    #[must_use]
    pub fn language_of(&self, name: &str) -> Option<Language> {
        Language::all().find(|language| self.by_language && name_in(self.name, *language) == name)
    }
}

/// The variable of a text in one language: `SHOP_TAGLINE_DE`.
fn name_in(name: &str, language: Language) -> String {
    format!("{name}_{}", language.code().to_ascii_uppercase())
}

/// How a value is added to a setting that has one for each language.
type Add<T> = fn(&mut T, Option<Language>, T);
/// Parses the value of the variable with this name.
type Parser<T> = Box<dyn Fn(&str, &str) -> Result<T, InvalidSetting>>;

/// One setting: its variable's name, its default, and how a value is parsed.
///
/// A parser gets the variable's name, for its error, and the trimmed value, which is not empty.
pub struct Setting<T> {
    documentation: Documentation,
    parse: Parser<T>,
    unset: Box<dyn Fn() -> Result<T, InvalidSetting>>,
    /// Only for a text that each language may have its own of.
    add: Option<Add<T>>,
}

impl<T> fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Setting").field(&self.documentation).finish()
    }
}

impl<T: 'static> Setting<T> {
    /// A setting that is parsed from `default` if it is unset.
    pub fn new(
        name: &'static str,
        default: impl Into<String>,
        parse: impl Fn(&str, &str) -> Result<T, InvalidSetting> + Copy + 'static,
    ) -> Self {
        let default = default.into();
        Self {
            documentation: documentation(name, DefaultValue::Value(default.clone())),
            parse: Box::new(parse),
            unset: Box::new(move || parse(name, &default)),
            add: None,
        }
    }

    /// A setting that is empty if it is unset.
    pub fn or_empty(
        name: &'static str,
        parse: impl Fn(&str, &str) -> Result<T, InvalidSetting> + 'static,
    ) -> Self
    where
        T: Default,
    {
        Self {
            documentation: documentation(name, DefaultValue::Words("none")),
            parse: Box::new(parse),
            unset: Box::new(|| Ok(T::default())),
            add: None,
        }
    }

    /// Says in words what applies if it is unset.
    #[must_use]
    pub fn default_in_words(mut self, words: &'static str) -> Self {
        self.documentation.default = DefaultValue::Words(words);
        self
    }

    /// The value in `.env.example`.
    #[must_use]
    pub fn example(mut self, example: &'static str) -> Self {
        self.documentation.example = Some(example);
        self
    }

    /// Says how many characters the value may have, which the parser checks ([`short_text`]).
    #[must_use]
    pub fn max_characters(mut self, max: usize) -> Self {
        self.documentation.max_characters = Some(max);
        self
    }

    /// Lets the value be read from the file that `NAME_FILE` names, as for a secret.
    #[must_use]
    pub fn or_in_file(mut self) -> Self {
        self.documentation.can_be_in_file = true;
        self
    }

    /// Lets the database hold the value, which counts while the variable is unset: for what the
    /// owner changes while the shop runs. Never for secrets, addresses and folders.
    #[must_use]
    pub fn or_in_database(mut self) -> Self {
        self.documentation.can_be_in_database = true;
        self
    }

    /// Replaces the value by the stored one, if there is one and it may be in the database. Returns
    /// why it is refused.
    pub fn apply_stored(&self, present: &mut T, stored: &dyn Variables) -> Vec<InvalidSetting> {
        let mut refused = Vec::new();
        if !self.documentation.can_be_in_database {
            return refused;
        }
        let name = self.documentation.name;
        if let Some(value) = value(stored, name) {
            match ((self.parse)(name, &value), self.add) {
                (Ok(value), None) => *present = value,
                (Ok(value), Some(add)) => add(present, None, value),
                (Err(refusal), _) => refused.push(refusal),
            }
        }
        refused.extend(self.read_languages(present, stored));
        refused
    }

    /// Reads the text of each language, if it may have one. Returns why some are refused.
    fn read_languages(&self, present: &mut T, source: &dyn Variables) -> Vec<InvalidSetting> {
        let mut refused = Vec::new();
        for (language, add) in Language::all().filter_map(|one| Some((one, self.add?))) {
            let name = name_in(self.documentation.name, language);
            let Some(value) = value(source, &name) else {
                continue;
            };
            match (self.parse)(&name, &value) {
                Ok(value) => add(present, Some(language), value),
                Err(refusal) => refused.push(refusal),
            }
        }
        refused
    }

    /// Reads the value.
    ///
    /// # Errors
    /// If the parser refuses it, or a file cannot be read.
    pub fn read(&self, variables: &dyn Variables) -> Result<T, InvalidSetting> {
        let Documentation {
            name,
            can_be_in_file,
            ..
        } = self.documentation;
        let value = if can_be_in_file {
            value_or_file(variables, name)?
        } else {
            value(variables, name)
        };
        let mut value = match value {
            Some(value) => (self.parse)(name, &value),
            None => (self.unset)(),
        }?;
        let refused = self.read_languages(&mut value, variables);
        refused.into_iter().next().map_or(Ok(value), Err)
    }

    /// Its documentation, with what it means.
    #[must_use]
    pub fn documented(&self, meaning: &'static str) -> Documentation {
        Documentation {
            meaning: meaning.trim(),
            ..self.documentation.clone()
        }
    }
}

impl<T: Copy + 'static> Setting<T> {
    /// A setting that is one of several words, each with its meaning.
    pub fn choice<const N: usize>(
        name: &'static str,
        default: &'static str,
        words: [(&'static str, T); N],
    ) -> Self {
        let mut setting = Self::new(name, default, one_of(words));
        setting.documentation.choices = words.iter().map(|(word, _)| *word).collect();
        setting
    }
}

impl Setting<LocalText> {
    /// A line of at most `max` characters, which each language may have its own of: `NAME_DE`.
    #[must_use]
    pub fn local_text(name: &'static str, max: usize) -> Self {
        let parse = short_text(max);
        let mut setting = Self::or_empty(name, move |name, value| {
            parse(name, value).map(LocalText::everywhere)
        });
        setting.documentation.by_language = true;
        setting.add = Some(LocalText::add);
        setting.max_characters(max)
    }
}

impl<T: 'static> Setting<Option<T>> {
    /// A setting without a default.
    pub fn optional(
        name: &'static str,
        parse: impl Fn(&str, &str) -> Result<T, InvalidSetting> + 'static,
    ) -> Self {
        Self::or_empty(name, move |name, value| parse(name, value).map(Some))
    }
}

fn documentation(name: &'static str, default: DefaultValue) -> Documentation {
    Documentation {
        name,
        default,
        example: None,
        can_be_in_file: false,
        can_be_in_database: false,
        by_language: false,
        choices: Vec::new(),
        max_characters: None,
        meaning: "",
    }
}

/// The variable's value, unless it is unset or empty.
pub fn value(variables: &dyn Variables, name: &str) -> Option<String> {
    let value = variables.get(name)?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// Reads a value from its variable, or from the file that `NAME_FILE` names.
fn value_or_file(variables: &dyn Variables, name: &str) -> Result<Option<String>, InvalidSetting> {
    let file_name = format!("{name}_FILE");
    match (value(variables, name), value(variables, &file_name)) {
        (Some(_), Some(_)) => Err(invalid(format!(
            "{name} and {file_name} are both set. Unset one of them."
        ))),
        (value, None) => Ok(value),
        (None, Some(path)) => {
            let value = std::fs::read_to_string(&path).map_err(|error| {
                invalid(format!("{file_name}: could not read {path}: {error}."))
            })?;
            let value = value.trim();
            if value.is_empty() {
                return Err(invalid(format!("{file_name}: {path} is empty.")));
            }
            Ok(Some(value.to_owned()))
        }
    }
}

// ---- Parsers that several settings use ----

/// Accepts any text.
///
/// # Errors
/// Never; the type is that of the other parsers.
pub fn text<T: for<'a> From<&'a str>>(_name: &str, value: &str) -> Result<T, InvalidSetting> {
    Ok(value.into())
}

/// Accepts one line of at most `max` characters that can be seen.
pub fn short_text(
    max: usize,
) -> impl Fn(&str, &str) -> Result<String, InvalidSetting> + Copy + 'static {
    move |name, value| {
        if value.chars().count() > max || value.contains(['\n', '\r']) {
            return Err(invalid(format!(
                "{name} must be one line of at most {max} characters."
            )));
        }
        if let Some(hidden) = value.chars().find(|character| is_deceptive(*character)) {
            return Err(invalid(format!(
                "{name} has a character that cannot be seen or turns the text around (U+{:04X}): \
                 delete it.",
                u32::from(hidden)
            )));
        }
        Ok(value.to_owned())
    }
}

/// Accepts one of several words.
pub fn one_of<T: Copy, const N: usize>(
    words: [(&'static str, T); N],
) -> impl Fn(&str, &str) -> Result<T, InvalidSetting> + Copy {
    move |name, value| match words.iter().find(|(word, _)| *word == value) {
        Some((_, meaning)) => Ok(*meaning),
        None => {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Err(invalid(format!(
                "{name} must be {}, not \"{value}\".",
                words.join(" or ")
            )))
        }
    }
}

/// The items of a comma-separated list, without duplicates and empty items.
#[must_use]
pub fn list(value: &str) -> Vec<&str> {
    let mut items: Vec<&str> = Vec::new();
    for item in value.split(',').map(str::trim) {
        if !item.is_empty() && !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// Accepts what `parse` accepts, or `off`, which is `None`. `allowed` says what that is.
pub fn or_off<T>(
    parse: fn(&str) -> Option<T>,
    allowed: &'static str,
) -> impl Fn(&str, &str) -> Result<Option<T>, InvalidSetting> + Copy {
    move |name, value| match value {
        "off" => Ok(None),
        value => parse(value).map(Some).ok_or_else(|| {
            invalid(format!(
                "{name} must be {allowed}, or off, not \"{value}\"."
            ))
        }),
    }
}

/// Declares a struct of settings, and how it is read and documented ([`FromVariables`]).
///
/// A field with a [`Setting`] is a setting, and its doc comment says what it means. A field without
/// one is of a type that is [`FromVariables`] too.
///
/// ```
/// use shop::settings::{self, FromVariables, Setting};
///
/// shop::settings! {
///     /// How the shop greets its visitors.
///     pub struct Greeting {
///         /// What every page begins with.
///         pub words: String = Setting::new("GREETING", "Hello", settings::text),
///     }
/// }
///
/// let unset = |_: &str| None;
/// assert_eq!(Greeting::read(&unset).map(|greeting| greeting.words), Ok("Hello".to_owned()));
/// assert_eq!(Greeting::documentation()[0].meaning, "What every page begins with.");
/// ```
#[macro_export]
macro_rules! settings {
    (@read $variables:ident, $type:ty) => {
        <$type as $crate::settings::FromVariables>::read($variables)?
    };
    (@read $variables:ident, $type:ty, $setting:expr) => {{
        let setting: $crate::settings::Setting<$type> = $setting;
        setting.read($variables)?
    }};
    (@apply $field:expr, $stored:ident, $type:ty) => {
        <$type as $crate::settings::FromVariables>::apply_stored(&mut $field, $stored)
    };
    (@apply $field:expr, $stored:ident, $type:ty, $setting:expr) => {{
        let setting: $crate::settings::Setting<$type> = $setting;
        setting.apply_stored(&mut $field, $stored)
    }};
    (@document $type:ty, $meaning:expr) => {
        <$type as $crate::settings::FromVariables>::documentation()
    };
    (@document $type:ty, $meaning:expr, $setting:expr) => {{
        let setting: $crate::settings::Setting<$type> = $setting;
        vec![setting.documented($meaning)]
    }};
    (@meaning doc = $line:literal) => { $line };
    (@meaning $($other:tt)*) => { "" };
    (
        $(#[$($struct_attribute:tt)*])*
        $visibility:vis struct $name:ident {
            $(
                $(#[$($attribute:tt)*])*
                $field_visibility:vis $field:ident: $type:ty $(= $setting:expr)?,
            )*
        }
    ) => {
        $(#[$($struct_attribute)*])*
        $visibility struct $name {
            $(
                $(#[$($attribute)*])*
                $field_visibility $field: $type,
            )*
        }

        impl $crate::settings::FromVariables for $name {
            fn read(
                variables: &dyn $crate::settings::Variables,
            ) -> Result<Self, $crate::settings::InvalidSetting> {
                Ok(Self {
                    $($field: $crate::settings!(@read variables, $type $(, $setting)?),)*
                })
            }

            fn apply_stored(
                &mut self,
                stored: &dyn $crate::settings::Variables,
            ) -> Vec<$crate::settings::InvalidSetting> {
                let mut refused = Vec::new();
                $(refused.extend(
                    $crate::settings!(@apply self.$field, stored, $type $(, $setting)?)
                );)*
                refused
            }

            fn documentation() -> Vec<$crate::settings::Documentation> {
                [$(
                    $crate::settings!(
                        @document $type,
                        concat!($($crate::settings!(@meaning $($attribute)*)),*)
                        $(, $setting)?
                    ),
                )*]
                .concat()
            }
        }
    };
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
pub(crate) mod tests {
    use super::*;

    /// Reads settings from a list of variables.
    pub(crate) fn read<T: FromVariables>(variables: &[(&str, &str)]) -> Result<T, InvalidSetting> {
        T::read(&|name: &str| {
            let variable = variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| (*value).to_owned())
        })
    }

    /// The sentence with which these variables are refused.
    pub(crate) fn refusal<T: FromVariables>(variables: &[(&str, &str)]) -> String {
        match read::<T>(variables) {
            Ok(_) => panic!("accepted: {variables:?}"),
            Err(error) => error.to_string(),
        }
    }

    crate::settings! {
        struct Pots {
            /// How many
            /// there are.
            count: u8 = Setting::new("POTS", "3", |_, value| {
                value.parse().map_err(|_| invalid("POTS must be a number."))
            }),
            /// The recipe.
            recipe: Option<String> = Setting::optional("RECIPE", text).or_in_file().example("x"),
            /// How many lids.
            lids: u8 = Setting::new("LIDS", "1", |_, value| {
                value.parse().map_err(|_| invalid("LIDS must be a number."))
            })
            .or_in_database(),
        }
    }

    crate::settings! {
        struct Kitchen {
            pots: Pots,
        }
    }

    #[test]
    fn a_setting_is_documented_where_it_is_declared() {
        let [pots, recipe, lids] = &Kitchen::documentation()[..] else {
            panic!()
        };
        assert_eq!((pots.name, pots.meaning), ("POTS", "How many there are."));
        assert_eq!(pots.default.to_string(), "`3`");
        assert_eq!(recipe.default, DefaultValue::Words("none"));
        assert_eq!(recipe.example, Some("x"));
        assert!(recipe.can_be_in_file && !pots.can_be_in_file);
        assert!(lids.can_be_in_database && !pots.can_be_in_database);
    }

    #[test]
    fn only_settings_that_say_so_come_from_the_database() {
        let mut kitchen: Kitchen = read(&[("LIDS", "7")]).unwrap();
        let stored = |value: &'static str| move |_: &str| Some(value.to_owned());
        assert!(kitchen.apply_stored(&stored("5")).is_empty());
        assert_eq!((kitchen.pots.lids, kitchen.pots.count), (5, 3));
        assert_eq!(kitchen.pots.recipe, None);
        // One that is refused changes nothing.
        let refused = kitchen.apply_stored(&stored("many"));
        assert_eq!(refused, [invalid("LIDS must be a number.")]);
        assert_eq!(kitchen.pots.lids, 5);
    }

    crate::settings! {
        struct Greeting {
            /// What the shop says.
            words: LocalText = Setting::local_text("WORDS", 10).or_in_database(),
        }
    }

    #[test]
    fn a_text_has_one_variable_for_all_languages_and_one_for_each() {
        let language = |code: &str| code.parse::<Language>().unwrap();
        let said = |greeting: &Greeting, code: &str| {
            let text = greeting.words.get(language(code), language("en"));
            text.map(|(text, language)| format!("{language}: {text}"))
        };
        let some = |text: &str| Some(text.to_owned());
        let mut greeting: Greeting = read(&[("WORDS", "Hello"), ("WORDS_DE", "Hallo")]).unwrap();
        assert_eq!(said(&greeting, "de"), some("de: Hallo"));
        assert_eq!(said(&greeting, "fr"), some("en: Hello"));
        // Each is replaced on its own.
        let stored = |name: &str| (name == "WORDS_FR").then(|| "Salut".to_owned());
        assert!(greeting.apply_stored(&stored).is_empty());
        assert_eq!(said(&greeting, "fr"), some("fr: Salut"));
        assert_eq!(said(&greeting, "en"), some("en: Hello"));
        // Without one for all languages, that of the default language is.
        let greeting: Greeting = read(&[("WORDS_EN", "Hi")]).unwrap();
        assert_eq!(said(&greeting, "de"), some("en: Hi"));
        let greeting: Greeting = read(&[("WORDS_DE", "Hallo")]).unwrap();
        assert_eq!(said(&greeting, "en"), None);
        assert_eq!(
            refusal::<Greeting>(&[("WORDS_DE", "Guten Abend")]),
            "WORDS_DE must be one line of at most 10 characters."
        );
        let mut unset: Greeting = read(&[]).unwrap();
        let stored = |name: &str| (name == "WORDS_FR").then(|| "Bien le bonjour".to_owned());
        let refused = unset.apply_stored(&stored).pop().unwrap();
        assert_eq!(
            refused.to_string(),
            "WORDS_FR must be one line of at most 10 characters."
        );
        let names: Vec<_> = Greeting::documentation()[0].names().collect();
        assert_eq!(names, ["WORDS", "WORDS_DE", "WORDS_EN", "WORDS_FR"]);
    }

    #[test]
    fn what_is_unset_or_empty_has_its_default() {
        for empty in ["", "  "] {
            let variables = |_: &str| Some(empty.to_owned());
            let kitchen = Kitchen::read(&variables).unwrap();
            assert_eq!(kitchen.pots.count, 3);
            assert_eq!(kitchen.pots.recipe, None);
        }
        let said = Kitchen::read(&|name: &str| (name == "POTS").then(|| "many".to_owned()));
        assert_eq!(said.err(), Some(invalid("POTS must be a number.")));
    }

    #[test]
    fn a_list_has_no_duplicates_and_no_empty_items() {
        assert_eq!(list(" a,, b ,a,"), ["a", "b"]);
        assert_eq!(list(" , "), [""; 0]);
    }
}

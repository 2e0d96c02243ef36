//! Texts of a product that few files have: those in a language, and what the law asks for.

use std::collections::BTreeMap;

use locale::Language;

/// A text of a product beside its name and description. Manufacturer, responsible person and
/// safety are what an offer must show by Article 19 of Regulation (EU) 2023/988.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProductText {
    /// The name in a language, instead of the product's own.
    Name(Language),
    /// The description in a language, instead of the product's own.
    Description(Language),
    /// The manufacturer's name or trade mark.
    ManufacturerName,
    /// The manufacturer's postal address, in several lines.
    ManufacturerAddress,
    /// The manufacturer's electronic address: of email or a website.
    ManufacturerContact,
    /// Name and addresses of the person responsible in the EU, if the manufacturer is outside it.
    ResponsiblePerson,
    /// Warnings and safety information, in several lines.
    Safety,
}

/// What a file says about texts. One that is missing stays as it is stored; `None`: there is none.
pub type ProductTexts = BTreeMap<ProductText, Option<String>>;

impl ProductText {
    /// All texts, in the order of an export's columns.
    pub fn all() -> impl Iterator<Item = Self> {
        let languages = Language::all();
        let localized =
            languages.flat_map(|language| [Self::Name(language), Self::Description(language)]);
        localized.chain([
            Self::ManufacturerName,
            Self::ManufacturerAddress,
            Self::ManufacturerContact,
            Self::ResponsiblePerson,
            Self::Safety,
        ])
    }

    /// The column's name: `name_de`.
    #[must_use]
    pub fn column(self) -> String {
        match self {
            Self::Name(language) => format!("name_{language}"),
            Self::Description(language) => format!("description_{language}"),
            Self::ManufacturerName => "manufacturer_name".to_owned(),
            Self::ManufacturerAddress => "manufacturer_address".to_owned(),
            Self::ManufacturerContact => "manufacturer_contact".to_owned(),
            Self::ResponsiblePerson => "responsible_person".to_owned(),
            Self::Safety => "safety".to_owned(),
        }
    }

    /// The text with this column.
    #[must_use]
    pub(crate) fn named(column: &str) -> Option<Self> {
        Self::all().find(|text| text.column() == column)
    }

    /// Whether it is one line.
    pub(crate) fn is_line(self) -> bool {
        matches!(
            self,
            Self::Name(_) | Self::ManufacturerName | Self::ManufacturerContact
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_a_column_by_which_it_is_found() {
        for text in ProductText::all() {
            assert_eq!(ProductText::named(&text.column()), Some(text));
        }
        assert_eq!(ProductText::named("name_xx"), None);
    }
}

//! Prices and quantities in fields, as people write them in the page's language.
//!
//! The forms of `shop` have a decimal point in every language, and accept a comma where it can mean
//! nothing else. Pages in a language with a decimal comma exchange the two, both when they show a
//! form and when they read one that was sent.

use locale::Language;
use shop::catalog::editing::ProductForm;
use shop::catalog::table::{TableRow, TableValues};
use shop::stripe::checkout_options::RateRow;

/// A number from a form of `shop` for a field in this language, and back: points and commas between
/// digits are exchanged if the language has a decimal comma.
pub(crate) fn exchanged(number: &str, language: Language) -> String {
    if !language.decimal("0.5").contains(',') {
        return number.to_owned();
    }
    let characters: Vec<char> = number.chars().collect();
    let is_digit = |index: Option<usize>| {
        let character = index.and_then(|index| characters.get(index));
        character.is_some_and(char::is_ascii_digit)
    };
    let exchange = |(index, character): (usize, &char)| {
        let within = is_digit(index.checked_sub(1)) && is_digit(index.checked_add(1));
        match character {
            '.' if within => ',',
            ',' if within => '.',
            other => *other,
        }
    };
    characters.iter().enumerate().map(exchange).collect()
}

/// The same for everything in a product's form that is a price or a quantity.
pub(crate) fn exchanged_in_form(mut form: ProductForm, language: Language) -> ProductForm {
    for variant in &mut form.variants {
        for number in [
            &mut variant.price,
            &mut variant.sale_price,
            &mut variant.content_amount,
        ] {
            *number = exchanged(number, language);
        }
    }
    form
}

/// The same for a row of the table of shipping rates.
pub(crate) fn exchanged_in_rate(mut row: RateRow, language: Language) -> RateRow {
    for number in [&mut row.price, &mut row.free_from] {
        *number = exchanged(number, language);
    }
    row
}

/// The same for the prices of the table form.
pub(crate) fn exchanged_in_rows(mut rows: Vec<TableRow>, language: Language) -> Vec<TableRow> {
    let exchange = |values: &mut TableValues| values.price = exchanged(&values.price, language);
    for row in &mut rows {
        exchange(&mut row.shown);
        exchange(&mut row.typed);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exchanged_where_a_comma_is_decimal() -> Result<(), locale::UnknownLanguage> {
        let (english, german): (Language, Language) = ("en".parse()?, "de".parse()?);
        for (shop, written) in [
            ("13.00", "13,00"),
            ("1234.50", "1234,50"),
            ("1,234.50", "1.234,50"),
            ("12.500", "12,500"),
            ("500", "500"),
            ("-3", "-3"),
            ("Fr. 12.50", "Fr. 12,50"),
            ("12.", "12."),
            ("", ""),
            ("<ü.1>", "<ü.1>"),
        ] {
            assert_eq!(exchanged(shop, german), written);
            assert_eq!(exchanged(written, german), shop);
            assert_eq!(exchanged(shop, english), shop);
        }
        Ok(())
    }
}

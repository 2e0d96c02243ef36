//! Properties of the reader for any file: it does not panic, and loses no row without a word.
//! `support::try_read` checks the sums of rows for every file that the tests read.

use std::collections::BTreeSet;

use product_file::{Format, Product, Report};
use proptest::prelude::*;
use till_core::money::{Currency, MinorUnit};

use crate::support::{messages, till, try_read};

const FORMATS: [Format; 3] = [Format::Till, Format::Shopify, Format::WooCommerce];

/// Cells that mean something in some column.
fn cell() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "",
        "",
        "",
        "a",
        "b",
        "A-1",
        "pan",
        "Pan",
        "12",
        "12.50",
        "1,250",
        "-1",
        "true",
        "FALSE",
        "0",
        "1",
        "-1",
        "variation",
        "variable",
        "simple",
        "grouped",
        "simple, virtual",
        "id:1",
        "S",
        "M",
        "Title",
        "Default Title",
        "shopify",
        "eur",
        "EUR",
        "x.jpg",
        "https://a.example/b",
        "2026-11-28",
        "\"",
        "\"x\" y",
        "<p>a</p>",
        "&amp;",
        "'",
        "'=1",
        "parent",
        "active",
        "draft",
        "\u{200b}",
        "\u{7}",
        "ü",
        "l",
        "4006381333931",
        "Kitchen > Cups, Other",
        "a|b",
    ]);
    prop_oneof![6 => known.prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

fn header(format: Format) -> &'static str {
    match format {
        Format::Till => {
            "slug,sku,name,variant,price,currency,stock,active,image,image_alt,sale_price,\
             sale_from,content_amount,content_unit,price_decimal"
        }
        Format::Shopify => {
            "Handle,Title,Variant Price,Option1 Value,Variant SKU,Variant Inventory Tracker,\
             Variant Inventory Qty,Image Src,Image Position,Gift Card,Status,Type,\
             Variant Compare At Price,Variant Requires Shipping,Variant Barcode"
        }
        Format::WooCommerce => {
            "ID,Type,SKU,Name,Published,Stock,Regular price,Sale price,Parent,Images,Categories,\
             Attribute 1 name,Attribute 1 value(s),Description,Date sale price ends"
        }
    }
}

/// A file with the columns of a format, some of whose rows are malformed.
fn file() -> impl Strategy<Value = (Format, String)> {
    let format = proptest::sample::select(FORMATS.to_vec());
    let row = proptest::collection::vec(cell(), 14..16);
    let row = (row, any::<bool>()).prop_map(|(cells, quoted)| {
        let cells = cells.iter().map(|cell| match quoted {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.clone(),
        });
        cells.collect::<Vec<_>>().join(",")
    });
    let rows = proptest::collection::vec(row, 0..12);
    let end = proptest::sample::select(vec!["\n", "\r\n", "\r"]);
    (format, rows, end).prop_map(|(format, rows, end)| {
        let lines = std::iter::once(header(format).to_owned()).chain(rows);
        (format, lines.collect::<Vec<_>>().join(end))
    })
}

fn check_rows(products: &[Product], report: &Report) -> Result<(), TestCaseError> {
    let variants = products.iter().flat_map(|product| &product.variants);
    let lines: Vec<_> = variants.map(|variant| variant.place.line).collect();
    let different: BTreeSet<_> = lines.iter().collect();
    prop_assert_eq!(different.len(), lines.len(), "a row was imported twice");
    let left_out: BTreeSet<_> = report.left_out.iter().map(|row| row.place.line).collect();
    prop_assert_eq!(
        left_out.len(),
        report.left_out.len(),
        "a row was left out twice"
    );
    prop_assert!(lines.iter().all(|line| !left_out.contains(line)));
    prop_assert_eq!(report.products, products.len() as u64);
    prop_assert_eq!(report.variants, lines.len() as u64);
    prop_assert!(products.iter().all(|product| !product.variants.is_empty()));
    Ok(())
}

proptest! {
    #![proptest_config(crate::support::cases(1_000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            let _ = try_read(format, Some("eur"), &[&bytes]);
            let with_header = [header(format).as_bytes(), b"\n", &bytes].concat();
            let _ = try_read(format, Some("eur"), &[&with_header]);
        }
    }

    #[test]
    fn no_row_is_lost_without_a_word((format, text) in file()) {
        let (products, report) = try_read(format, Some("eur"), &[text.as_bytes()]).unwrap();
        check_rows(&products, &report)?;
        // The same file says the same again, and so does one in UTF-16.
        let utf16: Vec<u8> = format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let again = try_read(format, Some("eur"), &[&utf16]).unwrap();
        prop_assert_eq!(&again.0, &products);
        prop_assert_eq!(messages(&again.1), messages(&report));
    }

    #[test]
    fn a_product_is_the_same_wherever_its_rows_are(order in Just((0..6).collect::<Vec<_>>())
        .prop_shuffle()
    ) {
        let row = |number: usize| format!("p-{},S-{number},V-{number},100,EUR\n", number / 2);
        let rows: String = order.iter().copied().map(row).collect();
        let (products, report) = till(format!("slug,sku,variant,price,currency\n{rows}"));
        prop_assert_eq!(messages(&report), [""; 0]);
        prop_assert_eq!(products.len(), 3);
        for product in products {
            let skus: BTreeSet<_> =
                product.variants.iter().map(|variant| variant.sku.clone()).collect();
            let slug = product.slug.unwrap();
            let first: usize = slug[2..].parse::<usize>().unwrap() * 2;
            let wanted = BTreeSet::from([format!("S-{first}"), format!("S-{}", first + 1)]);
            prop_assert_eq!(skus, wanted);
        }
    }
}

/// An amount as people of different countries write it.
fn written(amount: i64, currency: Currency, style: usize) -> String {
    let exact = MinorUnit(amount).of(currency).decimal();
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let grouped = |group: &str| {
        let mut grouped = String::new();
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push_str(group);
            }
            grouped.push(digit);
        }
        grouped
    };
    let join = |whole: String, point: &str| match fraction {
        "" => whole,
        fraction => format!("{whole}{point}{fraction}"),
    };
    let code = currency.code().to_uppercase();
    match style {
        0 => exact.clone(),
        1 => join(whole.to_owned(), ","),
        2 => join(grouped(","), "."),
        3 => join(grouped("."), ","),
        4 => join(grouped(" "), ","),
        5 => join(grouped("'"), "."),
        6 => join(grouped("\u{202f}"), ","),
        7 => format!("{} {code}", join(grouped("."), ",")),
        8 => MinorUnit(amount).of(currency).to_string(),
        // Spreadsheets leave out zeros at the end.
        9 if !fraction.is_empty() => exact.trim_end_matches('0').trim_end_matches('.').to_owned(),
        9 => exact,
        _ => whole.to_owned(),
    }
}

proptest! {
    #![proptest_config(crate::support::cases(3_000))]

    /// Whatever the style, a price is read as it was meant, or refused, but never as another one.
    #[test]
    fn a_price_is_never_read_as_another_one(
        amount in prop_oneof![1..100_000_i64, 1..99_999_999_i64],
        style in 0..11_usize,
        code in proptest::sample::select(vec!["eur", "usd", "chf", "sek", "jpy", "kwd", "tnd"]),
    ) {
        let currency: Currency = code.parse().unwrap();
        let unit = 10_i64.pow(currency.decimals().into());
        let amount = if style == 10 { (amount / unit).max(1) * unit } else { amount };
        let amount = (amount / currency.step()).max(1) * currency.step();
        let cell = written(amount, currency, style);
        let text = format!("sku,price_decimal,currency\nA,\"{cell}\",{code}\n");
        let (products, report) = till(text);
        match products.first() {
            Some(product) => {
                let price = product.variants[0].price.unwrap();
                prop_assert_eq!(price.amount.0, amount, "{}", cell);
            }
            None => {
                // Only one separator with three digits behind it may be refused.
                let digits = cell.trim_start_matches(|c: char| !c.is_ascii_digit());
                let digits = digits.trim_end_matches(|c: char| !c.is_ascii_digit());
                let separators = digits.chars().filter(|c| [',', '.'].contains(c)).count();
                prop_assert!(separators == 1, "{}: {:?}", cell, messages(&report));
                let behind = digits.rsplit([',', '.']).next().unwrap();
                prop_assert_eq!(behind.len(), 3, "{}: {:?}", cell, messages(&report));
            }
        }
    }

    /// Any digits and separators: an amount that is read is the only one that they can mean.
    #[test]
    fn an_amount_that_is_read_has_no_second_meaning(cell in "[0-9]{1,4}([.,' ][0-9]{1,4}){0,3}") {
        let (products, _) = till(format!("sku,price_decimal,currency\nA,\"{cell}\",eur\n"));
        let read = products.first().map(|product| product.variants[0].price.unwrap().amount.0);
        let mut meanings = BTreeSet::new();
        for point in [None, Some('.'), Some(',')] {
            for group in [None, Some('.'), Some(','), Some('\''), Some(' ')] {
                if group.is_none() || group != point {
                    meanings.extend(naive(&cell, point, group));
                }
            }
        }
        if let Some(read) = read {
            let only = BTreeSet::from([read.to_string()]);
            prop_assert_eq!(meanings, only, "{}", cell);
        }
    }
}

/// What a cell means in cents if these are its decimal point and its separator of groups.
fn naive(cell: &str, point: Option<char>, group: Option<char>) -> Option<String> {
    let (whole, fraction) = match point {
        Some(point) => cell.rsplit_once(point)?,
        None => (cell, ""),
    };
    let groups: Vec<_> = match group {
        Some(group) => whole.split(group).collect(),
        None => vec![whole],
    };
    let (first, others) = groups.split_first()?;
    let digits = groups.concat();
    let grouped = others.is_empty()
        || (first.len() <= 3 && !first.starts_with('0') && others.iter().all(|g| g.len() == 3));
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !grouped || !is_number(&digits) || !is_number(fraction) {
        return None;
    }
    let cents = format!("{digits}{fraction:0<2}");
    let (cents, rest) = cents.split_at(digits.len() + 2);
    // More decimals than the currency has are another meaning, which no amount equals.
    let rest = rest.trim_end_matches('0');
    let cents = cents.trim_start_matches('0');
    Some(if rest.is_empty() {
        cents.to_owned()
    } else {
        format!("{cents}+{rest}")
    })
}

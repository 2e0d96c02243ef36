//! Till's own format: one row for each variant, and the columns of [`COLUMNS`].

use till_core::money::{Currency, Money};
use till_core::unit_price::{Content, ContentUnit};

use crate::builder::{
    Builder, MAX_CODE_CHARACTERS, MAX_DESCRIPTION_CHARACTERS, MAX_GROUP_CHARACTERS,
    MAX_NAME_CHARACTERS, MAX_STOCK, MAX_WEIGHT,
};
use crate::cells::{self, Cells};
use crate::price::{self, Writer};
use crate::problem::quoted;
use crate::product::{Given, Picture, Product, Sale, Variant};
use crate::product_text::{ProductText, ProductTexts};
use crate::{picture, text};

/// The largest number of characters of an address.
const MAX_ADDRESS_CHARACTERS: usize = 1_000;

/// The columns that are read, as the writer orders them, and after them those that it does not
/// write. Those of [`ProductText`] are read as well, and written where they are needed.
pub const COLUMNS: [&str; 25] = [
    "slug",
    "name",
    "description",
    "category",
    "brand",
    "image",
    "image_alt",
    "position",
    "variant",
    "sku",
    "active",
    "gtin",
    "stock",
    "max_per_order",
    "weight_grams",
    "content_amount",
    "content_unit",
    "tax_code",
    "sale_price",
    "sale_from",
    "sale_until",
    "price",
    // Excel leaves out separators at the ends of rows whose last cells are empty, so the last cell
    // that the writer writes is never empty.
    "currency",
    "price_decimal",
    "sale_price_decimal",
];

/// The column that a header's name means: `Max per order` is `max_per_order`.
pub(crate) fn column(name: &str) -> Option<String> {
    let name = name.to_lowercase().replace([' ', '-'], "_");
    let known = COLUMNS.contains(&name.as_str()) || ProductText::named(&name).is_some();
    known.then_some(name)
}

/// What the header lacks, as problems of its columns.
pub(crate) fn missing_columns(
    has: impl Fn(&str) -> bool,
    currency: Option<Currency>,
) -> Vec<(&'static str, String)> {
    let mut missing = Vec::new();
    if !has("sku") {
        missing.push(("sku", "is missing".to_owned()));
    }
    let priced = ["price", "price_decimal", "sale_price", "sale_price_decimal"]
        .into_iter()
        .any(&has);
    if priced && !has("currency") && currency.is_none() {
        missing.push((
            "currency",
            "is missing: add it, or give the currency of all prices with --currency EUR".to_owned(),
        ));
    }
    missing
}

/// The key that the rows of one product share. `None`: the row is a product of its own.
pub(crate) fn key(cells: &Cells) -> Option<String> {
    Some(text::unguard_code(cells.get("slug")?).to_owned()).filter(|slug| !slug.is_empty())
}

/// Makes a product of its rows. `None` if one has a problem.
pub(crate) fn product(rows: &[Cells], builder: &mut Builder) -> Option<Product> {
    let first = rows.first()?;
    let slug = slug(first, builder);
    let name = shared(rows, builder, "name", |cell| {
        cells::limited(text::line(cell)?, MAX_NAME_CHARACTERS)
    });
    // Of rows without a slug, several may be variants of one product: one of them names it.
    if name == Given::Empty && first.header.has("slug") {
        builder.problem(first, "name", "must not be empty");
    }
    let description = shared(rows, builder, "description", |cell| {
        lines(cell, MAX_DESCRIPTION_CHARACTERS)
    });
    let group = |cell: &str| cells::limited(text::line(cell)?, MAX_GROUP_CHARACTERS);
    let category = shared(rows, builder, "category", group);
    let brand = shared(rows, builder, "brand", group);
    let position = shared(rows, builder, "position", |cell| {
        cells::number(cell, 0, i64::from(i32::MAX))
    });
    let texts = texts(rows, builder);
    let pictures = pictures(rows, builder);
    let mut variants: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row, variant(row, builder)?)))
        .collect();
    fill_active(&mut variants);
    check_names(rows, &variants, builder);
    check_currencies(&variants, builder);
    Some(Product {
        place: first.place.clone(),
        number: builder.number,
        slug,
        name: name.value().cloned(),
        description: emptied(description, String::new()),
        category,
        brand,
        pictures,
        position: position.value().copied(),
        texts,
        variants: variants.into_iter().map(|(_, variant)| variant).collect(),
    })
}

/// Text of several lines, which may be empty.
fn lines(cell: &str, max_characters: usize) -> Result<String, String> {
    let text = text::lines(cell)?;
    match text.is_empty() {
        true => Ok(text),
        false => cells::limited(text, max_characters),
    }
}

/// The largest number of characters of a text.
#[must_use]
pub fn max_characters(text: ProductText) -> usize {
    match text {
        ProductText::Name(_) | ProductText::ManufacturerName | ProductText::ManufacturerContact => {
            MAX_NAME_CHARACTERS
        }
        ProductText::ManufacturerAddress | ProductText::ResponsiblePerson => MAX_ADDRESS_CHARACTERS,
        ProductText::Description(_) | ProductText::Safety => MAX_DESCRIPTION_CHARACTERS,
    }
}

fn texts(rows: &[Cells], builder: &mut Builder) -> ProductTexts {
    let mut texts = ProductTexts::new();
    for text in ProductText::all() {
        let read = shared(rows, builder, &text.column(), |cell| match text.is_line() {
            true => cells::limited(text::line(cell)?, max_characters(text)),
            false => lines(cell, max_characters(text)),
        });
        match read {
            Given::Absent => {}
            Given::Empty => drop(texts.insert(text, None)),
            Given::Value(value) => {
                texts.insert(text, Some(value).filter(|value| !value.is_empty()));
            }
        }
    }
    texts
}

/// A value whose empty cell means this one.
fn emptied<T>(given: Given<T>, empty: T) -> Option<T> {
    match given {
        Given::Absent => None,
        Given::Empty => Some(empty),
        Given::Value(value) => Some(value),
    }
}

fn slug(first: &Cells, builder: &mut Builder) -> Option<String> {
    let read = first.read(&mut builder.report.problems, "slug", |cell| {
        let slug = cells::limited(text::code(cell)?, MAX_CODE_CHARACTERS)?;
        if text::is_slug(&slug) {
            return Ok(slug);
        }
        let rule = "may hold lower-case letters a to z, digits, and single hyphens between them";
        match text::slug_of(&slug, MAX_CODE_CHARACTERS) {
            example if example.is_empty() => Err(format!("{rule}, not {}", quoted(&slug))),
            example => Err(format!("{rule}: {example}, not {}", quoted(&slug))),
        }
    });
    if read == Given::Empty {
        builder.problem(first, "slug", "must not be empty");
    }
    read.value().cloned()
}

/// Reads what all variants of a product share: any of its rows may say it, and no two may differ.
fn shared<T: PartialEq>(
    rows: &[Cells],
    builder: &mut Builder,
    column: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Given<T> {
    let mut result = Given::Absent;
    let mut first: Option<&Cells> = None;
    for row in rows {
        match row.read(&mut builder.report.problems, column, &parse) {
            Given::Empty if result == Given::Absent => result = Given::Empty,
            Given::Absent | Given::Empty => {}
            value if value == result => {}
            value => match first {
                None => {
                    first = Some(row);
                    result = value;
                }
                Some(first) => {
                    let reason = format!(
                        "is {}, but {} in {}: all rows of a product have one {}, or only the first \
                         has it",
                        quoted(row.text(column)),
                        quoted(first.text(column)),
                        row.mention(&first.place),
                        row.header.spelled(column)
                    );
                    builder.problem(row, column, reason);
                }
            },
        }
    }
    result
}

fn pictures(rows: &[Cells], builder: &mut Builder) -> Option<Vec<Picture>> {
    let sources = shared(rows, builder, "image", |cell| {
        let parts = picture::split_list(text::unguard(cell));
        let named = parts.iter().filter(|part| !part.is_empty());
        named
            .map(|part| picture::source(part))
            .collect::<Result<Vec<_>, _>>()
    });
    let alts = shared(rows, builder, "image_alt", |cell| {
        let parts = picture::split_list(text::unguard(cell));
        parts
            .iter()
            .map(|part| picture::alt(part))
            .collect::<Result<Vec<_>, _>>()
    });
    let described = rows.iter().find(|row| !row.text("image_alt").is_empty());
    if let Some(row) = described
        && !rows.iter().any(|row| row.header.has("image"))
    {
        let reason = "describes pictures, so it also needs the column image with them";
        builder.problem(row, "image_alt", reason);
    }
    let sources = emptied(sources, Vec::new())?;
    let alts = emptied(alts, Vec::new());
    // What the file describes at all, it describes completely.
    let missing = alts.as_ref().map(|_| String::new());
    let alts = alts.unwrap_or_default();
    if alts.len() > sources.len()
        && let Some(row) = described
    {
        let reason = format!(
            "has {} texts for {} pictures: write | between the texts, in the order of the pictures",
            alts.len(),
            sources.len()
        );
        builder.problem(row, "image_alt", reason);
    }
    let alts = alts.into_iter().map(Some);
    let pictures = sources
        .into_iter()
        .zip(alts.chain(std::iter::repeat(missing)));
    Some(
        pictures
            .map(|(source, alt)| Picture { source, alt })
            .collect(),
    )
}

/// Gives the variants whose rows do not say whether they are on sale the first value that one says.
fn fill_active(variants: &mut [(&Cells, Variant)]) {
    let first = variants.iter().find_map(|(_, variant)| variant.active);
    for (_, variant) in variants {
        variant.active = variant.active.or(first);
    }
}

fn variant(row: &Cells, builder: &mut Builder) -> Option<Variant> {
    let sku = builder.sku(row, "sku");
    let name = row.read(&mut builder.report.problems, "variant", |cell| {
        cells::limited(text::line(cell)?, MAX_NAME_CHARACTERS)
    });
    let active = row.read(&mut builder.report.problems, "active", cells::boolean);
    let currency = currency(row, builder);
    let price = price(row, builder, "price", "price_decimal", currency);
    if price == Given::Empty {
        let column = if row.header.has("price") {
            "price"
        } else {
            "price_decimal"
        };
        builder.problem(row, column, "must not be empty");
    }
    let price = price.value().copied();
    let sale = sale(row, builder, currency, price);
    let problems = &mut builder.report.problems;
    let stock = row.read(problems, "stock", |cell| cells::number(cell, 0, MAX_STOCK));
    let weight_grams = row.read(problems, "weight_grams", |cell| {
        cells::number(cell, 1, MAX_WEIGHT)
    });
    let gtin = row.read(problems, "gtin", cells::gtin);
    let tax_code = row.read(problems, "tax_code", cells::tax_code);
    let content = content(row, builder);
    let max_per_order = builder.max_per_order(row, "max_per_order");
    Some(Variant {
        place: row.place.clone(),
        sku: sku?,
        name: emptied(name, String::new()),
        active: active.value().copied(),
        price,
        sale,
        stock,
        max_per_order,
        weight_grams,
        gtin,
        content,
        tax_code,
    })
}

fn check_names(rows: &[Cells], variants: &[(&Cells, Variant)], builder: &mut Builder) {
    if let [first, .., last] = rows
        && !last.header.has("variant")
    {
        let reason = format!(
            "is already used in {}: rows with the same slug are variants of one product, and need \
             the column variant with what differs; to change variants by their SKUs alone, leave \
             out the column slug",
            last.mention(&first.place)
        );
        builder.problem(last, "slug", reason);
        return;
    }
    let named = variants
        .iter()
        .map(|(row, variant)| (*row, variant.name.as_deref().unwrap_or_default()));
    builder.check_variant_names("variant", named);
}

/// A product has one currency, because an order has.
fn check_currencies(variants: &[(&Cells, Variant)], builder: &mut Builder) {
    let mut priced = variants
        .iter()
        .filter_map(|(row, variant)| Some((row, variant.price?.currency)));
    let Some((first, currency)) = priced.next() else {
        return;
    };
    for (row, other) in priced.filter(|(_, other)| *other != currency) {
        let reason = format!(
            "is {}, but {} in {}: a product has one currency",
            price::code(other),
            price::code(currency),
            row.mention(&first.place)
        );
        builder.problem(row, "currency", reason);
    }
}

fn currency(row: &Cells, builder: &mut Builder) -> Option<Currency> {
    let read = row.read(&mut builder.report.problems, "currency", |cell| {
        cell.parse::<Currency>().map_err(|_| {
            format!(
                "{} is not a currency that the shop can sell in",
                quoted(cell)
            )
        })
    });
    match (read, builder.currency) {
        (Given::Value(currency), _) => Some(currency),
        (Given::Empty, None) => {
            builder.problem(row, "currency", "must not be empty");
            None
        }
        (_, default) => default,
    }
}

/// Reads a price from the column in minor units, or from that in units of the currency.
fn price(
    row: &Cells,
    builder: &mut Builder,
    minor_column: &str,
    decimal_column: &str,
    currency: Option<Currency>,
) -> Given<Money> {
    let Some(currency) = currency else {
        return Given::Absent;
    };
    let problems = &mut builder.report.problems;
    let minor = row.read(problems, minor_column, |cell| {
        let money = price::minor(text::unguard_code(cell), currency, minor_column)?;
        price::check(money, cell)
    });
    let decimal = row.read(problems, decimal_column, |cell| {
        let money = price::decimal(text::unguard_code(cell), currency, Writer::Person)?;
        price::check(money, cell)
    });
    if let (Given::Value(one), Given::Value(other)) = (minor, decimal)
        && one != other
    {
        let reason = format!("is {other}, but {minor_column} is {one}: use one of the two columns");
        builder.problem(row, decimal_column, reason);
    }
    match (minor, decimal) {
        (Given::Value(money), _) | (_, Given::Value(money)) => Given::Value(money),
        (Given::Empty, Given::Empty | Given::Absent) | (Given::Absent, Given::Empty) => {
            // A cell that cannot be read is absent, and has its own problem.
            let unreadable = |column| !row.text(column).is_empty();
            match unreadable(minor_column) || unreadable(decimal_column) {
                true => Given::Absent,
                false => Given::Empty,
            }
        }
        (Given::Absent, Given::Absent) => Given::Absent,
    }
}

fn sale(
    row: &Cells,
    builder: &mut Builder,
    currency: Option<Currency>,
    regular: Option<Money>,
) -> Given<Sale> {
    let price = price(row, builder, "sale_price", "sale_price_decimal", currency);
    let problems = &mut builder.report.problems;
    let from = row.read(problems, "sale_from", cells::date);
    let until = row.read(problems, "sale_until", cells::date);
    let (from, until) = (from.value().copied(), until.value().copied());
    let price = match price {
        Given::Value(price) => price,
        Given::Empty | Given::Absent => {
            let dated = ["sale_from", "sale_until"];
            let dated = dated
                .into_iter()
                .find(|column| !row.text(column).is_empty());
            let unreadable = |column| !row.text(column).is_empty();
            if let Some(column) = dated
                && !unreadable("sale_price")
                && !unreadable("sale_price_decimal")
            {
                builder.problem(
                    row,
                    column,
                    "is a day of a sale, but the row has no sale_price",
                );
            }
            return match price {
                Given::Empty => Given::Empty,
                _ => Given::Absent,
            };
        }
    };
    let column = if row.text("sale_price").is_empty() {
        "sale_price_decimal"
    } else {
        "sale_price"
    };
    if let Some(regular) = regular
        && price.amount >= regular.amount
    {
        let reason = format!("must be below the regular price of {regular}, not {price}");
        builder.problem(row, column, reason);
    }
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        builder.problem(
            row,
            "sale_until",
            format!("must not be before {from}, when the sale begins"),
        );
    }
    let sale = Sale { price, from, until };
    if let Some(regular) = regular {
        builder.report.note_sale(&row.place, &sale, regular);
    }
    Given::Value(sale)
}

fn content(row: &Cells, builder: &mut Builder) -> Given<Content> {
    let problems = &mut builder.report.problems;
    let amount = row.read(problems, "content_amount", |cell| {
        let amount = price::thousandths(text::unguard_code(cell));
        amount.filter(|amount| *amount > 0).ok_or_else(|| {
            format!(
                "must be a number above 0 with at most three decimals, such as 0.75, not {}",
                quoted(cell)
            )
        })
    });
    let unit = row.read(problems, "content_unit", |cell| {
        ContentUnit::parse(cell).ok_or_else(|| {
            let units = ContentUnit::ALL.map(ContentUnit::symbol).join(", ");
            format!("must be one of {units}, not {}", quoted(cell))
        })
    });
    let empty = |column| row.text(column).is_empty();
    match (amount, unit) {
        (Given::Value(thousandths), Given::Value(unit)) => {
            Given::Value(Content { thousandths, unit })
        }
        (Given::Value(_), _) if empty("content_unit") => {
            builder.problem(
                row,
                "content_unit",
                "must not be empty beside a content_amount",
            );
            Given::Absent
        }
        (_, Given::Value(_)) if empty("content_amount") => {
            builder.problem(
                row,
                "content_amount",
                "must not be empty beside a content_unit",
            );
            Given::Absent
        }
        (Given::Empty, _) | (_, Given::Empty) => Given::Empty,
        _ => Given::Absent,
    }
}

//! WooCommerce's export of products: a row for each product, and for each variation one that names
//! its parent by SKU or `id:44`
//! (<https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema>).

use till_core::money::{Currency, Money};

use crate::builder::{
    Builder, MAX_DESCRIPTION_CHARACTERS, MAX_GROUP_CHARACTERS, MAX_NAME_CHARACTERS, with_active,
};
use crate::cells::{self, Cells};
use crate::product::{Given, Picture, Product, Sale, Variant};
use crate::product_text::ProductTexts;
use crate::{price, text};

/// The column with SKUs.
pub(crate) const SKU: &str = "sku";
const GTIN: &str = "gtin, upc, ean, or isbn";

const COLUMNS: &[&str] = &[
    "id",
    "type",
    SKU,
    GTIN,
    "name",
    "published",
    "visibility in catalog",
    "short description",
    "description",
    "date sale price starts",
    "date sale price ends",
    "in stock?",
    "stock",
    "backorders allowed?",
    "sold individually?",
    "sale price",
    "regular price",
    "categories",
    "brands",
    "images",
    "parent",
    "position",
];

/// Columns of weights, and the milligrams of their unit.
const WEIGHTS: [(&str, i64); 4] = [
    ("weight (kg)", 1_000_000),
    ("weight (g)", 1_000),
    ("weight (lbs)", 453_592),
    ("weight (oz)", 28_350),
];

/// The column that a header's name means.
pub(crate) fn column(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let is_attribute = name.strip_prefix("attribute ").is_some_and(|rest| {
        let number = rest
            .strip_suffix(" name")
            .or_else(|| rest.strip_suffix(" value(s)"));
        number.is_some_and(|number| number.parse::<u8>().is_ok())
    });
    let is_weight = WEIGHTS.iter().any(|(column, _)| *column == name);
    (COLUMNS.contains(&name.as_str()) || is_weight || is_attribute).then_some(name)
}

/// What the header lacks, as problems of its columns.
pub(crate) fn missing_columns(
    has: impl Fn(&str) -> bool,
    currency: Option<Currency>,
) -> Vec<(&'static str, String)> {
    let columns = [
        ("type", "Type"),
        ("name", "Name"),
        ("regular price", "Regular price"),
    ];
    let missing = columns.into_iter().filter(|(column, _)| !has(column));
    let mut missing: Vec<_> = missing
        .map(|(_, name)| {
            let reason = "is missing: export all columns, with English as the language of the site";
            (name, reason.to_owned())
        })
        .collect();
    if currency.is_none() {
        missing.push((
            "Regular price",
            "has no currency in WooCommerce's export: give it with --currency EUR".to_owned(),
        ));
    }
    missing
}

fn kinds(cells: &Cells) -> Vec<String> {
    let kinds = cells.text("type").to_lowercase();
    kinds
        .split(',')
        .map(|kind| kind.trim().to_owned())
        .collect()
}

/// The row's number in WooCommerce, which never changes. Empty if the file has none.
fn id(cells: &Cells) -> &str {
    text::unguard_code(cells.text("id"))
}

fn is_variation(cells: &Cells) -> bool {
    kinds(cells).iter().any(|kind| kind == "variation")
}

/// The key that the rows of one product share.
pub(crate) fn key(cells: &Cells) -> Option<String> {
    if !is_variation(cells) {
        return aliases(cells).into_iter().next();
    }
    let parent = text::unguard_code(cells.text("parent"));
    match parent.strip_prefix("id:") {
        _ if parent.is_empty() => None,
        Some(id) => Some(format!("id:{}", id.trim())),
        None => Some(format!("sku:{parent}")),
    }
}

/// The keys by which variations may name this product.
pub(crate) fn aliases(cells: &Cells) -> Vec<String> {
    if is_variation(cells) {
        return Vec::new();
    }
    let [id, sku] = ["id", SKU].map(|column| text::unguard_code(cells.text(column)));
    let ids = (!id.is_empty()).then(|| format!("id:{id}"));
    let skus = (!sku.is_empty()).then(|| format!("sku:{sku}"));
    ids.into_iter().chain(skus).collect()
}

/// Makes a product of its rows. `None` if one has a problem, or if all are left out.
pub(crate) fn product(rows: &[Cells], builder: &mut Builder) -> Option<Product> {
    let (variations, parents): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_variation(row));
    let [parent] = parents.as_slice() else {
        return complain_about_parents(&parents, &variations, builder);
    };
    let title = parent.text("name");
    if let Some(reason) = not_sold(parent) {
        for row in rows {
            builder
                .report
                .leave_out(&row.place, row.text("name"), reason.clone());
        }
        return None;
    }
    let name = builder.shop_line(parent, "name", MAX_NAME_CHARACTERS);
    if name == Given::Empty {
        builder.problem(parent, "name", "must not be empty");
    }
    let slug = builder.make_slug(name.value().map_or(title, String::as_str), id(parent));
    let is_variable = kinds(parent).iter().any(|kind| kind == "variable");
    let sold = match is_variable {
        true => variations,
        false => vec![*parent],
    };
    if !is_variable && rows.len() > 1 {
        let reason = "is not variable, but another row names it as its parent";
        builder.problem(parent, "type", reason);
        return None;
    }
    // A slug may depend on what else is in the file; a name and an id do not.
    let base = match text::slug_of(
        name.value().map_or(title, String::as_str),
        MAX_NAME_CHARACTERS,
    ) {
        _ if id(parent).is_empty() => slug.clone(),
        empty if empty.is_empty() => "product".to_owned(),
        base => base,
    };
    let variants = variants(parent, &sold, &base, builder);
    if variants.is_empty() {
        return None;
    }
    Some(Product {
        place: parent.place.clone(),
        number: builder.number,
        slug: Some(slug),
        name: name.value().cloned(),
        description: Some(description(parent, builder)),
        category: category(parent, builder),
        brand: first_of_list(parent, "brands", builder),
        pictures: Some(pictures(parent, &sold, builder)),
        position: position(parent, builder),
        texts: ProductTexts::new(),
        variants: with_active(variants, is_active(parent, builder)),
    })
}

fn complain_about_parents(
    parents: &[&Cells],
    variations: &[&Cells],
    builder: &mut Builder,
) -> Option<Product> {
    for parent in parents.iter().skip(1) {
        let column = if parent.text("id").is_empty() {
            SKU
        } else {
            "id"
        };
        builder.problem(parent, column, "is the same as that of another product");
    }
    if parents.is_empty() {
        for variation in variations {
            let reason = match variation.text("parent") {
                "" => "must not be empty: it names the product of a variation".to_owned(),
                parent => format!("names {parent}, but no product in the file has this SKU or ID"),
            };
            builder.problem(variation, "parent", reason);
        }
    }
    None
}

/// Why a product cannot be sold.
fn not_sold(row: &Cells) -> Option<String> {
    let kinds = kinds(row);
    let has = |kind: &str| kinds.iter().any(|own| own == kind);
    if has("downloadable") {
        return Some("is a download: the shop sells goods".to_owned());
    }
    if has("virtual") {
        return Some("is not a thing (virtual): the shop sells goods".to_owned());
    }
    if has("grouped") {
        return Some("is a group of products, which are products of their own".to_owned());
    }
    if has("external") {
        return Some("is sold by another shop (external)".to_owned());
    }
    let known = |kind: &String| ["simple", "variable", "variation"].contains(&kind.as_str());
    let unknown = kinds.iter().find(|kind| !known(kind))?;
    let unknown: String = unknown
        .chars()
        .filter(|c| !c.is_control())
        .take(40)
        .collect();
    Some(format!(
        "is of the type \"{unknown}\", which the shop does not sell"
    ))
}

fn variants(parent: &Cells, sold: &[&Cells], base: &str, builder: &mut Builder) -> Vec<Variant> {
    let mut variants = Vec::new();
    let problems = builder.report.problems.count();
    let shares = sold
        .iter()
        .filter(|row| row.text("stock") == "parent")
        .count();
    for row in sold {
        match variant(parent, row, base, shares, builder) {
            Ok(Some(variant)) => variants.push((*row, variant)),
            Ok(None) => {}
            Err(reason) => builder
                .report
                .leave_out(&row.place, row.text("name"), reason),
        }
    }
    // A simple product has just been left out with its own reason.
    let is_parent_sold = sold.iter().any(|row| row.place == parent.place);
    if variants.is_empty() && builder.report.problems.count() == problems && !is_parent_sold {
        let reason = "has no variation that can be sold";
        builder
            .report
            .leave_out(&parent.place, parent.text("name"), reason);
    }
    let names = variants
        .iter()
        .map(|(row, variant)| (*row, variant.name.as_deref().unwrap_or_default()));
    builder.check_variant_names("attribute 1 value(s)", names);
    variants.into_iter().map(|(_, variant)| variant).collect()
}

/// Makes a variant of a variation or a simple product. `None` if the row has a problem.
///
/// # Errors
/// Why the row is left out.
fn variant(
    parent: &Cells,
    row: &Cells,
    base: &str,
    shares: usize,
    builder: &mut Builder,
) -> Result<Option<Variant>, String> {
    let own = row.place != parent.place;
    if own && let Some(reason) = not_sold(row) {
        return Err(reason);
    }
    if own && parent.text("published") == "1" && !["1", ""].contains(&row.text("published")) {
        return Err("is a variation that is not published".to_owned());
    }
    let name = if own {
        variation_name(parent, row, builder)?
    } else {
        String::new()
    };
    if row.text("regular price").is_empty() {
        return Err("has no price".to_owned());
    }
    let price = builder.shop_price(row, "regular price");
    if price.is_some_and(|price| price.amount.0 == 0) {
        return Err("costs nothing".to_owned());
    }
    let (price, sale) = prices(row, price, builder);
    let sku = if row.text(SKU).is_empty() {
        Some(builder.make_sku(row, base, &name, id(row)))
    } else {
        builder.sku(row, SKU)
    };
    let stock = stock(parent, row, shares, builder);
    let weight_grams = weight(parent, row, builder);
    let gtin = builder.shop_gtin(row, GTIN);
    let alone = parent.text("sold individually?") == "1" || row.text("sold individually?") == "1";
    Ok(sku.map(|sku| Variant {
        place: row.place.clone(),
        sku,
        name: Some(name),
        active: None,
        price,
        sale,
        stock,
        max_per_order: alone.then_some(1),
        weight_grams,
        gtin,
        content: Given::Absent,
        tax_code: Given::Absent,
    }))
}

/// The values of a variation's attributes: `S / Blue`.
fn variation_name(parent: &Cells, row: &Cells, builder: &mut Builder) -> Result<String, String> {
    let mut values = Vec::new();
    for number in 1..=u8::MAX {
        let [name, value] = ["name", "value(s)"].map(|part| format!("attribute {number} {part}"));
        if !row.header.has(&name) {
            break;
        }
        if row.text(&name).is_empty() {
            continue;
        }
        let read = builder.shop_line(row, &value, MAX_NAME_CHARACTERS);
        match read {
            Given::Value(value) => values.push(value.replace("\\,", ",")),
            Given::Empty => {
                return Err(format!(
                    "stands for any {}: write a row for each, with its own SKU and stock",
                    row.text(&name)
                ));
            }
            Given::Absent => {}
        }
    }
    let name = match values.is_empty() {
        // Without attributes, the name says it: "Tin Cup - Small".
        true => {
            let name = text::line(row.text("name")).unwrap_or_default();
            let title = text::line(parent.text("name")).unwrap_or_default();
            let rest = name.strip_prefix(&title).unwrap_or(&name);
            rest.trim_start_matches([' ', '-', '–']).to_owned()
        }
        false => values.join(" / "),
    };
    if name.chars().count() > MAX_NAME_CHARACTERS {
        let reason = format!("makes a name of more than {MAX_NAME_CHARACTERS} characters");
        builder.problem(row, "attribute 1 value(s)", reason);
    }
    Ok(name)
}

/// The regular price, and the reduced one with its days.
fn prices(
    row: &Cells,
    price: Option<Money>,
    builder: &mut Builder,
) -> (Option<Money>, Given<Sale>) {
    let reduced = builder.shop_price(row, "sale price");
    let problems = &mut builder.report.problems;
    let from = row.read(problems, "date sale price starts", cells::date);
    let until = row.read(problems, "date sale price ends", cells::date);
    let Some(regular) = price else {
        return (None, Given::Absent);
    };
    if let Err(reason) = price::check(regular, row.text("regular price")) {
        builder.problem(row, "regular price", reason);
        return (None, Given::Absent);
    }
    let Some(reduced) = reduced.filter(|reduced| reduced.amount < regular.amount) else {
        return (Some(regular), Given::Empty);
    };
    if let Err(reason) = price::check(reduced, row.text("sale price")) {
        builder.problem(row, "sale price", reason);
        return (None, Given::Absent);
    }
    let (from, until) = (from.value().copied(), until.value().copied());
    let backwards = from.zip(until).is_some_and(|(from, until)| until < from);
    if backwards {
        builder.problem(
            row,
            "date sale price ends",
            "must not be before the day it starts",
        );
    }
    let sale = Sale {
        price: reduced,
        from,
        until,
    };
    builder.report.note_sale(&row.place, &sale, regular);
    (Some(regular), Given::Value(sale))
}

fn stock(parent: &Cells, row: &Cells, shares: usize, builder: &mut Builder) -> Given<i64> {
    let stock = match row.text("stock") {
        "parent" if shares > 1 => {
            let units = parent.text("stock").to_owned();
            builder.report.note("shared stock", &row.place, || {
                format!(
                    "shares a stock of {units} units with other variations, but the shop counts \
                     each variant: it becomes 0, so set it"
                )
            });
            return Given::Value(0);
        }
        "parent" => builder.shop_stock(parent, "stock"),
        _ => builder.shop_stock(row, "stock"),
    };
    let backorders = row.text("backorders allowed?").to_lowercase();
    if stock.value().is_some() && !["", "0", "no"].contains(&backorders.as_str()) {
        builder.report.note_oversold(&row.place);
    }
    match stock {
        // Not counted, but declared as sold out.
        Given::Empty if row.text("in stock?") == "0" => Given::Value(0),
        stock => stock,
    }
}

/// A variation without a weight has its product's.
fn weight(parent: &Cells, row: &Cells, builder: &mut Builder) -> Given<i64> {
    let column = WEIGHTS.iter().find(|(column, _)| row.header.has(column));
    let Some((column, milligrams)) = column else {
        return Given::Absent;
    };
    let weighed = if row.text(column).is_empty() {
        parent
    } else {
        row
    };
    builder.shop_weight(weighed, column, *milligrams)
}

/// The short description and, after it, the long one.
fn description(row: &Cells, builder: &mut Builder) -> String {
    let parts = ["short description", "description"].map(|column| builder.description(row, column));
    let parts: Vec<_> = parts
        .iter()
        .filter_map(Given::value)
        .map(String::as_str)
        .collect();
    let joined = match parts.as_slice() {
        // Many themes repeat it.
        [short, long] if long.contains(short) => (*long).to_owned(),
        parts => parts.join("\n\n"),
    };
    if joined.chars().count() > MAX_DESCRIPTION_CHARACTERS {
        let reason = format!(
            "has more than {MAX_DESCRIPTION_CHARACTERS} characters together with the short \
             description"
        );
        builder.problem(row, "description", reason);
    }
    joined
}

/// Divides a list at its commas. A comma within a value has a backslash.
fn split_list(cell: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && *next == ',');
        match (character, values.last_mut()) {
            (',', _) => values.push(String::new()),
            (_, Some(value)) => value.push(escaped.unwrap_or(character)),
            (_, None) => {}
        }
    }
    let trimmed = values.iter().map(|value| value.trim().to_owned());
    trimmed.filter(|value| !value.is_empty()).collect()
}

/// The last part of the first category: `Kitchen > Cups, Camping` is `Cups`.
fn category(row: &Cells, builder: &mut Builder) -> Given<String> {
    match first_of_list(row, "categories", builder) {
        Given::Value(category) => {
            let last = category
                .rsplit('>')
                .map(str::trim)
                .find(|part| !part.is_empty());
            last.map_or(Given::Empty, |last| Given::Value(last.to_owned()))
        }
        other => other,
    }
}

fn first_of_list(row: &Cells, column: &'static str, builder: &mut Builder) -> Given<String> {
    let read = row.read(&mut builder.report.problems, column, |cell| {
        let values = split_list(&text::line(cell)?);
        Ok(values
            .into_iter()
            .map(|value| value.chars().take(MAX_GROUP_CHARACTERS).collect::<String>())
            .collect::<Vec<_>>())
    });
    match read {
        Given::Absent => Given::Absent,
        Given::Empty => Given::Empty,
        Given::Value(values) => {
            if values.len() > 1 {
                builder.report.note(column, &row.place, || {
                    format!(
                        "has several {column}, of which the first is taken: {}",
                        values.join(", ")
                    )
                });
            }
            values.into_iter().next().map_or(Given::Empty, Given::Value)
        }
    }
}

/// The product's pictures, and behind them those of variations alone.
fn pictures(parent: &Cells, sold: &[&Cells], builder: &mut Builder) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for row in std::iter::once(&parent).chain(sold) {
        for source in split_list(row.text("images")) {
            builder.add_picture(row, &mut pictures, &source, None);
        }
    }
    pictures
}

fn position(row: &Cells, builder: &mut Builder) -> Option<i64> {
    let read = row.read(&mut builder.report.problems, "position", |cell| {
        cells::number(cell, -i64::from(i32::MAX), i64::from(i32::MAX))
    });
    let position = *read.value()?;
    if position < 0 {
        builder.report.note("negative position", &row.place, || {
            format!("the position {position} becomes 0")
        });
    }
    Some(position.max(0))
}

/// Published (1), and neither private, a draft nor pending (0, -1, 2).
fn is_active(row: &Cells, builder: &mut Builder) -> bool {
    let published = ["1", ""].contains(&text::unguard_code(row.text("published")));
    let hidden = row.text("visibility in catalog") == "hidden";
    if published && hidden {
        builder.report.note("hidden", &row.place, || {
            "is hidden in the catalog, so it is not on sale: set active to sell it".to_owned()
        });
    }
    published && !hidden
}

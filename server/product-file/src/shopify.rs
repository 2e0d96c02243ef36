//! Shopify's export of products: a row for each variant and for each further picture
//! (<https://help.shopify.com/en/manual/products/import-export/using-csv>).

use till_core::money::{Currency, Money};

use crate::builder::{Builder, MAX_GROUP_CHARACTERS, MAX_NAME_CHARACTERS, with_active};
use crate::cells::{self, Cells};
use crate::problem::quoted;
use crate::product::{Given, Picture, Product, Sale, Variant};
use crate::product_text::ProductTexts;
use crate::{price, text};

/// The column with SKUs.
pub(crate) const SKU: &str = "variant sku";

/// The columns that are read, and the names that newer exports give them.
const COLUMNS: &[(&str, &str)] = &[
    ("handle", "url handle"),
    ("title", "title"),
    ("body (html)", "description"),
    ("vendor", "vendor"),
    ("type", "custom product type"),
    ("product category", "standard product type"),
    ("published", "published on online store"),
    ("status", "status"),
    ("option1 name", "option1 name"),
    ("option1 value", "option1 value"),
    ("option2 value", "option2 value"),
    ("option3 value", "option3 value"),
    (SKU, "sku"),
    ("variant grams", "weight value (grams)"),
    ("variant inventory tracker", "inventory tracker"),
    ("variant inventory qty", "inventory quantity"),
    (
        "variant inventory policy",
        "continue selling when out of stock",
    ),
    ("variant price", "price"),
    ("variant compare at price", "compare-at price"),
    ("variant requires shipping", "requires shipping"),
    ("variant barcode", "barcode"),
    ("image src", "product image url"),
    ("image position", "image position"),
    ("image alt text", "image alt text"),
    ("variant image", "variant image url"),
    ("gift card", "gift card"),
];

/// The column that a header's name means.
pub(crate) fn column(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let known = COLUMNS
        .iter()
        .find(|(column, newer)| name == *column || name == *newer);
    known.map(|(column, _)| (*column).to_owned())
}

/// What the header lacks, as problems of its columns.
pub(crate) fn missing_columns(
    has: impl Fn(&str) -> bool,
    currency: Option<Currency>,
) -> Vec<(&'static str, String)> {
    let columns = [
        ("handle", "Handle"),
        ("title", "Title"),
        ("variant price", "Variant Price"),
    ];
    let missing = columns.into_iter().filter(|(column, _)| !has(column));
    let mut missing: Vec<_> = missing
        .map(|(_, name)| (name, "is missing".to_owned()))
        .collect();
    if currency.is_none() {
        missing.push((
            "Variant Price",
            "has no currency in Shopify's export: give it with --currency EUR".to_owned(),
        ));
    }
    missing
}

/// The key that the rows of one product share.
pub(crate) fn key(cells: &Cells) -> Option<String> {
    Some(text::unguard_code(cells.text("handle")).to_owned()).filter(|handle| !handle.is_empty())
}

/// Makes a product of its rows. `None` if one has a problem, or if all are left out.
pub(crate) fn product(rows: &[Cells], builder: &mut Builder) -> Option<Product> {
    let first = rows.first()?;
    let Some(handle) = key(first) else {
        builder.problem(first, "handle", "must not be empty");
        return None;
    };
    let title = rows
        .iter()
        .find(|row| !row.text("title").is_empty())
        .unwrap_or(first);
    let gift_card = rows
        .iter()
        .any(|row| cells::boolean(row.text("gift card")) == Ok(true));
    if gift_card {
        for row in rows {
            builder
                .report
                .leave_out(&row.place, title.text("title"), "is a gift card");
        }
        return None;
    }
    let name = builder.shop_line(title, "title", MAX_NAME_CHARACTERS);
    if name == Given::Empty {
        builder.problem(first, "title", "must not be empty");
    }
    let slug = builder.make_slug(
        if text::slug_of(&handle, 1).is_empty() {
            title.text("title")
        } else {
            &handle
        },
        "",
    );
    let variants = variants(rows, &slug, title.text("title"), builder);
    if variants.is_empty() {
        return None;
    }
    let description = builder.description(title, "body (html)");
    let category = category(title, builder);
    Some(Product {
        place: first.place.clone(),
        number: builder.number,
        slug: Some(slug),
        name: name.value().cloned(),
        description: description.value().cloned().or(Some(String::new())),
        category,
        brand: builder.shop_line(title, "vendor", MAX_GROUP_CHARACTERS),
        pictures: Some(pictures(rows, builder)),
        position: None,
        texts: ProductTexts::new(),
        variants: with_active(variants, is_active(title, builder)),
    })
}

/// The merchant's own type, or else the last part of Shopify's category.
fn category(row: &Cells, builder: &mut Builder) -> Given<String> {
    let own = builder.shop_line(row, "type", MAX_GROUP_CHARACTERS);
    if own.value().is_some() {
        return own;
    }
    row.read(&mut builder.report.problems, "product category", |cell| {
        let category = text::line(cell)?;
        let last = category.rsplit('>').next().unwrap_or_default().trim();
        cells::limited(last.to_owned(), MAX_GROUP_CHARACTERS)
    })
}

fn is_active(row: &Cells, builder: &mut Builder) -> bool {
    let published = row.read(&mut builder.report.problems, "published", cells::boolean);
    let status = row.text("status").to_lowercase();
    let is_live = status.is_empty() || status == "active";
    is_live && published != Given::Value(false)
}

/// All pictures in the order of their positions, and behind them those of variants alone.
fn pictures(rows: &[Cells], builder: &mut Builder) -> Vec<Picture> {
    let mut sorted: Vec<_> = rows.iter().collect();
    sorted.sort_by_key(|row| price::whole(row.text("image position")).unwrap_or(i64::MAX));
    let mut pictures = Vec::new();
    for row in sorted {
        let alt = row.get("image alt text");
        builder.add_picture(row, &mut pictures, row.text("image src"), alt);
    }
    for row in rows {
        builder.add_picture(row, &mut pictures, row.text("variant image"), None);
    }
    pictures
}

fn variants(rows: &[Cells], slug: &str, title: &str, builder: &mut Builder) -> Vec<Variant> {
    let mut variants = Vec::new();
    let mut left_out = vec![false; rows.len()];
    let problems = builder.report.problems.count();
    for (row, left_out) in rows.iter().zip(&mut left_out) {
        let is_variant = ["option1 value", SKU, "variant price"]
            .into_iter()
            .any(|column| !row.text(column).is_empty());
        if is_variant {
            match variant(row, slug, builder) {
                Ok(Some(variant)) => variants.push((row, variant)),
                Ok(None) => {}
                Err(reason) => {
                    *left_out = true;
                    builder
                        .report
                        .leave_out(&row.place, &label(title, row), reason);
                }
            }
        } else if ["image src", "title"]
            .into_iter()
            .all(|column| row.text(column).is_empty())
        {
            *left_out = true;
            builder
                .report
                .leave_out(&row.place, title, "has neither a price nor a picture");
        }
    }
    if variants.is_empty() && builder.report.problems.count() == problems {
        for (row, _) in rows.iter().zip(left_out).filter(|(_, left_out)| !left_out) {
            builder
                .report
                .leave_out(&row.place, title, "has no variant that can be sold");
        }
    }
    let names = variants
        .iter()
        .map(|(row, variant)| (*row, variant.name.as_deref().unwrap_or_default()));
    builder.check_variant_names("option1 value", names);
    variants.into_iter().map(|(_, variant)| variant).collect()
}

fn label(title: &str, row: &Cells) -> String {
    match row.text("option1 value") {
        "" | "Default Title" => title.to_owned(),
        option => format!("{title}, {option}"),
    }
}

/// Makes a variant of its row. `None` if the row has a problem.
///
/// # Errors
/// Why the row is left out.
fn variant(
    row: &Cells,
    slug: &str,
    builder: &mut Builder,
) -> Result<Option<Variant>, &'static str> {
    if cells::boolean(row.text("variant requires shipping")) == Ok(false) {
        return Err("needs no shipping: the shop sells goods");
    }
    if row.text("variant price").is_empty() {
        return Err("has no price");
    }
    let price = builder.shop_price(row, "variant price");
    if price.is_some_and(|price| price.amount.0 == 0) {
        return Err("costs nothing");
    }
    let name = option_name(row, builder);
    let (price, sale) = prices(row, price, builder);
    let sku = if row.text(SKU).is_empty() {
        Some(builder.make_sku(row, slug, &name, ""))
    } else {
        builder.sku(row, SKU)
    };
    let stock = stock(row, builder);
    let weight_grams = builder.shop_weight(row, "variant grams", 1_000);
    let gtin = builder.shop_gtin(row, "variant barcode");
    Ok(sku.map(|sku| Variant {
        place: row.place.clone(),
        sku,
        name: Some(name),
        active: None,
        price,
        sale,
        stock,
        max_per_order: None,
        weight_grams,
        gtin,
        content: Given::Absent,
        tax_code: Given::Absent,
    }))
}

/// The values of the options: `S / Blue`. A product without options has `Default Title`.
fn option_name(row: &Cells, builder: &mut Builder) -> String {
    let mut values = Vec::new();
    for column in ["option1 value", "option2 value", "option3 value"] {
        let value = builder.shop_line(row, column, MAX_NAME_CHARACTERS);
        values.extend(value.value().cloned());
    }
    match values.as_slice() {
        [only] if only == "Default Title" => String::new(),
        values => {
            let name = values.join(" / ");
            match cells::limited(name, MAX_NAME_CHARACTERS) {
                Ok(name) => name,
                Err(_) if values.is_empty() => String::new(),
                Err(reason) => {
                    builder.problem(row, "option1 value", reason);
                    String::new()
                }
            }
        }
    }
}

/// The regular price, and the reduced one if the row has a higher price to compare with.
fn prices(
    row: &Cells,
    price: Option<Money>,
    builder: &mut Builder,
) -> (Option<Money>, Given<Sale>) {
    let compared = builder.shop_price(row, "variant compare at price");
    let Some(price) = price else {
        return (None, Given::Absent);
    };
    let (regular, sale) = match compared {
        Some(compared) if compared.amount > price.amount => (compared, Some(price)),
        _ => (price, None),
    };
    for amount in [Some(regular), sale].into_iter().flatten() {
        if let Err(reason) = price::check(amount, row.text("variant price")) {
            builder.problem(row, "variant price", reason);
            return (None, Given::Absent);
        }
    }
    let sale = sale.map_or(Given::Empty, |price| {
        let sale = Sale {
            price,
            from: None,
            until: None,
        };
        builder.report.note_sale(&row.place, &sale, regular);
        Given::Value(sale)
    });
    (Some(regular), sale)
}

fn stock(row: &Cells, builder: &mut Builder) -> Given<i64> {
    if row.get("variant inventory tracker") == Some("") {
        let quantity = row.text("variant inventory qty");
        if !quantity.is_empty() {
            builder.report.note("untracked stock", &row.place, || {
                format!(
                    "has a quantity ({}), but Shopify does not track it: the stock is not counted",
                    quoted(quantity)
                )
            });
        }
        return Given::Empty;
    }
    let stock = builder.shop_stock(row, "variant inventory qty");
    let policy = row.text("variant inventory policy").to_lowercase();
    if stock.value().is_some() && (policy == "continue" || cells::boolean(&policy) == Ok(true)) {
        builder.report.note_oversold(&row.place);
    }
    match stock {
        // Tracked, but the export of a shop with several locations does not say how many.
        Given::Empty => Given::Absent,
        stock => stock,
    }
}

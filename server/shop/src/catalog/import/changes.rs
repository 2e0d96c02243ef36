//! What an import changes, in words.

use std::collections::HashMap;

use till_core::money::{CurrencyCode, MinorUnit};

use super::stored::{Loaded, Stored};
use crate::entity::{product, variant};

/// The number of changed products that are described; further ones are only counted.
pub const MAX_CHANGES: usize = 50;

/// What an import changes: one line for each product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The first [`MAX_CHANGES`].
    pub first: Vec<String>,
    /// The number of all.
    pub count: usize,
}

impl Changes {
    pub(super) fn add(&mut self, describe: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_CHANGES {
            self.first.push(describe());
        }
    }
}

/// Describes a new product with new variants, and with ones that were those of other products,
/// whose slugs `owners` has by SKU.
pub(super) fn of_new(
    slug: &str,
    new: &[variant::Model],
    moved: &[variant::Model],
    owners: &HashMap<String, String>,
) -> String {
    let new = new.iter().map(|variant| {
        let price = amount(variant.price, &variant.currency);
        format!("{} at {price}", variant.sku)
    });
    let moved = moved.iter().map(|variant| {
        let owner = owners.get(&variant.sku);
        moved_from(&variant.sku, owner.map(String::as_str))
    });
    let variants: Vec<String> = new.chain(moved).collect();
    format!("new: {slug}: {}", variants.join("; "))
}

/// Describes a changed product. `loaded` has its variants as they were.
pub(super) fn of_product(
    before: &Stored,
    after: &Stored,
    added: &[variant::Model],
    loaded: &Loaded,
) -> String {
    let mut parts = Vec::new();
    let (was, is) = (&before.product, &after.product);
    if was.slug != is.slug {
        parts.push(format!("address {} → {}", was.slug, is.slug));
    }
    if was.name != is.name {
        parts.push(format!("name \"{}\" → \"{}\"", was.name, is.name));
    }
    for (changed, word) in [
        (was.description != is.description, "description"),
        (was.brand != is.brand, "brand"),
        (was.category_id != is.category_id, "category"),
        (was.position != is.position, "position"),
        (before.pictures != after.pictures, "pictures"),
        (before.texts != after.texts, "translation"),
        (safety(was) != safety(is), "manufacturer or safety"),
    ] {
        if changed {
            parts.push(format!("another {word}"));
        }
    }
    for variant in after.variants.values() {
        let Some(known) = loaded.variant(&variant.sku) else {
            continue;
        };
        if known.product_id != variant.product_id {
            let owner = loaded.products.get(&known.product_id);
            let owner = owner.map(|owner| owner.product.slug.as_str());
            parts.push(moved_from(&variant.sku, owner));
        }
        let changes = of_variant(known, variant);
        if !changes.is_empty() {
            parts.push(format!("{}: {}", variant.sku, changes.join(", ")));
        }
    }
    for variant in added {
        let price = amount(variant.price, &variant.currency);
        parts.push(format!("new variant {} at {price}", variant.sku));
    }
    format!("{}: {}", was.slug, parts.join("; "))
}

/// What a product's page says about its safety.
fn safety(product: &product::Model) -> [&String; 5] {
    [
        &product.manufacturer_name,
        &product.manufacturer_address,
        &product.manufacturer_contact,
        &product.responsible_person,
        &product.safety,
    ]
}

fn moved_from(sku: &str, owner: Option<&str>) -> String {
    match owner {
        Some(owner) => format!("{sku} moves here from {owner}"),
        None => format!("{sku} moves here"),
    }
}

fn of_variant(was: &variant::Model, is: &variant::Model) -> Vec<String> {
    let mut parts = Vec::new();
    let price = |variant: &variant::Model| amount(variant.price, &variant.currency);
    if price(was) != price(is) {
        parts.push(format!("price {} → {}", price(was), price(is)));
    }
    let sale = |variant: &variant::Model| {
        let dates = (variant.sale_from.clone(), variant.sale_until.clone());
        (variant.sale_price, dates)
    };
    if sale(was) != sale(is) {
        parts.push(match is.sale_price {
            None => "the sale ends".to_owned(),
            Some(price) => sale_of(is, price),
        });
    }
    if was.stock != is.stock {
        parts.push(format!("stock {} → {}", units(was.stock), units(is.stock)));
    }
    if was.name != is.name {
        parts.push(format!("name \"{}\" → \"{}\"", was.name, is.name));
    }
    if was.active != is.active {
        parts.push(
            if is.active {
                "goes on sale"
            } else {
                "goes off sale"
            }
            .to_owned(),
        );
    }
    let content = |variant: &variant::Model| (variant.content_amount, variant.content_unit.clone());
    for (changed, word) in [
        (
            was.max_per_order != is.max_per_order,
            "limit for each order",
        ),
        (was.weight_grams != is.weight_grams, "weight"),
        (was.gtin != is.gtin, "GTIN"),
        (content(was) != content(is), "content"),
        (was.tax_code != is.tax_code, "tax code"),
    ] {
        if changed {
            parts.push(format!("another {word}"));
        }
    }
    if parts.is_empty() && was.position != is.position {
        parts.push("another place among the variants".to_owned());
    }
    parts
}

fn sale_of(variant: &variant::Model, price: i64) -> String {
    let price = amount(price, &variant.currency);
    let from = variant.sale_from.as_deref();
    let until = variant.sale_until.as_deref();
    let mut sale = format!("sale at {price}");
    for (word, day) in [("from", from), ("until", until)] {
        if let Some(day) = day {
            sale.push_str(&format!(" {word} {day}"));
        }
    }
    sale
}

fn units(stock: Option<i64>) -> String {
    stock.map_or_else(|| "not counted".to_owned(), |units| units.to_string())
}

fn amount(amount: i64, currency: &CurrencyCode) -> String {
    match currency.known() {
        Some(currency) => MinorUnit(amount).of(currency).to_string(),
        None => format!("{amount} {}", currency.as_str()),
    }
}

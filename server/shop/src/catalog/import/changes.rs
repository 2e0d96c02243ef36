//! What an import changes, product by product.

use std::collections::HashMap;
use std::fmt;

use sha2::{Digest, Sha256};
use till_core::money::{CurrencyCode, MinorUnit};

use super::stored::Loaded;
use crate::catalog::stored::Stored;
use crate::entity::{product, variant};

/// The number of changed products that are kept; further ones are only counted.
pub const MAX_CHANGES: usize = 500;

/// Longer texts are cut to this many characters.
const MAX_TEXT_CHARACTERS: usize = 200;

/// What an import changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The first [`MAX_CHANGES`].
    pub first: Vec<ProductChange>,
    /// The number of all.
    pub count: usize,
    /// Of all changes, and of the versions of products before them.
    digest: [u8; 32],
}

impl Changes {
    /// Adds the change of a product in this version.
    pub(super) fn add(&mut self, version: i64, change: ProductChange) {
        self.count += 1;
        let mut digest = Sha256::new();
        digest.update(self.digest);
        digest.update(format!("{version} {change:?}"));
        self.digest = digest.finalize().into();
        if self.first.len() < MAX_CHANGES {
            self.first.push(change);
        }
    }

    /// Differs if another change was found, or the same one of a product that someone has changed.
    pub(super) fn digest(&self) -> String {
        use std::fmt::Write;
        let mut hex = String::new();
        for byte in self.digest {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// What an import changes of one product. `Display` writes it in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductChange {
    /// The product's slug before the import.
    pub slug: String,
    /// Whether it is new.
    pub is_new: bool,
    /// What changes, product first.
    pub parts: Vec<Part>,
}

/// A value that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The variant's SKU; `None`: the product itself.
    pub sku: Option<String>,
    /// What it is.
    pub what: What,
    /// As it is stored, for people. `None` if there is none, or it is not kept.
    pub old: Option<String>,
    /// As it will be.
    pub new: Option<String>,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The last part of the page's address.
    Address,
    /// The product's name.
    Name,
    /// The description.
    Description,
    /// The brand.
    Brand,
    /// The category. Its names are not kept.
    Category,
    /// The place in the catalog.
    Position,
    /// The pictures.
    Pictures,
    /// Texts in languages.
    Translation,
    /// Manufacturer, responsible person and safety.
    Safety,
    /// A variant comes from another product, whose slug is the old value.
    MovedHere,
    /// A variant is new, at a price.
    NewVariant,
    /// The regular price.
    Price,
    /// The sale. Without a new one it ends.
    Sale,
    /// The stock.
    Stock,
    /// The variant's name.
    VariantName,
    /// The variant goes on sale (the new value is `yes`) or off it.
    OnSale,
    /// Units in one order.
    Limit,
    /// The weight.
    Weight,
    /// The barcode's digits.
    Gtin,
    /// How much one unit contains.
    Content,
    /// Stripe's tax code.
    TaxCode,
    /// The variant's place among the others.
    Place,
}

impl fmt::Display for ProductChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_new {
            f.write_str("new: ")?;
        }
        write!(f, "{}: ", self.slug)?;
        let mut last: Option<&str> = None;
        for (index, part) in self.parts.iter().enumerate() {
            // Several changes of one variant share its SKU.
            let grouped = part.sku.as_deref().filter(|_| !part.names_its_sku());
            match grouped {
                Some(sku) if last == Some(sku) => f.write_str(", ")?,
                _ if index > 0 => f.write_str("; ")?,
                _ => {}
            }
            if let Some(sku) = grouped.filter(|sku| last != Some(*sku)) {
                write!(f, "{sku}: ")?;
            }
            last = grouped;
            part.write(f, self.is_new)?;
        }
        Ok(())
    }
}

impl Part {
    fn names_its_sku(&self) -> bool {
        matches!(self.what, What::MovedHere | What::NewVariant)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, is_new: bool) -> fmt::Result {
        let sku = self.sku.as_deref().unwrap_or_default();
        let old = self.old.as_deref();
        let (was, is) = (
            old.unwrap_or("not counted"),
            self.new.as_deref().unwrap_or("not counted"),
        );
        match self.what {
            What::Address => write!(f, "address {was} → {is}"),
            What::Name | What::VariantName => write!(f, "name \"{was}\" → \"{is}\""),
            What::Price => write!(f, "price {was} → {is}"),
            What::Stock => write!(f, "stock {was} → {is}"),
            What::Sale if self.new.is_none() => f.write_str("the sale ends"),
            What::Sale => f.write_str(is),
            What::OnSale if is == "yes" => f.write_str("goes on sale"),
            What::OnSale => f.write_str("goes off sale"),
            What::Place => f.write_str("another place among the variants"),
            What::NewVariant if is_new => write!(f, "{sku} at {is}"),
            What::NewVariant => write!(f, "new variant {sku} at {is}"),
            What::MovedHere => match old {
                Some(owner) => write!(f, "{sku} moves here from {owner}"),
                None => write!(f, "{sku} moves here"),
            },
            what => write!(f, "another {}", what.word()),
        }
    }
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Brand => "brand",
            Self::Category => "category",
            Self::Position => "position",
            Self::Pictures => "pictures",
            Self::Translation => "translation",
            Self::Safety => "manufacturer or safety",
            Self::Limit => "limit for each order",
            Self::Weight => "weight",
            Self::Gtin => "GTIN",
            Self::Content => "content",
            Self::TaxCode => "tax code",
            _ => "value",
        }
    }
}

/// A new product with new variants, and with ones that were those of other products, whose slugs
/// `owners` has by SKU.
pub(super) fn of_new(
    slug: &str,
    new: &[variant::Model],
    moved: &[variant::Model],
    owners: &HashMap<String, String>,
) -> ProductChange {
    let new = new.iter().map(new_variant);
    let moved = moved
        .iter()
        .map(|variant| moved_from(&variant.sku, owners.get(&variant.sku).cloned()));
    ProductChange {
        slug: slug.to_owned(),
        is_new: true,
        parts: new.chain(moved).collect(),
    }
}

/// A changed product. `loaded` has its variants as they were.
pub(super) fn of_product(
    before: &Stored,
    after: &Stored,
    added: &[variant::Model],
    loaded: &Loaded,
) -> ProductChange {
    let mut parts = of_texts(&before.product, &after.product);
    for (changed, what) in [
        (before.pictures != after.pictures, What::Pictures),
        (before.texts != after.texts, What::Translation),
        (
            safety(&before.product) != safety(&after.product),
            What::Safety,
        ),
    ] {
        if changed {
            parts.push(part(None, what, None, None));
        }
    }
    for variant in after.variants.values() {
        let Some(known) = loaded.variant(&variant.sku) else {
            continue;
        };
        if known.product_id != variant.product_id {
            let owner = loaded.products.get(&known.product_id);
            let owner = owner.map(|owner| owner.product.slug.clone());
            parts.push(moved_from(&variant.sku, owner));
        }
        parts.extend(of_variant(known, variant));
    }
    parts.extend(added.iter().map(new_variant));
    ProductChange {
        slug: before.product.slug.clone(),
        is_new: false,
        parts,
    }
}

fn of_texts(was: &product::Model, is: &product::Model) -> Vec<Part> {
    let text = |text: &String| Some(cut(text));
    let mut parts = Vec::new();
    for (what, was, is) in [
        (What::Address, text(&was.slug), text(&is.slug)),
        (What::Name, text(&was.name), text(&is.name)),
        (What::Brand, text(&was.brand), text(&is.brand)),
        (
            What::Position,
            Some(was.position.to_string()),
            Some(is.position.to_string()),
        ),
    ] {
        if was != is {
            parts.push(part(None, what, was, is));
        }
    }
    if was.description != is.description {
        let (was, is) = (text(&was.description), text(&is.description));
        parts.push(part(None, What::Description, was, is));
    }
    if was.category_id != is.category_id {
        parts.push(part(None, What::Category, None, None));
    }
    let order = |part: &Part| match part.what {
        What::Address => 0,
        What::Name => 1,
        What::Description => 2,
        What::Brand => 3,
        What::Category => 4,
        _ => 5,
    };
    parts.sort_by_key(order);
    parts
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

fn part(sku: Option<&str>, what: What, old: Option<String>, new: Option<String>) -> Part {
    Part {
        sku: sku.map(ToOwned::to_owned),
        what,
        old,
        new,
    }
}

fn new_variant(variant: &variant::Model) -> Part {
    let price = amount(variant.price, &variant.currency);
    part(Some(&variant.sku), What::NewVariant, None, Some(price))
}

fn moved_from(sku: &str, owner: Option<String>) -> Part {
    part(Some(sku), What::MovedHere, owner, None)
}

fn of_variant(was: &variant::Model, is: &variant::Model) -> Vec<Part> {
    let number = |number: Option<i64>| number.map(|number| number.to_string());
    let yes = |active: bool| Some(if active { "yes" } else { "no" }.to_owned());
    let price = |variant: &variant::Model| Some(amount(variant.price, &variant.currency));
    let content = |variant: &variant::Model| {
        let unit = variant.content_unit.as_deref()?;
        Some(format!("{}/1000 {unit}", variant.content_amount?))
    };
    let limit = |variant: &variant::Model| Some(variant.max_per_order.to_string());
    let mut parts = Vec::new();
    for (what, old, new) in [
        (What::Price, price(was), price(is)),
        (What::Sale, sale(was), sale(is)),
        (What::Stock, number(was.stock), number(is.stock)),
        (
            What::VariantName,
            Some(was.name.clone()),
            Some(is.name.clone()),
        ),
        (What::OnSale, yes(was.active), yes(is.active)),
        (What::Limit, limit(was), limit(is)),
        (
            What::Weight,
            number(was.weight_grams),
            number(is.weight_grams),
        ),
        (What::Gtin, was.gtin.clone(), is.gtin.clone()),
        (What::Content, content(was), content(is)),
        (What::TaxCode, was.tax_code.clone(), is.tax_code.clone()),
    ] {
        if old != new {
            parts.push(part(Some(&is.sku), what, old, new));
        }
    }
    if parts.is_empty() && was.position != is.position {
        parts.push(part(Some(&is.sku), What::Place, None, None));
    }
    parts
}

fn sale(variant: &variant::Model) -> Option<String> {
    let price = amount(variant.sale_price?, &variant.currency);
    let from = variant.sale_from.as_deref();
    let until = variant.sale_until.as_deref();
    let mut sale = format!("sale at {price}");
    for (word, day) in [("from", from), ("until", until)] {
        if let Some(day) = day {
            sale.push_str(&format!(" {word} {day}"));
        }
    }
    Some(sale)
}

fn amount(amount: i64, currency: &CurrencyCode) -> String {
    match currency.known() {
        Some(currency) => MinorUnit(amount).of(currency).to_string(),
        None => format!("{amount} {}", currency.as_str()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

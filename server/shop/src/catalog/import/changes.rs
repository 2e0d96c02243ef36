//! What an import changes, product by product.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use sha2::{Digest, Sha256};
use till_core::money::{CurrencyCode, format_amount};

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
    /// How often each kind of change is among all of them.
    pub kinds: BTreeMap<What, usize>,
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
        for part in &change.parts {
            *self.kinds.entry(part.what).or_default() += 1;
        }
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
    /// The product's name after the import.
    pub name: String,
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
    /// As it is stored. `None` if there is none, or it is not kept.
    pub old: Option<Value>,
    /// As it will be.
    pub new: Option<Value>,
}

/// A value before or after an import. `Display` writes it in English, for the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, cut if it is long.
    Text(String),
    /// A number of something.
    Number(i64),
    /// Whether it is so.
    Yes(bool),
    /// In minor units of the currency.
    Amount(i64, CurrencyCode),
    /// A reduced price, and the days on which it begins and ends, such as `2026-11-28`.
    Sale {
        /// In minor units of `currency`.
        price: i64,
        /// The currency.
        currency: CurrencyCode,
        /// The first day.
        from: Option<String>,
        /// The last day.
        until: Option<String>,
    },
    /// How much a unit contains, in thousandths of the unit.
    Content(i64, String),
    /// A new variant.
    Variant {
        /// Its name; empty if it is the only one.
        name: String,
        /// In minor units of `currency`.
        price: i64,
        /// The currency.
        currency: CurrencyCode,
        /// Its first stock; `None`: it is not counted.
        stock: Option<i64>,
    },
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Yes(true) => f.write_str("yes"),
            Self::Yes(false) => f.write_str("no"),
            Self::Amount(amount, currency) => f.write_str(&format_amount(*amount, currency)),
            Self::Sale {
                price,
                currency,
                from,
                until,
            } => {
                write!(f, "sale at {}", format_amount(*price, currency))?;
                for (word, day) in [("from", from), ("until", until)] {
                    if let Some(day) = day {
                        write!(f, " {word} {day}")?;
                    }
                }
                Ok(())
            }
            Self::Content(thousandths, unit) => write!(f, "{thousandths}/1000 {unit}"),
            Self::Variant {
                price, currency, ..
            } => f.write_str(&format_amount(*price, currency)),
        }
    }
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// A variant is new, with a price and perhaps a stock.
    NewVariant,
    /// The regular price.
    Price,
    /// The sale. Without a new one it ends.
    Sale,
    /// The stock.
    Stock,
    /// The variant's name.
    VariantName,
    /// The variant goes on sale or off it.
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
        let old = self.old.as_ref().map(Value::to_string);
        let new = self.new.as_ref().map(Value::to_string);
        let (was, is) = (
            old.as_deref().unwrap_or("not counted"),
            new.as_deref().unwrap_or("not counted"),
        );
        match self.what {
            What::Address => write!(f, "address {was} → {is}"),
            What::Name | What::VariantName => write!(f, "name \"{was}\" → \"{is}\""),
            What::Price => write!(f, "price {was} → {is}"),
            What::Stock => write!(f, "stock {was} → {is}"),
            What::Sale if self.new.is_none() => f.write_str("the sale ends"),
            What::Sale => f.write_str(is),
            What::OnSale if self.new == Some(Value::Yes(true)) => f.write_str("goes on sale"),
            What::OnSale => f.write_str("goes off sale"),
            What::Place => f.write_str("another place among the variants"),
            What::NewVariant if is_new => write!(f, "{sku} at {is}"),
            What::NewVariant => write!(f, "new variant {sku} at {is}"),
            What::MovedHere => match &old {
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
    name: &str,
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
        name: name.to_owned(),
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
        name: after.product.name.clone(),
        is_new: false,
        parts,
    }
}

fn of_texts(was: &product::Model, is: &product::Model) -> Vec<Part> {
    let text = |text: &String| Some(Value::Text(cut(text)));
    let mut parts = Vec::new();
    for (what, was, is) in [
        (What::Address, text(&was.slug), text(&is.slug)),
        (What::Name, text(&was.name), text(&is.name)),
        (What::Brand, text(&was.brand), text(&is.brand)),
        (
            What::Position,
            Some(Value::Number(was.position)),
            Some(Value::Number(is.position)),
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

fn part(sku: Option<&str>, what: What, old: Option<Value>, new: Option<Value>) -> Part {
    Part {
        sku: sku.map(ToOwned::to_owned),
        what,
        old,
        new,
    }
}

fn new_variant(variant: &variant::Model) -> Part {
    let new = Value::Variant {
        name: variant.name.clone(),
        price: variant.price,
        currency: variant.currency.clone(),
        stock: variant.stock,
    };
    part(Some(&variant.sku), What::NewVariant, None, Some(new))
}

fn moved_from(sku: &str, owner: Option<String>) -> Part {
    part(Some(sku), What::MovedHere, owner.map(Value::Text), None)
}

fn of_variant(was: &variant::Model, is: &variant::Model) -> Vec<Part> {
    let number = |number: Option<i64>| number.map(Value::Number);
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    let yes = |active: bool| Some(Value::Yes(active));
    let price =
        |variant: &variant::Model| Some(Value::Amount(variant.price, variant.currency.clone()));
    let content = |variant: &variant::Model| {
        let unit = variant.content_unit.clone()?;
        Some(Value::Content(variant.content_amount?, unit))
    };
    let limit = |variant: &variant::Model| Some(Value::Number(variant.max_per_order));
    let mut parts = Vec::new();
    for (what, old, new) in [
        (What::Price, price(was), price(is)),
        (What::Sale, sale(was), sale(is)),
        (What::Stock, number(was.stock), number(is.stock)),
        (
            What::VariantName,
            Some(Value::Text(was.name.clone())),
            Some(Value::Text(is.name.clone())),
        ),
        (What::OnSale, yes(was.active), yes(is.active)),
        (What::Limit, limit(was), limit(is)),
        (
            What::Weight,
            number(was.weight_grams),
            number(is.weight_grams),
        ),
        (What::Gtin, text(&was.gtin), text(&is.gtin)),
        (What::Content, content(was), content(is)),
        (What::TaxCode, text(&was.tax_code), text(&is.tax_code)),
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

fn sale(variant: &variant::Model) -> Option<Value> {
    Some(Value::Sale {
        price: variant.sale_price?,
        currency: variant.currency.clone(),
        from: variant.sale_from.clone(),
        until: variant.sale_until.clone(),
    })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

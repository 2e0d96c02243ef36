//! The form of a product, as it is shown and sent back.

use std::collections::{BTreeMap, HashMap};

use locale::Language;
use product_file::ProductText;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use till_core::money::{MinorUnit, Money};
use till_core::sale::{Offer, PriceRow, lowest_price_before};
use till_core::unit_price::UnitPrice;
use till_core::view::PictureView;

use crate::catalog::pricing;
use crate::catalog::stored::{Stored, read_whole};
use crate::clock;
use crate::database::Database;
use crate::entity::{category, picture, price_history, variant};
use crate::pictures;

/// A product as texts: as they are shown, or as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductForm {
    /// One line.
    pub name: String,
    /// The last part of its page's address. Empty for a new product: made of its name.
    pub slug: String,
    /// Markdown.
    pub description: String,
    /// Empty if there is none, as are the following.
    pub brand: String,
    /// The category's slug.
    pub category: String,
    /// The currency's code, of all prices.
    pub currency: String,
    /// The manufacturer's name.
    pub manufacturer_name: String,
    /// The manufacturer's postal address.
    pub manufacturer_address: String,
    /// The manufacturer's email address or website.
    pub manufacturer_contact: String,
    /// Who is responsible in the EU.
    pub responsible_person: String,
    /// Warnings and safety information.
    pub safety: String,
    /// Texts in languages, by the language's code. Others are ignored.
    pub texts: BTreeMap<String, TextForm>,
    /// Whether it is on sale. If not, variants say whether they are on sale once it is.
    pub on_sale: bool,
    /// In their order.
    pub variants: Vec<VariantForm>,
}

/// A product's texts in a language. Empty: the product's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextForm {
    /// One line.
    pub name: String,
    /// Markdown.
    pub description: String,
}

/// A variant as texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VariantForm {
    /// The stored variant; `None` if it is new.
    pub id: Option<i64>,
    /// The owner's SKU.
    pub sku: String,
    /// What distinguishes it from the product's other variants.
    pub name: String,
    /// The regular price, in units of the currency: `12.50`.
    pub price: String,
    /// A reduced price, or empty.
    pub sale_price: String,
    /// The sale's first day, or empty.
    pub sale_from: String,
    /// The sale's last day, or empty.
    pub sale_until: String,
    /// Units in one order. Empty: the default.
    pub max_per_order: String,
    /// Weight of a unit in grams, or empty.
    pub weight_grams: String,
    /// The barcode's digits, or empty.
    pub gtin: String,
    /// How much one unit contains, or empty.
    pub content_amount: String,
    /// The unit of that, or empty.
    pub content_unit: String,
    /// Stripe's tax code, or empty.
    pub tax_code: String,
    /// Whether it is on sale with its product.
    pub active: bool,
    /// The stock of a new variant; empty: not counted. Of others it is changed by
    /// [`crate::catalog::stock`], and this is ignored.
    pub stock: String,
    /// Its place among the variants, as it was typed. Whoever saves puts them in this order.
    #[serde(skip_serializing)]
    pub place: String,
}

impl VariantForm {
    /// Whether it is a variant: a stored one, or a new one of which something was typed.
    #[must_use]
    pub fn is_filled_in(&self) -> bool {
        let typed = [&self.sku, &self.name, &self.price];
        self.id.is_some() || typed.iter().any(|typed| !typed.trim().is_empty())
    }
}

/// A product as it is stored, ready to be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editable {
    /// Its id.
    pub id: i64,
    /// The version that is shown, which saving needs.
    pub version: i64,
    /// Whether it has ever been on sale.
    pub listed: bool,
    /// Its values.
    pub form: ProductForm,
    /// What the form does not change, in the order of its variants.
    pub variants: Vec<VariantFacts>,
    /// Its pictures, in order: the first one has the number 1.
    pub pictures: Vec<StoredPictureView>,
}

/// A picture with what its forms need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPictureView {
    /// Its number.
    pub number: i64,
    /// Its address, by which a form says which picture it is about.
    pub address: String,
    /// How pages show it, with its text.
    pub view: PictureView,
}

/// What is known of a variant beside its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantFacts {
    /// The variant.
    pub id: i64,
    /// Unsold units, including held ones; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Units that unpaid checkouts hold.
    pub held: i64,
    /// What shoppers see now: the price, and the prior price if it is reduced. `None` if the shop
    /// cannot sell in its currency.
    pub offer: Option<Offer>,
    /// The lowest price of the last 30 days: what a sale that begins now is compared with.
    pub lowest_price: Option<Money>,
    /// What a kilogram, litre and so on costs now.
    pub unit_price: Option<UnitPrice>,
}

/// The form of a new product, with one variant.
#[must_use]
pub fn blank(currency: &str) -> ProductForm {
    ProductForm {
        currency: currency.to_owned(),
        on_sale: true,
        variants: vec![VariantForm {
            active: true,
            ..VariantForm::default()
        }],
        ..ProductForm::default()
    }
}

/// Reads a product to be edited. `None` if there is none with this id.
///
/// # Errors
/// If the database is unreachable.
pub async fn load(database: &Database, id: i64) -> Result<Option<Editable>, DbErr> {
    let snapshot = database.begin_snapshot().await?;
    let Some(stored) = read_whole(&snapshot, id).await? else {
        return Ok(None);
    };
    let categories = category_slugs(&snapshot).await?;
    let rows = picture::Entity::find()
        .filter(picture::Column::ProductId.eq(id))
        .order_by_asc(picture::Column::Position)
        .all(&snapshot)
        .await?;
    let files = pictures::files_of(&snapshot, &rows).await?;
    let view = |row: picture::Model| StoredPictureView {
        number: row.position,
        address: row.address.clone(),
        view: pictures::view(row, &files),
    };
    Ok(Some(Editable {
        id,
        version: stored.product.version,
        listed: stored.product.listed,
        form: of_stored(&stored, &categories),
        variants: facts(&snapshot, &stored).await?,
        pictures: rows.into_iter().map(view).collect(),
    }))
}

/// Categories' slugs by id.
pub(super) async fn category_slugs(
    connection: &impl ConnectionTrait,
) -> Result<HashMap<i64, String>, DbErr> {
    let all = category::Entity::find().all(connection).await?;
    let pair = |category: category::Model| (category.id, category.slug);
    Ok(all.into_iter().map(pair).collect())
}

async fn facts(
    connection: &impl ConnectionTrait,
    stored: &Stored,
) -> Result<Vec<VariantFacts>, DbErr> {
    let variants = in_order(stored);
    let rows = price_history::Entity::find()
        .filter(price_history::Column::VariantId.is_in(variants.iter().map(|variant| variant.id)))
        .order_by_asc(price_history::Column::Id)
        .all(connection)
        .await?;
    let mut histories: HashMap<i64, Vec<PriceRow>> = HashMap::new();
    for row in rows {
        if let Some(currency) = row.currency.known() {
            let price = MinorUnit(row.amount).of(currency);
            let since = row.since;
            let of = histories.entry(row.variant_id).or_default();
            of.push(PriceRow { price, since });
        }
    }
    let now = clock::now();
    let facts = |variant: &&variant::Model| {
        let history = histories.remove(&variant.id).unwrap_or_default();
        let pricing = pricing::pricing(variant);
        let offer = pricing.map(|pricing| pricing.offer_at(&history, now));
        VariantFacts {
            id: variant.id,
            stock: variant.stock,
            held: variant.held,
            unit_price: offer.and_then(|offer| pricing::unit_price(variant, offer.price)),
            lowest_price: pricing
                .and_then(|pricing| lowest_price_before(&history, pricing.regular.currency, now)),
            offer,
        }
    };
    Ok(variants.iter().map(facts).collect())
}

/// A product's variants in their order.
pub(super) fn in_order(stored: &Stored) -> Vec<&variant::Model> {
    let mut variants: Vec<&variant::Model> = stored.variants.values().collect();
    variants.sort_by_key(|variant| (variant.position, variant.id));
    variants
}

/// The form of a stored product.
pub(super) fn of_stored(stored: &Stored, categories: &HashMap<i64, String>) -> ProductForm {
    let product = stored.product.clone();
    let variants = in_order(stored);
    let currency = variants.first().map(|variant| variant.currency.as_str());
    let category = product.category_id.and_then(|id| categories.get(&id));
    let mut texts: BTreeMap<String, TextForm> = BTreeMap::new();
    for (text, value) in &stored.texts {
        match text {
            ProductText::Name(language) => of(&mut texts, *language).name.clone_from(value),
            ProductText::Description(language) => {
                of(&mut texts, *language).description.clone_from(value);
            }
            _ => {}
        }
    }
    ProductForm {
        currency: currency.unwrap_or_default().to_owned(),
        category: category.cloned().unwrap_or_default(),
        texts,
        on_sale: product.active,
        variants: variants.into_iter().map(variant_form).collect(),
        name: product.name,
        slug: product.slug,
        description: product.description,
        brand: product.brand,
        manufacturer_name: product.manufacturer_name,
        manufacturer_address: product.manufacturer_address,
        manufacturer_contact: product.manufacturer_contact,
        responsible_person: product.responsible_person,
        safety: product.safety,
    }
}

fn of(texts: &mut BTreeMap<String, TextForm>, language: Language) -> &mut TextForm {
    texts.entry(language.code().to_owned()).or_default()
}

fn variant_form(variant: &variant::Model) -> VariantForm {
    let amount = |amount: i64| amount_text(amount, variant);
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    VariantForm {
        id: Some(variant.id),
        sku: variant.sku.clone(),
        name: variant.name.clone(),
        price: amount(variant.price),
        sale_price: variant.sale_price.map(amount).unwrap_or_default(),
        sale_from: text(&variant.sale_from),
        sale_until: text(&variant.sale_until),
        max_per_order: variant.max_per_order.to_string(),
        weight_grams: number(variant.weight_grams),
        gtin: text(&variant.gtin),
        content_amount: variant
            .content_amount
            .map(thousandths_text)
            .unwrap_or_default(),
        content_unit: text(&variant.content_unit),
        tax_code: text(&variant.tax_code),
        active: variant.active || variant.archived_with_product,
        stock: String::new(),
        place: String::new(),
    }
}

/// An amount as a field shows it: `12.50`.
pub(in crate::catalog) fn amount_text(amount: i64, variant: &variant::Model) -> String {
    match variant.currency.known() {
        Some(currency) => MinorUnit(amount).of(currency).decimal(),
        None => amount.to_string(),
    }
}

/// Thousandths as a field shows them: `0.75`.
#[must_use]
pub fn thousandths_text(thousandths: i64) -> String {
    let (whole, rest) = (thousandths / 1000, thousandths % 1000);
    let text = format!("{whole}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_shown_without_needless_zeros() {
        for (thousandths, text) in [(750, "0.75"), (1000, "1"), (10_000, "10"), (5, "0.005")] {
            assert_eq!(thousandths_text(thousandths), text);
        }
    }
}

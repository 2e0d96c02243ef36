//! What product pages and feeds say about a product beyond its name, pictures and variants.

use std::collections::{BTreeMap, HashMap};

use locale::Language;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};
use till_core::sale::Sale;
use till_core::unit_price::Content;
use till_core::view::ProductView;
use time::OffsetDateTime;

use super::{CatalogError, on_sale, pricing, product_rows, views};
use crate::clock;
use crate::database::Database;
use crate::entity::{category, product, variant};

/// The largest number of related products.
const MAX_RELATED: u64 = 4;
/// The number of products that are read at once.
const BATCH_SIZE: u64 = 200;

/// What a variant is called elsewhere, how much it contains, and its sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The owner's SKU.
    pub sku: String,
    /// The Global Trade Item Number; `None` if the owner does not say.
    pub gtin: Option<String>,
    /// How much one unit contains; `None` if the owner does not say.
    pub content: Option<Content>,
    /// The weight of one unit; `None` if the owner does not say.
    pub weight_grams: Option<i64>,
    /// The sale that runs now.
    pub sale: Option<Sale>,
}

/// A product's page beyond its name, pictures and variants. Texts are empty if the owner gave none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The brand's name.
    pub brand: String,
    /// Slug and name of the category.
    pub category: Option<(String, String)>,
    /// The manufacturer's name.
    pub manufacturer_name: String,
    /// The manufacturer's postal address, in several lines.
    pub manufacturer_address: String,
    /// The manufacturer's email address or website.
    pub manufacturer_contact: String,
    /// Who is responsible in the EU, in several lines.
    pub responsible_person: String,
    /// Warnings and safety information, in several lines.
    pub safety: String,
    /// By the variants' ids.
    pub codes: BTreeMap<i64, Codes>,
    /// Other products of the category, at most four.
    pub related: Vec<ProductView>,
}

/// Returns what the page of the product with this slug says. `None` if there is none.
///
/// # Errors
/// If the database is unreachable.
pub async fn details(
    connection: &impl ConnectionTrait,
    slug: &str,
    language: Language,
) -> Result<Option<Details>, CatalogError> {
    let found = product::Entity::find()
        .filter(product::Column::Slug.eq(slug))
        .one(connection)
        .await?;
    let Some(product) = found else {
        return Ok(None);
    };
    let (mut category, mut related) = (None, Vec::new());
    if let Some(id) = product.category_id {
        category = category::Entity::find_by_id(id)
            .one(connection)
            .await?
            .map(|category| (category.slug, category.name));
        let others = on_sale()
            .filter(product::Column::CategoryId.eq(id))
            .filter(product::Column::Id.ne(product.id))
            .limit(MAX_RELATED);
        let others = product_rows(others, language).all(connection).await?;
        related = views(connection, others, None).await?;
    }
    let mut codes = codes(connection, [product.id]).await?;
    Ok(Some(Details {
        brand: product.brand,
        category,
        manufacturer_name: product.manufacturer_name,
        manufacturer_address: product.manufacturer_address,
        manufacturer_contact: product.manufacturer_contact,
        responsible_person: product.responsible_person,
        safety: product.safety,
        codes: codes.remove(&product.id).unwrap_or_default(),
        related,
    }))
}

/// The codes of variants on sale, by the ids of products and variants.
async fn codes(
    connection: &impl ConnectionTrait,
    products: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, BTreeMap<i64, Codes>>, CatalogError> {
    let variants = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(products))
        .filter(variant::Column::Active.eq(true))
        .all(connection)
        .await?;
    let mut codes: HashMap<i64, BTreeMap<i64, Codes>> = HashMap::new();
    for variant in variants {
        let pricing = pricing::pricing(&variant);
        let of = Codes {
            content: pricing::content(&variant),
            weight_grams: variant.weight_grams,
            sale: pricing.and_then(|pricing| pricing.sale_at(clock::now())),
            sku: variant.sku,
            gtin: variant.gtin,
        };
        codes
            .entry(variant.product_id)
            .or_default()
            .insert(variant.id, of);
    }
    Ok(codes)
}

/// A product of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedProduct {
    /// What its page shows.
    pub product: ProductView,
    /// The brand's name; empty if the owner gave none.
    pub brand: String,
    /// By the variants' ids.
    pub codes: BTreeMap<i64, Codes>,
    /// When its texts changed last.
    pub updated_at: OffsetDateTime,
}

/// Where the next products of a feed begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPosition {
    position: i64,
    id: i64,
}

/// Returns some of the products on sale, by the owner's positions, and where the next ones begin.
/// `None` if these are the last.
///
/// # Errors
/// If the database is unreachable.
pub async fn feed_products(
    database: &Database,
    after: Option<FeedPosition>,
    language: Language,
) -> Result<(Vec<FeedProduct>, Option<FeedPosition>), CatalogError> {
    let mut next = on_sale().limit(BATCH_SIZE);
    if let Some(FeedPosition { position, id }) = after {
        let same = Condition::all()
            .add(product::Column::Position.eq(position))
            .add(product::Column::Id.gt(id));
        let later = product::Column::Position.gt(position);
        next = next.filter(Condition::any().add(later).add(same));
    }
    let snapshot = database.begin_snapshot().await?;
    let models = next.clone().all(&snapshot).await?;
    let last = models.last().map(|row| FeedPosition {
        position: row.position,
        id: row.id,
    });
    let mut codes = codes(&snapshot, models.iter().map(|row| row.id)).await?;
    let mut facts: HashMap<String, (i64, String, OffsetDateTime)> = models
        .iter()
        .map(|row| {
            let facts = (row.id, row.brand.clone(), row.updated_at);
            (row.slug.clone(), facts)
        })
        .collect();
    let rows = product_rows(next, language).all(&snapshot).await?;
    let views = views(&snapshot, rows, None).await?;
    let products = views.into_iter().filter_map(|product| {
        let (id, brand, updated_at) = facts.remove(&product.slug)?;
        Some(FeedProduct {
            codes: codes.remove(&id).unwrap_or_default(),
            brand,
            updated_at,
            product,
        })
    });
    Ok((products.collect(), last))
}

/// Returns the number of products on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn count(database: &Database) -> Result<u64, CatalogError> {
    Ok(on_sale().count(database.reader()).await?)
}

/// Returns slugs of products on sale by the owner's positions, and when their texts changed last.
///
/// # Errors
/// If the database is unreachable.
pub async fn slugs(
    database: &Database,
    offset: u64,
    limit: u64,
) -> Result<Vec<(String, OffsetDateTime)>, CatalogError> {
    let rows = on_sale()
        .select_only()
        .column(product::Column::Slug)
        .column(product::Column::UpdatedAt)
        .offset(offset)
        .limit(limit);
    Ok(rows.into_tuple().all(database.reader()).await?)
}

//! The products on sale, with their variants.
//!
//! A list or a product's page is read over one connection, in one snapshot of the database: each
//! connection that is taken from SQLite's pool costs two more visits to another thread.

use std::collections::{BTreeMap, HashMap};

use locale::Language;
use sea_orm::sea_query::{Expr, Func, IntoCondition, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, FromQueryResult,
    JoinType, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, SelectModel, Selector,
};
use serde::Serialize;
use till_core::money::{Currency, CurrencyCode, MinorUnit};
use till_core::sale::{PriceRow, Pricing};
use till_core::unit_price::UnitPrice;
use till_core::view::{Availability, PictureView, ProductView, VariantView, full_name};
use time::OffsetDateTime;

use crate::clock;
use crate::database::Database;
use crate::entity::{
    category, picture, price_history, product, product_text, slug_history, variant,
};
use crate::pictures;

pub mod categories;
mod checks;
pub mod details;
pub mod editing;
pub mod export;
pub(crate) mod folding;
pub mod import;
pub mod list;
pub mod listing;
pub mod price_changes;
mod prices;
pub mod pricing;
mod rows;
pub mod scarcity;
pub mod search_query;
pub mod stock;
mod stored;
pub mod table;
pub(crate) mod texts;

/// The catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the catalog could not be read")]
pub struct CatalogError(#[from] pub sea_orm::DbErr);

/// Number of products on one page of the catalog.
pub const PAGE_SIZE: usize = 48;
/// On a page of the catalog, a product with up to this many variants has their fields; one with
/// more has a link to its own page.
pub const MAX_VARIANTS_ON_CARD: usize = 3;
/// Maximum number of variants of one product. Its page has a field for each, and browsers also send
/// the empty ones, so this bounds the form that the shop must read.
pub const MAX_VARIANTS: usize = 250;

/// One page of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogPage {
    /// The page's products, by the owner's positions.
    pub products: Vec<ProductView>,
    /// The page's number, from 1.
    pub number: u64,
    /// The number of pages, at least 1.
    pub count: u64,
}

/// What pages show of a product itself, with its texts in one language.
#[derive(Debug, FromQueryResult)]
struct ProductRow {
    id: i64,
    slug: String,
    name: String,
    description: String,
    /// The name of its category.
    category: Option<String>,
    active: bool,
    listed: bool,
}

/// What pages show of a variant, without what its owner knows of it: a page reads dozens.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "variant::Entity")]
struct VariantRow {
    id: i64,
    product_id: i64,
    sku: String,
    name: String,
    price: i64,
    currency: CurrencyCode,
    stock: Option<i64>,
    held: i64,
    max_per_order: i64,
    content_amount: Option<i64>,
    content_unit: Option<String>,
    sale_price: Option<i64>,
    sale_begins: Option<OffsetDateTime>,
    sale_ends: Option<OffsetDateTime>,
}

impl VariantRow {
    fn pricing(&self) -> Option<Pricing> {
        pricing::pricing_of(&pricing::Columns {
            price: self.price,
            currency: &self.currency,
            sale_price: self.sale_price,
            sale_begins: self.sale_begins,
            sale_ends: self.sale_ends,
        })
    }
}

/// Selects what pages show of these products.
fn product_rows(
    products: Select<product::Entity>,
    language: Language,
) -> Selector<SelectModel<ProductRow>> {
    let in_language = |own: product_text::Column, otherwise: product::Column| {
        Func::coalesce([
            Expr::col((product_text::Entity, own)),
            Expr::col((product::Entity, otherwise)),
        ])
    };
    let text = product::Entity::belongs_to(product_text::Entity)
        .from(product::Column::Id)
        .to(product_text::Column::ProductId)
        .on_condition(move |_, _| {
            let of_text = product_text::Column::Language;
            of_text.eq(language.code()).into_condition()
        })
        .into();
    let category = product::Entity::belongs_to(category::Entity)
        .from(product::Column::CategoryId)
        .to(category::Column::Id)
        .into();
    products
        .join(JoinType::LeftJoin, text)
        .join(JoinType::LeftJoin, category)
        .select_only()
        .columns([
            product::Column::Id,
            product::Column::Slug,
            product::Column::Active,
            product::Column::Listed,
        ])
        .expr_as(
            in_language(product_text::Column::Name, product::Column::Name),
            "name",
        )
        .expr_as(
            in_language(
                product_text::Column::Description,
                product::Column::Description,
            ),
            "description",
        )
        .column_as(category::Column::Name, "category")
        .into_model()
}

/// Returns one page of the products on sale, by the owner's positions, with their texts in a
/// language. Pages are numbered from 1; `None` if the page does not exist. The first page exists
/// even if nothing is on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn page(
    connection: &impl ConnectionTrait,
    number: u64,
    language: Language,
) -> Result<Option<CatalogPage>, CatalogError> {
    let size = PAGE_SIZE as u64;
    let counted = async || -> Result<u64, DbErr> {
        Ok(on_sale().count(connection).await?.div_ceil(size).max(1))
    };
    let mut count = match number {
        1 => 1,
        _ => counted().await?,
    };
    if !(1..=count).contains(&number) {
        return Ok(None);
    }
    let products = on_sale().offset((number - 1) * size).limit(size + 1);
    let mut products = product_rows(products, language).all(connection).await?;
    if number == 1 && products.len() > PAGE_SIZE {
        count = counted().await?;
    }
    products.truncate(PAGE_SIZE);
    Ok(Some(CatalogPage {
        products: views(connection, products, None).await?,
        number,
        count,
    }))
}

/// Returns the variants on sale with these ids, in their products, by the owner's positions. Other
/// variants and products are left out.
///
/// # Errors
/// If the database is unreachable.
pub async fn with_variants(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
    language: Language,
) -> Result<Vec<ProductView>, CatalogError> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let products = Query::select()
        .column(variant::Column::ProductId)
        .from(variant::Entity)
        .and_where(variant::Column::Id.is_in(ids.iter().copied()))
        .to_owned();
    let products = on_sale().filter(product::Column::Id.in_subquery(products));
    let products = product_rows(products, language).all(connection).await?;
    views(connection, products, Some(&ids)).await
}

/// Returns the names of variants that are no longer on sale, by id. Others are left out: what was
/// never on sale is not public.
///
/// # Errors
/// If the database is unreachable.
pub async fn names_of_discontinued(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
    language: Language,
) -> Result<BTreeMap<i64, String>, CatalogError> {
    let gone = variant::Entity::find()
        .filter(variant::Column::Id.is_in(ids))
        .filter(variant::Column::Listed.eq(true))
        .all(connection)
        .await?;
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(gone.iter().map(|variant| variant.product_id)))
        .filter(product::Column::Listed.eq(true));
    let products = product_rows(products, language).all(connection).await?;
    let products: HashMap<i64, ProductRow> = products
        .into_iter()
        .map(|product| (product.id, product))
        .collect();
    let names = gone.into_iter().filter_map(|variant| {
        let product = products.get(&variant.product_id)?;
        let on_sale = product.active && variant.active;
        (!on_sale).then(|| (variant.id, full_name(&product.name, &variant.name)))
    });
    Ok(names.collect())
}

/// What is at the address of a product's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A product on sale.
    OnSale(Box<ProductView>),
    /// A product that was on sale and no longer is.
    Discontinued {
        /// Its name.
        name: String,
    },
    /// The product has another slug now.
    Moved {
        /// Its present slug.
        slug: String,
    },
}

/// Returns what is at this slug. `None` if no product that was ever on sale has or had it.
///
/// # Errors
/// If the database is unreachable.
pub async fn find(
    connection: &impl ConnectionTrait,
    slug: &str,
    language: Language,
) -> Result<Option<Found>, CatalogError> {
    let found = product::Entity::find().filter(product::Column::Slug.eq(slug));
    let Some(product) = product_rows(found, language).one(connection).await? else {
        return moved(connection, slug).await;
    };
    let (name, listed) = (product.name.clone(), product.listed);
    if product.active {
        let view = views(connection, vec![product], None).await?.pop();
        if let Some(view) = view {
            return Ok(Some(Found::OnSale(Box::new(view))));
        }
    }
    // All its variants are those of another product now.
    if let Some(found) = moved(connection, slug).await? {
        return Ok(Some(found));
    }
    Ok(listed.then_some(Found::Discontinued { name }))
}

async fn moved(
    connection: &impl ConnectionTrait,
    slug: &str,
) -> Result<Option<Found>, CatalogError> {
    let earlier = slug_history::Entity::find_by_id(slug)
        .one(connection)
        .await?;
    let Some(earlier) = earlier else {
        return Ok(None);
    };
    let product = product::Entity::find_by_id(earlier.product_id)
        .filter(product::Column::Listed.eq(true))
        .one(connection)
        .await?;
    Ok(product.map(|product| Found::Moved { slug: product.slug }))
}

/// The products that are on sale and have a variant that is.
fn on_sale() -> Select<product::Entity> {
    let sold = Query::select()
        .column(variant::Column::ProductId)
        .from(variant::Entity)
        .and_where(variant::Column::Active.eq(true))
        .to_owned();
    product::Entity::find()
        .filter(product::Column::Active.eq(true))
        .filter(product::Column::Id.in_subquery(sold))
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id)
}

/// Reads what these products consist of. With `only`, only variants with these ids. Products of
/// which no variant is on sale are left out.
async fn views(
    connection: &impl ConnectionTrait,
    products: Vec<ProductRow>,
    only: Option<&[i64]>,
) -> Result<Vec<ProductView>, CatalogError> {
    let ids = || products.iter().map(|product| product.id);
    let mut variants = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(ids()))
        .filter(variant::Column::Active.eq(true))
        .order_by_asc(variant::Column::Position)
        .order_by_asc(variant::Column::Id);
    if let Some(only) = only {
        variants = variants.filter(variant::Column::Id.is_in(only.iter().copied()));
    }
    let mut variants_of: HashMap<i64, Vec<VariantView>> = HashMap::new();
    let variants = variants
        .into_partial_model::<VariantRow>()
        .all(connection)
        .await?;
    let now = clock::now();
    let mut histories = histories_of_sales(connection, &variants, now).await?;
    for variant in variants {
        let product = variant.product_id;
        let history = histories.remove(&variant.id).unwrap_or_default();
        if let Some(view) = view_or_log(variant, &history, now) {
            variants_of.entry(product).or_default().push(view);
        }
    }
    let pictures = picture::Entity::find()
        .filter(picture::Column::ProductId.is_in(ids()))
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position)
        .all(connection)
        .await?;
    let files = pictures::files_of(connection, &pictures).await?;
    let mut pictures_of: HashMap<i64, Vec<PictureView>> = HashMap::new();
    for picture in pictures {
        let of = pictures_of.entry(picture.product_id).or_default();
        of.push(pictures::view(picture, &files));
    }
    let view = |product: ProductRow| {
        Some(ProductView {
            variants: variants_of.remove(&product.id)?,
            pictures: pictures_of.remove(&product.id).unwrap_or_default(),
            category: product.category.unwrap_or_default(),
            slug: product.slug,
            name: product.name,
            description: product.description,
        })
    };
    Ok(products.into_iter().filter_map(view).collect())
}

/// The price histories of those variants that are at a reduced price, by id. Rows that are due and
/// not written yet are in them.
async fn histories_of_sales(
    connection: &impl ConnectionTrait,
    variants: &[VariantRow],
    now: OffsetDateTime,
) -> Result<HashMap<i64, Vec<PriceRow>>, CatalogError> {
    let reduced = variants.iter().filter(|variant| {
        let pricing = variant.pricing();
        pricing.is_some_and(|pricing| pricing.sale_at(now).is_some())
    });
    let reduced: Vec<i64> = reduced.map(|variant| variant.id).collect();
    let mut histories: HashMap<i64, Vec<PriceRow>> = HashMap::new();
    if reduced.is_empty() {
        return Ok(histories);
    }
    let rows = price_history::Entity::find()
        .filter(price_history::Column::VariantId.is_in(reduced.iter().copied()))
        .order_by_asc(price_history::Column::Id)
        .all(connection)
        .await?;
    for row in rows {
        if let Some(currency) = row.currency.known() {
            histories.entry(row.variant_id).or_default().push(PriceRow {
                price: MinorUnit(row.amount).of(currency),
                since: row.since,
            });
        }
    }
    let recorded: HashMap<i64, OffsetDateTime> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .column(variant::Column::PriceRecordedUntil)
        .filter(variant::Column::Id.is_in(reduced))
        .into_tuple::<(i64, OffsetDateTime)>()
        .all(connection)
        .await?
        .into_iter()
        .collect();
    for variant in variants {
        if let Some(history) = histories.get_mut(&variant.id)
            && let Some(pricing) = variant.pricing()
            && let Some(recorded_until) = recorded.get(&variant.id)
        {
            history.extend(pricing.rows_due(*recorded_until, now));
        }
    }
    Ok(histories)
}

/// Returns whether there is no product at all, on sale or not.
///
/// # Errors
/// If the database is unreachable.
pub async fn is_empty(database: &Database) -> Result<bool, CatalogError> {
    Ok(product::Entity::find()
        .one(database.reader())
        .await?
        .is_none())
}

/// A variant as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariantSummary {
    /// The owner's SKU.
    pub sku: String,
    /// The names of product and variant.
    pub name: String,
    /// The price of one unit that is in force now, in minor units of `currency`.
    pub price: i64,
    /// The currency.
    pub currency: CurrencyCode,
    /// Unsold units, including held ones; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Units that unpaid checkouts hold.
    pub held: i64,
    /// Units that can still be bought; `None` if stock is not counted.
    pub left: Option<i64>,
    /// Whether it is on sale.
    pub active: bool,
}

/// Returns all variants, by the owner's positions. With `low`, returns only variants with counted
/// stock of which at most `low` units can still be bought, those with the fewest first.
///
/// # Errors
/// If the database is unreachable.
pub async fn list(
    database: &Database,
    low: Option<i64>,
) -> Result<Vec<VariantSummary>, sea_orm::DbErr> {
    let products = product::Entity::find().all(database.reader()).await?;
    let products: HashMap<i64, product::Model> = products
        .into_iter()
        .map(|product| (product.id, product))
        .collect();
    let variants = variant::Entity::find().all(database.reader()).await?;
    let now = clock::now();
    let mut summaries: Vec<_> = variants
        .into_iter()
        .filter_map(|variant| {
            let product = products.get(&variant.product_id)?;
            let place = (product.position, product.id, variant.position, variant.id);
            Some((place, summary(product, variant, now)))
        })
        .collect();
    summaries.sort_by_key(|(place, _)| *place);
    let mut summaries: Vec<_> = summaries.into_iter().map(|(_, summary)| summary).collect();
    if let Some(max_left) = low {
        summaries.retain(|summary| summary.left.is_some_and(|left| left <= max_left));
        // Stable: among equals the owner's order stays.
        summaries.sort_by_key(|summary| summary.left);
    }
    Ok(summaries)
}

fn summary(
    product: &product::Model,
    variant: variant::Model,
    now: OffsetDateTime,
) -> VariantSummary {
    let price = pricing::price_at(&variant, now);
    VariantSummary {
        left: variant.stock.map(|stock| (stock - variant.held).max(0)),
        name: full_name(&product.name, &variant.name),
        sku: variant.sku,
        price: price.map_or(variant.price, |price| price.amount.0),
        currency: variant.currency,
        stock: variant.stock,
        held: variant.held,
        active: product.active && variant.active,
    }
}

/// Returns the currencies of the products on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn currencies(database: &Database) -> Result<Vec<Currency>, CatalogError> {
    let on_sale = Query::select()
        .column(product::Column::Id)
        .from(product::Entity)
        .and_where(product::Column::Active.eq(true))
        .to_owned();
    let codes: Vec<CurrencyCode> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Currency)
        .distinct()
        .filter(variant::Column::Active.eq(true))
        .filter(variant::Column::ProductId.in_subquery(on_sale))
        .order_by_asc(variant::Column::Currency)
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(codes.iter().filter_map(CurrencyCode::known).collect())
}

fn view_or_log(
    variant: VariantRow,
    history: &[PriceRow],
    now: OffsetDateTime,
) -> Option<VariantView> {
    let Some(pricing) = variant.pricing() else {
        // The import rejects such rows, so the table was edited manually.
        tracing::error!(
            sku = variant.sku,
            "variant {} has an unsupported currency and is not shown",
            variant.sku
        );
        return None;
    };
    let offer = pricing.offer_at(history, now);
    Some(VariantView {
        id: variant.id,
        price: offer.price,
        reduction: offer.reduction,
        unit_price: pricing::content_of(variant.content_amount, variant.content_unit.as_deref())
            .and_then(|content| UnitPrice::of(offer.price, content)),
        available: available_of(variant.max_per_order, variant.stock, variant.held),
        name: variant.name,
    })
}

/// How many units of a variant one order can hold now.
pub(crate) fn available(variant: &variant::Model) -> Availability {
    available_of(variant.max_per_order, variant.stock, variant.held)
}

fn available_of(max_per_order: i64, stock: Option<i64>, held: i64) -> Availability {
    let units = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    Availability {
        max_per_order: units(max_per_order),
        left: stock.map(|stock| units(stock - held)),
        held: held > 0 && stock.is_some_and(|stock| stock > 0),
    }
}

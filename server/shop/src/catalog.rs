//! The products on sale.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::Serialize;
use till_core::money::{Currency, CurrencyCode, MinorUnit};
use till_core::view::{Availability, ProductView};

use crate::database::Database;
use crate::entity::product;

pub mod import;

/// The catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the catalog could not be read")]
pub struct CatalogError(#[from] pub sea_orm::DbErr);

/// Number of products on one page of the catalog.
pub const PAGE_SIZE: usize = 48;

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

/// Returns one page of the products on sale, by the owner's positions. Pages are numbered from 1;
/// `None` if the page does not exist. The first page exists even if nothing is on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn page(database: &Database, number: u64) -> Result<Option<CatalogPage>, CatalogError> {
    let size = PAGE_SIZE as u64;
    let on_sale = on_sale().count(database.reader()).await?;
    let count = on_sale.div_ceil(size).max(1);
    if !(1..=count).contains(&number) {
        return Ok(None);
    }
    let products = self::on_sale()
        .offset((number - 1) * size)
        .limit(size)
        .all(database.reader())
        .await?;
    Ok(Some(CatalogPage {
        products: products.into_iter().filter_map(view_or_log).collect(),
        number,
        count,
    }))
}

/// Returns the products on sale with these ids, by the owner's positions. Others are left out.
///
/// # Errors
/// If the database is unreachable.
pub async fn with_ids(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<ProductView>, CatalogError> {
    let products = on_sale()
        .filter(product::Column::Id.is_in(ids))
        .all(database.reader())
        .await?;
    Ok(products.into_iter().filter_map(view_or_log).collect())
}

/// Returns the names of products that are no longer on sale, by id. Others are left out: products
/// that were never on sale are not public.
///
/// # Errors
/// If the database is unreachable.
pub async fn names_of_discontinued(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, String>, CatalogError> {
    let gone = discontinued()
        .filter(product::Column::Id.is_in(ids))
        .all(database.reader())
        .await?;
    let names = gone.into_iter().map(|product| (product.id, product.name));
    Ok(names.collect())
}

/// Returns the name of the product that was on sale under this slug and no longer is.
///
/// # Errors
/// If the database is unreachable.
pub async fn discontinued_name(
    database: &Database,
    slug: &str,
) -> Result<Option<String>, CatalogError> {
    let gone = discontinued()
        .filter(product::Column::Slug.eq(slug))
        .one(database.reader())
        .await?;
    Ok(gone.map(|product| product.name))
}

fn discontinued() -> Select<product::Entity> {
    product::Entity::find()
        .filter(product::Column::Active.eq(false))
        .filter(product::Column::Listed.eq(true))
}

fn on_sale() -> Select<product::Entity> {
    product::Entity::find()
        .filter(product::Column::Active.eq(true))
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id)
}

/// Returns the product on sale under this slug.
///
/// # Errors
/// If the database is unreachable.
pub async fn find(database: &Database, slug: &str) -> Result<Option<ProductView>, CatalogError> {
    let found = product::Entity::find()
        .filter(product::Column::Slug.eq(slug))
        .filter(product::Column::Active.eq(true))
        .one(database.reader())
        .await?;
    Ok(found.and_then(view_or_log))
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

/// Returns the SKUs of these products, by id.
///
/// # Errors
/// If the database is unreachable.
pub async fn skus(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, sea_orm::DbErr> {
    let rows: Vec<(i64, String)> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .column(product::Column::Sku)
        .filter(product::Column::Id.is_in(ids))
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(rows.into_iter().collect())
}

/// A product as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductSummary {
    /// The owner's SKU.
    pub sku: String,
    /// The name that shoppers see.
    pub name: String,
    /// The price of one unit, in minor units of `currency`.
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

/// Returns all products, by the owner's positions. With `low`, returns only products with counted
/// stock of which at most `low` units can still be bought, those with the fewest first.
///
/// # Errors
/// If the database is unreachable.
pub async fn list(
    database: &Database,
    low: Option<i64>,
) -> Result<Vec<ProductSummary>, sea_orm::DbErr> {
    let mut products = product::Entity::find();
    if let Some(max_left) = low {
        // Imported only here, because its `max` conflicts with that of `Ord`.
        use sea_orm::sea_query::ExprTrait as _;
        let left = || Expr::col(product::Column::Stock).sub(Expr::col(product::Column::Held));
        products = products
            .filter(product::Column::Stock.is_not_null())
            .filter(left().lte(max_left))
            .order_by_asc(left());
    }
    let products = products
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id)
        .all(database.reader())
        .await?;
    let summary = |product: product::Model| ProductSummary {
        left: product.stock.map(|stock| (stock - product.held).max(0)),
        sku: product.sku,
        name: product.name,
        price: product.price,
        currency: product.currency,
        stock: product.stock,
        held: product.held,
        active: product.active,
    };
    Ok(products.into_iter().map(summary).collect())
}

/// Returns the currencies of the products on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn currencies(database: &Database) -> Result<Vec<Currency>, CatalogError> {
    let codes: Vec<CurrencyCode> = product::Entity::find()
        .select_only()
        .column(product::Column::Currency)
        .distinct()
        .filter(product::Column::Active.eq(true))
        .order_by_asc(product::Column::Currency)
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(codes.iter().filter_map(CurrencyCode::known).collect())
}

/// `None` if the product cannot be sold. The import rejects such rows, so the table was edited
/// manually: the other products are still for sale.
fn view_or_log(product: product::Model) -> Option<ProductView> {
    let Some(currency) = product.currency.known() else {
        tracing::error!(
            sku = product.sku,
            "product {} has an unsupported currency and is not shown",
            product.sku
        );
        return None;
    };
    let available = available(&product);
    Some(ProductView {
        id: product.id,
        slug: product.slug,
        name: product.name,
        description: product.description,
        price: MinorUnit(product.price).of(currency),
        image: product.image,
        category: product.category,
        available,
    })
}

/// How many units of a product one order can hold now.
pub(crate) fn available(product: &product::Model) -> Availability {
    let units = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    Availability {
        max_per_order: units(product.max_per_order),
        left: product.stock.map(|stock| units(stock - product.held)),
        held: product.held > 0 && product.stock.is_some_and(|stock| stock > 0),
    }
}

//! What is on the shelf.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::database::Database;
use crate::entity::product;
use crate::money::{Currency, MinorUnit, UnknownCurrency};
use crate::view::{Available, ProductView};

pub mod import;

/// The catalog could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the catalog could not be read")]
pub struct CatalogError(#[from] pub sea_orm::DbErr);

/// Products on one page of the catalog.
pub const PAGE_SIZE: usize = 48;

/// One page of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogPage {
    /// In the owner's order.
    pub products: Vec<ProductView>,
    /// Counted from 1.
    pub number: u64,
    /// Pages in all, at least 1.
    pub count: u64,
}

/// One page of the products on sale, in the owner's order. Pages are counted from 1; `None` where
/// there is no such page. The first page exists even where nothing is on sale.
///
/// # Errors
/// Where the database does not answer.
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
        products: products.into_iter().filter_map(on_shelf).collect(),
        number,
        count,
    }))
}

/// The products on sale with these ids, in the owner's order. Others are left out.
///
/// # Errors
/// Where the database does not answer.
pub async fn with_ids(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<ProductView>, CatalogError> {
    let products = on_sale()
        .filter(product::Column::Id.is_in(ids))
        .all(database.reader())
        .await?;
    Ok(products.into_iter().filter_map(on_shelf).collect())
}

/// The names of products that have been on sale and no longer are, by id. Others are left out: what
/// was never on sale is nobody's business yet.
///
/// # Errors
/// Where the database does not answer.
pub async fn names_of_gone(
    database: &Database,
    ids: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, String>, CatalogError> {
    let gone = no_longer_on_sale()
        .filter(product::Column::Id.is_in(ids))
        .all(database.reader())
        .await?;
    let names = gone.into_iter().map(|product| (product.id, product.name));
    Ok(names.collect())
}

/// The name of the product that was on sale under this slug and no longer is.
///
/// # Errors
/// Where the database does not answer.
pub async fn find_gone(database: &Database, slug: &str) -> Result<Option<String>, CatalogError> {
    let gone = no_longer_on_sale()
        .filter(product::Column::Slug.eq(slug))
        .one(database.reader())
        .await?;
    Ok(gone.map(|product| product.name))
}

fn no_longer_on_sale() -> Select<product::Entity> {
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

/// The product on sale under this slug.
///
/// # Errors
/// Where the database does not answer.
pub async fn find(database: &Database, slug: &str) -> Result<Option<ProductView>, CatalogError> {
    let found = product::Entity::find()
        .filter(product::Column::Slug.eq(slug))
        .filter(product::Column::Active.eq(true))
        .one(database.reader())
        .await?;
    Ok(found.and_then(on_shelf))
}

/// Whether there is no product at all, on sale or not.
///
/// # Errors
/// Where the database does not answer.
pub async fn is_empty(database: &Database) -> Result<bool, CatalogError> {
    Ok(product::Entity::find()
        .one(database.reader())
        .await?
        .is_none())
}

/// The currencies of the products on sale.
///
/// # Errors
/// Where the database does not answer.
pub async fn currencies(database: &Database) -> Result<Vec<Currency>, CatalogError> {
    let codes: Vec<String> = product::Entity::find()
        .select_only()
        .column(product::Column::Currency)
        .distinct()
        .filter(product::Column::Active.eq(true))
        .order_by_asc(product::Column::Currency)
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(codes.iter().filter_map(|code| code.parse().ok()).collect())
}

fn on_shelf(product: product::Model) -> Option<ProductView> {
    let sku = product.sku.clone();
    let view = view(product);
    if view.is_err() {
        // The import lets no such row in; somebody wrote to the table by hand.
        tracing::error!(
            sku,
            "product {sku} is sold in a currency that the shop does not know and is left out"
        );
    }
    view.ok()
}

pub(crate) fn view(product: product::Model) -> Result<ProductView, UnknownCurrency> {
    let available = available(&product);
    Ok(ProductView {
        id: product.id,
        slug: product.slug,
        name: product.name,
        description: product.description,
        price: MinorUnit(product.price).of(product.currency.parse()?),
        image: product.image,
        category: product.category,
        available,
    })
}

/// What one order can hold of a product now.
pub(crate) fn available(product: &product::Model) -> Available {
    let pieces = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    Available {
        max_per_order: pieces(product.max_per_order),
        left: product.stock.map(|stock| pieces(stock - product.held)),
        held: product.held > 0 && product.stock.is_some_and(|stock| stock > 0),
    }
}

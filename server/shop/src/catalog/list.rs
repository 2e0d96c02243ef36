//! The owner's list of products: all of them, also those that are not on sale, in the order of the
//! catalog. Pages begin at a key, not at an offset.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use till_core::money::{MinorUnit, Money};
use till_core::view::PictureView;
use time::OffsetDateTime;

use super::editing::form::amount_text;
use super::pricing;
use super::scarcity;
use super::search_query::SearchQuery;
use super::table::TableValues;
use crate::clock;
use crate::database::Database;
use crate::entity::{category, picture, product, variant};
use crate::pictures;

/// The number of products on one page.
pub const LIST_SIZE: usize = 25;
/// Up to this many variants are found before the products that have them.
const FEW_VARIANTS: u64 = 1_000;

/// Which products the list has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Those that the search finds, and the one that has a variant with exactly this SKU. Empty:
    /// all.
    pub search: SearchQuery,
    /// Those that are on sale, or those that are not. `None`: both.
    pub on_sale: Option<bool>,
    /// Those of the category with this id.
    pub category: Option<i64>,
    /// Those that are scarce.
    pub stock: Option<Scarce>,
    /// Those of which a variant has a reduced price now.
    pub reduced: bool,
}

/// How scarce a variant on sale is whose stock is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scarce {
    /// At most this many units can still be bought, but at least one.
    Low(i64),
    /// No unit can be bought.
    SoldOut,
}

/// The place of a product in the list: `12-34` in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListKey {
    position: i64,
    id: i64,
}

impl fmt::Display for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.position, self.id)
    }
}

/// A text is no key of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the list")]
pub struct InvalidKey;

impl FromStr for ListKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (position, id) = text.split_once('-').ok_or(InvalidKey)?;
        Ok(Self {
            position: position.parse().map_err(|_| InvalidKey)?,
            id: id.parse().map_err(|_| InvalidKey)?,
        })
    }
}

/// Where a page of the list begins or ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListPage {
    /// With the first product.
    #[default]
    First,
    /// It begins behind this product.
    After(ListKey),
    /// It ends before this product.
    Before(ListKey),
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductList {
    /// Its products, in the order of the catalog.
    pub products: Vec<ProductRow>,
    /// Where the page before this one ends, if there is one.
    pub previous: Option<ListKey>,
    /// Where the next page begins, if there is one.
    pub next: Option<ListKey>,
}

/// A product of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRow {
    /// Its id.
    pub id: i64,
    /// The last part of its page's address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its category's name.
    pub category: Option<String>,
    /// Whether it is on sale.
    pub on_sale: bool,
    /// Its first picture.
    pub picture: Option<PictureView>,
    /// All its variants, in their order.
    pub variants: Vec<VariantRow>,
}

/// A variant of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantRow {
    /// Its id.
    pub id: i64,
    /// The owner's SKU.
    pub sku: String,
    /// Its name; empty if it is the only one.
    pub name: String,
    /// The price in force now. `None` if the shop cannot sell in its currency.
    pub price: Option<Money>,
    /// The regular price, if the price in force is a reduced one.
    pub regular: Option<Money>,
    /// Unsold units, including held ones; `None` if stock is not counted.
    pub stock: Option<i64>,
    /// Units that unpaid checkouts hold.
    pub held: i64,
    /// Units that can still be bought; `None` if stock is not counted.
    pub left: Option<i64>,
    /// What the table form shows of it, see [`super::table`].
    pub values: TableValues,
}

/// Returns a page of the list.
///
/// # Errors
/// If the database is unreachable.
pub async fn page(
    database: &Database,
    filter: &ListFilter,
    page: ListPage,
) -> Result<ProductList, DbErr> {
    let snapshot = database.begin_snapshot().await?;
    let now = clock::now();
    let wanted = filtered(&snapshot, filter, now).await?;
    let mut rows = at(wanted, page)
        .limit(LIST_SIZE as u64 + 1)
        .all(&snapshot)
        .await?;
    let more = rows.len() > LIST_SIZE;
    rows.truncate(LIST_SIZE);
    if let ListPage::Before(_) = page {
        rows.reverse();
    }
    let key = |row: &product::Model| ListKey {
        position: row.position,
        id: row.id,
    };
    let (before, after) = match page {
        ListPage::First => (false, more),
        ListPage::After(_) => (true, more),
        ListPage::Before(_) => (more, true),
    };
    Ok(ProductList {
        previous: rows.first().map(key).filter(|_| before),
        next: rows.last().map(key).filter(|_| after),
        products: read_rows(&snapshot, rows, now).await?,
    })
}

/// Returns the number of products that the list has.
///
/// # Errors
/// If the database is unreachable.
pub async fn count(database: &Database, filter: &ListFilter) -> Result<u64, DbErr> {
    let reader = database.reader();
    let wanted = filtered(reader, filter, clock::now()).await?;
    wanted.count(reader).await
}

/// Orders products, and begins or ends with the page's key.
fn at(products: Select<product::Entity>, page: ListPage) -> Select<product::Entity> {
    let (position, id) = (product::Column::Position, product::Column::Id);
    let beyond = |key: ListKey, forward: bool| {
        let same = Condition::all()
            .add(position.eq(key.position))
            .add(if forward {
                id.gt(key.id)
            } else {
                id.lt(key.id)
            });
        let other = match forward {
            true => position.gt(key.position),
            false => position.lt(key.position),
        };
        // The first part lets both databases begin at the key in the index.
        let from = match forward {
            true => position.gte(key.position),
            false => position.lte(key.position),
        };
        let either = Condition::any().add(other).add(same);
        Condition::all().add(from).add(either)
    };
    match page {
        ListPage::First => products.order_by_asc(position).order_by_asc(id),
        ListPage::After(key) => products
            .filter(beyond(key, true))
            .order_by_asc(position)
            .order_by_asc(id),
        ListPage::Before(key) => products
            .filter(beyond(key, false))
            .order_by_desc(position)
            .order_by_desc(id),
    }
}

async fn filtered(
    connection: &impl ConnectionTrait,
    filter: &ListFilter,
    now: OffsetDateTime,
) -> Result<Select<product::Entity>, DbErr> {
    let mut products = product::Entity::find();
    if !filter.search.typed().is_empty() {
        let backend = connection.get_database_backend();
        products = products.filter(found(backend, &filter.search));
    }
    if let Some(on_sale) = filter.on_sale {
        // Not a parameter: a plan for any value of it would use no partial index.
        let value = Expr::cust(if on_sale { "TRUE" } else { "FALSE" });
        let active = Expr::col((product::Entity, product::Column::Active));
        products = products.filter(active.eq(value));
    }
    if let Some(category) = filter.category {
        products = products.filter(product::Column::CategoryId.eq(category));
    }
    if let Some(scarce) = filter.stock {
        let scarce = match scarce {
            Scarce::Low(units) => scarcity::between(1, units),
            Scarce::SoldOut => scarcity::between(0, 0),
        };
        products = products.filter(with_variant(connection, scarce).await?);
    }
    if filter.reduced {
        let (begins, ends) = (variant::Column::SaleBegins, variant::Column::SaleEnds);
        let reduced = Condition::all()
            .add(variant::Column::Active.eq(true))
            .add(Expr::col(variant::Column::SalePrice).lt(Expr::col(variant::Column::Price)))
            .add(Condition::any().add(begins.is_null()).add(begins.lte(now)))
            .add(Condition::any().add(ends.is_null()).add(ends.gt(now)));
        products = products.filter(with_variant(connection, reduced).await?);
    }
    Ok(products)
}

/// Products with such a variant. If there are few, they are found by an index, whatever else the
/// list is filtered by; if there are many, a page has soon found enough of them by looking at one
/// product after the other.
async fn with_variant(
    connection: &impl ConnectionTrait,
    such: Condition,
) -> Result<Condition, DbErr> {
    let found: Vec<i64> = variant::Entity::find()
        .select_only()
        .column(variant::Column::ProductId)
        .filter(such.clone())
        .limit(FEW_VARIANTS + 1)
        .into_tuple()
        .all(connection)
        .await?;
    let are_few = u64::try_from(found.len()).is_ok_and(|count| count <= FEW_VARIANTS);
    if are_few {
        let products: BTreeSet<i64> = found.into_iter().collect();
        return Ok(Condition::all().add(product::Column::Id.is_in(products)));
    }
    let mut variants = of_variants();
    let of_product = Expr::col((variant::Entity, variant::Column::ProductId));
    variants
        .cond_where(such)
        .and_where(of_product.equals((product::Entity, product::Column::Id)));
    Ok(Condition::all().add(Expr::exists(variants)))
}

/// The products of some variants.
fn of_variants() -> SelectStatement {
    Query::select()
        .column(variant::Column::ProductId)
        .from(variant::Entity)
        .to_owned()
}

/// What the search finds. The words are those that shoppers search in, and SKUs are matched as they
/// are, also those of variants that are not on sale.
fn found(backend: DbBackend, search: &SearchQuery) -> Condition {
    let mut with_sku = of_variants();
    with_sku.and_where(variant::Column::Sku.eq(search.typed()));
    let by_sku = product::Column::Id.in_subquery(with_sku);
    let mut found = Condition::any().add(by_sku);
    if search.words().is_empty() {
        return found;
    }
    found = found.add(match backend {
        DbBackend::Sqlite => Expr::cust_with_values(
            "product.id IN (SELECT rowid FROM product_search WHERE product_search MATCH ?)",
            [search.for_sqlite()],
        ),
        _ => Expr::cust_with_values(
            "product.id IN (SELECT product_id FROM product_listing \
             WHERE search_vector @@ to_tsquery('simple', $1))",
            [search.for_postgres()],
        ),
    });
    found
}

async fn read_rows(
    connection: &impl ConnectionTrait,
    products: Vec<product::Model>,
    now: OffsetDateTime,
) -> Result<Vec<ProductRow>, DbErr> {
    let ids = || products.iter().map(|product| product.id);
    let categories = category::Entity::find()
        .filter(
            category::Column::Id.is_in(products.iter().filter_map(|product| product.category_id)),
        )
        .all(connection)
        .await?;
    let categories: HashMap<i64, category::Model> = categories
        .into_iter()
        .map(|category| (category.id, category))
        .collect();
    let variants = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(ids()))
        .order_by_asc(variant::Column::Position)
        .order_by_asc(variant::Column::Id)
        .all(connection)
        .await?;
    let category_of: HashMap<i64, &category::Model> = products
        .iter()
        .filter_map(|product| Some((product.id, categories.get(&product.category_id?)?)))
        .collect();
    let mut variants_of: HashMap<i64, Vec<VariantRow>> = HashMap::new();
    for variant in variants {
        let category = category_of.get(&variant.product_id);
        let category = category.map_or("", |category| category.slug.as_str());
        let of = variants_of.entry(variant.product_id).or_default();
        of.push(variant_row(variant, category, now));
    }
    let mut first = first_pictures(connection, ids()).await?;
    let row = |product: &product::Model| ProductRow {
        id: product.id,
        slug: product.slug.clone(),
        name: product.name.clone(),
        category: category_of
            .get(&product.id)
            .map(|category| category.name.clone()),
        on_sale: product.active,
        picture: first.remove(&product.id),
        variants: variants_of.remove(&product.id).unwrap_or_default(),
    };
    Ok(products.iter().map(row).collect())
}

fn variant_row(variant: variant::Model, category: &str, now: OffsetDateTime) -> VariantRow {
    let price = pricing::price_at(&variant, now);
    let currency = variant.currency.known();
    let regular = currency.map(|currency| MinorUnit(variant.price).of(currency));
    VariantRow {
        id: variant.id,
        price,
        regular: regular.filter(|regular| Some(*regular) != price),
        stock: variant.stock,
        held: variant.held,
        left: variant.stock.map(|stock| Ord::max(stock - variant.held, 0)),
        values: TableValues {
            price: amount_text(variant.price, &variant),
            category: category.to_owned(),
            active: variant.active || variant.archived_with_product,
        },
        sku: variant.sku,
        name: variant.name,
    }
}

async fn first_pictures(
    connection: &impl ConnectionTrait,
    products: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, PictureView>, DbErr> {
    let rows = picture::Entity::find()
        .filter(picture::Column::ProductId.is_in(products))
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position)
        .all(connection)
        .await?;
    let mut first: HashMap<i64, picture::Model> = HashMap::new();
    for row in rows {
        first.entry(row.product_id).or_insert(row);
    }
    let first: Vec<picture::Model> = first.into_values().collect();
    let files = pictures::files_of(connection, &first).await?;
    let view = |row: picture::Model| (row.product_id, pictures::view(row, &files));
    Ok(first.into_iter().map(view).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let key = ListKey {
            position: 12,
            id: 34,
        };
        assert_eq!(key.to_string(), "12-34");
        assert_eq!("12-34".parse(), Ok(key));
        for bad in ["", "12", "a-b", "12-", "1-2-3", "-"] {
            assert_eq!(bad.parse::<ListKey>(), Err(InvalidKey), "{bad}");
        }
    }
}

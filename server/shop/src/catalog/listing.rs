//! Lists of products on sale: those of a category, and those that a search finds.
//!
//! Lists read the table `product_listing`, which [`refresh`] writes together with the products.

use std::collections::HashMap;

use locale::Language;

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    Statement, Value,
};

use super::search_query::SearchQuery;
use super::{CatalogError, CatalogPage, PAGE_SIZE, ProductRow, product_rows, views};
use crate::entity::{category, product, product_listing};

mod rows;

pub use rows::{refresh, refresh_category};

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// In a search, products with the words in their names first; otherwise as the owner arranged
    /// them.
    #[default]
    Relevance,
    /// By name.
    Name,
    /// The cheapest first, by their cheapest variants.
    Price,
    /// The newest first.
    Newest,
}

impl Sort {
    /// All orders, as pages offer them.
    pub const ALL: [Self; 4] = [Self::Relevance, Self::Name, Self::Price, Self::Newest];

    /// Its code in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Name => "name",
            Self::Price => "price",
            Self::Newest => "newest",
        }
    }

    /// The order with this code; the default one for any other text.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|sort| sort.code() == code).unwrap_or_default()
    }
}

/// A category with products on sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryView {
    /// Its id in the database.
    pub id: i64,
    /// The last part of its page's URL.
    pub slug: String,
    /// As the owner wrote it.
    pub name: String,
}

impl From<category::Model> for CategoryView {
    fn from(category: category::Model) -> Self {
        Self {
            id: category.id,
            slug: category.slug,
            name: category.name,
        }
    }
}

/// Which products a list has.
#[derive(Clone, Copy, Debug)]
pub enum Among<'a> {
    /// Those of the category with this id.
    Category(i64),
    /// Those that the search finds: none if it has no word.
    Search(&'a SearchQuery),
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Its products, in the list's order.
    pub page: CatalogPage,
    /// The number of products on all pages.
    pub products: u64,
}

/// Returns the categories with products on sale, in the owner's order.
///
/// # Errors
/// If the database is unreachable.
pub async fn categories(
    connection: &impl ConnectionTrait,
) -> Result<Vec<CategoryView>, CatalogError> {
    let listed = Query::select()
        .column(product_listing::Column::CategoryId)
        .from(product_listing::Entity)
        .and_where(product_listing::Column::CategoryId.is_not_null())
        .and_where(product_listing::Column::OnSale.eq(true))
        .to_owned();
    let categories = category::Entity::find()
        .filter(category::Column::Id.in_subquery(listed))
        .order_by_asc(category::Column::Position)
        .order_by_asc(category::Column::Id)
        .all(connection)
        .await?;
    Ok(categories.into_iter().map(Into::into).collect())
}

/// Returns the category with this slug, whether or not it has products on sale.
///
/// # Errors
/// If the database is unreachable.
pub async fn category(
    connection: &impl ConnectionTrait,
    slug: &str,
) -> Result<Option<CategoryView>, CatalogError> {
    let category = category::Entity::find()
        .filter(category::Column::Slug.eq(slug))
        .one(connection)
        .await?;
    Ok(category.map(Into::into))
}

/// Returns one page of a list. With `in_stock_only`, it has only products of which a unit can be
/// bought now. Pages are numbered from 1; `None` if the page does not exist. The first page exists
/// even if it is empty.
///
/// # Errors
/// If the database is unreachable.
pub async fn page(
    connection: &impl ConnectionTrait,
    among: Among<'_>,
    sort: Sort,
    in_stock_only: bool,
    number: u64,
    language: Language,
) -> Result<Option<Listing>, CatalogError> {
    let Some(skipped) = number.checked_sub(1) else {
        return Ok(None);
    };
    let searches_nothing = matches!(among, Among::Search(query) if query.words().is_empty());
    let (ids, products) = if searches_nothing {
        (Vec::new(), 0)
    } else {
        let size = PAGE_SIZE as u64;
        let offset = i64::try_from(skipped.saturating_mul(size)).unwrap_or(i64::MAX);
        ids(connection, among, sort, in_stock_only, offset).await?
    };
    if ids.is_empty() && number > 1 {
        return Ok(None);
    }
    let products_of = product::Entity::find()
        .filter(product::Column::Id.is_in(ids.iter().copied()))
        .filter(product::Column::Active.eq(true));
    let mut by_id: HashMap<i64, ProductRow> = product_rows(products_of, language)
        .all(connection)
        .await?
        .into_iter()
        .map(|product| (product.id, product))
        .collect();
    let in_order = ids.iter().filter_map(|id| by_id.remove(id)).collect();
    let page = CatalogPage {
        products: views(connection, in_order, None).await?,
        number,
        count: products.div_ceil(PAGE_SIZE as u64).max(1),
    };
    Ok(Some(Listing { page, products }))
}

/// The ids of a page's products in the list's order, and the number of products in the list. Both
/// are read by one statement; beyond the last page there are none.
async fn ids(
    connection: &impl ConnectionTrait,
    among: Among<'_>,
    sort: Sort,
    in_stock_only: bool,
    offset: i64,
) -> Result<(Vec<i64>, u64), DbErr> {
    let statement = select(
        connection.get_database_backend(),
        among,
        sort,
        in_stock_only,
        offset,
    );
    let rows = connection.query_all_raw(statement).await?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut products = 0;
    for row in rows {
        ids.push(row.try_get_by_index(0)?);
        let count: i64 = row.try_get_by_index(1)?;
        products = u64::try_from(count).unwrap_or(0);
    }
    Ok((ids, products))
}

/// The values of a statement, each with its placeholder.
struct Values {
    backend: DbBackend,
    values: Vec<Value>,
}

impl Values {
    fn add(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        let sign = if self.backend == DbBackend::Sqlite {
            '?'
        } else {
            '$'
        };
        format!("{sign}{}", self.values.len())
    }
}

/// Whether a unit of a listed product can be bought now.
const IN_STOCK: &str = "EXISTS (SELECT 1 FROM variant WHERE product_id = listed.product_id \
                        AND active AND (stock IS NULL OR stock > held))";

fn select(
    backend: DbBackend,
    among: Among<'_>,
    sort: Sort,
    in_stock_only: bool,
    offset: i64,
) -> Statement {
    let mut values = Values {
        backend,
        values: Vec::new(),
    };
    let is_sqlite = backend == DbBackend::Sqlite;
    let (from, condition) = match among {
        Among::Category(id) => {
            let id = values.add(id);
            (
                "product_listing AS listed",
                format!("listed.category_id = {id}"),
            )
        }
        Among::Search(query) if is_sqlite => {
            let query = values.add(query.for_sqlite());
            (
                "product_search JOIN product_listing AS listed \
                 ON listed.product_id = product_search.rowid",
                format!("product_search MATCH {query}"),
            )
        }
        Among::Search(query) => {
            let query = values.add(query.for_postgres());
            (
                "product_listing AS listed",
                format!("listed.search_vector @@ to_tsquery('simple', {query})"),
            )
        }
    };
    let in_stock = if in_stock_only {
        format!(" AND {IN_STOCK}")
    } else {
        String::new()
    };
    let order = match sort {
        Sort::Relevance => match among {
            Among::Category(_) => "listed.position".to_owned(),
            Among::Search(query) => {
                format!(
                    "{} DESC, listed.position",
                    words_in_name(query, &mut values)
                )
            }
        },
        Sort::Name => "listed.name".to_owned(),
        Sort::Price => "listed.lowest_price, listed.position".to_owned(),
        // Ids ascend with time.
        Sort::Newest => "listed.product_id DESC".to_owned(),
    };
    let offset = values.add(offset);
    let sql = format!(
        "SELECT listed.product_id, count(*) OVER () FROM {from} \
         WHERE {condition} AND listed.on_sale = TRUE{in_stock} \
         ORDER BY {order}, listed.product_id LIMIT {PAGE_SIZE} OFFSET {offset}"
    );
    Statement::from_sql_and_values(backend, sql, values.values)
}

/// The expression for the number of the search's words that begin a word of the product's name.
fn words_in_name(query: &SearchQuery, values: &mut Values) -> String {
    let find = if values.backend == DbBackend::Sqlite {
        "instr"
    } else {
        "strpos"
    };
    let words = query.words().iter().map(|word| {
        let word = values.add(format!(" {word}"));
        format!("CASE WHEN {find}(' ' || listed.name, {word}) > 0 THEN 1 ELSE 0 END")
    });
    format!("({})", words.collect::<Vec<_>>().join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_has_its_code_and_other_codes_are_the_default() {
        for sort in Sort::ALL {
            assert_eq!(Sort::from_code(sort.code()), sort);
        }
        for unknown in ["", "NAME", "price; DROP TABLE product", "\0"] {
            assert_eq!(Sort::from_code(unknown), Sort::Relevance, "{unknown}");
        }
    }
}

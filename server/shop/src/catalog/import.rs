//! Imports products from a CSV file: all or nothing, and idempotent.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Read;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use till_core::money::Currency;
use till_core::quantity::Quantity;

use crate::checkout::options::MAX_TOTAL;
use crate::clock;
use crate::database::{AdvisoryLock, Database, WriteTransaction, locked};
use crate::entity::product;

/// The columns of the file. All are required, in any order.
pub const COLUMNS: [&str; 12] = [
    "sku",
    "slug",
    "name",
    "description",
    "price",
    "currency",
    "stock",
    "max_per_order",
    "image",
    "category",
    "position",
    "active",
];

/// The largest price of one unit, in minor units: the maximum total of a checkout, so that every
/// imported product can be sold.
const MAX_PRICE: i64 = MAX_TOTAL.0;
/// The largest stock of a product.
const MAX_STOCK: i64 = 1_000_000_000;

/// Which products' stock to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockMode {
    /// Only that of new products; afterwards only sales change it.
    OnlyNew,
    /// That of every product in the file, but never below the units held.
    Set,
}

/// The result of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Number of new products.
    pub created: usize,
    /// Number of changed products.
    pub updated: usize,
    /// Number of unchanged products.
    pub unchanged: usize,
    /// Number of existing products whose stock differs from the file and was left unchanged.
    pub stock_differs: usize,
    /// Products whose stock could not be set as low as in the file.
    pub held: Vec<HeldStock>,
}

/// A product whose stock was set to its held units, because the file has less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldStock {
    /// The product's SKU.
    pub sku: String,
    /// The stock in the file.
    pub requested: i64,
    /// The units held, to which the stock was set.
    pub held: i64,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Fields of the file are invalid.
    #[error("{}", list(.0))]
    Rejected(Vec<Rejection>),
    /// The file could not be read as CSV.
    #[error("could not read the file")]
    Unreadable(#[from] csv::Error),
    /// The database is unreachable.
    #[error("could not write to the database")]
    Database(#[from] DbErr),
}

/// One invalid field in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The line number, from 1; the header is line 1.
    pub line: u64,
    /// The column's name.
    pub column: String,
    /// What is wrong, as the predicate of a sentence about the column.
    pub reason: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.reason
        )
    }
}

fn list(rejections: &[Rejection]) -> String {
    rejections
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Imports the products of a file.
///
/// Products are identified by `sku`. Products that are not in the file stay unchanged: to take one
/// off sale, set `active` to `false`.
///
/// # Errors
/// [`ImportError`]. Nothing was written then.
pub async fn import(
    database: &Database,
    file: impl Read,
    stock: StockMode,
) -> Result<ImportReport, ImportError> {
    let rows = parse(file)?;
    // Two servers may import the same products at once: the second finds them unchanged.
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    let report = write(&transaction, rows, stock).await?;
    transaction.commit().await?;
    Ok(report)
}

/// One product in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    line: u64,
    sku: String,
    slug: String,
    name: String,
    description: String,
    price: i64,
    currency: Currency,
    stock: Option<i64>,
    max_per_order: i64,
    image: String,
    category: String,
    position: i64,
    active: bool,
}

fn parse(file: impl Read) -> Result<Vec<Row>, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file);
    let headers = reader.headers()?.clone();
    // Spreadsheets write a byte order mark before the first name.
    let headers: Vec<_> = headers
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    let mut rejections = Vec::new();
    let mut reject = |line, column: &str, reason: String| {
        rejections.push(Rejection {
            line,
            column: column.to_owned(),
            reason,
        });
    };
    for wanted in COLUMNS {
        if !headers.iter().any(|name| name == wanted) {
            reject(1, wanted, "is missing".to_owned());
        }
    }
    for (index, name) in headers.iter().enumerate() {
        if !COLUMNS.contains(&name.as_str()) {
            reject(1, name, "is not a column of the catalog".to_owned());
        } else if headers[..index].contains(name) {
            reject(1, name, "appears twice".to_owned());
        }
    }
    if !rejections.is_empty() {
        return Err(ImportError::Rejected(rejections));
    }

    let mut rows = Vec::new();
    let (mut skus, mut slugs) = (HashMap::new(), HashMap::new());
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |column: &str| {
            headers
                .iter()
                .position(|name| name == column)
                .and_then(|index| record.get(index))
                .unwrap_or_default()
        };
        let mut reject = |column: &str, reason: String| {
            rejections.push(Rejection {
                line,
                column: column.to_owned(),
                reason,
            });
        };
        let mut text = |column: &str, max: usize, min: usize| {
            let value = field(column);
            let length = value.chars().count();
            if length < min {
                reject(column, "must not be empty".to_owned());
            } else if length > max {
                reject(
                    column,
                    format!("has {length} characters, but at most {max} are allowed"),
                );
            }
            value.to_owned()
        };
        let sku = text("sku", 100, 1);
        let slug = text("slug", 100, 1);
        let name = text("name", 250, 1);
        let description = text("description", 20_000, 0);
        let image = text("image", 2_000, 0);
        let category = text("category", 100, 1);
        let mut number = |column: &str, min: i64, max: i64| match field(column).parse::<i64>() {
            Ok(value) if (min..=max).contains(&value) => value,
            _ => {
                reject(
                    column,
                    format!(
                        "must be a whole number from {min} to {max}, not \"{}\"",
                        field(column)
                    ),
                );
                min
            }
        };
        let price = number("price", 1, MAX_PRICE);
        let max_per_order = number("max_per_order", 1, i64::from(Quantity::MAX));
        let position = number("position", 0, i64::from(i32::MAX));
        let stock = if field("stock").is_empty() {
            None
        } else {
            Some(number("stock", 0, MAX_STOCK))
        };
        let active = match field("active") {
            "true" | "yes" | "1" => true,
            "false" | "no" | "0" => false,
            other => {
                reject("active", format!("must be true or false, not \"{other}\""));
                false
            }
        };
        let currency = match field("currency").parse::<Currency>() {
            Ok(currency) => {
                let step = currency.step();
                if price % step != 0 {
                    reject(
                        "price",
                        format!("must be a multiple of {step} in {currency}"),
                    );
                }
                Some(currency)
            }
            Err(_) => {
                reject(
                    "currency",
                    format!(
                        "\"{}\" is not a currency that the shop can sell in",
                        field("currency")
                    ),
                );
                None
            }
        };
        if !slug.is_empty() && !is_slug(&slug) {
            reject(
                "slug",
                "may hold lower-case letters a to z, digits, and single hyphens between them"
                    .to_owned(),
            );
        }
        if !image.is_empty() && !image.starts_with('/') && !image.starts_with("https://") {
            reject("image", "must begin with / or https://".to_owned());
        }
        if let Some(first) = skus.insert(sku.clone(), line) {
            reject("sku", format!("\"{sku}\" is already used in line {first}"));
        }
        if let Some(first) = slugs.insert(slug.clone(), line) {
            reject(
                "slug",
                format!("\"{slug}\" is already used in line {first}"),
            );
        }
        let Some(currency) = currency else {
            continue;
        };
        rows.push(Row {
            line,
            sku,
            slug,
            name,
            description,
            price,
            currency,
            stock,
            max_per_order,
            image,
            category,
            position,
            active,
        });
    }
    if rejections.is_empty() {
        Ok(rows)
    } else {
        Err(ImportError::Rejected(rejections))
    }
}

fn is_slug(text: &str) -> bool {
    text.split('-').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

async fn write(
    transaction: &WriteTransaction,
    rows: Vec<Row>,
    stock: StockMode,
) -> Result<ImportReport, ImportError> {
    let existing: Vec<product::Model> =
        locked(product::Entity::find().order_by_asc(product::Column::Id))
            .all(transaction)
            .await?;
    let by_sku: HashMap<&str, &product::Model> = existing
        .iter()
        .map(|product| (product.sku.as_str(), product))
        .collect();
    let in_file: HashSet<&str> = rows.iter().map(|row| row.sku.as_str()).collect();
    let taken: HashMap<&str, &str> = existing
        .iter()
        .filter(|product| !in_file.contains(product.sku.as_str()))
        .map(|product| (product.slug.as_str(), product.sku.as_str()))
        .collect();

    let mut rejections = Vec::new();
    for row in &rows {
        let mut reject = |column: &str, reason: String| {
            rejections.push(Rejection {
                line: row.line,
                column: column.to_owned(),
                reason,
            });
        };
        if let Some(owner) = taken.get(row.slug.as_str()) {
            reject(
                "slug",
                format!(
                    "\"{}\" belongs to the product \"{owner}\", which is not in this file",
                    row.slug
                ),
            );
        }
    }
    if !rejections.is_empty() {
        return Err(ImportError::Rejected(rejections));
    }

    // Two products may swap their slugs, so free the old slugs before setting the new ones.
    for row in &rows {
        if let Some(product) = by_sku
            .get(row.sku.as_str())
            .filter(|product| product.slug != row.slug)
        {
            product::Entity::update_many()
                .col_expr(
                    product::Column::Slug,
                    sea_orm::sea_query::Expr::value(format!("~{}", product.id)),
                )
                .filter(product::Column::Id.eq(product.id))
                .exec(transaction)
                .await?;
        }
    }
    let now = clock::now();
    let mut report = ImportReport::default();
    for row in rows {
        match by_sku.get(row.sku.as_str()) {
            None => {
                insert(transaction, row, now).await?;
                report.created += 1;
            }
            Some(before) => {
                if stock == StockMode::OnlyNew && row.stock != before.stock {
                    report.stock_differs += 1;
                }
                if let (StockMode::Set, Some(requested)) = (stock, row.stock)
                    && requested < before.held
                {
                    report.held.push(HeldStock {
                        sku: row.sku.clone(),
                        requested,
                        held: before.held,
                    });
                }
                let after = changed(before, row, stock);
                if after == **before {
                    report.unchanged += 1;
                } else {
                    update(transaction, before, after, now).await?;
                    report.updated += 1;
                }
            }
        }
    }
    Ok(report)
}

/// Returns the product with the row applied.
fn changed(before: &product::Model, row: Row, stock: StockMode) -> product::Model {
    product::Model {
        slug: row.slug,
        name: row.name,
        description: row.description,
        price: row.price,
        currency: row.currency.into(),
        stock: if stock == StockMode::Set {
            row.stock.map(|stock| stock.max(before.held))
        } else {
            before.stock
        },
        max_per_order: row.max_per_order,
        image: row.image,
        category: row.category,
        position: row.position,
        active: row.active,
        listed: before.listed || row.active,
        ..before.clone()
    }
}

async fn insert(
    transaction: &WriteTransaction,
    row: Row,
    now: time::OffsetDateTime,
) -> Result<(), DbErr> {
    let product = product::ActiveModel {
        id: sea_orm::ActiveValue::NotSet,
        sku: Set(row.sku),
        slug: Set(row.slug),
        name: Set(row.name),
        description: Set(row.description),
        price: Set(row.price),
        currency: Set(row.currency.into()),
        stock: Set(row.stock),
        held: Set(0),
        max_per_order: Set(row.max_per_order),
        image: Set(row.image),
        category: Set(row.category),
        position: Set(row.position),
        active: Set(row.active),
        listed: Set(row.active),
        created_at: Set(now),
        updated_at: Set(now),
    };
    product::Entity::insert(product)
        .exec(transaction)
        .await
        .map(|_| ())
}

async fn update(
    transaction: &WriteTransaction,
    before: &product::Model,
    after: product::Model,
    now: time::OffsetDateTime,
) -> Result<(), DbErr> {
    let stock_stays = after.stock == before.stock;
    let mut product = after.into_active_model().reset_all();
    // Checkouts own `held`, and also `stock` unless the owner sets it.
    product.held = sea_orm::ActiveValue::NotSet;
    if stock_stays {
        product.stock = sea_orm::ActiveValue::NotSet;
    }
    product.updated_at = Set(now);
    product.update(transaction).await.map(|_| ())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const HEADER: &str = "sku,slug,name,description,price,currency,stock,max_per_order,\
                          image,category,position,active";

    fn rejections(file: &str) -> Vec<String> {
        match parse(file.as_bytes()) {
            Err(ImportError::Rejected(rejections)) => {
                rejections.iter().map(ToString::to_string).collect()
            }
            other => vec![format!("{other:?}")],
        }
    }

    #[test]
    fn a_row_keeps_quotes_umlauts_and_commas() {
        let file = format!(
            "{HEADER}\nA-1,becher,\"Becher \"\"Möwe\"\", groß & rund\",x,1250,EUR,,10,/a.svg,\
             Küche,1,true\n"
        );
        let rows = parse(file.as_bytes()).unwrap();
        assert_eq!(rows[0].name, "Becher \"Möwe\", groß & rund");
        assert_eq!(
            (rows[0].price, rows[0].stock, rows[0].currency.code()),
            (1250, None, "eur")
        );
    }

    #[test]
    fn every_invalid_field_is_named_by_line_and_column() {
        let file = format!(
            "{HEADER}\nA,a,A,,12.50,eur,-1,0,x.svg,C,0,maybe\nA,a b,B,,1,doubloon,,1,,C,0,true\n"
        );
        assert_eq!(
            rejections(&file),
            [
                "line 2, column price: must be a whole number from 1 to 99999999, not \"12.50\"",
                "line 2, column max_per_order: must be a whole number from 1 to 999999, not \"0\"",
                "line 2, column stock: must be a whole number from 0 to 1000000000, not \"-1\"",
                "line 2, column active: must be true or false, not \"maybe\"",
                "line 2, column image: must begin with / or https://",
                "line 3, column currency: \"doubloon\" is not a currency that the shop can sell in",
                "line 3, column slug: may hold lower-case letters a to z, digits, and single \
                 hyphens between them",
                "line 3, column sku: \"A\" is already used in line 2",
            ]
        );
    }

    #[test]
    fn missing_unknown_and_doubled_columns_are_named() {
        assert!(
            rejections("sku,sku,colour\n").contains(&"line 1, column slug: is missing".to_owned())
        );
        assert!(
            rejections("sku,sku,colour\n")
                .contains(&"line 1, column sku: appears twice".to_owned())
        );
        assert!(
            rejections("sku,sku,colour\n")
                .contains(&"line 1, column colour: is not a column of the catalog".to_owned())
        );
    }

    #[test]
    fn prices_are_multiples_of_the_step_of_their_currency() {
        let file =
            format!("{HEADER}\nA,a,A,,1250,isk,,1,,C,0,true\nB,b,B,,1255,kwd,,1,,C,0,true\n");
        assert_eq!(
            rejections(&file),
            [
                "line 2, column price: must be a multiple of 100 in isk",
                "line 3, column price: must be a multiple of 10 in kwd"
            ]
        );
    }
}

//! Writes products as a file that the import reads.

use std::collections::HashMap;
use std::io::Write;
use std::mem::take;

use product_file::{
    Content, ContentUnit, Given, Picture, Place, Product, ProductText, ProductTexts, ProductWriter,
    Sale, Variant, WriteError,
};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use till_core::money::{Currency, MinorUnit, Money};
use time::Date;
use time::macros::format_description;

use super::texts;
use crate::database::Database;
use crate::entity::{category, picture, product, variant};

/// The number of products that are read at once.
const BATCH_SIZE: u64 = 500;

/// Why products could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The output could not be written, or a product cannot be.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A variant's row was changed manually to something that the shop does not know.
    #[error("the variant with the SKU \"{sku}\" has an invalid {column}")]
    Invalid {
        /// The variant's SKU.
        sku: String,
        /// The column.
        column: &'static str,
    },
    /// The database is unreachable.
    #[error("could not read the products")]
    Database(#[from] DbErr),
}

/// Writes all products with their variants, by the owner's positions, and returns their number.
///
/// # Errors
/// [`ExportError`]. A part may have been written then.
pub async fn export(database: &Database, out: impl Write) -> Result<u64, ExportError> {
    let snapshot = database.begin_snapshot().await?;
    let mut writer = ProductWriter::with_texts(out, texts::used(&snapshot).await?)?;
    let categories = category::Entity::find().all(&snapshot).await?;
    let categories: HashMap<i64, String> = categories
        .into_iter()
        .map(|category| (category.id, category.name))
        .collect();
    let (mut count, mut last) = (0, None);
    loop {
        let mut next = product::Entity::find()
            .order_by_asc(product::Column::Position)
            .order_by_asc(product::Column::Id)
            .limit(BATCH_SIZE);
        if let Some((position, id)) = last {
            let same_position = Condition::all()
                .add(product::Column::Position.eq(position))
                .add(product::Column::Id.gt(id));
            next = next.filter(
                Condition::any()
                    .add(product::Column::Position.gt(position))
                    .add(same_position),
            );
        }
        let products = next.all(&snapshot).await?;
        let Some(newest) = products.last() else {
            break;
        };
        last = Some((newest.position, newest.id));
        let ids = || products.iter().map(|product| product.id);
        let variants = variant::Entity::find()
            .filter(variant::Column::ProductId.is_in(ids()))
            .order_by_asc(variant::Column::Position)
            .order_by_asc(variant::Column::Id)
            .all(&snapshot)
            .await?;
        let pictures = picture::Entity::find()
            .filter(picture::Column::ProductId.is_in(ids()))
            .order_by_asc(picture::Column::Position)
            .all(&snapshot)
            .await?;
        let (mut variants_of, mut pictures_of) = (HashMap::new(), HashMap::new());
        for row in variants {
            let of: &mut Vec<Variant> = variants_of.entry(row.product_id).or_default();
            of.push(variant(row)?);
        }
        for row in pictures {
            let of: &mut Vec<Picture> = pictures_of.entry(row.product_id).or_default();
            of.push(Picture {
                source: row.address,
                alt: Some(row.alt),
            });
        }
        let mut texts_of = texts::read(&snapshot, ids()).await?;
        for mut row in products {
            // A product without variants cannot be sold, and has no row in a file.
            let Some(variants) = variants_of.remove(&row.id) else {
                continue;
            };
            let pictures = pictures_of.remove(&row.id).unwrap_or_default();
            count += 1;
            let mut texts: ProductTexts = texts_of
                .remove(&row.id)
                .unwrap_or_default()
                .into_iter()
                .map(|(text, value)| (text, Some(value)))
                .collect();
            for text in ProductText::all() {
                if let Some(value) = texts::column(&mut row, text) {
                    texts.insert(text, Some(take(value)).filter(|value| !value.is_empty()));
                }
            }
            let category = row.category_id.and_then(|id| categories.get(&id).cloned());
            writer.write(&Product {
                place: nowhere(),
                number: count,
                slug: Some(row.slug),
                name: Some(row.name),
                description: Some(row.description),
                category: given(category),
                brand: given(Some(row.brand).filter(|brand| !brand.is_empty())),
                pictures: Some(pictures),
                position: Some(row.position),
                texts,
                variants,
            })?;
        }
    }
    writer.finish()?;
    Ok(count)
}

/// What is written has no place in a file yet.
fn nowhere() -> Place {
    Place {
        file: "".into(),
        line: 0,
    }
}

fn given<T>(value: Option<T>) -> Given<T> {
    value.map_or(Given::Empty, Given::Value)
}

fn variant(row: variant::Model) -> Result<Variant, ExportError> {
    let invalid = |column| ExportError::Invalid {
        sku: row.sku.clone(),
        column,
    };
    let currency: Currency = row.currency.known().ok_or_else(|| invalid("currency"))?;
    let money = |amount: i64| -> Money { MinorUnit(amount).of(currency) };
    let day = |text: &Option<String>, column| match text {
        None => Ok(None),
        Some(text) => Date::parse(text, format_description!("[year]-[month]-[day]"))
            .map(Some)
            .map_err(|_| invalid(column)),
    };
    // The import takes no sale that is not below the regular price.
    let sale = match row.sale_price.filter(|price| *price < row.price) {
        None => None,
        Some(price) => Some(Sale {
            price: money(price),
            from: day(&row.sale_from, "sale_from")?,
            until: day(&row.sale_until, "sale_until")?,
        }),
    };
    let content = match (row.content_amount, &row.content_unit) {
        (Some(thousandths), Some(unit)) => Some(Content {
            thousandths,
            unit: ContentUnit::parse(unit).ok_or_else(|| invalid("content_unit"))?,
        }),
        _ => None,
    };
    let max_per_order = u32::try_from(row.max_per_order).map_err(|_| invalid("max_per_order"))?;
    Ok(Variant {
        place: nowhere(),
        price: Some(money(row.price)),
        sale: given(sale),
        stock: given(row.stock),
        active: Some(row.active),
        max_per_order: Some(max_per_order),
        weight_grams: given(row.weight_grams),
        gtin: given(row.gtin),
        content: given(content),
        tax_code: given(row.tax_code),
        name: Some(row.name),
        sku: row.sku,
    })
}

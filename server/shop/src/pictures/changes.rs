//! What the owner does with the pictures of a product: add, list and remove.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;

use super::{Converted, FileName, files_of, store};
use crate::catalog_change;
use crate::database::{AdvisoryLock, Database};
use crate::entity::{picture, product, variant};

/// Why pictures were not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No variant has this SKU.
    #[error("no variant has the SKU \"{0}\": `till products list` shows them")]
    UnknownSku(String),
    /// The product has no picture with this number.
    #[error("the product has no picture {0}: `till pictures list` shows their numbers")]
    UnknownNumber(i64),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

/// Checks that a variant has this SKU.
///
/// # Errors
/// [`ChangeError`]
pub async fn check_sku(database: &Database, sku: &str) -> Result<(), ChangeError> {
    product_of(database.reader(), sku).await.map(|_| ())
}

/// Adds pictures behind those of the product that has this variant, all or none. Each has the text
/// for those who do not see it, which may be empty. Returns their numbers.
///
/// # Errors
/// [`ChangeError`]
pub async fn add(
    database: &Database,
    sku: &str,
    pictures: &[(Converted, String)],
) -> Result<Vec<i64>, ChangeError> {
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    let product = product_of(&transaction, sku).await?;
    let last: Option<Option<i64>> = picture::Entity::find()
        .select_only()
        .column_as(picture::Column::Position.max(), "last")
        .filter(picture::Column::ProductId.eq(product))
        .into_tuple()
        .one(&transaction)
        .await?;
    let first = last.flatten().unwrap_or(0).saturating_add(1);
    let mut numbers = Vec::new();
    for (position, (converted, alt)) in (first..).zip(pictures) {
        store(&transaction, converted).await?;
        let jpeg = FileName::Jpeg {
            hash: converted.0.hash,
        };
        let row = picture::ActiveModel {
            product_id: Set(product),
            position: Set(position),
            address: Set(format!("/pictures/{jpeg}")),
            alt: Set(alt.clone()),
            hash: Set(Some(converted.hash())),
        };
        picture::Entity::insert(row)
            .exec_without_returning(&transaction)
            .await?;
        numbers.push(position);
    }
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(numbers)
}

/// Removes a picture of the product that has this variant. Its files are deleted by the next
/// [`crate::prune`], unless another picture has them too.
///
/// # Errors
/// [`ChangeError`]
pub async fn remove(database: &Database, sku: &str, number: i64) -> Result<(), ChangeError> {
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    let product = product_of(&transaction, sku).await?;
    let removed = picture::Entity::delete_many()
        .filter(picture::Column::ProductId.eq(product))
        .filter(picture::Column::Position.eq(number))
        .exec(&transaction)
        .await?;
    if removed.rows_affected == 0 {
        transaction.rollback().await?;
        return Err(ChangeError::UnknownNumber(number));
    }
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn product_of(connection: &impl ConnectionTrait, sku: &str) -> Result<i64, ChangeError> {
    let product: Option<i64> = variant::Entity::find()
        .select_only()
        .column(variant::Column::ProductId)
        .filter(variant::Column::Sku.eq(sku))
        .into_tuple()
        .one(connection)
        .await?;
    product.ok_or_else(|| ChangeError::UnknownSku(sku.to_owned()))
}

/// A picture as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PictureSummary {
    /// The last part of the address of its product's page.
    pub product: String,
    /// Its number among the pictures of its product, which may have gaps.
    pub number: i64,
    /// Where it came from.
    pub address: String,
    /// What it shows; may be empty.
    pub alt: String,
    /// Whether this database has its files.
    pub stored: bool,
    /// The width of its largest file, in pixels.
    pub width: Option<u32>,
    /// The height of its largest file, in pixels.
    pub height: Option<u32>,
}

/// Returns the pictures of all products, by the owner's positions, or only those of the product
/// that has this variant.
///
/// # Errors
/// [`ChangeError`]
pub async fn list(
    database: &Database,
    sku: Option<&str>,
) -> Result<Vec<PictureSummary>, ChangeError> {
    let reader = database.reader();
    let mut rows = picture::Entity::find()
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position);
    let mut products = product::Entity::find()
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id);
    if let Some(sku) = sku {
        let product = product_of(reader, sku).await?;
        rows = rows.filter(picture::Column::ProductId.eq(product));
        products = products.filter(product::Column::Id.eq(product));
    }
    let mut pictures_of = HashMap::new();
    for row in rows.all(reader).await? {
        let of: &mut Vec<picture::Model> = pictures_of.entry(row.product_id).or_default();
        of.push(row);
    }
    let mut summaries = Vec::new();
    for product in products.all(reader).await? {
        let pictures = pictures_of.remove(&product.id).unwrap_or_default();
        let files = files_of(reader, &pictures).await?;
        for picture in pictures {
            let files = picture.hash.as_ref().and_then(|hash| files.get(hash));
            summaries.push(PictureSummary {
                product: product.slug.clone(),
                number: picture.position,
                address: picture.address,
                alt: picture.alt,
                stored: files.is_some(),
                width: files.map(|files| files.width),
                height: files.map(|files| files.height),
            });
        }
    }
    Ok(summaries)
}

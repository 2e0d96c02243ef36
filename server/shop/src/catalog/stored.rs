//! Products as they are stored: what an import or the owner changes, and compares with.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::texts::{self, Localized};
use crate::entity::{picture, product, variant};

/// A product as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) product: product::Model,
    /// By SKU.
    pub(super) variants: BTreeMap<String, variant::Model>,
    /// In order.
    pub(super) pictures: Vec<StoredPicture>,
    /// In languages.
    pub(super) texts: Localized,
}

/// A picture as it is stored; see [`picture::Model`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredPicture {
    pub(super) address: String,
    pub(super) alt: String,
    pub(super) hash: Option<String>,
}

/// Reads products with their variants, without pictures and texts in languages. At most
/// [`super::rows::BATCH_SIZE`] ids.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<BTreeMap<i64, Stored>, DbErr> {
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    let mut stored: BTreeMap<i64, Stored> = products
        .into_iter()
        .map(|product| {
            let stored = Stored {
                product,
                variants: BTreeMap::new(),
                pictures: Vec::new(),
                texts: Localized::new(),
            };
            (stored.product.id, stored)
        })
        .collect();
    let variants = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(ids.iter().copied()))
        .all(connection)
        .await?;
    for variant in variants {
        if let Some(product) = stored.get_mut(&variant.product_id) {
            product.variants.insert(variant.sku.clone(), variant);
        }
    }
    Ok(stored)
}

pub(super) async fn read_pictures(
    connection: &impl ConnectionTrait,
    ids: &[i64],
    products: &mut BTreeMap<i64, Stored>,
) -> Result<(), DbErr> {
    let pictures = picture::Entity::find()
        .filter(picture::Column::ProductId.is_in(ids.iter().copied()))
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position)
        .all(connection)
        .await?;
    for picture in pictures {
        if let Some(product) = products.get_mut(&picture.product_id) {
            product.pictures.push(StoredPicture {
                address: picture.address,
                alt: picture.alt,
                hash: picture.hash,
            });
        }
    }
    Ok(())
}

/// Reads a product with everything that it consists of.
pub(super) async fn read_whole(
    connection: &impl ConnectionTrait,
    id: i64,
) -> Result<Option<Stored>, DbErr> {
    let mut products = read(connection, &[id]).await?;
    read_pictures(connection, &[id], &mut products).await?;
    let Some(mut stored) = products.remove(&id) else {
        return Ok(None);
    };
    let mut texts = texts::read(connection, [id]).await?;
    stored.texts = texts.remove(&id).unwrap_or_default();
    Ok(Some(stored))
}

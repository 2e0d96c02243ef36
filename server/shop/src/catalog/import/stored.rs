//! The products that an import may change.

use std::collections::{BTreeMap, HashMap};

use product_file::Product;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::catalog::rows::BATCH_SIZE;
use crate::catalog::stored::{Stored, read, read_pictures};
use crate::catalog::texts;
use crate::database::WriteTransaction;
use crate::entity::{product, variant};

/// The stored products that a batch is about. What is written is written here too, so that no row
/// begins with what an earlier one has changed.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) products: BTreeMap<i64, Stored>,
    /// The id of the product that has a variant, by SKU.
    owners: HashMap<String, i64>,
}

impl Loaded {
    /// Reads the products that have a slug or an SKU of these.
    pub(super) async fn read(
        transaction: &WriteTransaction,
        batch: &[Product],
    ) -> Result<Self, DbErr> {
        let skus: Vec<&str> = batch
            .iter()
            .flat_map(|product| product.variants.iter().map(|variant| variant.sku.as_str()))
            .collect();
        let owners = owners(transaction, &skus).await?;
        let slugs: Vec<&str> = batch
            .iter()
            .filter_map(|product| product.slug.as_deref())
            .collect();
        let mut ids: Vec<i64> = owners.into_values().collect();
        for slugs in slugs.chunks(BATCH_SIZE) {
            let by_slug: Vec<i64> = product::Entity::find()
                .select_only()
                .column(product::Column::Id)
                .filter(product::Column::Slug.is_in(slugs.iter().copied()))
                .into_tuple()
                .all(transaction)
                .await?;
            ids.extend(by_slug);
        }
        ids.sort_unstable();
        ids.dedup();
        let mut loaded = Self::default();
        for ids in ids.chunks(BATCH_SIZE) {
            let mut products = read(transaction, ids).await?;
            read_pictures(transaction, ids, &mut products).await?;
            for (id, texts) in texts::read(transaction, ids.iter().copied()).await? {
                if let Some(product) = products.get_mut(&id) {
                    product.texts = texts;
                }
            }
            for product in products.into_values() {
                loaded.store(product);
            }
        }
        Ok(loaded)
    }

    /// The id of the product that has this variant.
    pub(super) fn owner(&self, sku: &str) -> Option<i64> {
        self.owners.get(sku).copied()
    }

    pub(super) fn variant(&self, sku: &str) -> Option<&variant::Model> {
        let product = self.products.get(&self.owner(sku)?)?;
        product.variants.get(sku)
    }

    pub(super) fn by_slug(&self, slug: &str) -> Option<i64> {
        let mut products = self.products.values();
        let found = products.find(|stored| stored.product.slug == slug)?;
        Some(found.product.id)
    }

    /// Removes a variant that moves to a product that is not here.
    pub(super) fn remove(&mut self, sku: &str) {
        if let Some(owner) = self.owners.remove(sku)
            && let Some(product) = self.products.get_mut(&owner)
        {
            product.variants.remove(sku);
        }
    }

    /// Replaces a product. Its variants are no longer those of other products.
    pub(super) fn store(&mut self, stored: Stored) {
        let id = stored.product.id;
        for sku in stored.variants.keys() {
            self.remove(sku);
            self.owners.insert(sku.clone(), id);
        }
        self.products.insert(id, stored);
    }
}

/// The ids of the products that have variants with these SKUs, by SKU.
pub(super) async fn owners(
    transaction: &WriteTransaction,
    skus: &[&str],
) -> Result<HashMap<String, i64>, DbErr> {
    let mut owners = HashMap::new();
    for skus in skus.chunks(BATCH_SIZE) {
        let found: Vec<(String, i64)> = variant::Entity::find()
            .select_only()
            .column(variant::Column::Sku)
            .column(variant::Column::ProductId)
            .filter(variant::Column::Sku.is_in(skus.iter().copied()))
            .into_tuple()
            .all(transaction)
            .await?;
        owners.extend(found);
    }
    Ok(owners)
}

//! Copies a product, as the beginning of another one.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::form::in_order;
use super::save::{finish, free_slug, insert};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::rows::Rows;
use crate::catalog::stored::{Stored, read_whole};
use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::variant;

/// Copies a product with its texts, prices and pictures, off sale, and returns the copy's id. Its
/// slug and SKUs get numbers. It has no barcodes, which are those of the original, no sale, and no
/// units if stock is counted. `None` if there is no such product.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn duplicate(database: &Database, id: i64, actor: &Actor) -> Result<Option<i64>, DbErr> {
    let transaction = database.begin_edit("duplicate-product").await?;
    let Some(original) = read_whole(&transaction, id).await? else {
        return Ok(None);
    };
    let write = Rows {
        transaction: &transaction,
        now: clock::now(),
    };
    let mut copy = original.clone();
    copy.product.id = 0;
    copy.product.slug = free_slug(&transaction, &original.product.slug).await?;
    copy.product.active = false;
    copy.product.listed = false;
    copy.product.version = 1;
    copy.product.created_at = write.now;
    copy.product.updated_at = write.now;
    copy.variants = copies(&write, &original).await?;
    let copy = insert(&write, copy, actor).await?;
    let entry = Entry {
        action: Action::CreateProduct,
        kind: SubjectKind::Product,
        subject: copy.product.slug,
        before: None,
        after: Some(json!({ "copy_of": original.product.slug })),
    };
    audit::write(&transaction, actor, entry).await?;
    finish(transaction, copy.product.id).await?;
    Ok(Some(copy.product.id))
}

async fn copies(
    write: &Rows<'_>,
    original: &Stored,
) -> Result<BTreeMap<String, variant::Model>, DbErr> {
    let mut copies = BTreeMap::new();
    for variant in in_order(original) {
        let is_used = |sku: &str| copies.contains_key(sku);
        let sku = free_sku(write.transaction, &variant.sku, is_used).await?;
        let copy = variant::Model {
            id: 0,
            sku: sku.clone(),
            stock: variant.stock.map(|_| 0),
            held: 0,
            gtin: None,
            sale_price: None,
            sale_from: None,
            sale_until: None,
            sale_begins: None,
            sale_ends: None,
            price_changes_at: None,
            price_recorded_until: write.now,
            active: false,
            archived_with_product: variant.active || variant.archived_with_product,
            listed: false,
            created_at: write.now,
            updated_at: write.now,
            ..variant.clone()
        };
        copies.insert(sku, copy);
    }
    Ok(copies)
}

/// A SKU that no variant has: `MUG-2`.
async fn free_sku(
    transaction: &WriteTransaction,
    sku: &str,
    is_used: impl Fn(&str) -> bool,
) -> Result<String, DbErr> {
    let start: String = sku.chars().take(90).collect();
    let stored: Vec<String> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Sku)
        .filter(variant::Column::Sku.starts_with(start.as_str()))
        .into_tuple()
        .all(transaction)
        .await?;
    let stored: HashSet<String> = stored.into_iter().collect();
    let numbered = (2_u32..).map(|number| format!("{start}-{number}"));
    let mut free = numbered.filter(|sku| !stored.contains(sku) && !is_used(sku));
    Ok(free.next().unwrap_or(start))
}

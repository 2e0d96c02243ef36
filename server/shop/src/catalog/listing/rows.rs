//! Writes the rows of `product_listing`.

use std::collections::{HashMap, HashSet};

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::folding::words;
use super::super::pricing;
use crate::clock;
use crate::database::WriteTransaction;
use crate::entity::{category, product, product_listing, variant};

/// Maximum number of products whose rows are written by one statement.
const BATCH_SIZE: usize = 200;
/// A name is sorted by this many characters.
const MAX_NAME_CHARS: usize = 250;
/// A word is found by this many of its characters.
const MAX_WORD_CHARS: usize = 250;
/// Maximum length of the words that find a product. Only the end of a very long description is cut.
const MAX_TEXT_BYTES: usize = 100_000;

/// Writes anew what lists and the search know of these products. Whoever writes a product, its
/// variants or prices calls this in the same transaction; stock does not matter.
///
/// # Errors
/// If the database fails.
pub async fn refresh(transaction: &WriteTransaction, products: &[i64]) -> Result<(), DbErr> {
    for ids in products.chunks(BATCH_SIZE) {
        refresh_batch(transaction, ids).await?;
    }
    Ok(())
}

/// Writes anew what lists and the search know of a category's products. Whoever renames a category
/// calls this in the same transaction.
///
/// # Errors
/// If the database fails.
pub async fn refresh_category(transaction: &WriteTransaction, category: i64) -> Result<(), DbErr> {
    let products: Vec<i64> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .filter(product::Column::CategoryId.eq(category))
        .into_tuple()
        .all(transaction)
        .await?;
    refresh(transaction, &products).await
}

async fn refresh_batch(transaction: &WriteTransaction, ids: &[i64]) -> Result<(), DbErr> {
    product_listing::Entity::delete_many()
        .filter(product_listing::Column::ProductId.is_in(ids.iter().copied()))
        .exec(transaction)
        .await?;
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(ids.iter().copied()))
        .all(transaction)
        .await?;
    let mut variants: HashMap<i64, Vec<variant::Model>> = HashMap::new();
    let all = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(products.iter().map(|product| product.id)))
        .order_by_asc(variant::Column::Position)
        .order_by_asc(variant::Column::Id)
        .all(transaction)
        .await?;
    for variant in all {
        variants
            .entry(variant.product_id)
            .or_default()
            .push(variant);
    }
    let categories: HashSet<i64> = products
        .iter()
        .filter_map(|found| found.category_id)
        .collect();
    let categories: HashMap<i64, String> = category::Entity::find()
        .filter(category::Column::Id.is_in(categories))
        .all(transaction)
        .await?
        .into_iter()
        .map(|category| (category.id, category.name))
        .collect();
    let rows = products.iter().map(|product| {
        let category = product.category_id.and_then(|id| categories.get(&id));
        row(
            product,
            category.map_or("", String::as_str),
            variants.remove(&product.id).unwrap_or_default(),
        )
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        product_listing::Entity::insert_many(rows)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// The row of a product. What shoppers cannot buy counts only if the whole product is not on sale.
fn row(
    product: &product::Model,
    category: &str,
    mut variants: Vec<variant::Model>,
) -> product_listing::ActiveModel {
    let on_sale = product.active && variants.iter().any(|variant| variant.active);
    if on_sale {
        variants.retain(|variant| variant.active);
    }
    let lowest = variants.iter().map(price_in_force).min();
    product_listing::ActiveModel {
        product_id: Set(product.id),
        category_id: Set(product.category_id),
        on_sale: Set(on_sale),
        position: Set(product.position),
        name: Set(cut(&words(&product.name).join(" "), MAX_NAME_CHARS)),
        lowest_price: Set(lowest.unwrap_or(0)),
        search_text: Set(search_text(product, category, &variants)),
    }
}

/// The price that a variant is sold at now. It is written anew when a sale begins or ends.
fn price_in_force(variant: &variant::Model) -> i64 {
    let price = pricing::price_at(variant, clock::now());
    price.map_or(variant.price, |price| price.amount.0)
}

/// The words that find a product, each once.
fn search_text(product: &product::Model, category: &str, variants: &[variant::Model]) -> String {
    let mut texts = vec![product.name.as_str(), product.brand.as_str(), category];
    for variant in variants {
        texts.extend([variant.name.as_str(), variant.sku.as_str()]);
    }
    texts.push(&product.description);
    let mut known = HashSet::new();
    let mut text = String::new();
    for word in texts.into_iter().flat_map(words) {
        let word = cut(&word, MAX_WORD_CHARS);
        if text.len() + word.len() >= MAX_TEXT_BYTES {
            break;
        }
        if known.insert(word.clone()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word);
        }
    }
    text
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

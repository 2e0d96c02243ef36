//! Slugs of products whose file has none: WooCommerce's export names no address.
//!
//! The reader makes them of the names, so they depend on what else is in the file. A product that
//! is stored keeps its slug, whatever is made for it, and a new one never gets that of another
//! product.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use product_file::{Product, first_free};
use sea_orm::{DbErr, EntityTrait, QuerySelect};

use super::{RowsBySku, stored};
use crate::database::WriteTransaction;
use crate::entity::product;

/// The slugs to use, by those that were made. The same ones are left out.
#[derive(Default)]
pub(super) struct MadeSlugs(HashMap<Arc<str>, Arc<str>>);

impl MadeSlugs {
    /// Finds the slugs of the products with these rows.
    pub(super) async fn find(
        transaction: &WriteTransaction,
        rows: &RowsBySku,
    ) -> Result<Self, DbErr> {
        let skus: Vec<&str> = rows.keys().map(String::as_str).collect();
        let owners = stored::owners(transaction, &skus).await?;
        let mut made: BTreeMap<Arc<str>, Option<i64>> = BTreeMap::new();
        for (sku, row) in rows {
            let Some(slug) = &row.slug else { continue };
            let first = made.entry(slug.clone()).or_default();
            let owner = owners.get(sku).copied();
            *first = [*first, owner].into_iter().flatten().min();
        }
        let stored: Vec<(i64, String)> = product::Entity::find()
            .select_only()
            .column(product::Column::Id)
            .column(product::Column::Slug)
            .into_tuple()
            .all(transaction)
            .await?;
        Ok(Self(assign(&made, &stored.into_iter().collect())))
    }

    pub(super) fn apply_to_rows(&self, rows: &mut RowsBySku) {
        for row in rows.values_mut() {
            if let Some(slug) = row.slug.as_ref().and_then(|slug| self.0.get(slug)) {
                row.slug = Some(slug.clone());
            }
        }
    }

    pub(super) fn apply(&self, product: &mut Product) {
        let made = product.slug.as_deref();
        if let Some(slug) = made.and_then(|slug| self.0.get(slug)) {
            product.slug = Some(slug.to_string());
        }
    }
}

/// Assigns slugs. `made` has the id of the stored product that has one of the variants, and
/// `stored` the slugs of all products.
fn assign(
    made: &BTreeMap<Arc<str>, Option<i64>>,
    stored: &HashMap<i64, String>,
) -> HashMap<Arc<str>, Arc<str>> {
    let mut assigned: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut used: HashSet<Arc<str>> = HashSet::new();
    for (slug, owner) in made {
        if let Some(known) = owner.and_then(|id| stored.get(&id)) {
            let known: Arc<str> = known.as_str().into();
            if used.insert(known.clone()) {
                assigned.insert(slug.clone(), known);
            }
        }
    }
    let stored: HashSet<&str> = stored.values().map(String::as_str).collect();
    for slug in made.keys() {
        if assigned.contains_key(slug) {
            continue;
        }
        let taken = |free: &str| {
            let is_made = free != &**slug && made.contains_key(free);
            stored.contains(free) || used.contains(free) || is_made
        };
        let free: Arc<str> = first_free(slug, taken).into();
        used.insert(free.clone());
        assigned.insert(slug.clone(), free);
    }
    assigned.retain(|made, slug| made != slug);
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(made: &[(&str, Option<i64>)], stored: &[(i64, &str)]) -> Vec<(String, String)> {
        let made = made.iter().map(|(slug, owner)| ((*slug).into(), *owner));
        let stored = stored.iter().map(|(id, slug)| (*id, (*slug).to_owned()));
        let assigned = assign(&made.collect(), &stored.collect());
        let mut assigned: Vec<_> = assigned
            .into_iter()
            .map(|(made, slug)| (made.to_string(), slug.to_string()))
            .collect();
        assigned.sort();
        assigned
    }

    fn pair(made: &str, slug: &str) -> (String, String) {
        (made.to_owned(), slug.to_owned())
    }

    #[test]
    fn a_stored_product_keeps_its_slug_and_a_new_one_gets_a_free_one() {
        let stored = [(1, "mug"), (2, "mug-2")];
        assert_eq!(
            assigned(&[("mug", Some(1)), ("mug-2", Some(2))], &stored),
            []
        );
        // The rows are in another order.
        assert_eq!(
            assigned(&[("mug", Some(2)), ("mug-2", Some(1))], &stored),
            [pair("mug", "mug-2"), pair("mug-2", "mug")]
        );
        // Only the second one is in the file, with a new one of the same name.
        assert_eq!(
            assigned(&[("mug", Some(2)), ("mug-2", None)], &stored),
            [pair("mug", "mug-2"), pair("mug-2", "mug-2-2")]
        );
        // The owner has another product of this name.
        assert_eq!(assigned(&[("mug", None)], &stored), [pair("mug", "mug-3")]);
        // Two products of the file have variants of a stored one.
        assert_eq!(
            assigned(&[("cup", Some(1)), ("mug", Some(1))], &stored),
            [pair("cup", "mug"), pair("mug", "mug-3")]
        );
    }
}

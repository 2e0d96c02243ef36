//! What was chosen, with its products: for forms that come back with it.

use std::collections::{BTreeMap, HashSet};

use shop::catalog::{CatalogError, names_of_discontinued, with_variants};
use shop::database::Snapshot;
use till_core::view::ProductView;

use crate::language::language;

/// Chosen variants.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Those on sale, in their products, which have no other variants.
    pub products: Vec<ProductView>,
    /// The names of those that no longer are, by id.
    pub discontinued: BTreeMap<i64, String>,
    /// Whether there are others, which never were: they have no name to show.
    pub has_unknown: bool,
}

impl Selection {
    /// Reads the variants with these ids.
    pub(super) async fn read(
        snapshot: &Snapshot,
        ids: impl IntoIterator<Item = i64>,
    ) -> Result<Self, CatalogError> {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let products = with_variants(snapshot, ids.iter().copied(), language()).await?;
        let mut selection = Self {
            products,
            ..Self::default()
        };
        let on_sale: HashSet<i64> = selection.variants().collect();
        ids.retain(|id| !on_sale.contains(id));
        if !ids.is_empty() {
            let count = ids.len();
            selection.discontinued = names_of_discontinued(snapshot, ids, language()).await?;
            selection.has_unknown = selection.discontinued.len() < count;
        }
        Ok(selection)
    }

    /// Whether nothing was chosen.
    pub(super) fn is_empty(&self) -> bool {
        self.products.is_empty() && self.discontinued.is_empty() && !self.has_unknown
    }

    /// The ids of those on sale.
    pub(super) fn variants(&self) -> impl Iterator<Item = i64> {
        let variants = self.products.iter().flat_map(|product| &product.variants);
        variants.map(|variant| variant.id)
    }
}

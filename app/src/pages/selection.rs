//! What was chosen, with its products: for forms that come back with it.

use std::collections::HashSet;

use shop::catalog::{CatalogError, names_of_discontinued, with_variants};
use till_core::view::ProductView;

use crate::language::language;

/// Chosen variants.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Those on sale, in their products, which have no other variants.
    pub products: Vec<ProductView>,
    /// Those that are not, by id, with their names; `None` for one that never was on sale.
    pub gone: Vec<(i64, Option<String>)>,
}

impl Selection {
    /// Reads the variants with these ids.
    pub(super) async fn read(
        shop: &shop::Shop,
        ids: impl IntoIterator<Item = i64>,
    ) -> Result<Self, CatalogError> {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let products = with_variants(&shop.database, ids.iter().copied(), language()).await?;
        let mut selection = Self {
            products,
            gone: Vec::new(),
        };
        let on_sale: HashSet<i64> = selection.variants().collect();
        ids.retain(|id| !on_sale.contains(id));
        if !ids.is_empty() {
            let names = names_of_discontinued(&shop.database, ids.iter().copied(), language());
            let names = names.await?;
            let gone = ids.iter().map(|id| (*id, names.get(id).cloned()));
            selection.gone = gone.collect();
        }
        Ok(selection)
    }

    /// Whether nothing was chosen.
    pub(super) fn is_empty(&self) -> bool {
        self.products.is_empty() && self.gone.is_empty()
    }

    /// The ids of those on sale.
    pub(super) fn variants(&self) -> impl Iterator<Item = i64> {
        let variants = self.products.iter().flat_map(|product| &product.variants);
        variants.map(|variant| variant.id)
    }
}

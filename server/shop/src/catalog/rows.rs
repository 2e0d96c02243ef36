//! Writes rows of products, for imports and for the owner's edits: with the price history, and with
//! redirects of addresses that are no longer used.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
};
use till_core::sale::Pricing;
use time::OffsetDateTime;

use super::stored::{Stored, StoredPicture};
use super::{pricing, texts};
use crate::database::WriteTransaction;
use crate::entity::{picture, price_history, product, product_text, slug_history, variant};

/// Maximum number of rows in one statement: each row has some twenty values, and SQLite takes
/// 32,766 in a statement.
pub(super) const BATCH_SIZE: usize = 500;

/// Writes rows of products in a transaction that holds [`crate::database::AdvisoryLock::Import`].
/// Whoever uses it then calls [`super::listing::refresh`] and [`Rows::count_change`].
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) transaction: &'a WriteTransaction,
    pub(super) now: OffsetDateTime,
}

impl Rows<'_> {
    /// Writes a changed product without its variants.
    pub(super) async fn write_product(&self, before: &Stored, after: &Stored) -> Result<(), DbErr> {
        let id = after.product.id;
        let slug = after.product.slug.as_str();
        if slug != before.product.slug {
            self.forget_slugs([slug]).await?;
            self.redirect(&before.product.slug, id).await?;
        } else if before.variants.is_empty() {
            // Its address redirected to the product that got its variants.
            self.forget_slugs([slug]).await?;
        }
        if after.product != before.product {
            let mut row = after.product.clone().into_active_model().reset_all();
            row.updated_at = Set(self.now);
            row.update(self.transaction).await?;
        }
        if after.texts != before.texts {
            product_text::Entity::delete_many()
                .filter(product_text::Column::ProductId.eq(id))
                .exec(self.transaction)
                .await?;
            self.insert_texts(texts::rows(id, &after.texts)).await?;
        }
        if after.pictures != before.pictures {
            picture::Entity::delete_many()
                .filter(picture::Column::ProductId.eq(id))
                .exec(self.transaction)
                .await?;
            self.insert_pictures(picture_rows(id, &after.pictures))
                .await?;
        }
        Ok(())
    }

    /// Gives these products their next versions, so that nobody saves over what was changed.
    pub(super) async fn count_change(&self, ids: &[i64]) -> Result<(), DbErr> {
        for ids in ids.chunks(BATCH_SIZE) {
            let version = product::Column::Version;
            product::Entity::update_many()
                .col_expr(version, ExprTrait::add(Expr::col(version), 1))
                .filter(product::Column::Id.is_in(ids.iter().copied()))
                .exec(self.transaction)
                .await?;
        }
        Ok(())
    }

    /// Inserts variants, and returns them with their ids.
    pub(super) async fn insert_variants(
        &self,
        variants: Vec<variant::Model>,
    ) -> Result<Vec<variant::Model>, DbErr> {
        let mut all = Vec::new();
        for variants in variants.chunks(BATCH_SIZE) {
            let rows = variants.iter().cloned().map(|variant| {
                let mut row = variant.into_active_model().reset_all();
                row.id = NotSet;
                row
            });
            let inserted = variant::Entity::insert_many(rows)
                .exec_with_returning(self.transaction)
                .await?;
            let first = |variant: &variant::Model| {
                let pricing = pricing::pricing(variant)?;
                Some(pricing::history_row(variant.id, pricing.row_at(self.now)))
            };
            self.insert_prices(inserted.iter().filter_map(first).collect())
                .await?;
            all.extend(inserted);
        }
        Ok(all)
    }

    pub(super) async fn insert_texts(&self, rows: Vec<product_text::Model>) -> Result<(), DbErr> {
        for rows in rows.chunks(BATCH_SIZE) {
            let rows = rows.iter().cloned();
            product_text::Entity::insert_many(rows.map(|row| row.into_active_model().reset_all()))
                .exec_without_returning(self.transaction)
                .await?;
        }
        Ok(())
    }

    pub(super) async fn insert_pictures(
        &self,
        rows: Vec<picture::ActiveModel>,
    ) -> Result<(), DbErr> {
        for rows in rows.chunks(BATCH_SIZE) {
            picture::Entity::insert_many(rows.to_vec())
                .exec_without_returning(self.transaction)
                .await?;
        }
        Ok(())
    }

    async fn insert_prices(&self, rows: Vec<price_history::ActiveModel>) -> Result<(), DbErr> {
        if rows.is_empty() {
            return Ok(());
        }
        price_history::Entity::insert_many(rows)
            .exec_without_returning(self.transaction)
            .await
            .map(|_| ())
    }

    /// Writes a changed variant, and the rows of its price history if what it costs has changed.
    pub(super) async fn update_variant(
        &self,
        before: &variant::Model,
        mut after: variant::Model,
    ) -> Result<(), DbErr> {
        let (was, is) = (pricing::pricing(before), pricing::pricing(&after));
        if was != is {
            let recorded = before.price_recorded_until;
            let rows = match (was, is) {
                (Some(was), Some(is)) => Pricing::rows_of_change(&was, &is, recorded, self.now),
                (None, Some(is)) => vec![is.row_at(self.now)],
                (_, None) => Vec::new(),
            };
            let rows = rows.into_iter();
            let rows = rows.map(|row| pricing::history_row(after.id, row));
            self.insert_prices(rows.collect()).await?;
            after.price_recorded_until = Ord::max(self.now, recorded);
            after.price_changes_at = next_change(&after);
        }
        let stock_stays = before.stock == after.stock;
        let mut row = after.into_active_model().reset_all();
        // Checkouts own `held`, and also `stock` unless the owner sets it.
        row.held = NotSet;
        if stock_stays {
            row.stock = NotSet;
        }
        row.updated_at = Set(self.now);
        row.update(self.transaction).await.map(|_| ())
    }

    /// Makes the address of a page that is no longer used redirect to a product.
    pub(super) async fn redirect(&self, slug: &str, product: i64) -> Result<(), DbErr> {
        self.forget_slugs([slug]).await?;
        let row = slug_history::ActiveModel {
            slug: Set(slug.to_owned()),
            product_id: Set(product),
            replaced_at: Set(self.now),
        };
        slug_history::Entity::insert(row)
            .exec_without_returning(self.transaction)
            .await
            .map(|_| ())
    }

    /// A slug that is used again no longer redirects.
    pub(super) async fn forget_slugs<'s>(
        &self,
        slugs: impl IntoIterator<Item = &'s str>,
    ) -> Result<(), DbErr> {
        slug_history::Entity::delete_many()
            .filter(slug_history::Column::Slug.is_in(slugs))
            .exec(self.transaction)
            .await
            .map(|_| ())
    }
}

/// When a sale next begins or ends, after what is recorded.
pub(super) fn next_change(variant: &variant::Model) -> Option<OffsetDateTime> {
    pricing::pricing(variant)?.next_change(variant.price_recorded_until)
}

pub(super) fn picture_rows(product: i64, pictures: &[StoredPicture]) -> Vec<picture::ActiveModel> {
    let row = |(position, picture): (i64, &StoredPicture)| picture::ActiveModel {
        product_id: Set(product),
        position: Set(position),
        address: Set(picture.address.clone()),
        alt: Set(picture.alt.clone()),
        hash: Set(picture.hash.clone()),
    };
    (1..).zip(pictures).map(row).collect()
}

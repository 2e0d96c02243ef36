//! Writes products in batches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use product_file::{Content, Given, Place, Problems, Product, ProductText, Report, Variant};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;

use super::changes;
use super::slugless::SluglessRows;
use super::stored::{self, Loaded};
use super::{
    DEFAULT_MAX_PER_ORDER, HeldStock, ImportOptions, ImportReport, RowsBySku, StockMode, problem,
};
use crate::audit::Actor;
use crate::catalog::checks::check;
use crate::catalog::prices::{PriceColumn, Prices};
use crate::catalog::rows::{BATCH_SIZE, Rows, next_change, picture_rows};
use crate::catalog::stored::{Stored, StoredPicture, read};
use crate::catalog::{listing, stock, texts};
use crate::clock;
use crate::database::{WriteTransaction, locked};
use crate::entity::stock_change::StockReason;
use crate::entity::{category, product, slug_history, variant};
use crate::pictures;
use crate::time_zone::TimeZone;

/// Maximum length of a category's slug.
const MAX_SLUG_CHARACTERS: usize = 100;

/// The largest position of a product that a file may have, so that every export can be imported.
pub(in crate::catalog) const MAX_POSITION: i64 = 2_147_483_647;

/// Writes the products of one import.
pub(super) struct Writer<'a> {
    transaction: &'a WriteTransaction,
    write: Rows<'a>,
    actor: &'a Actor,
    stock: StockMode,
    /// The time zone of the days of sales.
    zone: &'a TimeZone,
    /// What the first reading has found.
    file: &'a Report,
    rows: RowsBySku,
    /// The slugs of all products in the files.
    slugs: HashSet<Arc<str>>,
    slugless: SluglessRows,
    /// Ids by name.
    categories: HashMap<String, i64>,
    category_slugs: HashSet<String>,
    /// The largest position before the import.
    last_position: i64,
    now: OffsetDateTime,
    /// The number of products of the files that were given so far.
    given: u64,
    /// The ids of products that a product of the files with a slug is: no other one becomes them.
    taken: HashSet<i64>,
    /// The products of the files that were stored before, by id.
    known: BTreeMap<i64, Known>,
    /// The ids of new products.
    created: Vec<i64>,
    /// Where variants have moved to, by the id of the product that they have left.
    moves: BTreeMap<i64, Move>,
    report: ImportReport,
    problems: Problems,
}

/// A product of the files that was stored before.
struct Known {
    /// Its first row.
    place: Place,
    changed: bool,
}

/// The move of the first of a product's variants that has left it.
struct Move {
    /// The variant's position before.
    position: i64,
    /// The id of its present product.
    product: i64,
}

impl<'a> Writer<'a> {
    pub(super) async fn new(
        transaction: &'a WriteTransaction,
        options: &'a ImportOptions,
        file: &'a Report,
        rows: RowsBySku,
    ) -> Result<Self, DbErr> {
        // All at once and in the order of their ids, as in a sale: otherwise sales and this import
        // could wait for each other. What each batch reads is locked already.
        let ids: Vec<i64> = locked(
            variant::Entity::find()
                .select_only()
                .column(variant::Column::Id)
                .order_by_asc(variant::Column::Id),
        )
        .into_tuple()
        .all(transaction)
        .await?;
        drop(ids);
        let now = clock::now();
        let categories = category::Entity::find().all(transaction).await?;
        let last_position: Option<Option<i64>> = product::Entity::find()
            .select_only()
            .column_as(product::Column::Position.max(), "last")
            .into_tuple()
            .one(transaction)
            .await?;
        let slugless = SluglessRows::new(slugless_owners(transaction, &rows).await?);
        Ok(Self {
            transaction,
            write: Rows { transaction, now },
            actor: &options.actor,
            stock: options.stock,
            zone: &options.time_zone,
            file,
            slugs: rows.values().filter_map(|row| row.slug.clone()).collect(),
            rows,
            slugless,
            category_slugs: categories
                .iter()
                .map(|category| category.slug.clone())
                .collect(),
            categories: categories
                .into_iter()
                .map(|category| (category.name, category.id))
                .collect(),
            last_position: last_position.flatten().unwrap_or(0),
            now,
            given: 0,
            taken: HashSet::new(),
            known: BTreeMap::new(),
            created: Vec::new(),
            moves: BTreeMap::new(),
            report: ImportReport::default(),
            problems: Problems::default(),
        })
    }

    /// The number of products of the files that were given so far.
    pub(super) fn products(&self) -> u64 {
        self.given
    }

    /// Writes some products.
    pub(super) async fn write(&mut self, batch: Vec<Product>) -> Result<(), DbErr> {
        self.given += batch.len() as u64;
        let mut products = Vec::new();
        for product in batch {
            if product.slug.is_some() {
                products.push(product);
            } else {
                products.extend(self.slugless.add(product, &mut self.problems));
            }
        }
        let mut loaded = Loaded::read(self.transaction, &products).await?;
        let mut created = Vec::new();
        for product in products {
            match self.target(&product, &loaded) {
                Some(id) => self.update(&product, id, &mut loaded).await?,
                None => created.push(product),
            }
        }
        self.create(created, &mut loaded).await
    }

    /// Completes the import after the last batch: products that have lost variants, what must hold
    /// for all variants of a product, and what lists and the search know.
    pub(super) async fn complete(&mut self) -> Result<(), DbErr> {
        let changed = self.known.iter().filter(|(_, known)| known.changed);
        let ids: BTreeSet<i64> = changed
            .map(|(id, _)| *id)
            .chain(self.moves.keys().copied())
            .collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        for ids in ids.chunks(BATCH_SIZE) {
            for (id, stored) in read(self.transaction, ids).await? {
                let known = self.known.get(&id).filter(|known| known.changed);
                if let Some(place) = known.map(|known| known.place.clone()) {
                    self.check(&stored.product.name, stored.variants.values(), &place);
                }
                if self.moves.contains_key(&id) {
                    self.settle(stored).await?;
                }
            }
        }
        self.write.count_change(&ids).await?;
        listing::refresh(self.transaction, &ids).await?;
        listing::refresh(self.transaction, &self.created).await
    }

    /// Returns what was written, or why that must not be kept.
    pub(super) fn finish(self) -> Result<ImportReport, Problems> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let updated = self.known.values().filter(|known| known.changed).count();
        Ok(ImportReport {
            file: self.file.clone(),
            updated,
            unchanged: self.known.len() - updated,
            ..self.report
        })
    }

    /// The id of the stored product that this one is; `None` if it is new.
    fn target(&mut self, product: &Product, loaded: &Loaded) -> Option<i64> {
        let Some(slug) = &product.slug else {
            return loaded.owner(&product.variants.first()?.sku);
        };
        let stored = loaded.by_slug(slug);
        let target = stored.or_else(|| self.renamed(product, loaded))?;
        self.taken.insert(target).then_some(target)
    }

    /// The id of the stored product that has a new slug in the files: all its variants are there,
    /// at least one of them in this product, and none under its old slug.
    fn renamed(&self, product: &Product, loaded: &Loaded) -> Option<i64> {
        let skus = product.variants.iter().map(|variant| &variant.sku);
        let mut owners = skus.filter_map(|sku| loaded.products.get(&loaded.owner(sku)?));
        let renamed = owners.find(|owner| {
            let is_free = !self.taken.contains(&owner.product.id)
                && !self.slugs.contains(owner.product.slug.as_str());
            is_free && owner.variants.keys().all(|sku| self.rows.contains_key(sku))
        })?;
        Some(renamed.product.id)
    }

    async fn update(
        &mut self,
        product: &Product,
        id: i64,
        loaded: &mut Loaded,
    ) -> Result<(), DbErr> {
        let Some(before) = loaded.products.get(&id).cloned() else {
            return Ok(());
        };
        let mut after = before.clone();
        self.set_product(product, &mut after).await?;
        let leaving = self.leaving(&after);
        let added = self.set_variants(product, &mut after, &leaving, loaded);
        // A product is on sale as long as one of its variants is.
        after.product.active = after
            .variants
            .values()
            .filter(|variant| !leaving.contains(&variant.sku))
            .chain(&added)
            .any(|variant| variant.active);
        after.product.listed |= after.product.active;
        let changed = after != before || !added.is_empty();
        let known = self.known.entry(id).or_insert_with(|| Known {
            place: product.place.clone(),
            changed: false,
        });
        known.changed |= changed;
        if changed {
            let change = changes::of_product(&before, &after, &added, loaded);
            self.report.changes.add(before.product.version, change);
            self.write.write_product(&before, &after).await?;
            self.write_variants(&after, loaded).await?;
            for variant in self.write.insert_variants(added).await? {
                after.variants.insert(variant.sku.clone(), variant);
            }
            loaded.store(after);
        }
        Ok(())
    }

    /// The SKUs of variants that the files have in another product, with which they are written.
    fn leaving(&self, stored: &Stored) -> HashSet<String> {
        let leaves = |sku: &&String| {
            let slug = self.rows.get(*sku).and_then(|row| row.slug.as_deref());
            slug.is_some_and(|slug| slug != stored.product.slug)
        };
        stored.variants.keys().filter(leaves).cloned().collect()
    }

    /// Applies what the file says about a product's variants, and returns new ones.
    fn set_variants(
        &mut self,
        given: &Product,
        stored: &mut Stored,
        leaving: &HashSet<String>,
        loaded: &Loaded,
    ) -> Vec<variant::Model> {
        let in_rows: HashSet<&str> = given
            .variants
            .iter()
            .map(|variant| variant.sku.as_str())
            .collect();
        let others: Vec<i64> = stored
            .variants
            .values()
            .filter(|variant| !leaving.contains(&variant.sku))
            .filter(|variant| !in_rows.contains(variant.sku.as_str()))
            .map(|variant| variant.position)
            .collect();
        let position_of = |variant: &Variant| {
            let known = stored.variants.get(&variant.sku)?;
            Some(known.position)
        };
        let known: Vec<Option<i64>> = given.variants.iter().map(position_of).collect();
        // Rows that name no product say nothing about its order.
        let sort = given.slug.is_some() && others.is_empty();
        let mut added = Vec::new();
        let positions = positions(&known, &others, sort);
        for (given, position) in given.variants.iter().zip(positions) {
            let Some(known) = loaded.variant(&given.sku) else {
                added.extend(self.new_variant(given, stored.product.id, position));
                continue;
            };
            let mut variant = known.clone();
            variant.product_id = stored.product.id;
            variant.position = position;
            self.set_variant(given, &mut variant);
            stored.variants.insert(given.sku.clone(), variant);
        }
        added
    }

    /// Writes those variants of a product that were stored before and have changed.
    async fn write_variants(&mut self, after: &Stored, loaded: &Loaded) -> Result<(), DbErr> {
        for variant in after.variants.values() {
            let known = loaded.variant(&variant.sku);
            if let Some(known) = known.filter(|known| *known != variant) {
                self.update_variant(known, variant.clone()).await?;
            }
        }
        Ok(())
    }

    /// Applies what the file says about a product.
    async fn set_product(&mut self, given: &Product, stored: &mut Stored) -> Result<(), DbErr> {
        let product = &mut stored.product;
        if let Some(slug) = &given.slug {
            product.slug.clone_from(slug);
        }
        if let Some(name) = &given.name {
            product.name.clone_from(name);
        }
        if let Some(description) = &given.description {
            product.description.clone_from(description);
        }
        match &given.brand {
            Given::Absent => {}
            Given::Empty => product.brand.clear(),
            Given::Value(brand) => product.brand.clone_from(brand),
        }
        match &given.category {
            Given::Absent => {}
            Given::Empty => product.category_id = None,
            Given::Value(name) => product.category_id = Some(self.category(name).await?),
        }
        if let Some(position) = given.position {
            product.position = position;
        }
        for (text, given) in &given.texts {
            if let Some(column) = texts::column(product, *text) {
                *column = given.clone().unwrap_or_default();
            } else if let Some(given) = given {
                stored.texts.insert(*text, given.clone());
            } else {
                stored.texts.remove(text);
            }
        }
        if let Some(pictures) = &given.pictures {
            stored.pictures = self.pictures(pictures, &stored.pictures).await?;
        }
        Ok(())
    }

    /// Applies what the file says about a variant.
    fn set_variant(&mut self, given: &Variant, stored: &mut variant::Model) {
        if let Some(name) = &given.name {
            stored.name.clone_from(name);
        }
        if let Some(max_per_order) = given.max_per_order {
            stored.max_per_order = i64::from(max_per_order);
        }
        if let Some(active) = given.active {
            stored.active = active;
        }
        stored.listed |= stored.active;
        stored.archived_with_product &= !stored.active;
        set(&mut stored.weight_grams, &given.weight_grams);
        set(&mut stored.gtin, &given.gtin);
        set(&mut stored.tax_code, &given.tax_code);
        match &given.content {
            Given::Absent => {}
            Given::Empty => (stored.content_amount, stored.content_unit) = (None, None),
            Given::Value(content) => {
                (stored.content_amount, stored.content_unit) = content_columns(*content);
            }
        }
        self.set_prices(given, stored);
        self.set_stock(given, stored);
    }

    fn set_prices(&mut self, given: &Variant, stored: &mut variant::Model) {
        let mut prices = Prices::of(stored);
        match prices.apply(given.price, &given.sale, self.zone) {
            Ok(()) => prices.store(stored),
            Err(problem) => {
                self.price_problem(&given.place, problem.column(), problem.to_string());
            }
        }
    }

    fn set_stock(&mut self, given: &Variant, stored: &mut variant::Model) {
        let requested = match given.stock {
            Given::Absent => return,
            Given::Empty => None,
            Given::Value(units) => Some(units),
        };
        if self.stock == StockMode::OnlyNew {
            self.report.stock_differs += usize::from(requested != stored.stock);
            return;
        }
        if let Some(requested) = requested
            && requested < stored.held
        {
            self.report.held.push(HeldStock {
                sku: stored.sku.clone(),
                requested,
                held: stored.held,
            });
        }
        stored.stock = requested.map(|units| units.max(stored.held));
    }

    /// A new variant; `None` if the file lacks what it needs, which is a problem.
    fn new_variant(
        &mut self,
        given: &Variant,
        product: i64,
        position: i64,
    ) -> Option<variant::Model> {
        let Some(price) = given.price else {
            let reason = format!(
                "is missing, and no variant has the SKU \"{}\" yet",
                given.sku
            );
            self.price_problem(&given.place, PriceColumn::Price, reason);
            return None;
        };
        let (content_amount, content_unit) = given
            .content
            .value()
            .copied()
            .map_or((None, None), content_columns);
        let mut variant = variant::Model {
            id: 0,
            product_id: product,
            position,
            sku: given.sku.clone(),
            name: given.name.clone().unwrap_or_default(),
            price: price.amount.0,
            currency: price.currency.into(),
            stock: given.stock.value().copied(),
            held: 0,
            max_per_order: given.max_per_order.map_or(DEFAULT_MAX_PER_ORDER, i64::from),
            weight_grams: given.weight_grams.value().copied(),
            gtin: given.gtin.value().cloned(),
            content_amount,
            content_unit,
            tax_code: given.tax_code.value().cloned(),
            sale_price: None,
            sale_from: None,
            sale_until: None,
            sale_begins: None,
            sale_ends: None,
            price_changes_at: None,
            price_recorded_until: self.now,
            active: given.active.unwrap_or(true),
            archived_with_product: false,
            listed: given.active.unwrap_or(true),
            created_at: self.now,
            updated_at: self.now,
        };
        self.set_prices(given, &mut variant);
        variant.price_changes_at = next_change(&variant);
        Some(variant)
    }

    /// A problem of a price, in the column that the file has.
    fn price_problem(&mut self, place: &Place, column: PriceColumn, reason: String) {
        let mut files = self.file.files.iter();
        let file = files.find(|file| file.name == place.file);
        let column = match (column, file) {
            (PriceColumn::Price, Some(file)) => file.price_column.as_str(),
            (PriceColumn::SalePrice, Some(file)) => file.sale_price_column.as_str(),
            (PriceColumn::Price, None) => "price",
            (PriceColumn::SalePrice, None) => "sale_price",
            (PriceColumn::Currency, _) => "currency",
        };
        self.problems.add(problem(place, column, reason));
    }

    /// Checks what must hold for all variants of a product. `place` is its row in the files.
    fn check<'v>(
        &mut self,
        product: &str,
        variants: impl Iterator<Item = &'v variant::Model>,
        place: &Place,
    ) {
        let place_of = |sku: &str| Some(&self.rows.get(sku)?.place);
        for found in check(product, variants, place_of) {
            let place = found.place.as_ref().unwrap_or(place);
            self.problems
                .add(problem(place, found.column, found.reason));
        }
    }

    async fn create(&mut self, products: Vec<Product>, loaded: &mut Loaded) -> Result<(), DbErr> {
        let mut rows = Vec::new();
        let mut given = Vec::new();
        for product in products {
            if let Some(row) = self.new_product(&product, loaded).await? {
                rows.push(row);
                given.push(product);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.write
            .forget_slugs(given.iter().filter_map(|product| product.slug.as_deref()))
            .await?;
        let created = product::Entity::insert_many(rows)
            .exec_with_returning(self.transaction)
            .await?;
        let created: HashMap<String, product::Model> = created
            .into_iter()
            .map(|product| (product.slug.clone(), product))
            .collect();
        let (mut variants, mut pictures, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for given in given {
            let Some(product) = given.slug.as_ref().and_then(|slug| created.get(slug)) else {
                continue;
            };
            self.report.created += 1;
            self.taken.insert(product.id);
            self.created.push(product.id);
            let owners = owners_of(&given, loaded);
            let (new, moved) = self.first_variants(&given, product.id, loaded).await?;
            let change = changes::of_new(&product.slug, &product.name, &new, &moved, &owners);
            self.report.changes.add(0, change);
            self.check(&product.name, moved.iter().chain(&new), &given.place);
            variants.extend(new);
            let localized = given.texts.iter();
            let localized = localized.filter_map(|(text, given)| Some((*text, given.clone()?)));
            texts.extend(texts::rows(product.id, &localized.collect()));
            let given = given.pictures.as_deref().unwrap_or_default();
            let given = self.pictures(given, &[]).await?;
            pictures.extend(picture_rows(product.id, &given));
        }
        self.write.insert_variants(variants).await?;
        self.write.insert_texts(texts).await?;
        self.write.insert_pictures(pictures).await
    }

    /// The row of a new product; `None` if the file lacks what it needs, which is a problem.
    async fn new_product(
        &mut self,
        given: &Product,
        loaded: &Loaded,
    ) -> Result<Option<product::ActiveModel>, DbErr> {
        let Some(slug) = given.slug.clone() else {
            let reason = "is not known: a new product also needs a slug, a name and a price";
            self.problems.add(problem(&given.place, "sku", reason));
            return Ok(None);
        };
        let Some(name) = given.name.clone() else {
            let reason = format!("is missing, and there is no product \"{slug}\" yet");
            self.problems.add(problem(&given.place, "name", reason));
            return Ok(None);
        };
        let number = i64::try_from(given.number).unwrap_or(i64::MAX);
        let is_active = |variant: &Variant| {
            let stored = || {
                loaded
                    .variant(&variant.sku)
                    .is_none_or(|known| known.active)
            };
            variant.active.unwrap_or_else(stored)
        };
        let active = given.variants.iter().any(is_active);
        let text_of = |text| {
            given
                .texts
                .get(&text)
                .cloned()
                .flatten()
                .unwrap_or_default()
        };
        Ok(Some(product::ActiveModel {
            id: NotSet,
            slug: Set(slug),
            name: Set(name),
            description: Set(given.description.clone().unwrap_or_default()),
            brand: Set(given.brand.value().cloned().unwrap_or_default()),
            manufacturer_name: Set(text_of(ProductText::ManufacturerName)),
            manufacturer_address: Set(text_of(ProductText::ManufacturerAddress)),
            manufacturer_contact: Set(text_of(ProductText::ManufacturerContact)),
            responsible_person: Set(text_of(ProductText::ResponsiblePerson)),
            safety: Set(text_of(ProductText::Safety)),
            category_id: Set(match given.category.value() {
                Some(name) => Some(self.category(name).await?),
                None => None,
            }),
            position: Set(given
                .position
                .unwrap_or_else(|| self.last_position.saturating_add(number).min(MAX_POSITION))),
            active: Set(active),
            listed: Set(active),
            version: Set(1),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        }))
    }

    /// The variants of a new product: those that are new, and those that have moved to it.
    async fn first_variants(
        &mut self,
        given: &Product,
        product: i64,
        loaded: &mut Loaded,
    ) -> Result<(Vec<variant::Model>, Vec<variant::Model>), DbErr> {
        let (mut new, mut moved) = (Vec::new(), Vec::new());
        for (position, given) in (1_i64..).zip(&given.variants) {
            let Some(before) = loaded.variant(&given.sku).cloned() else {
                new.extend(self.new_variant(given, product, position));
                continue;
            };
            loaded.remove(&given.sku);
            let mut variant = before.clone();
            variant.product_id = product;
            variant.position = position;
            self.set_variant(given, &mut variant);
            self.update_variant(&before, variant.clone()).await?;
            moved.push(variant);
        }
        Ok((new, moved))
    }

    /// Writes a changed variant, and remembers if it has moved to another product.
    async fn update_variant(
        &mut self,
        before: &variant::Model,
        after: variant::Model,
    ) -> Result<(), DbErr> {
        if before.product_id != after.product_id {
            self.note_move(before, after.product_id);
        }
        if before.stock != after.stock {
            let (transaction, actor) = (self.transaction, self.actor);
            let reason = StockReason::Imported;
            stock::record(transaction, before.stock, &after, reason, "", None, actor).await?;
        }
        self.write.update_variant(before, after).await
    }

    /// Remembers where the first of a product's variants has moved to.
    fn note_move(&mut self, before: &variant::Model, product: i64) {
        let position = before.position;
        let moved = Move { position, product };
        let first = self.moves.entry(before.product_id);
        let first = first.or_insert(Move { position, product });
        if position < first.position {
            *first = moved;
        }
    }

    /// Takes a product off sale whose variants on sale have moved to others. If all have moved,
    /// its addresses redirect to the product of the first one.
    async fn settle(&self, stored: Stored) -> Result<(), DbErr> {
        let Stored {
            product, variants, ..
        } = stored;
        if variants.is_empty()
            && let Some(first) = self.moves.get(&product.id)
        {
            slug_history::Entity::update_many()
                .col_expr(slug_history::Column::ProductId, Expr::value(first.product))
                .filter(slug_history::Column::ProductId.eq(product.id))
                .exec(self.transaction)
                .await?;
            self.write.redirect(&product.slug, first.product).await?;
        }
        if product.active && !variants.values().any(|variant| variant.active) {
            let mut row = product.into_active_model();
            row.active = Set(false);
            row.updated_at = Set(self.now);
            row.update(self.transaction).await?;
        }
        Ok(())
    }

    /// Finds or creates a category.
    async fn category(&mut self, name: &str) -> Result<i64, DbErr> {
        if let Some(id) = self.categories.get(name) {
            return Ok(*id);
        }
        let slug = category_slug(name, |slug| self.category_slugs.contains(slug));
        let row = category::ActiveModel {
            id: NotSet,
            slug: Set(slug.clone()),
            name: Set(name.to_owned()),
            position: Set(i64::try_from(self.categories.len()).unwrap_or(i64::MAX)),
        };
        let id = row.insert(self.transaction).await?.id;
        self.category_slugs.insert(slug);
        self.categories.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The pictures of a product. Texts stay if the file has none, and a file's name is one beside
    /// the product file or in the shop's folder of pictures.
    async fn pictures(
        &mut self,
        given: &[product_file::Picture],
        stored: &[StoredPicture],
    ) -> Result<Vec<StoredPicture>, DbErr> {
        let mut all = Vec::new();
        for (index, picture) in given.iter().enumerate() {
            let address = match is_file(&picture.source) {
                true => {
                    self.report.picture_files.insert(picture.source.clone());
                    pictures::address_of_file(&picture.source)
                }
                false => picture.source.clone(),
            };
            let is_known = |known: &&StoredPicture| known.address == address;
            // A product may have the same picture twice.
            let same_place = stored.get(index).filter(is_known);
            let known = same_place.or_else(|| stored.iter().find(is_known));
            let hash = match known {
                Some(known) => known.hash.clone(),
                None => pictures::hash_in(self.transaction, &address).await?,
            };
            let known = known.map(|known| known.alt.clone());
            let alt = picture.alt.clone().or(known).unwrap_or_default();
            all.push(StoredPicture { address, alt, hash });
        }
        Ok(all)
    }
}

/// The slugs of the stored products that have a new product's variants, by SKU.
fn owners_of(product: &Product, loaded: &Loaded) -> HashMap<String, String> {
    let owner = |variant: &Variant| {
        let owner = loaded.products.get(&loaded.owner(&variant.sku)?)?;
        Some((variant.sku.clone(), owner.product.slug.clone()))
    };
    product.variants.iter().filter_map(owner).collect()
}

/// The ids of the products that have the variants whose rows name no product, by SKU.
async fn slugless_owners(
    transaction: &WriteTransaction,
    rows: &RowsBySku,
) -> Result<HashMap<String, i64>, DbErr> {
    let slugless: Vec<&str> = rows
        .iter()
        .filter(|(_, row)| row.slug.is_none())
        .map(|(sku, _)| sku.as_str())
        .collect();
    stored::owners(transaction, &slugless).await
}

/// The positions of a product's variants in the order of their rows. `known` are those that they
/// have, and `others` those of variants that have no row.
///
/// They change only if the rows are to `sort` all variants of the product, and are not in the order
/// of the stored positions. Otherwise new variants follow all others.
fn positions(known: &[Option<i64>], others: &[i64], sort: bool) -> Vec<i64> {
    let stored: Vec<i64> = known.iter().flatten().copied().collect();
    let mut without_last = known.iter().rev().skip_while(|known| known.is_none());
    let in_order = stored.is_sorted_by(|one, next| one < next) && without_last.all(Option::is_some);
    if sort && !in_order {
        return (1_i64..).zip(known).map(|(position, _)| position).collect();
    }
    let mut last = stored.iter().chain(others).copied().max().unwrap_or(0);
    let next = |known: &Option<i64>| {
        known.unwrap_or_else(|| {
            last = last.saturating_add(1);
            last
        })
    };
    known.iter().map(next).collect()
}

/// Makes a slug of a category's name that is not taken.
pub(in crate::catalog) fn category_slug(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut slug = product_file::slug_of(name, MAX_SLUG_CHARACTERS);
    if slug.is_empty() {
        slug.push_str("category");
    }
    product_file::first_free(&slug, taken)
}

/// Whether a picture is named as a file: neither an address nor a path.
fn is_file(source: &str) -> bool {
    let scheme = source.get(.."https://".len()).unwrap_or_default();
    !source.starts_with('/') && !scheme.eq_ignore_ascii_case("https://")
}

fn set<T: Clone>(stored: &mut Option<T>, given: &Given<T>) {
    match given {
        Given::Absent => {}
        Given::Empty => *stored = None,
        Given::Value(value) => *stored = Some(value.clone()),
    }
}

pub(in crate::catalog) fn content_columns(content: Content) -> (Option<i64>, Option<String>) {
    let unit = content.unit.symbol().to_owned();
    (Some(content.thousandths), Some(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_change_only_if_all_variants_are_in_another_order() {
        // Gaps stay.
        assert_eq!(positions(&[Some(1), Some(3)], &[], true), [1, 3]);
        assert_eq!(positions(&[Some(3), Some(1)], &[], true), [1, 2]);
        assert_eq!(positions(&[Some(2), Some(2)], &[], true), [1, 2]);
        assert_eq!(positions(&[Some(3), Some(1)], &[], false), [3, 1]);
        assert_eq!(positions(&[Some(3), Some(1)], &[2], false), [3, 1]);
    }

    #[test]
    fn new_variants_follow_the_others_or_go_where_the_file_has_them() {
        assert_eq!(positions(&[None, None], &[], true), [1, 2]);
        assert_eq!(positions(&[Some(1), Some(4), None], &[], true), [1, 4, 5]);
        assert_eq!(positions(&[Some(1), None, Some(4)], &[], true), [1, 2, 3]);
        assert_eq!(positions(&[None, Some(4), None], &[7], false), [8, 4, 9]);
    }

    #[test]
    fn categories_get_free_slugs() {
        let taken = |slug: &str| ["tea", "tea-2", "category"].contains(&slug);
        assert_eq!(category_slug("Coffee", taken), "coffee");
        assert_eq!(category_slug("Tea!", taken), "tea-3");
        assert_eq!(category_slug("!", taken), "category-2");
        let long = "a".repeat(200);
        let slug = category_slug(&long, |slug| !slug.ends_with("-10"));
        assert_eq!((slug.len(), slug.ends_with("a-10")), (100, true));
    }

    #[test]
    fn files_have_neither_a_scheme_nor_a_folder() {
        assert!(is_file("Tasse grün 1.0-b.jpg"));
        for other in [
            "/pictures/a.jpg",
            "https://x.example/a",
            "HTTPS://x.example/a",
        ] {
            assert!(!is_file(other), "{other}");
        }
    }
}

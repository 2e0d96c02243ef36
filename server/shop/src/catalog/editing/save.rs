//! Saves a form: a new product, or what has changed of one.

use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::check::{self, Context};
use super::form::{self, ProductForm};
use super::{Field, FieldProblem, Reason, VariantField};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::import::write::MAX_POSITION;
use crate::catalog::rows::Rows;
use crate::catalog::stored::{Stored, read_whole};
use crate::catalog::{MAX_VARIANTS, listing, stock};
use crate::catalog_change;
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::{product, variant};
use crate::time_zone::TimeZone;

/// What came of saving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It is stored as the form says.
    Saved {
        /// The product.
        id: i64,
        /// Whether anything had to be written.
        changed: bool,
    },
    /// Fields are refused. Nothing was written.
    Invalid(Vec<FieldProblem>),
    /// Someone else has saved since the form was shown. Nothing was written.
    Conflict(Box<Conflict>),
    /// There is no such product.
    NotFound,
}

/// What someone else has saved meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The version that is stored now: saving with it overwrites theirs.
    pub version: i64,
    /// What is stored.
    pub theirs: ProductForm,
    /// What was to be saved.
    pub yours: ProductForm,
}

/// Creates a product behind all others. Its slug is made of its name if the form has none.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn create(
    database: &Database,
    zone: &TimeZone,
    form: &ProductForm,
    actor: &Actor,
) -> Result<SaveOutcome, DbErr> {
    let transaction = database.begin_edit("create-product").await?;
    let write = Rows {
        transaction: &transaction,
        now: clock::now(),
    };
    let slugs = form::category_slugs(&transaction).await?;
    let categories = by_slug(&slugs);
    let context = Context {
        categories: &categories,
        zone,
        now: write.now,
    };
    let taken = taken(&transaction, form, 0).await?;
    let mut after = match check::apply(form, &blank(&write), &context) {
        Ok(after) if taken.is_empty() => after,
        applied => return Ok(invalid(applied, taken)),
    };
    if form.slug.trim().is_empty() {
        after.product.slug = free_slug(&transaction, &after.product.slug).await?;
    }
    let stored = insert(&write, after, actor).await?;
    let entry = Entry {
        action: Action::CreateProduct,
        kind: SubjectKind::Product,
        subject: stored.product.slug.clone(),
        before: None,
        after: audit::value(&form::of_stored(&stored, &slugs)),
    };
    audit::write(&transaction, actor, entry).await?;
    finish(transaction, stored.product.id).await?;
    Ok(SaveOutcome::Saved {
        id: stored.product.id,
        changed: true,
    })
}

/// Inserts a new product behind all others, with everything that it consists of.
pub(super) async fn insert(
    write: &Rows<'_>,
    mut new: Stored,
    actor: &Actor,
) -> Result<Stored, DbErr> {
    let transaction = write.transaction;
    new.product.position = last_position(transaction)
        .await?
        .saturating_add(1)
        .min(MAX_POSITION);
    write.forget_slugs([new.product.slug.as_str()]).await?;
    let mut row = new.product.clone().into_active_model().reset_all();
    row.id = NotSet;
    let product = product::Entity::insert(row)
        .exec_with_returning(transaction)
        .await?;
    let id = product.id;
    let mut variants: Vec<variant::Model> = new.variants.into_values().collect();
    variants.sort_by_key(|variant| variant.position);
    for variant in &mut variants {
        variant.product_id = id;
    }
    let variants = write.insert_variants(variants).await?;
    for variant in &variants {
        stock::record_first(transaction, variant, actor).await?;
    }
    write
        .insert_texts(crate::catalog::texts::rows(id, &new.texts))
        .await?;
    let pictures = crate::catalog::rows::picture_rows(id, &new.pictures);
    write.insert_pictures(pictures).await?;
    Ok(Stored {
        product,
        variants: variants
            .into_iter()
            .map(|variant| (variant.sku.clone(), variant))
            .collect(),
        ..new
    })
}

/// Saves a product that was shown in this version.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn save(
    database: &Database,
    zone: &TimeZone,
    id: i64,
    version: i64,
    form: &ProductForm,
    actor: &Actor,
) -> Result<SaveOutcome, DbErr> {
    let transaction = database.begin_edit("save-product").await?;
    lock_variants(&transaction, id).await?;
    let Some(before) = read_whole(&transaction, id).await? else {
        return Ok(SaveOutcome::NotFound);
    };
    let write = Rows {
        transaction: &transaction,
        now: clock::now(),
    };
    let slugs = form::category_slugs(&transaction).await?;
    let categories = by_slug(&slugs);
    let context = Context {
        categories: &categories,
        zone,
        now: write.now,
    };
    let applied = check::apply(form, &before, &context);
    // The same form sent twice is no conflict.
    if applied.as_ref().is_ok_and(|after| *after == before) {
        return Ok(SaveOutcome::Saved { id, changed: false });
    }
    if version != before.product.version {
        return Ok(SaveOutcome::Conflict(Box::new(Conflict {
            version: before.product.version,
            theirs: form::of_stored(&before, &slugs),
            yours: form.clone(),
        })));
    }
    let taken = taken(&transaction, form, id).await?;
    let after = match applied {
        Ok(after) if taken.is_empty() => after,
        applied => return Ok(invalid(applied, taken)),
    };
    update(&write, &before, after, actor).await?;
    let after = read_whole(&transaction, id).await?;
    let after = after.map(|after| audit::value(&form::of_stored(&after, &slugs)));
    let was = audit::value(&form::of_stored(&before, &slugs));
    let (was, is) = audit::differences(was, after.flatten());
    let entry = Entry {
        action: Action::UpdateProduct,
        kind: SubjectKind::Product,
        subject: before.product.slug,
        before: was,
        after: is,
    };
    audit::write(&transaction, actor, entry).await?;
    finish(transaction, id).await?;
    Ok(SaveOutcome::Saved { id, changed: true })
}

/// Writes what differs, and counts the version.
async fn update(
    write: &Rows<'_>,
    before: &Stored,
    after: Stored,
    actor: &Actor,
) -> Result<(), DbErr> {
    write.write_product(before, &after).await?;
    let known: HashMap<i64, &variant::Model> = before
        .variants
        .values()
        .map(|variant| (variant.id, variant))
        .collect();
    set_skus_aside(write.transaction, &known, &after).await?;
    let mut added = Vec::new();
    for variant in after.variants.into_values() {
        match known.get(&variant.id) {
            None => added.push(variant),
            Some(before) if **before != variant => write.update_variant(before, variant).await?,
            Some(_) => {}
        }
    }
    for variant in write.insert_variants(added).await? {
        stock::record_first(write.transaction, &variant, actor).await?;
    }
    write.count_change(&[before.product.id]).await
}

/// Gives variants that get the present SKU of another one a SKU that nobody can type, so that two
/// may exchange theirs.
async fn set_skus_aside(
    transaction: &WriteTransaction,
    known: &HashMap<i64, &variant::Model>,
    after: &Stored,
) -> Result<(), DbErr> {
    let present: HashSet<&str> = known.values().map(|variant| variant.sku.as_str()).collect();
    let renamed = after.variants.values().filter(|variant| {
        let before = known.get(&variant.id);
        before.is_some_and(|before| before.sku != variant.sku)
    });
    let renamed: Vec<&variant::Model> = renamed.collect();
    if !renamed
        .iter()
        .any(|variant| present.contains(variant.sku.as_str()))
    {
        return Ok(());
    }
    for variant in renamed {
        variant::Entity::update_many()
            .col_expr(
                variant::Column::Sku,
                Expr::value(format!("\u{1}{}", variant.id)),
            )
            .filter(variant::Column::Id.eq(variant.id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Writes what lists know, counts the change of what pages show, and commits.
pub(super) async fn finish(transaction: WriteTransaction, id: i64) -> Result<(), DbErr> {
    listing::refresh(&transaction, &[id]).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await
}

/// Locks a product's variants until the transaction ends, so that no sale changes them meanwhile.
pub(super) async fn lock_variants(transaction: &WriteTransaction, id: i64) -> Result<(), DbErr> {
    let variants = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .filter(variant::Column::ProductId.eq(id))
        .order_by_asc(variant::Column::Id);
    let ids: Vec<i64> = locked(variants).into_tuple().all(transaction).await?;
    drop(ids);
    Ok(())
}

fn by_slug(slugs: &HashMap<i64, String>) -> HashMap<String, i64> {
    slugs.iter().map(|(id, slug)| (slug.clone(), *id)).collect()
}

/// A product that has nothing yet.
fn blank(write: &Rows<'_>) -> Stored {
    Stored {
        product: product::Model {
            id: 0,
            slug: String::new(),
            name: String::new(),
            description: String::new(),
            brand: String::new(),
            manufacturer_name: String::new(),
            manufacturer_address: String::new(),
            manufacturer_contact: String::new(),
            responsible_person: String::new(),
            safety: String::new(),
            category_id: None,
            position: 0,
            active: false,
            listed: false,
            version: 1,
            created_at: write.now,
            updated_at: write.now,
        },
        variants: BTreeMap::new(),
        pictures: Vec::new(),
        texts: BTreeMap::new(),
    }
}

async fn last_position(transaction: &WriteTransaction) -> Result<i64, DbErr> {
    let last: Option<Option<i64>> = product::Entity::find()
        .select_only()
        .column_as(product::Column::Position.max(), "last")
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(last.flatten().unwrap_or(0))
}

/// The slug that a product gets whose form has none: of its name, and with a number if another
/// product has it.
///
/// # Errors
/// If the database is unreachable.
pub async fn made_slug(database: &Database, name: &str) -> Result<String, DbErr> {
    free_slug(database.reader(), &check::slug_of(name)).await
}

/// The first slug of these that no product has: `mug`, `mug-2` and so on.
pub(super) async fn free_slug(
    connection: &impl ConnectionTrait,
    made: &str,
) -> Result<String, DbErr> {
    let stored: HashSet<String> = product::Entity::find()
        .select_only()
        .column(product::Column::Slug)
        .filter(product::Column::Slug.starts_with(made.get(..made.len().min(90)).unwrap_or(made)))
        .into_tuple()
        .all(connection)
        .await?
        .into_iter()
        .collect();
    Ok(product_file::first_free(made, |slug| stored.contains(slug)))
}

/// All that is wrong: what does not fit, and what others have.
fn invalid(applied: Result<Stored, Vec<FieldProblem>>, taken: Vec<FieldProblem>) -> SaveOutcome {
    let mut problems = applied.err().unwrap_or_default();
    problems.extend(taken);
    SaveOutcome::Invalid(problems)
}

/// The slug and SKUs of a form that others than this product have. All who write them hold the same
/// lock.
async fn taken(
    transaction: &WriteTransaction,
    form: &ProductForm,
    id: i64,
) -> Result<Vec<FieldProblem>, DbErr> {
    let mut problems = Vec::new();
    let other = product::Entity::find()
        .filter(product::Column::Slug.eq(form.slug.trim()))
        .filter(product::Column::Id.ne(id))
        .one(transaction)
        .await?;
    if other.is_some() {
        let (field, reason) = (Field::Slug, Reason::Taken);
        problems.push(FieldProblem { field, reason });
    }
    // More are refused anyway, and would not fit into a statement.
    let variants = form.variants.iter().take(MAX_VARIANTS).enumerate();
    let others: HashSet<String> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Sku)
        .filter(variant::Column::Sku.is_in(variants.clone().map(|(_, form)| form.sku.trim())))
        .filter(variant::Column::ProductId.ne(id))
        .into_tuple()
        .all(transaction)
        .await?
        .into_iter()
        .collect();
    for (index, variant) in variants {
        if others.contains(variant.sku.trim()) {
            let field = Field::Variant(index, VariantField::Sku);
            let reason = Reason::Taken;
            problems.push(FieldProblem { field, reason });
        }
    }
    Ok(problems)
}

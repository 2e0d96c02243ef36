//! The owner's categories: create, rename, arrange and delete.

use std::collections::HashMap;

use product_file::field::{self, MAX_GROUP_CHARACTERS};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::editing::check::text_reason;
use super::editing::{Move, Reason};
use super::import::write::category_slug;
use super::listing;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::database::{Database, WriteTransaction};
use crate::entity::{category, product};

/// A category as the owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRow {
    /// Its id.
    pub id: i64,
    /// The last part of its page's address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The number of its products, also of those that are not on sale.
    pub products: i64,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CategoryOutcome {
    /// It is done.
    Done {
        /// The category's slug.
        slug: String,
    },
    /// It was so already.
    Unchanged,
    /// The name is refused. Nothing was written.
    Invalid(Reason),
    /// It has products, which need another category first.
    HasProducts(u64),
    /// There is no such category.
    NotFound,
}

/// Returns all categories in the owner's order.
///
/// # Errors
/// If the database is unreachable.
pub async fn all(database: &Database) -> Result<Vec<CategoryRow>, DbErr> {
    let snapshot = database.begin_snapshot().await?;
    let counts: Vec<(Option<i64>, i64)> = product::Entity::find()
        .select_only()
        .column(product::Column::CategoryId)
        .column_as(product::Column::Id.count(), "products")
        .group_by(product::Column::CategoryId)
        .into_tuple()
        .all(&snapshot)
        .await?;
    let counts: HashMap<i64, i64> = counts
        .into_iter()
        .filter_map(|(id, count)| Some((id?, count)))
        .collect();
    let categories = category::Entity::find()
        .order_by_asc(category::Column::Position)
        .order_by_asc(category::Column::Id)
        .all(&snapshot)
        .await?;
    let row = |category: category::Model| CategoryRow {
        products: counts.get(&category.id).copied().unwrap_or(0),
        id: category.id,
        slug: category.slug,
        name: category.name,
    };
    Ok(categories.into_iter().map(row).collect())
}

/// Creates a category behind all others. Its slug is made of its name.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn create(
    database: &Database,
    name: &str,
    actor: &Actor,
) -> Result<CategoryOutcome, DbErr> {
    let name = match checked_name(name) {
        Ok(name) => name,
        Err(reason) => return Ok(CategoryOutcome::Invalid(reason)),
    };
    let transaction = database.begin_edit("create-category").await?;
    let others = category::Entity::find().all(&transaction).await?;
    if others.iter().any(|other| is_same(&other.name, &name)) {
        return Ok(CategoryOutcome::Invalid(Reason::Taken));
    }
    let slug = category_slug(&name, |slug| others.iter().any(|other| other.slug == slug));
    let last = others.iter().map(|other| other.position).max();
    let row = category::ActiveModel {
        id: NotSet,
        slug: Set(slug.clone()),
        name: Set(name.clone()),
        position: Set(last.map_or(0, |last| last.saturating_add(1))),
    };
    row.insert(&transaction).await?;
    let entry = Entry {
        action: Action::CreateCategory,
        kind: SubjectKind::Category,
        subject: slug.clone(),
        before: None,
        after: Some(json!({ "name": name })),
    };
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    Ok(CategoryOutcome::Done { slug })
}

/// Renames a category. Its address stays, so that links to it do.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn rename(
    database: &Database,
    id: i64,
    name: &str,
    actor: &Actor,
) -> Result<CategoryOutcome, DbErr> {
    let name = match checked_name(name) {
        Ok(name) => name,
        Err(reason) => return Ok(CategoryOutcome::Invalid(reason)),
    };
    let transaction = database.begin_edit("rename-category").await?;
    let others = category::Entity::find().all(&transaction).await?;
    let Some(before) = others.iter().find(|category| category.id == id).cloned() else {
        return Ok(CategoryOutcome::NotFound);
    };
    if before.name == name {
        return Ok(CategoryOutcome::Unchanged);
    }
    let is_taken = |other: &category::Model| other.id != id && is_same(&other.name, &name);
    if others.iter().any(is_taken) {
        return Ok(CategoryOutcome::Invalid(Reason::Taken));
    }
    let (slug, was) = (before.slug.clone(), before.name.clone());
    let mut row = before.into_active_model();
    row.name = Set(name.clone());
    row.update(&transaction).await?;
    listing::refresh_category(&transaction, id).await?;
    let entry = Entry {
        action: Action::UpdateCategory,
        kind: SubjectKind::Category,
        subject: slug.clone(),
        before: Some(json!({ "name": was })),
        after: Some(json!({ "name": name })),
    };
    finish(transaction, actor, entry).await?;
    Ok(CategoryOutcome::Done { slug })
}

/// Moves a category to another place among the categories.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn move_category(
    database: &Database,
    id: i64,
    to: Move,
    actor: &Actor,
) -> Result<CategoryOutcome, DbErr> {
    let transaction = database.begin_edit("move-category").await?;
    let mut order = category::Entity::find()
        .order_by_asc(category::Column::Position)
        .order_by_asc(category::Column::Id)
        .all(&transaction)
        .await?;
    let place = |id: i64| order.iter().position(|category| category.id == id);
    let Some(from) = place(id) else {
        return Ok(CategoryOutcome::NotFound);
    };
    let last = order.len() - 1;
    let target = match to {
        Move::Up => from.saturating_sub(1),
        Move::Down => (from + 1).min(last),
        Move::First => 0,
        Move::Last => last,
        Move::PlaceOf(other) => match place(other) {
            Some(place) => place,
            None => return Ok(CategoryOutcome::NotFound),
        },
    };
    if target == from {
        return Ok(CategoryOutcome::Unchanged);
    }
    let moved = order.remove(from);
    let slug = moved.slug.clone();
    order.insert(target, moved);
    for (position, category) in (0_i64..).zip(&order) {
        if category.position != position {
            category::Entity::update_many()
                .col_expr(category::Column::Position, Expr::value(position))
                .filter(category::Column::Id.eq(category.id))
                .exec(&transaction)
                .await?;
        }
    }
    let entry = Entry {
        action: Action::UpdateCategory,
        kind: SubjectKind::Category,
        subject: slug.clone(),
        before: Some(json!({ "place": from + 1 })),
        after: Some(json!({ "place": target + 1 })),
    };
    finish(transaction, actor, entry).await?;
    Ok(CategoryOutcome::Done { slug })
}

/// Deletes a category that has no products.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn delete(database: &Database, id: i64, actor: &Actor) -> Result<CategoryOutcome, DbErr> {
    let transaction = database.begin_edit("delete-category").await?;
    let Some(category) = category::Entity::find_by_id(id).one(&transaction).await? else {
        return Ok(CategoryOutcome::NotFound);
    };
    let products = product::Entity::find()
        .filter(product::Column::CategoryId.eq(id))
        .count(&transaction)
        .await?;
    if products > 0 {
        return Ok(CategoryOutcome::HasProducts(products));
    }
    category::Entity::delete_by_id(id)
        .exec(&transaction)
        .await?;
    let slug = category.slug.clone();
    let entry = Entry {
        action: Action::DeleteCategory,
        kind: SubjectKind::Category,
        subject: category.slug,
        before: Some(json!({ "name": category.name })),
        after: None,
    };
    finish(transaction, actor, entry).await?;
    Ok(CategoryOutcome::Done { slug })
}

async fn finish(transaction: WriteTransaction, actor: &Actor, entry: Entry) -> Result<(), DbErr> {
    audit::write(&transaction, actor, entry).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await
}

fn checked_name(typed: &str) -> Result<String, Reason> {
    let name = field::line(typed, MAX_GROUP_CHARACTERS).map_err(text_reason)?;
    match name.is_empty() {
        true => Err(Reason::Missing),
        false => Ok(name),
    }
}

/// Names that differ only in case are the same to shoppers.
fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

//! Takes products off sale, and puts them back.

use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, DbErr, IntoActiveModel};
use serde_json::json;

use super::check::set_active;
use super::save::{finish, lock_variants};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::rows::Rows;
use crate::catalog::stored::read_whole;
use crate::clock;
use crate::database::Database;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveOutcome {
    /// It is done.
    Done,
    /// It was so already.
    Unchanged,
    /// There is no such product, or nothing of it can be sold.
    NotFound,
}

/// Takes a product off sale with all its variants. Open checkouts can still be paid.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn take_off_sale(
    database: &Database,
    id: i64,
    actor: &Actor,
) -> Result<ArchiveOutcome, DbErr> {
    set_on_sale(database, id, false, actor).await
}

/// Puts a product on sale: with the variants that were on sale before it was taken off; with all if
/// none was.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn put_on_sale(
    database: &Database,
    id: i64,
    actor: &Actor,
) -> Result<ArchiveOutcome, DbErr> {
    set_on_sale(database, id, true, actor).await
}

async fn set_on_sale(
    database: &Database,
    id: i64,
    on_sale: bool,
    actor: &Actor,
) -> Result<ArchiveOutcome, DbErr> {
    let transaction = database.begin_edit("archive-product").await?;
    lock_variants(&transaction, id).await?;
    let Some(stored) = read_whole(&transaction, id).await? else {
        return Ok(ArchiveOutcome::NotFound);
    };
    if stored.product.active == on_sale {
        return Ok(ArchiveOutcome::Unchanged);
    }
    if stored.variants.is_empty() {
        return Ok(ArchiveOutcome::NotFound);
    }
    let write = Rows {
        transaction: &transaction,
        now: clock::now(),
    };
    let remembered = stored
        .variants
        .values()
        .any(|variant| variant.archived_with_product);
    for before in stored.variants.values() {
        let mut after = before.clone();
        let wanted = match on_sale {
            true => !remembered || before.archived_with_product,
            false => before.active,
        };
        set_active(&mut after, on_sale, wanted);
        if after != *before {
            write.update_variant(before, after).await?;
        }
    }
    let slug = stored.product.slug.clone();
    let listed = stored.product.listed || on_sale;
    let mut row = stored.product.into_active_model();
    row.active = Set(on_sale);
    row.listed = Set(listed);
    row.updated_at = Set(write.now);
    row.update(&transaction).await?;
    write.count_change(&[id]).await?;
    let entry = Entry {
        action: match on_sale {
            true => Action::PutProductOnSale,
            false => Action::TakeProductOffSale,
        },
        kind: SubjectKind::Product,
        subject: slug,
        before: Some(json!({ "on_sale": !on_sale })),
        after: Some(json!({ "on_sale": on_sale })),
    };
    audit::write(&transaction, actor, entry).await?;
    finish(transaction, id).await?;
    Ok(ArchiveOutcome::Done)
}

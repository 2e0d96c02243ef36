//! Resolving an order: the owner has looked into everything for which it needs attention.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde_json::json;

use super::overview;
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{order, order_difference, order_resolution, order_resolution_item};

/// The outcome of resolving an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveOutcome {
    /// These reasons are resolved, in words.
    Resolved(Vec<String>),
    /// It was resolved before, and nothing new has happened since.
    AlreadyResolved,
    /// Other reasons than the form showed need attention now: these, in words.
    Changed(Vec<String>),
    /// The order needs no attention.
    NothingToResolve,
}

/// Describes a difference that reconciling found.
fn difference_words(difference: &order_difference::Model) -> String {
    let what = difference.kind.to_string().replace('_', " ");
    format!("{what} ({})", difference.stripe_session_id)
}

/// Resolves everything for which an order needs attention, and the differences that reconciling
/// found last. `seen` are the reasons that the form showed, in words: nothing is done if there are
/// others.
///
/// # Errors
/// If the database does not answer. Nothing has changed then.
pub async fn resolve(
    database: &Database,
    order: i64,
    note: &str,
    seen: Option<&[String]>,
    actor: &Actor,
) -> Result<ResolveOutcome, DbErr> {
    let transaction = database.begin_write("resolve").await?;
    // The lock makes events about its payment wait, so that none of them is resolved unseen.
    let Some(row) = locked(order::Entity::find_by_id(order))
        .one(&transaction)
        .await?
    else {
        transaction.rollback().await?;
        return Ok(ResolveOutcome::NothingToResolve);
    };
    let open = overview::open_issues(&transaction, &row).await?;
    let differences = order_difference::Entity::find()
        .filter(order_difference::Column::OrderId.eq(order))
        .filter(order_difference::Column::ResolutionId.is_null())
        .order_by_asc(order_difference::Column::FoundAt)
        .all(&transaction)
        .await?;
    if open.reasons.is_empty() && differences.is_empty() {
        let before = order_resolution::Entity::find()
            .filter(order_resolution::Column::OrderId.eq(order))
            .count(&transaction)
            .await?;
        transaction.rollback().await?;
        return Ok(match before {
            0 => ResolveOutcome::NothingToResolve,
            _ => ResolveOutcome::AlreadyResolved,
        });
    }
    if seen.is_some_and(|seen| seen != open.reasons) {
        transaction.rollback().await?;
        return Ok(ResolveOutcome::Changed(open.reasons));
    }
    let resolution = order_resolution::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        resolved_by: Set(actor.name.clone()),
        note: Set(note.to_owned()),
        resolved_at: Set(clock::now()),
    };
    let resolution = order_resolution::Entity::insert(resolution)
        .exec(&transaction)
        .await?
        .last_insert_id;
    for subject in open.subjects {
        let item = order_resolution_item::ActiveModel {
            subject: Set(subject),
            resolution_id: Set(resolution),
        };
        order_resolution_item::Entity::insert(item)
            .on_conflict(
                OnConflict::column(order_resolution_item::Column::Subject)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
    }
    order_difference::Entity::update_many()
        .col_expr(
            order_difference::Column::ResolutionId,
            Expr::value(resolution),
        )
        .filter(order_difference::Column::OrderId.eq(order))
        .filter(order_difference::Column::ResolutionId.is_null())
        .exec(&transaction)
        .await?;
    let differences = differences.iter().map(difference_words);
    let reasons: Vec<String> = open.reasons.into_iter().chain(differences).collect();
    let entry = Entry {
        action: Action::ResolveOrder,
        kind: SubjectKind::Order,
        subject: row.number.clone(),
        before: Some(json!({ "reasons": reasons })),
        after: Some(json!({ "note": note })),
    };
    audit::write(&transaction, actor, entry).await?;
    transaction.commit().await?;
    let by = actor.in_log();
    tracing::info!(order = row.number, by, "order {} is resolved", row.number);
    Ok(ResolveOutcome::Resolved(reasons))
}

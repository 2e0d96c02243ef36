//! What the owner has settled. A flag stays a fact, a dispute stays open and a failed refund stays
//! failed; but an order whose reasons are all known to a resolution no longer needs attention.
//!
//! A resolution settles what is known here at its moment, by name and not by time: events come
//! late, and what Stripe dates earlier may still be news.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use time::OffsetDateTime;

use super::overview;
use crate::clock;
use crate::database::{Database, locked};
use crate::entity::{
    dispute, order, order_difference, order_resolution, order_resolution_item, refund,
};
use crate::money_back::{DisputeStage, DisputeStatus};

/// What became of a request to resolve an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveOutcome {
    /// It is settled: these reasons, in words.
    Resolved(Vec<String>),
    /// It was settled before, and nothing new has happened since.
    AlreadyResolved,
    /// The order needs no attention.
    NothingToResolve,
}

/// That an order was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By which user of the operating system.
    pub by: String,
    /// Why.
    pub note: String,
}

/// What is settled of some orders.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The oldest first.
    resolutions: HashMap<i64, Vec<Resolution>>,
    subjects: HashSet<String>,
}

impl Settled {
    pub(super) async fn of(
        connection: &impl ConnectionTrait,
        orders: &[i64],
    ) -> Result<Self, DbErr> {
        let rows = order_resolution::Entity::find()
            .filter(order_resolution::Column::OrderId.is_in(orders.iter().copied()))
            .order_by_asc(order_resolution::Column::Id)
            .all(connection)
            .await?;
        let ids = rows.iter().map(|row| row.id);
        let items = order_resolution_item::Entity::find()
            .filter(order_resolution_item::Column::ResolutionId.is_in(ids))
            .all(connection)
            .await?;
        let mut settled = Self {
            resolutions: HashMap::new(),
            subjects: items.into_iter().map(|item| item.subject).collect(),
        };
        for row in rows {
            let resolution = Resolution {
                at: row.resolved_at,
                by: row.resolved_by,
                note: row.note,
            };
            let of_order = settled.resolutions.entry(row.order_id).or_default();
            of_order.push(resolution);
        }
        Ok(settled)
    }

    /// Whether the order's flag is settled: it was there from the beginning.
    pub(super) fn has_flag_of(&self, order: i64) -> bool {
        self.resolutions.contains_key(&order)
    }

    pub(super) fn has(&self, subject: &str) -> bool {
        self.subjects.contains(subject)
    }

    pub(super) fn resolutions(&mut self, order: i64) -> Vec<Resolution> {
        self.resolutions.remove(&order).unwrap_or_default()
    }
}

/// The beginning of a dispute's subject. An inquiry that becomes a dispute keeps its id at Stripe
/// and is news all the same.
pub(super) fn dispute_prefix(stage: DisputeStage) -> &'static str {
    match stage {
        DisputeStage::Inquiry => "inquiry:",
        DisputeStage::Disputed | DisputeStage::Closed(_) => "dispute:",
    }
}

/// Names an open dispute among what is settled. `None` for one that is closed.
pub(super) fn dispute_subject(dispute: &dispute::Model) -> Option<String> {
    let status: DisputeStatus = dispute.status.parse().ok()?;
    (!status.is_closed()).then(|| format!("{}{}", dispute_prefix(status.stage()), dispute.id))
}

/// The beginning of a refund's subject.
pub(super) const REFUND_PREFIX: &str = "refund:";

/// Names a refund that failed among what is settled.
pub(super) fn refund_subject(refund: &refund::Model) -> String {
    format!("{REFUND_PREFIX}{}", refund.id)
}

/// What a comparison with Stripe has found, in words.
fn difference_words(difference: &order_difference::Model) -> String {
    let what = difference.kind.replace('_', " ");
    format!("{what} ({})", difference.stripe_session_id)
}

/// Settles everything for which an order needs attention, and what the last comparison with Stripe
/// has found of it.
///
/// # Errors
/// Where the database does not answer; then nothing has changed.
pub async fn resolve(
    database: &Database,
    order: i64,
    by: &str,
    note: &str,
) -> Result<ResolveOutcome, DbErr> {
    let transaction = database.begin_write().await?;
    // Events about its payment wait, so that none of them is settled unseen.
    let Some(row) = locked(order::Entity::find_by_id(order))
        .one(&transaction)
        .await?
    else {
        transaction.rollback().await?;
        return Ok(ResolveOutcome::NothingToResolve);
    };
    let open = overview::open_subjects(&transaction, &row).await?;
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
    let resolution = order_resolution::ActiveModel {
        id: NotSet,
        order_id: Set(order),
        resolved_by: Set(by.to_owned()),
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
    transaction.commit().await?;
    tracing::info!(order = row.number, by, "order {} is resolved", row.number);
    let differences = differences
        .into_iter()
        .map(|difference| difference_words(&difference));
    Ok(ResolveOutcome::Resolved(
        open.reasons.into_iter().chain(differences).collect(),
    ))
}

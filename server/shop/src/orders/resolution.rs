//! Resolutions: what the owner has looked into and closed. Flags, disputes and failed refunds keep
//! their state, but an order whose reasons are all resolved no longer needs attention.
//!
//! A resolution covers what is known when it is written, by name and not by time: events come late,
//! and something with an earlier date at Stripe may still be news.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use till_core::refunds::DisputeStage;
use time::OffsetDateTime;

use crate::entity::{dispute, order_resolution, order_resolution_item, refund};

/// Who resolved an order, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The user of the operating system who did it.
    pub by: String,
    /// Why.
    pub note: String,
}

/// What is resolved of some orders.
#[derive(Debug, Default)]
pub(super) struct Resolutions {
    /// By order id, the oldest first.
    by_order: HashMap<i64, Vec<Resolution>>,
    subjects: HashSet<String>,
}

impl Resolutions {
    pub(super) async fn load(
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
        let mut loaded = Self {
            by_order: HashMap::new(),
            subjects: items.into_iter().map(|item| item.subject).collect(),
        };
        for row in rows {
            let resolution = Resolution {
                at: row.resolved_at,
                by: row.resolved_by,
                note: row.note,
            };
            let of_order = loaded.by_order.entry(row.order_id).or_default();
            of_order.push(resolution);
        }
        Ok(loaded)
    }

    /// Whether the order's flag is resolved. Any resolution does that: flags exist from the start.
    pub(super) fn resolves_flag_of(&self, order: i64) -> bool {
        self.by_order.contains_key(&order)
    }

    pub(super) fn has(&self, subject: &str) -> bool {
        self.subjects.contains(subject)
    }

    /// Removes and returns the resolutions of an order.
    pub(super) fn take(&mut self, order: i64) -> Vec<Resolution> {
        self.by_order.remove(&order).unwrap_or_default()
    }
}

/// Returns the prefix of a dispute's subject. An inquiry that becomes a dispute keeps its id at
/// Stripe, but needs attention again.
pub(super) fn dispute_prefix(stage: &DisputeStage) -> &'static str {
    match stage {
        DisputeStage::Inquiry => "inquiry:",
        DisputeStage::Disputed | DisputeStage::Closed(_) => "dispute:",
    }
}

/// Returns the subject of an open dispute. `None` if it is closed.
pub(super) fn dispute_subject(dispute: &dispute::Model) -> Option<String> {
    let status = &dispute.status;
    (!status.is_closed()).then(|| format!("{}{}", dispute_prefix(&status.stage()), dispute.id))
}

/// The prefix of a refund's subject.
pub(super) const REFUND_PREFIX: &str = "refund:";

/// Returns the subject of a failed refund.
pub(super) fn refund_subject(refund: &refund::Model) -> String {
    format!("{REFUND_PREFIX}{}", refund.id)
}

//! Everything that has happened to an order, in one list: the payment, Stripe's events, emails,
//! refunds, disputes, parcels, notes, withdrawals, and who did what.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use till_core::money::CurrencyCode;
use till_core::refunds::{DisputeStatus, RefundStatus};
use time::OffsetDateTime;

use super::notes::NoteRow;
use super::refund::{RequestRow, RequestState};
use super::resolution::Resolution;
use super::rows::{DisputeRow, OutboxRow, RefundRow};
use super::shipments::ShipmentRow;
use crate::audit::{Action, SubjectKind};
use crate::entity::audit_log;
use crate::inbox::listing::{EventSummary, StateFilter};
use crate::outbox::{TaskKind, TaskState};
use crate::withdrawals::{WithdrawalDetails, WithdrawalState};

/// Something that has happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Who did it: the user's email address or the operating system's user name. `None` for
    /// shoppers, banks, Stripe and the shop itself.
    pub by: Option<String>,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What has happened. Amounts in minor units, of the order's currency unless another is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// It was paid.
    Paid {
        /// What was paid; zero if nothing was due.
        amount: i64,
    },
    /// It was adopted from Stripe's data.
    Adopted,
    /// An event of Stripe's was received.
    Event {
        /// Stripe's id.
        id: String,
        /// For example `refund.created`.
        r#type: String,
        /// Its state.
        state: StateFilter,
        /// Why it failed, was ignored or waits.
        error: Option<String>,
    },
    /// An email was sent, is waiting or failed.
    Mail {
        /// The task's number.
        task: i64,
        /// The email, in one word, such as `paid`.
        mail: String,
        /// Whether it was sent.
        state: TaskState,
        /// Why it failed, or was not needed.
        error: Option<String>,
    },
    /// A refund was requested.
    RefundRequested {
        /// Its number.
        request: i64,
        /// The amount.
        amount: i64,
        /// Whether units are put back into stock.
        restock: bool,
        /// Whether the buyer is told.
        notify: bool,
        /// Why.
        reason: Option<String>,
        /// Its state now.
        state: RequestState,
        /// Why it has not been made.
        error: Option<String>,
    },
    /// Units were put back into stock.
    Restocked,
    /// Stripe made a refund.
    Refund {
        /// Stripe's id.
        id: String,
        /// The amount.
        amount: i64,
        /// Its currency.
        currency: CurrencyCode,
        /// Its status now.
        status: RefundStatus,
    },
    /// A bank opened a dispute or an inquiry.
    Dispute {
        /// Stripe's id.
        id: String,
        /// The amount.
        amount: i64,
        /// Its currency.
        currency: CurrencyCode,
        /// Its status now.
        status: DisputeStatus,
        /// The bank's reason.
        reason: Option<String>,
    },
    /// A parcel was sent.
    Shipped {
        /// The parcel as it is now.
        shipment: Box<ShipmentRow>,
    },
    /// A parcel's carrier or number was corrected.
    ShipmentCorrected {
        /// JSON of what was there before.
        before: Option<String>,
        /// JSON of what was there afterwards.
        after: Option<String>,
    },
    /// A parcel was not sent after all.
    ShipmentUndone {
        /// The parcel's id.
        shipment: i64,
    },
    /// The owner wrote a note.
    Note {
        /// The text.
        text: String,
    },
    /// An email was sent again.
    MailResent {
        /// JSON that names it.
        after: Option<String>,
    },
    /// The buyer withdrew.
    Withdrawn {
        /// The withdrawal's number.
        withdrawal: i64,
    },
    /// A withdrawal was decided.
    WithdrawalDecided {
        /// The withdrawal's number.
        withdrawal: i64,
        /// The decision.
        state: WithdrawalState,
        /// Why it was refused.
        reason: Option<String>,
    },
    /// What needed attention was resolved.
    Resolved {
        /// The reason.
        note: String,
    },
}

/// What is known of an order; each list has the oldest first.
pub(super) struct Facts<'a> {
    pub(super) paid_at: OffsetDateTime,
    /// In minor units.
    pub(super) amount_total: i64,
    pub(super) adopted_at: Option<OffsetDateTime>,
    pub(super) events: &'a [EventSummary],
    pub(super) outbox: &'a [OutboxRow],
    pub(super) refund_requests: &'a [RequestRow],
    pub(super) refunds: &'a [RefundRow],
    pub(super) disputes: &'a [DisputeRow],
    pub(super) shipments: &'a [ShipmentRow],
    pub(super) notes: &'a [NoteRow],
    pub(super) withdrawals: &'a [WithdrawalDetails],
    pub(super) resolutions: &'a [Resolution],
}

fn entry(at: OffsetDateTime, what: Happening) -> TimelineEntry {
    TimelineEntry { at, by: None, what }
}

fn entry_by(at: OffsetDateTime, by: &str, what: Happening) -> TimelineEntry {
    let by = Some(by.to_owned());
    TimelineEntry { at, by, what }
}

/// Reads what people did that has no row of its own.
pub(super) async fn actions(
    connection: &impl ConnectionTrait,
    number: &str,
) -> Result<Vec<audit_log::Model>, DbErr> {
    audit_log::Entity::find()
        .filter(audit_log::Column::SubjectKind.eq(SubjectKind::Order))
        .filter(audit_log::Column::Subject.eq(number))
        .filter(audit_log::Column::Action.is_in([
            Action::RestockOrder,
            Action::CorrectShipment,
            Action::ResendMail,
        ]))
        .order_by_asc(audit_log::Column::Id)
        .all(connection)
        .await
}

/// Returns everything that has happened, the oldest first.
pub(super) fn of(order: &Facts<'_>, actions: Vec<audit_log::Model>) -> Vec<TimelineEntry> {
    let amount = order.amount_total;
    let mut entries = vec![entry(order.paid_at, Happening::Paid { amount })];
    entries.extend(order.adopted_at.map(|at| entry(at, Happening::Adopted)));
    entries.extend(order.events.iter().map(|event| {
        let what = Happening::Event {
            id: event.id.clone(),
            r#type: event.r#type.clone(),
            state: event.state,
            error: event.error.clone(),
        };
        entry(event.received_at, what)
    }));
    entries.extend(order.outbox.iter().filter_map(mail));
    entries.extend(money(order));
    entries.extend(order.shipments.iter().flat_map(parcel));
    entries.extend(order.notes.iter().map(|note| {
        let text = note.text.clone();
        entry_by(note.at, &note.by, Happening::Note { text })
    }));
    entries.extend(order.withdrawals.iter().flat_map(withdrawal));
    entries.extend(order.resolutions.iter().map(|resolution| {
        let note = resolution.note.clone();
        entry_by(resolution.at, &resolution.by, Happening::Resolved { note })
    }));
    entries.extend(actions.into_iter().filter_map(action));
    // Of the same moment, in the order above: a cause before what follows from it.
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn mail(task: &OutboxRow) -> Option<TimelineEntry> {
    let is_mail = task.kind == TaskKind::Mail;
    let mail = task.mail.clone().filter(|_| is_mail)?;
    let at = match task.state {
        TaskState::Pending => task.created_at,
        TaskState::Done | TaskState::Dead => task.updated_at,
    };
    let what = Happening::Mail {
        task: task.id,
        mail,
        state: task.state,
        error: task.error.clone(),
    };
    Some(entry(at, what))
}

/// Refunds and disputes.
fn money(order: &Facts<'_>) -> Vec<TimelineEntry> {
    let requests = order.refund_requests.iter().map(|request| {
        let what = Happening::RefundRequested {
            request: request.id,
            amount: request.amount,
            restock: request.restock,
            notify: request.notify,
            reason: request.reason.clone(),
            state: request.state,
            error: request.error.clone(),
        };
        entry_by(request.at, &request.by, what)
    });
    let refunds = order.refunds.iter().map(|refund| {
        let what = Happening::Refund {
            id: refund.id.clone(),
            amount: refund.amount,
            currency: refund.currency.clone(),
            status: refund.status.clone(),
        };
        entry(refund.created_at, what)
    });
    let disputes = order.disputes.iter().map(|dispute| {
        let what = Happening::Dispute {
            id: dispute.id.clone(),
            amount: dispute.amount,
            currency: dispute.currency.clone(),
            status: dispute.status.clone(),
            reason: dispute.reason.clone(),
        };
        entry(dispute.created_at, what)
    });
    requests.chain(refunds).chain(disputes).collect()
}

fn parcel(shipment: &ShipmentRow) -> Vec<TimelineEntry> {
    let sent = Happening::Shipped {
        shipment: Box::new(shipment.clone()),
    };
    let mut entries = vec![entry_by(shipment.at, &shipment.by, sent)];
    if let (Some(at), Some(by)) = (shipment.undone_at, &shipment.undone_by) {
        let shipment = shipment.id;
        entries.push(entry_by(at, by, Happening::ShipmentUndone { shipment }));
    }
    entries
}

fn withdrawal(row: &WithdrawalDetails) -> Vec<TimelineEntry> {
    let withdrawal = row.id;
    let mut entries = vec![entry(row.received_at, Happening::Withdrawn { withdrawal })];
    if let (Some(at), Some(by)) = (row.decided_at, &row.decided_by) {
        let what = Happening::WithdrawalDecided {
            withdrawal,
            state: row.state,
            reason: row.reason.clone(),
        };
        entries.push(entry_by(at, by, what));
    }
    entries
}

fn action(row: audit_log::Model) -> Option<TimelineEntry> {
    let (before, after) = (row.before, row.after);
    let what = match row.action {
        Action::RestockOrder => Happening::Restocked,
        Action::CorrectShipment => Happening::ShipmentCorrected { before, after },
        Action::ResendMail => Happening::MailResent { after },
        _ => return None,
    };
    Some(entry_by(row.at, &row.actor, what))
}

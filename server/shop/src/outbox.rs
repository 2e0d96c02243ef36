//! What must happen outside the database once a transaction is committed: mails, refunds (those that
//! the owner asks for, and those of payments that came too late), and questions to Stripe about
//! disputes whose events contradict each other.
//!
//! A task is written in the same transaction as its reason, under a key of its own: the same
//! reason, seen twice, finds it there. [`work`] does it afterwards, as often as it takes, and
//! [`queue`] shows the owner what is left. Its row holds no address and no name.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, DbErr, EntityTrait, TryInsertResult,
};
use serde::{Deserialize, Serialize};

use crate::entity::outbox;
use crate::notice::Notice;
use crate::{clock, crash_points};

pub mod queue;
pub mod work;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Write to the shopper or to the owner.
    Mail {
        /// What about.
        mail: Mail,
    },
    /// Give a payment back: it came after the hold was given up, and the pieces were gone.
    Refund {
        /// How often the owner had it asked again after it was dead. Each time has an idempotency key of its own: Stripe
        /// repeats its answer to a key, also a no whose reason is gone (<https://docs.stripe.com/api/idempotent_requests>).
        #[serde(default)]
        again: u32,
    },
    /// Give back what the owner has asked for, see [`crate::orders::refund`].
    RefundRequest {
        /// Its row's id.
        request: i64,
        /// As in [`Task::Refund`].
        #[serde(default)]
        again: u32,
    },
    /// Ask Stripe how a dispute was decided: two events of the same second tell of different
    /// decisions.
    Dispute {
        /// Stripe's id.
        dispute: String,
        /// That second, Unix time.
        contested_at: i64,
    },
}

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Mail {
    /// To the shopper: the payment is confirmed.
    Paid,
    /// To the shopper: the payment is under way and takes some days.
    Processing,
    /// To the shopper: the payment failed, nothing was charged.
    Failed,
    /// To the shopper: paid too late, the pieces are gone.
    PaidLate {
        /// Whether the money goes back by itself.
        refunding: bool,
    },
    /// To the shopper: money is on its way back.
    Refunded {
        /// Stripe's id of the refund.
        refund: String,
    },
    /// To the owner: something about the shop as a whole needs a look. It belongs to no checkout.
    Notice {
        /// What.
        notice: Notice,
        /// When the mail was asked for, Unix time in seconds.
        at: i64,
    },
    /// To the owner: there is a new order.
    NewOrder,
    /// To the shopper, who has asked for it: the link to the order.
    OrderLink {
        /// It is sent once in each such period, counted from 1970 on.
        period: i64,
    },
    /// To the owner: an order needs a look.
    Attention {
        /// Why, in words of the shop's own.
        reason: Attention,
    },
}

/// Why the owner should look at an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Attention {
    /// The order carries a flag.
    Flagged {
        /// [`crate::orders::Flag`] by its name.
        flag: String,
    },
    /// A payment that came too late could not be given back.
    RefundRefused {
        /// How often the owner had it asked again before.
        #[serde(default)]
        again: u32,
    },
    /// A refund that the owner has asked for was not made.
    RequestRefused {
        /// The request's id.
        request: i64,
        /// How often the owner had it asked again before.
        again: u32,
    },
    /// A refund came back, or was given up before it was sent.
    RefundFailed {
        /// Stripe's id.
        refund: String,
    },
    /// The shopper's bank asks about the payment, and has taken nothing yet.
    Inquiry {
        /// Stripe's id of the dispute that it may become.
        dispute: String,
    },
    /// The shopper's bank has called the payment into question, and the amount is withdrawn.
    Disputed {
        /// Stripe's id.
        dispute: String,
    },
    /// A dispute has ended.
    DisputeClosed {
        /// Stripe's id.
        dispute: String,
        /// How, see [`crate::money_back::DisputeStatus`].
        status: String,
        /// When it was decided, Unix time in seconds, where the owner has been told of another
        /// decision before. A bank may turn a dispute more than once, so that this is part of the
        /// key: the last mail always tells what counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turned_at: Option<i64>,
    },
}

impl Attention {
    /// In words, for the log: with Stripe's ids, by which its dashboard is searched.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Flagged { flag } => flag.replace('_', " "),
            Self::RefundRefused { .. } => "its automatic refund could not be made".to_owned(),
            Self::RequestRefused { request, .. } => {
                format!("the refund that was asked for (number {request}) could not be made")
            }
            Self::RefundFailed { refund } => {
                format!("the refund {refund} did not reach the shopper")
            }
            Self::Inquiry { dispute } => format!("the shopper's bank asks about it ({dispute})"),
            Self::Disputed { dispute } => format!("its payment is disputed ({dispute})"),
            Self::DisputeClosed {
                dispute, status, ..
            } => {
                let status = status.replace('_', " ");
                format!("the dispute {dispute} has ended: {status}")
            }
        }
    }
}

impl Task {
    /// Give a payment back, for the first time.
    #[must_use]
    pub fn refund() -> Self {
        Self::Refund { again: 0 }
    }

    /// The kind in the database.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mail { .. } => "mail",
            Self::Refund { .. } | Self::RefundRequest { .. } => "refund",
            Self::Dispute { .. } => "dispute",
        }
    }

    /// The key under which it is done once.
    #[must_use]
    pub fn key(&self, checkout: &str) -> String {
        match self {
            Self::Refund { .. } => format!("refund:{checkout}"),
            Self::RefundRequest { request, .. } => format!("refund:{checkout}:{request}"),
            Self::Dispute {
                dispute,
                contested_at,
            } => format!("dispute:{dispute}:{contested_at}"),
            Self::Mail { mail } => match mail {
                Mail::Paid => format!("mail:paid:{checkout}"),
                Mail::Processing => format!("mail:processing:{checkout}"),
                Mail::Failed => format!("mail:failed:{checkout}"),
                Mail::PaidLate { .. } => format!("mail:paid_late:{checkout}"),
                Mail::Refunded { refund } => format!("mail:refunded:{refund}"),
                Mail::Notice { notice, at } => format!("mail:{}:{at}", notice.as_str()),
                Mail::NewOrder => format!("mail:new_order:{checkout}"),
                Mail::OrderLink { period } => format!("mail:order_link:{checkout}:{period}"),
                Mail::Attention { reason } => match reason {
                    Attention::Flagged { .. } => format!("mail:flagged:{checkout}"),
                    Attention::RefundRefused { again: 0 } => {
                        format!("mail:refund_refused:{checkout}")
                    }
                    Attention::RefundRefused { again } => {
                        format!("mail:refund_refused:{checkout}:{again}")
                    }
                    Attention::RequestRefused { request, again } => {
                        format!("mail:refund_refused:{checkout}:request:{request}:{again}")
                    }
                    Attention::RefundFailed { refund } => format!("mail:refund_failed:{refund}"),
                    Attention::Inquiry { dispute } => format!("mail:inquiry:{dispute}"),
                    Attention::Disputed { dispute } => format!("mail:disputed:{dispute}"),
                    // An inquiry that has ended may still become a dispute, and end once more.
                    Attention::DisputeClosed {
                        dispute,
                        status,
                        turned_at,
                    } => {
                        let turned = turned_at.map(|at| format!(":{at}")).unwrap_or_default();
                        format!("mail:dispute_closed:{dispute}:{status}{turned}")
                    }
                },
            },
        }
    }
}

/// Where a task stands. The database stores the lower-case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// To be done, or to be tried again.
    Pending,
    /// Done.
    Done,
    /// Tried often enough: the owner is to look at it.
    Dead,
}

impl TaskState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Done, Self::Dead];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }
}

/// Writes a task, once for its key. To be called inside the transaction of its reason.
pub(crate) async fn enqueue(
    transaction: &DatabaseTransaction,
    checkout: &str,
    task: &Task,
) -> Result<(), DbErr> {
    crash_points::reach("outbox:before-enqueue");
    let now = clock::now();
    let payload = serde_json::to_string(task)
        .map_err(|error| DbErr::Custom(format!("a task cannot be written: {error}")))?;
    let row = outbox::ActiveModel {
        id: NotSet,
        key: Set(task.key(checkout)),
        kind: Set(task.kind().to_owned()),
        checkout_id: Set(checkout.to_owned()),
        payload: Set(payload),
        state: Set(TaskState::Pending.as_str().to_owned()),
        attempts: Set(0),
        error: Set(None),
        due_at: Set(now),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let written = outbox::Entity::insert(row)
        .on_conflict_do_nothing_on([outbox::Column::Key])
        .exec(transaction)
        .await?;
    if matches!(written, TryInsertResult::Inserted(_)) {
        crash_points::reach("outbox:after-enqueue");
    }
    Ok(())
}

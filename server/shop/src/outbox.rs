//! Tasks that are done outside the database after a transaction has committed: emails, refunds
//! (requested by the owner, or of late payments), and fetching from Stripe what its events do not
//! state: details of payments, and disputes whose events contradict each other.
//!
//! A task is inserted in the same transaction as its reason, under a unique key, so that the same
//! reason inserts it only once. [`work`] runs it afterwards and retries it, and [`queue`] lists the
//! tasks for the owner. A row contains no email address and no name.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr, EntityTrait,
};
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter};
use till_core::refunds::DisputeStatus;

use crate::clock;
use crate::database::WriteTransaction;
use crate::entity::order::Flag;
use crate::entity::outbox;
pub use crate::entity::outbox::{TaskKind, TaskState};

pub mod queue;
pub mod work;

/// What the row of an email says that was written to a file, because there is no mail server.
pub const WRITTEN_TO_FILE: &str = "written to a file, because there is no mail server";

/// A task, stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Send an email to the shopper or to the owner.
    Mail {
        /// Which email.
        mail: Mail,
    },
    /// Send an email again: the owner wants it, or what it says was corrected.
    MailAgain {
        /// Which email.
        mail: Mail,
        /// What distinguishes it from the other times; part of its key.
        again: String,
    },
    /// Refund a late payment: it arrived after the hold was released, and the units were sold out.
    Refund {
        /// How often the owner has retried it after it was dead. Each retry has a new idempotency
        /// key, because Stripe repeats its response to a key, even a refusal whose cause is fixed
        /// (<https://docs.stripe.com/api/idempotent_requests>).
        #[serde(default, rename = "again")]
        manual_retries: u32,
    },
    /// Make a refund that the owner has requested, see [`crate::orders::refund`].
    RefundRequest {
        /// The id of the refund request.
        request: i64,
        /// As in [`Task::Refund`].
        #[serde(default, rename = "again")]
        manual_retries: u32,
    },
    /// Fetch the decision of a dispute from Stripe, because two events of the same second name
    /// different decisions.
    Dispute {
        /// Stripe's id.
        dispute: String,
        /// That second, as Unix time.
        contested_at: i64,
    },
    /// Fetch what Stripe's events do not state of a payment, see
    /// [`crate::orders::payment_details`].
    FetchPaymentDetails,
}

/// A problem that the owner is notified of. The database and the outbox store the names.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, AsRefStr, Display, EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Notice {
    /// Stripe refuses Checkout Sessions for a reason that no shopper can change.
    PaymentsRefused,
    /// Webhooks bring events of a shape that cannot be used, such as thin events.
    UnusableEvents,
}

/// Which email, and to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Mail {
    /// To the shopper: the payment is confirmed.
    Paid,
    /// To the shopper: the bank is processing the payment, which takes some days.
    Processing,
    /// To the shopper: the payment failed, nothing was charged.
    Failed,
    /// To the shopper: paid too late, the units are sold out.
    PaidLate {
        /// Whether the payment is refunded automatically.
        refunding: bool,
    },
    /// To the shopper: a refund was made.
    Refunded {
        /// Stripe's id of the refund.
        refund: String,
    },
    /// To the shopper: a parcel was sent.
    Shipped {
        /// The id of the shipment.
        shipment: i64,
        /// When it was sent, as Unix time in seconds: a restored database reuses ids.
        at: i64,
    },
    /// To the owner: the shop as a whole needs attention. It belongs to no checkout.
    Notice {
        /// Which notice.
        notice: Notice,
        /// When the task was created, as Unix time in seconds.
        at: i64,
    },
    /// To the owner: there is a new order.
    NewOrder,
    /// To the shopper, who has requested it: the link to the order.
    OrderLink {
        /// The number of the period since 1970; it is sent at most once in each.
        period: i64,
    },
    /// To the shopper: the receipt of a withdrawal is acknowledged. It belongs to no checkout.
    WithdrawalReceived {
        /// The id of the withdrawal.
        withdrawal: i64,
        /// When it was received, as Unix time in seconds: a restored database reuses ids.
        at: i64,
    },
    /// To the owner: a shopper has withdrawn from a contract.
    NewWithdrawal {
        /// As in [`Mail::WithdrawalReceived`].
        withdrawal: i64,
        /// As in [`Mail::WithdrawalReceived`].
        at: i64,
    },
    /// To the owner: an order needs attention.
    Attention {
        /// Why.
        reason: Attention,
    },
    /// To a user of the admin who has forgotten the password: a link. Whether there is such a user
    /// is looked up when it is sent.
    PasswordReset {
        /// The beginning of the SHA-256 of the email address.
        account: String,
        /// When it was requested, as Unix time in seconds.
        at: i64,
    },
    /// To a new user of the admin: a link.
    Invitation {
        /// The id of the user.
        user: i64,
        /// When the invitation was made, as Unix time in seconds.
        at: i64,
    },
    /// To a user of the admin: somebody is guessing the password or codes.
    SignInAttack {
        /// The id of the user.
        user: i64,
        /// Whether codes of the second factor are guessed, so that the password is known.
        codes: bool,
        /// When it was noticed, as Unix time in seconds.
        at: i64,
    },
}

impl Mail {
    /// Whether the owner receives it, not a shopper.
    pub(crate) fn is_to_owner(&self) -> bool {
        match self {
            Self::Notice { .. }
            | Self::NewOrder
            | Self::NewWithdrawal { .. }
            | Self::Attention { .. } => true,
            Self::Paid
            | Self::Processing
            | Self::Failed
            | Self::PaidLate { .. }
            | Self::Refunded { .. }
            | Self::Shipped { .. }
            | Self::OrderLink { .. }
            | Self::WithdrawalReceived { .. }
            | Self::PasswordReset { .. }
            | Self::Invitation { .. }
            | Self::SignInAttack { .. } => false,
        }
    }

    /// The email of a task with this key, which is all that is left of an old task. `None` for
    /// those that need more than the key says.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let key = key.split(":again:").next()?;
        let mut parts = key.strip_prefix("mail:")?.split(':');
        Some(match parts.next()? {
            "paid" => Self::Paid,
            "processing" => Self::Processing,
            "failed" => Self::Failed,
            "new_order" => Self::NewOrder,
            "refunded" => Self::Refunded {
                refund: parts.next()?.to_owned(),
            },
            "shipped" => Self::Shipped {
                shipment: parts.next()?.parse().ok()?,
                at: parts.next()?.parse().ok()?,
            },
            _ => return None,
        })
    }

    /// The unique key of its task.
    fn key(&self, checkout: &str) -> String {
        match self {
            Self::Paid => format!("mail:paid:{checkout}"),
            Self::Processing => format!("mail:processing:{checkout}"),
            Self::Failed => format!("mail:failed:{checkout}"),
            Self::PaidLate { .. } => format!("mail:paid_late:{checkout}"),
            Self::Refunded { refund } => format!("mail:refunded:{refund}"),
            Self::Shipped { shipment, at } => format!("mail:shipped:{shipment}:{at}"),
            Self::Notice { notice, at } => format!("mail:{notice}:{at}"),
            Self::NewOrder => format!("mail:new_order:{checkout}"),
            Self::OrderLink { period } => format!("mail:order_link:{checkout}:{period}"),
            Self::WithdrawalReceived { withdrawal, at } => {
                format!("mail:withdrawal_received:{withdrawal}:{at}")
            }
            Self::NewWithdrawal { withdrawal, at } => {
                format!("mail:new_withdrawal:{withdrawal}:{at}")
            }
            Self::PasswordReset { account, at } => format!("mail:password_reset:{account}:{at}"),
            Self::Invitation { user, at } => format!("mail:invitation:{user}:{at}"),
            Self::SignInAttack { user, at, .. } => format!("mail:sign_in_attack:{user}:{at}"),
            Self::Attention { reason } => match reason {
                Attention::Flagged { .. } => format!("mail:flagged:{checkout}"),
                Attention::RefundRefused { manual_retries: 0 } => {
                    format!("mail:refund_refused:{checkout}")
                }
                Attention::RefundRefused { manual_retries } => {
                    format!("mail:refund_refused:{checkout}:{manual_retries}")
                }
                Attention::RequestRefused {
                    request,
                    manual_retries,
                } => {
                    format!("mail:refund_refused:{checkout}:request:{request}:{manual_retries}")
                }
                Attention::RefundFailed { refund } => format!("mail:refund_failed:{refund}"),
                Attention::Inquiry { dispute } => format!("mail:inquiry:{dispute}"),
                Attention::Disputed { dispute } => format!("mail:disputed:{dispute}"),
                // An inquiry that has ended may still become a dispute, and end again.
                Attention::DisputeClosed {
                    dispute,
                    status,
                    turned_at,
                } => {
                    let suffix = turned_at.map(|at| format!(":{at}")).unwrap_or_default();
                    format!("mail:dispute_closed:{dispute}:{status}{suffix}")
                }
            },
        }
    }
}

/// Why an order needs the owner's attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Attention {
    /// The order carries a flag.
    Flagged {
        /// The flag.
        flag: Flag,
    },
    /// A late payment could not be refunded.
    RefundRefused {
        /// How often the owner had retried it before.
        #[serde(default, rename = "again")]
        manual_retries: u32,
    },
    /// A refund that the owner has requested was not made.
    RequestRefused {
        /// The id of the refund request.
        request: i64,
        /// How often the owner had retried it before.
        #[serde(rename = "again")]
        manual_retries: u32,
    },
    /// A refund failed, or was cancelled before it was sent.
    RefundFailed {
        /// Stripe's id.
        refund: String,
    },
    /// The shopper's bank has opened an inquiry; nothing is withdrawn yet.
    Inquiry {
        /// Stripe's id of the dispute.
        dispute: String,
    },
    /// The shopper's bank has disputed the payment, and the amount is withdrawn.
    Disputed {
        /// Stripe's id.
        dispute: String,
    },
    /// A dispute has ended.
    DisputeClosed {
        /// Stripe's id.
        dispute: String,
        /// Its status.
        status: DisputeStatus,
        /// When it was decided, as Unix time in seconds, if the owner was notified of another
        /// decision before. It is part of the key because a bank may change its decision more than
        /// once: the last email always has the current one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turned_at: Option<i64>,
    },
}

impl Attention {
    /// The reason in words, for the log, with Stripe's ids to search its dashboard for.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Flagged { flag } => flag.to_string().replace('_', " "),
            Self::RefundRefused { .. } => "its automatic refund could not be made".to_owned(),
            Self::RequestRefused { request, .. } => {
                format!("the requested refund (number {request}) could not be made")
            }
            Self::RefundFailed { refund } => {
                format!("the refund {refund} did not reach the shopper")
            }
            Self::Inquiry { dispute } => {
                format!("the shopper's bank has opened an inquiry ({dispute})")
            }
            Self::Disputed { dispute } => format!("its payment is disputed ({dispute})"),
            Self::DisputeClosed {
                dispute, status, ..
            } => {
                let status = status.to_string().replace('_', " ");
                format!("the dispute {dispute} has ended: {status}")
            }
        }
    }
}

impl Task {
    /// A refund of a late payment that was not retried yet.
    #[must_use]
    pub fn refund() -> Self {
        Self::Refund { manual_retries: 0 }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Mail { .. } | Self::MailAgain { .. } => TaskKind::Mail,
            Self::Refund { .. } | Self::RefundRequest { .. } => TaskKind::Refund,
            Self::Dispute { .. } => TaskKind::Dispute,
            Self::FetchPaymentDetails => TaskKind::FetchPaymentDetails,
        }
    }

    /// The unique key: a task with the same key is inserted only once.
    #[must_use]
    pub fn key(&self, checkout: &str) -> String {
        match self {
            Self::Refund { .. } => format!("refund:{checkout}"),
            Self::RefundRequest { request, .. } => format!("refund:{checkout}:{request}"),
            Self::Dispute {
                dispute,
                contested_at,
            } => format!("dispute:{dispute}:{contested_at}"),
            Self::FetchPaymentDetails => format!("fetch_payment_details:{checkout}"),
            Self::Mail { mail } => mail.key(checkout),
            Self::MailAgain { mail, again } => format!("{}:again:{again}", mail.key(checkout)),
        }
    }
}

/// Inserts a task unless its key exists. Call it in the transaction of its reason.
pub(crate) async fn enqueue(
    transaction: &WriteTransaction,
    checkout: &str,
    task: &Task,
) -> Result<(), DbErr> {
    enqueue_all(transaction, checkout, std::slice::from_ref(task)).await
}

/// Like [`enqueue`], for several tasks.
pub(crate) async fn enqueue_all(
    transaction: &WriteTransaction,
    checkout: &str,
    tasks: &[Task],
) -> Result<(), DbErr> {
    let now = clock::now();
    let row = |task: &Task| {
        let payload = serde_json::to_string(task)
            .map_err(|error| DbErr::Custom(format!("could not serialize a task: {error}")))?;
        Ok(outbox::ActiveModel {
            id: NotSet,
            key: Set(task.key(checkout)),
            kind: Set(task.kind()),
            checkout_id: Set(checkout.to_owned()),
            payload: Set(payload),
            state: Set(TaskState::Pending),
            attempts: Set(0),
            error: Set(None),
            due_at: Set(now),
            created_at: Set(now),
            updated_at: Set(now),
        })
    };
    let rows = tasks.iter().map(row).collect::<Result<Vec<_>, DbErr>>()?;
    outbox::Entity::insert_many(rows)
        .on_conflict_do_nothing_on([outbox::Column::Key])
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_old_task_names_its_email() {
        for mail in [
            Mail::Paid,
            Mail::Processing,
            Mail::Failed,
            Mail::NewOrder,
            Mail::Refunded {
                refund: "re_1".to_owned(),
            },
            Mail::Shipped {
                shipment: 7,
                at: 1_700_000_000,
            },
        ] {
            let again = Task::MailAgain {
                mail: mail.clone(),
                again: "3".to_owned(),
            };
            let task = Task::Mail { mail: mail.clone() };
            for task in [task, again] {
                assert_eq!(Mail::of_key(&task.key("checkout")), Some(mail.clone()));
            }
        }
        for key in [
            "mail:paid_late:x",
            "mail:shipped:7",
            "refund:x",
            "mail:",
            "",
        ] {
            assert_eq!(Mail::of_key(key), None, "{key}");
        }
    }
}

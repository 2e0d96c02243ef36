//! What belongs to an order, as the owner sees it.

use serde::Serialize;
use till_core::money::CurrencyCode;
use till_core::refunds::{DisputeStatus, RefundStatus};
use time::OffsetDateTime;

use crate::entity::{dispute, order_tax, outbox, refund};
use crate::outbox::{TaskKind, TaskState};

/// One tax. Amounts in minor units of the order's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaxRow {
    /// Stripe's name of it.
    pub name: String,
    /// The rate in percent, as a decimal number.
    pub percentage: Option<String>,
    /// Where it is due.
    pub jurisdiction: Option<String>,
    /// Whether the prices include it.
    pub inclusive: bool,
    /// The tax.
    pub amount: i64,
    /// What it is calculated on.
    pub taxable_amount: Option<i64>,
}

/// One refund. `amount` in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefundRow {
    /// Stripe's id.
    pub id: String,
    /// The refunded amount.
    pub amount: i64,
    /// The currency.
    pub currency: CurrencyCode,
    /// Its status at Stripe.
    pub status: RefundStatus,
    /// When Stripe made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One dispute. `amount` in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DisputeRow {
    /// Stripe's id.
    pub id: String,
    /// The disputed amount.
    pub amount: i64,
    /// The currency.
    pub currency: CurrencyCode,
    /// Its status at Stripe.
    pub status: DisputeStatus,
    /// Stripe's reason, for example `fraudulent`.
    pub reason: Option<String>,
    /// Whether Stripe has withdrawn the amount from the balance.
    pub funds_withdrawn: bool,
    /// Whether Stripe has reinstated it.
    pub funds_reinstated: bool,
    /// When Stripe made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One task of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// Its unique key: `mail:paid:…`.
    pub key: String,
    /// What it does.
    pub kind: TaskKind,
    /// Its state.
    pub state: TaskState,
    /// The number of attempts.
    pub attempts: i32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// The email that it sends, in one word, such as `paid`.
    pub mail: Option<String>,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its state changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When it is attempted next, if pending.
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
}

impl TaxRow {
    pub(super) fn of(row: order_tax::Model) -> Self {
        Self {
            name: row.name,
            percentage: row.percentage,
            jurisdiction: row.jurisdiction,
            inclusive: row.inclusive,
            amount: row.amount,
            taxable_amount: row.taxable_amount,
        }
    }
}

impl RefundRow {
    pub(super) fn of(row: refund::Model) -> Self {
        Self {
            id: row.id,
            amount: row.amount,
            currency: row.currency,
            status: row.status,
            created_at: row.created_at,
        }
    }
}

impl DisputeRow {
    pub(super) fn of(row: dispute::Model) -> Self {
        Self {
            id: row.id,
            amount: row.amount,
            currency: row.currency,
            status: row.status,
            reason: row.reason,
            funds_withdrawn: row.funds_withdrawn,
            funds_reinstated: row.funds_reinstated,
            created_at: row.created_at,
        }
    }
}

impl OutboxRow {
    pub(super) fn of(row: outbox::Model) -> Self {
        Self {
            id: row.id,
            mail: mail_name(&row.key),
            key: row.key,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            error: row.error,
            created_at: row.created_at,
            updated_at: row.updated_at,
            due_at: row.due_at,
        }
    }
}

/// The word that names an email in the key of its task.
fn mail_name(key: &str) -> Option<String> {
    let name = key.strip_prefix("mail:")?.split(':').next()?;
    Some(name.to_owned())
}

//! Problems of the shop as a whole that only the owner can fix: payments that Stripe refuses to
//! start, and webhooks that cannot be used.
//!
//! Each is one row with its last occurrence. `/readyz` warns of it for a while, and the owner is
//! emailed at most once per [`Notice::mail_interval`], however many servers there are.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};
use strum::IntoEnumIterator;
use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::{checkout, stripe_fact};
pub use crate::outbox::Notice;
use crate::outbox::{self, Mail, Task};
use till_core::lifecycle::CheckoutState;

impl Notice {
    /// The shortest time between two emails about it.
    #[must_use]
    pub fn mail_interval(self) -> Duration {
        match self {
            Self::PaymentsRefused => Duration::hours(1),
            Self::UnusableEvents => Duration::days(1),
        }
    }

    /// How long `/readyz` warns after the last occurrence.
    fn warning_ttl(self) -> Duration {
        match self {
            Self::PaymentsRefused => Duration::hours(1),
            Self::UnusableEvents => Duration::days(1),
        }
    }

    /// The warning on `/readyz`.
    #[must_use]
    pub fn warning(self, occurrence: &Occurrence) -> String {
        let (at, detail) = (clock::rfc3339(occurrence.at), &occurrence.detail);
        match self {
            Self::PaymentsRefused => format!(
                "Stripe refused to start a payment, last at {at}: {detail}; `till doctor` says \
                 what to do"
            ),
            Self::UnusableEvents => format!(
                "a webhook delivered {detail}, last at {at}; in Stripe's dashboard, replace its \
                 endpoint with one that has the payload style \"snapshot\""
            ),
        }
    }
}

/// The last occurrence of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// What happened, in words.
    pub detail: String,
    /// When it happened.
    pub at: OffsetDateTime,
}

impl Occurrence {
    fn of(row: stripe_fact::Model) -> Self {
        Self {
            detail: row.detail,
            at: row.seen_at,
        }
    }
}

/// Records an occurrence, and emails the owner unless that was done within
/// [`Notice::mail_interval`]. `detail` must contain no personal data.
///
/// # Errors
/// If the database fails.
pub(crate) async fn record(
    transaction: &WriteTransaction,
    notice: Notice,
    detail: &str,
) -> Result<(), DbErr> {
    let now = clock::now();
    let row = stripe_fact::Model {
        name: notice.to_string(),
        detail: detail.to_owned(),
        seen_at: now,
        mailed_at: None,
    };
    let latest = OnConflict::column(stripe_fact::Column::Name)
        .update_columns([stripe_fact::Column::Detail, stripe_fact::Column::SeenAt])
        .to_owned();
    stripe_fact::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(latest)
        .exec_without_returning(transaction)
        .await?;
    // One server wins: the others wait for the row and then find it updated.
    let is_due = Condition::any()
        .add(stripe_fact::Column::MailedAt.is_null())
        .add(stripe_fact::Column::MailedAt.lte(now - notice.mail_interval()));
    let claimed = stripe_fact::Entity::update_many()
        .col_expr(stripe_fact::Column::MailedAt, Expr::value(now))
        .filter(stripe_fact::Column::Name.eq(notice.as_ref()))
        .filter(is_due)
        .exec(transaction)
        .await?
        .rows_affected
        == 1;
    if claimed {
        let mail = Mail::Notice {
            notice,
            at: now.unix_timestamp(),
        };
        // It belongs to no checkout.
        outbox::enqueue(transaction, "", &Task::Mail { mail }).await?;
    }
    Ok(())
}

/// Records a fact that is reported only once. Returns whether it is new.
///
/// # Errors
/// If the database fails.
pub(crate) async fn record_once(
    transaction: &WriteTransaction,
    name: &str,
    detail: &str,
) -> Result<bool, DbErr> {
    let row = stripe_fact::Model {
        name: name.to_owned(),
        detail: detail.to_owned(),
        seen_at: clock::now(),
        mailed_at: None,
    };
    let inserted = stripe_fact::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([stripe_fact::Column::Name])
        .exec(transaction)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(_)))
}

/// Returns the last occurrence of a notice, if there was one.
///
/// # Errors
/// If the database fails.
pub(crate) async fn last_seen(
    connection: &DatabaseConnection,
    notice: Notice,
) -> Result<Option<Occurrence>, DbErr> {
    let row = stripe_fact::Entity::find_by_id(notice.as_ref())
        .one(connection)
        .await?;
    Ok(row.map(Occurrence::of))
}

/// Returns the notices that `/readyz` warns of now.
///
/// # Errors
/// If the database fails.
pub async fn current(connection: &DatabaseConnection) -> Result<Vec<(Notice, Occurrence)>, DbErr> {
    let mut current = Vec::new();
    for notice in Notice::iter() {
        let Some(occurrence) = last_seen(connection, notice).await? else {
            continue;
        };
        let recent = occurrence.at > clock::now() - notice.warning_ttl();
        if recent
            && !(notice == Notice::PaymentsRefused
                && payment_started_since(connection, &occurrence).await?)
        {
            current.push((notice, occurrence));
        }
    }
    Ok(current)
}

/// Whether Stripe has started a payment since then.
async fn payment_started_since(
    connection: &DatabaseConnection,
    occurrence: &Occurrence,
) -> Result<bool, DbErr> {
    let states = [
        CheckoutState::Open,
        CheckoutState::Processing,
        CheckoutState::Paid,
    ];
    let started: Option<String> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .filter(checkout::Column::CreatedAt.gte(occurrence.at))
        .filter(checkout::Column::State.is_in(states))
        .order_by_desc(checkout::Column::CreatedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(started.is_some())
}

/// Ends the warning on `/readyz`, because the problem is fixed. The interval between emails stays.
///
/// # Errors
/// If the database fails.
pub async fn clear_warning(database: &Database, notice: Notice) -> Result<(), DbErr> {
    let transaction = database.begin_write("clear-warning").await?;
    stripe_fact::Entity::update_many()
        .col_expr(
            stripe_fact::Column::SeenAt,
            Expr::value(OffsetDateTime::UNIX_EPOCH),
        )
        .filter(stripe_fact::Column::Name.eq(notice.as_ref()))
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

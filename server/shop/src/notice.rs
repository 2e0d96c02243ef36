//! What only the owner can put right, and concerns the shop as a whole: payments that Stripe refuses
//! to begin, and webhooks that cannot be used.
//!
//! Each is one row that says what was seen last and when. `/readyz` warns of it for a while, and the
//! owner is written to, at most once in each [`Notice::mail_interval`] however many servers there are.

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, TryInsertResult,
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::clock;
use crate::database::Database;
use crate::entity::{checkout, stripe_fact};
use crate::lifecycle::CheckoutState;
use crate::outbox::{self, Mail, Task};

/// What the owner is told about. The database and the outbox store the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Stripe refuses Checkout Sessions for a reason that no shopper can do anything about.
    PaymentsRefused,
    /// Webhooks come with events of a shape that cannot be used, such as thin events.
    UnusableEvents,
}

impl Notice {
    /// Every notice.
    pub const ALL: [Self; 2] = [Self::PaymentsRefused, Self::UnusableEvents];

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentsRefused => "payments_refused",
            Self::UnusableEvents => "unusable_events",
        }
    }

    /// The owner gets at most one mail about it in this time.
    #[must_use]
    pub fn mail_interval(self) -> Duration {
        match self {
            Self::PaymentsRefused => Duration::hours(1),
            Self::UnusableEvents => Duration::days(1),
        }
    }

    /// `/readyz` warns for this long after it was seen last.
    fn warned_for(self) -> Duration {
        match self {
            Self::PaymentsRefused => Duration::hours(1),
            Self::UnusableEvents => Duration::days(1),
        }
    }

    /// The warning of `/readyz`.
    #[must_use]
    pub fn warning(self, seen: &Seen) -> String {
        let (at, detail) = (clock::written(seen.at), &seen.detail);
        match self {
            Self::PaymentsRefused => format!(
                "Stripe refused to begin a payment, last at {at}: {detail}; `till doctor` says \
                 what to do"
            ),
            Self::UnusableEvents => format!(
                "a webhook brought {detail}, last at {at}; in Stripe's dashboard, replace its \
                 endpoint by one with the payload style \"snapshot\""
            ),
        }
    }
}

/// What was seen last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// In words.
    pub detail: String,
    /// When.
    pub at: OffsetDateTime,
}

impl Seen {
    fn of(row: stripe_fact::Model) -> Self {
        Self {
            detail: row.detail,
            at: row.seen_at,
        }
    }
}

/// Notes what was seen, and writes to the owner unless that was done a short time ago. `detail`
/// must hold no personal data.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn note(
    transaction: &DatabaseTransaction,
    notice: Notice,
    detail: &str,
) -> Result<(), DbErr> {
    let now = clock::now();
    let row = stripe_fact::Model {
        name: notice.as_str().to_owned(),
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
    // One server wins: the others wait for the row, and then find it written.
    let long_ago = Condition::any()
        .add(stripe_fact::Column::MailedAt.is_null())
        .add(stripe_fact::Column::MailedAt.lte(now - notice.mail_interval()));
    let due = stripe_fact::Entity::update_many()
        .col_expr(stripe_fact::Column::MailedAt, Expr::value(now))
        .filter(stripe_fact::Column::Name.eq(notice.as_str()))
        .filter(long_ago)
        .exec(transaction)
        .await?
        .rows_affected
        == 1;
    if due {
        let mail = Mail::Notice {
            notice,
            at: now.unix_timestamp(),
        };
        // It belongs to no checkout.
        outbox::enqueue(transaction, "", &Task::Mail { mail }).await?;
    }
    Ok(())
}

/// Notes something that is said once and never again. Says whether it was new.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn is_new(
    transaction: &DatabaseTransaction,
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

/// What was seen last of a notice; `None` where it never was.
///
/// # Errors
/// Where the database does not answer.
pub(crate) async fn seen(
    connection: &DatabaseConnection,
    notice: Notice,
) -> Result<Option<Seen>, DbErr> {
    let row = stripe_fact::Entity::find_by_id(notice.as_str())
        .one(connection)
        .await?;
    Ok(row.map(Seen::of))
}

/// What the owner should know now.
///
/// # Errors
/// Where the database does not answer.
pub async fn current(connection: &DatabaseConnection) -> Result<Vec<(Notice, Seen)>, DbErr> {
    let mut current = Vec::new();
    for notice in Notice::ALL {
        let Some(seen) = seen(connection, notice).await? else {
            continue;
        };
        let recent = seen.at > clock::now() - notice.warned_for();
        if recent && !(notice == Notice::PaymentsRefused && begun_since(connection, &seen).await?) {
            current.push((notice, seen));
        }
    }
    Ok(current)
}

/// Whether Stripe has begun a payment since then.
async fn begun_since(connection: &DatabaseConnection, seen: &Seen) -> Result<bool, DbErr> {
    let states = [
        CheckoutState::Open,
        CheckoutState::Processing,
        CheckoutState::Paid,
    ];
    let later: Option<String> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .filter(checkout::Column::CreatedAt.gte(seen.at))
        .filter(checkout::Column::State.is_in(states.map(CheckoutState::as_str)))
        .order_by_desc(checkout::Column::CreatedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(later.is_some())
}

/// Ends the warning of `/readyz`: what it was about works again. Mails stay as rare as they were.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle(database: &Database, notice: Notice) -> Result<(), DbErr> {
    let transaction = database.begin_write().await?;
    stripe_fact::Entity::update_many()
        .col_expr(
            stripe_fact::Column::SeenAt,
            Expr::value(OffsetDateTime::UNIX_EPOCH),
        )
        .filter(stripe_fact::Column::Name.eq(notice.as_str()))
        .exec(&transaction)
        .await?;
    transaction.commit().await
}

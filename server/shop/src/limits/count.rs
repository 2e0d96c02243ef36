//! Counts of limited actions.
//!
//! Each server checks its memory first, so that most refusals need no write. What passes is counted
//! in the table `rate_limit` by one statement that decides and writes, in the transaction that does
//! the work: what is refused or fails is not counted. Memory is updated after the commit. (Modelled
//! on the rate limiter of rust-lang's crates.io.)

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};
use strum::IntoEnumIterator;
use till_core::limits::{Client, LimitedAction, Limits, NETWORK_FACTOR, Rate, Scope};
use till_core::refusal::Refusal;
use time::OffsetDateTime;

use super::LogInterval;
use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::rate_limit;

/// The key under which all clients together are counted.
const SHOP: &str = "shop";
/// Maximum number of counts that one server keeps in memory. The database has them all, so dropping
/// them costs only time.
const MAX_REMEMBERED: usize = 50_000;
/// How many hexadecimal digits of its digest an email address is counted under.
const ADDRESS_KEY_LENGTH: usize = 40;
/// How often to log that a limit was reached.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// Maximum number of rows that one transaction deletes.
const MAX_DELETED: u64 = 1_000;

/// The limits of a shop, and this server's counts; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limiter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    counted: Mutex<HashMap<(LimitedAction, String), Window>>,
    logs: BTreeMap<LimitedAction, LogInterval>,
}

/// The count in a period.
#[derive(Clone, Copy, Debug)]
struct Window {
    times: u32,
    ends_at: OffsetDateTime,
}

/// What an action is counted under.
#[derive(Clone, Debug)]
struct Bucket {
    action: LimitedAction,
    key: String,
    rate: Rate,
}

/// The counts that a transaction has written.
#[derive(Debug)]
pub(crate) struct WrittenCounts(Vec<(Bucket, Window)>);

/// A limit has been reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitExceeded {
    action: LimitedAction,
    /// In seconds, at least one.
    retry_after: u32,
}

impl From<LimitExceeded> for Refusal {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::Limited {
            action: exceeded.action,
            retry_after: exceeded.retry_after,
        }
    }
}

/// Seconds from `now` until `then`, at least 1.
pub(super) fn seconds_until(then: OffsetDateTime, now: OffsetDateTime) -> u32 {
    u32::try_from(std::cmp::max((then - now).whole_seconds(), 1)).unwrap_or(u32::MAX)
}

impl Limiter {
    /// Creates a limiter without counts.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner {
            limits,
            counted: Mutex::default(),
            logs: LimitedAction::iter()
                .map(|action| (action, LogInterval::new(LOG_INTERVAL)))
                .collect(),
        }))
    }

    /// The configured limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Fails if an action has reached its limit according to this server's memory.
    pub(crate) fn check(
        &self,
        client: Option<&Client>,
        actions: &[LimitedAction],
    ) -> Result<(), LimitExceeded> {
        let now = clock::now();
        for bucket in self.buckets(client, actions) {
            let full = self
                .counted()
                .get(&(bucket.action, bucket.key))
                .filter(|counted| counted.ends_at > now && counted.times >= bucket.rate.times)
                .copied();
            if let Some(full) = full {
                self.log(bucket.action);
                return Err(LimitExceeded {
                    action: bucket.action,
                    retry_after: seconds_until(full.ends_at, now),
                });
            }
        }
        Ok(())
    }

    /// Counts the actions in the database, which all servers share. If a limit is reached, the
    /// caller must roll the transaction back; after the commit it must call [`Limiter::remember`].
    pub(crate) async fn write(
        &self,
        transaction: &WriteTransaction,
        client: Option<&Client>,
        actions: &[LimitedAction],
    ) -> Result<Result<WrittenCounts, LimitExceeded>, DbErr> {
        let mut written = Vec::new();
        for bucket in self.buckets(client, actions) {
            let now = clock::now();
            if let Some(row) = transaction.query_one(&statement(&bucket, now)).await? {
                let times: i64 = row.try_get_by_index(0)?;
                let counted = Window {
                    times: u32::try_from(times).unwrap_or(u32::MAX),
                    ends_at: row.try_get_by_index(1)?,
                };
                written.push((bucket, counted));
                continue;
            }
            let key = (bucket.action, bucket.key.clone());
            let full = rate_limit::Entity::find_by_id(key).one(transaction).await?;
            let full = Window {
                times: bucket.rate.times,
                ends_at: full.map_or(now, |row| row.expires_at),
            };
            self.log(bucket.action);
            let exceeded = LimitExceeded {
                action: bucket.action,
                retry_after: seconds_until(full.ends_at, now),
            };
            self.remember(WrittenCounts(vec![(bucket, full)]));
            return Ok(Err(exceeded));
        }
        Ok(Ok(WrittenCounts(written)))
    }

    /// Stores the database's counts in memory.
    pub(crate) fn remember(&self, written: WrittenCounts) {
        let mut known = self.counted();
        if known.len() > MAX_REMEMBERED {
            let now = clock::now();
            known.retain(|_, counted| counted.ends_at > now);
            if known.len() > MAX_REMEMBERED {
                known.clear();
            }
        }
        for (bucket, counted) in written.0 {
            let known = known.entry((bucket.action, bucket.key)).or_insert(counted);
            // Of two transactions, the later one may be remembered first.
            if known.ends_at != counted.ends_at || known.times < counted.times {
                *known = counted;
            }
        }
    }

    /// Counts an action for an email address, of which only a digest is stored. Returns whether its
    /// limit was not reached; if it was, nothing is written, and the transaction can go on.
    pub(crate) async fn write_for_address(
        &self,
        transaction: &WriteTransaction,
        action: LimitedAction,
        address: &str,
    ) -> Result<bool, DbErr> {
        let Some(&rate) = self.limits().rates.get(&action) else {
            return Ok(true);
        };
        let digest = hex::encode(Sha256::digest(address.trim().to_lowercase().as_bytes()));
        let bucket = Bucket {
            action,
            key: digest[..ADDRESS_KEY_LENGTH].to_owned(),
            rate,
        };
        let counted = transaction
            .query_one(&statement(&bucket, clock::now()))
            .await?;
        if counted.is_none() {
            self.log(action);
        }
        Ok(counted.is_some())
    }

    /// Counts the actions in their own transaction.
    pub(crate) async fn count(
        &self,
        database: &Database,
        client: Option<&Client>,
        actions: &[LimitedAction],
    ) -> Result<Result<(), LimitExceeded>, DbErr> {
        if self.buckets(client, actions).is_empty() {
            return Ok(Ok(()));
        }
        if let Err(exceeded) = self.check(client, actions) {
            return Ok(Err(exceeded));
        }
        let transaction = database.begin_write("count").await?;
        match self.write(&transaction, client, actions).await? {
            Ok(written) => {
                transaction.commit().await?;
                self.remember(written);
                Ok(Ok(()))
            }
            Err(exceeded) => {
                transaction.rollback().await?;
                Ok(Err(exceeded))
            }
        }
    }

    /// Counts an action that only reads, in this server's memory alone.
    ///
    /// # Errors
    /// The refusal, if the client has reached the limit.
    pub fn count_read(
        &self,
        client: Option<&Client>,
        action: LimitedAction,
    ) -> Result<(), Refusal> {
        self.check(client, &[action])?;
        let now = clock::now();
        let counted = self.buckets(client, &[action]).into_iter().map(|bucket| {
            let key = (bucket.action, bucket.key.clone());
            let known = self.counted().get(&key).copied();
            let window = match known.filter(|known| known.ends_at > now) {
                Some(known) => Window {
                    times: known.times.saturating_add(1),
                    ..known
                },
                None => Window {
                    times: 1,
                    ends_at: now + bucket.rate.period,
                },
            };
            (bucket, window)
        });
        let counted = counted.collect();
        self.remember(WrittenCounts(counted));
        Ok(())
    }

    fn buckets(&self, client: Option<&Client>, actions: &[LimitedAction]) -> Vec<Bucket> {
        let mut buckets = Vec::new();
        let Some(client) = client else {
            return buckets;
        };
        for &action in actions {
            let Some(&rate) = self.limits().rates.get(&action) else {
                continue;
            };
            let bucket = |key: &str, factor: u32| Bucket {
                action,
                key: key.to_owned(),
                rate: Rate {
                    times: rate.times.saturating_mul(factor),
                    ..rate
                },
            };
            match action.scope() {
                Scope::Client => {
                    buckets.push(bucket(client.key(), 1));
                    buckets.extend(client.network().map(|key| bucket(key, NETWORK_FACTOR)));
                }
                Scope::Shop => buckets.push(bucket(SHOP, 1)),
                // Counted by `write_for_address`.
                Scope::Address => {}
            }
        }
        buckets
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<(LimitedAction, String), Window>> {
        // Counts are consistent at any moment, even if another thread has panicked.
        self.0
            .counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self, action: LimitedAction) {
        if !self.0.logs.get(&action).is_some_and(LogInterval::is_due) {
            return;
        }
        let variable = action.variable();
        match action.scope() {
            Scope::Client => {
                tracing::warn!(limit = variable, "a client has reached {variable}");
            }
            Scope::Address => {
                tracing::warn!(limit = variable, "an email address has reached {variable}");
            }
            Scope::Shop => tracing::error!(
                limit = variable,
                "all clients together have reached {variable}: refusing shoppers"
            ),
        }
    }
}

/// Builds the statement that increments a count or begins a new period. If the limit is reached it
/// writes nothing and returns no row.
fn statement(bucket: &Bucket, now: OffsetDateTime) -> sea_orm::sea_query::InsertStatement {
    let ends_at = now + bucket.rate.period;
    let known = |column: rate_limit::Column| Expr::col((rate_limit::Entity, column));
    // A period that ends later was written by a wrong clock or under a longer configured period.
    let too_late = ends_at + bucket.rate.period;
    let over = || {
        Condition::any()
            .add(known(rate_limit::Column::ExpiresAt).lte(now))
            .add(known(rate_limit::Column::ExpiresAt).gt(too_late))
    };
    let again = known(rate_limit::Column::Count).add(1_i64);
    let count = CaseStatement::new().case(over(), 1_i64).finally(again);
    let expires_at = CaseStatement::new()
        .case(over(), ends_at)
        .finally(known(rate_limit::Column::ExpiresAt));
    let conflict = OnConflict::columns([rate_limit::Column::Action, rate_limit::Column::Client])
        .value(rate_limit::Column::Count, count)
        .value(rate_limit::Column::ExpiresAt, expires_at)
        .action_and_where(
            over()
                .add(known(rate_limit::Column::Count).lt(i64::from(bucket.rate.times)))
                .into(),
        )
        .to_owned();
    Query::insert()
        .into_table(rate_limit::Entity)
        .columns([
            rate_limit::Column::Action,
            rate_limit::Column::Client,
            rate_limit::Column::Count,
            rate_limit::Column::ExpiresAt,
        ])
        .values_panic([
            bucket.action.into(),
            bucket.key.as_str().into(),
            1_i64.into(),
            ends_at.into(),
        ])
        .on_conflict(conflict)
        .returning(
            Query::returning().columns([rate_limit::Column::Count, rate_limit::Column::ExpiresAt]),
        )
        .to_owned()
}

/// Deletes counts whose period is over, a limited number at a time. Returns how many.
///
/// # Errors
/// If the database is unreachable.
pub async fn delete_expired(database: &Database) -> Result<u64, DbErr> {
    let now = clock::now();
    let expired = rate_limit::Entity::find()
        .filter(rate_limit::Column::ExpiresAt.lt(now))
        .order_by_asc(rate_limit::Column::ExpiresAt)
        .limit(MAX_DELETED);
    // Usually there are none, and no write transaction is needed.
    if expired.clone().one(database.reader()).await?.is_none() {
        return Ok(0);
    }
    let transaction = database.begin_write("delete-counts").await?;
    // Rows locked by a checkout are left for the next run: a checkout locks several, so waiting for
    // one could deadlock.
    let expired: Vec<(String, String)> = expired
        .select_only()
        .column(rate_limit::Column::Action)
        .column(rate_limit::Column::Client)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(&transaction)
        .await?;
    let mut deleted = 0;
    for action in LimitedAction::iter() {
        let of_action = expired.iter().filter(|(name, _)| name == action.as_ref());
        deleted += rate_limit::Entity::delete_many()
            .filter(rate_limit::Column::Action.eq(action))
            .filter(rate_limit::Column::Client.is_in(of_action.map(|(_, client)| client)))
            .exec(&transaction)
            .await?
            .rows_affected;
    }
    transaction.commit().await?;
    Ok(deleted)
}

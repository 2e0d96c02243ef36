//! Counts of limited actions.
//!
//! Each server counts in its memory first, so that a refusal writes nothing and asks nobody. What passes there is counted in
//! the table `rate_limit`, by one statement that decides and writes, in the transaction that does the work: what is refused
//! or fails is not counted. (The model is the rate limiter of rust-lang's crates.io.)

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;

use super::{Client, LimitedAction, Limits, LogInterval, NETWORK_FACTOR, Rate, Scope};
use crate::clock;
use crate::database::Database;
use crate::entity::rate_limit;
use crate::refusal::Refusal;

/// The key of what all clients do together.
const SHOP: &str = "shop";
/// Clients that one server remembers. The database knows them all, so forgetting them costs only time.
const MAX_REMEMBERED: usize = 50_000;
/// That a limit was reached is logged this often.
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// Rows that are deleted at once.
const MAX_DELETED: u64 = 10_000;

/// The limits of a shop, and what this server has counted; cheap to clone.
#[derive(Clone, Debug)]
pub struct Limiter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    counted: Mutex<HashMap<(LimitedAction, String), Counted>>,
    logs: BTreeMap<LimitedAction, LogInterval>,
}

/// A period that has begun.
#[derive(Clone, Copy, Debug)]
struct Counted {
    times: u32,
    ends_at: OffsetDateTime,
}

/// One count that an action is part of.
#[derive(Clone, Debug)]
struct Bucket {
    action: LimitedAction,
    key: String,
    rate: Rate,
}

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded {
    action: LimitedAction,
    /// In seconds, at least one.
    retry_after: u32,
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        Self::Limited {
            action: exceeded.action,
            retry_after: exceeded.retry_after,
        }
    }
}

/// Seconds until then, at least one.
pub(super) fn seconds_until(then: OffsetDateTime, now: OffsetDateTime) -> u32 {
    u32::try_from(std::cmp::max((then - now).whole_seconds(), 1)).unwrap_or(u32::MAX)
}

impl Limiter {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner {
            limits,
            counted: Mutex::default(),
            logs: LimitedAction::ALL
                .into_iter()
                .map(|action| (action, LogInterval::new(LOG_INTERVAL)))
                .collect(),
        }))
    }

    /// What the owner has set.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Counts the actions in memory, all of them or none. They must be counted in the database as well.
    pub(crate) fn take(
        &self,
        client: Option<&Client>,
        actions: &[LimitedAction],
    ) -> Result<Spent, Exceeded> {
        let buckets = self.buckets(client, actions);
        let now = clock::now();
        let mut counted = self.counted();
        if counted.len() > MAX_REMEMBERED {
            counted.retain(|_, counted| counted.ends_at > now);
            if counted.len() > MAX_REMEMBERED {
                counted.clear();
            }
        }
        for bucket in &buckets {
            let full = counted
                .get(&(bucket.action, bucket.key.clone()))
                .filter(|counted| counted.ends_at > now && counted.times >= bucket.rate.times);
            if let Some(full) = full {
                let exceeded = Exceeded {
                    action: bucket.action,
                    retry_after: seconds_until(full.ends_at, now),
                };
                drop(counted);
                self.log(exceeded.action);
                return Err(exceeded);
            }
        }
        for bucket in &buckets {
            let fresh = Counted {
                times: 0,
                ends_at: now + bucket.rate.period,
            };
            let known = counted
                .entry((bucket.action, bucket.key.clone()))
                .or_insert(fresh);
            if known.ends_at <= now {
                *known = fresh;
            }
            known.times += 1;
        }
        drop(counted);
        Ok(Spent {
            limiter: self.clone(),
            buckets,
            kept: false,
        })
    }

    /// Counts the actions in a transaction of their own.
    pub(crate) async fn count(
        &self,
        database: &Database,
        client: Option<&Client>,
        actions: &[LimitedAction],
    ) -> Result<Result<(), Exceeded>, DbErr> {
        let spent = match self.take(client, actions) {
            Ok(spent) => spent,
            Err(exceeded) => return Ok(Err(exceeded)),
        };
        if spent.buckets.is_empty() {
            return Ok(Ok(()));
        }
        let transaction = database.begin_write().await?;
        if let Err(exceeded) = spent.write(&transaction).await? {
            transaction.rollback().await?;
            return Ok(Err(exceeded));
        }
        transaction.commit().await?;
        spent.keep();
        Ok(Ok(()))
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
            }
        }
        buckets
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<(LimitedAction, String), Counted>> {
        // Counts are whole at any moment, also where another thread has panicked.
        self.0
            .counted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The database knows what other servers have counted.
    fn learn(&self, bucket: &Bucket, times: u32, ends_at: OffsetDateTime) {
        let mut counted = self.counted();
        let known = counted
            .entry((bucket.action, bucket.key.clone()))
            .or_insert(Counted { times, ends_at });
        if known.ends_at == ends_at {
            // Requests that are still under way may be counted here already.
            known.times = std::cmp::max(known.times, times);
        } else {
            *known = Counted { times, ends_at };
        }
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
            Scope::Shop => tracing::error!(
                limit = variable,
                "all clients together have reached {variable}: shoppers are refused"
            ),
        }
    }
}

/// Actions that are counted in memory, and no longer once this is dropped without being kept.
#[derive(Debug)]
pub(crate) struct Spent {
    limiter: Limiter,
    buckets: Vec<Bucket>,
    kept: bool,
}

impl Spent {
    /// Counts the actions in the database, where the other servers' are. Where a limit is reached, the transaction must be
    /// rolled back.
    pub(crate) async fn write(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<Result<(), Exceeded>, DbErr> {
        for bucket in &self.buckets {
            let now = clock::now();
            let Some(row) = transaction.query_one(&statement(bucket, now)).await? else {
                let full = rate_limit::Entity::find_by_id((
                    bucket.action.as_str().to_owned(),
                    bucket.key.clone(),
                ))
                .one(transaction)
                .await?;
                let ends_at = full.map_or(now, |row| row.expires_at);
                self.limiter.learn(bucket, bucket.rate.times, ends_at);
                self.limiter.log(bucket.action);
                return Ok(Err(Exceeded {
                    action: bucket.action,
                    retry_after: seconds_until(ends_at, now),
                }));
            };
            let times: i64 = row.try_get_by_index(0)?;
            let ends_at: OffsetDateTime = row.try_get_by_index(1)?;
            self.limiter
                .learn(bucket, u32::try_from(times).unwrap_or(u32::MAX), ends_at);
        }
        Ok(Ok(()))
    }

    /// The transaction is committed: the actions stay counted.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let mut counted = self.limiter.counted();
        for bucket in &self.buckets {
            if let Some(known) = counted.get_mut(&(bucket.action, bucket.key.clone())) {
                known.times = known.times.saturating_sub(1);
            }
        }
    }
}

/// Counts once more, or begins a new period; gives no row, and writes nothing, where the limit is reached.
fn statement(bucket: &Bucket, now: OffsetDateTime) -> sea_orm::sea_query::InsertStatement {
    let ends_at = now + bucket.rate.period;
    let known = |column: rate_limit::Column| Expr::col((rate_limit::Entity, column));
    // One that ends so late was counted by a wrong clock, or while a longer period was set.
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
            bucket.action.as_str().into(),
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

/// Deletes counts whose period is over, a bounded number at once.
///
/// # Errors
/// Where the database does not answer.
pub async fn delete_expired(database: &Database) -> Result<u64, DbErr> {
    let now = clock::now();
    let expired: Vec<OffsetDateTime> = rate_limit::Entity::find()
        .select_only()
        .column(rate_limit::Column::ExpiresAt)
        .filter(rate_limit::Column::ExpiresAt.lt(now))
        .order_by_asc(rate_limit::Column::ExpiresAt)
        .limit(MAX_DELETED)
        .into_tuple()
        .all(database.reader())
        .await?;
    let Some(last) = expired.last() else {
        return Ok(0);
    };
    let transaction = database.begin_write().await?;
    let deleted = rate_limit::Entity::delete_many()
        .filter(rate_limit::Column::ExpiresAt.lte(*last))
        .exec(&transaction)
        .await?
        .rows_affected;
    transaction.commit().await?;
    Ok(deleted)
}

//! Leases, so that of any number of servers one runs a job at a time.
//!
//! A lease expires if its holder dies. Servers' clocks are assumed to agree within a few seconds.
//! If they do not, two servers may run a job at once, so every job is also safe to run twice.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    TryInsertResult,
};

use tokio::time::Instant;

use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::lease;
pub use crate::entity::lease::Job;

/// How long a lease lasts without being renewed.
pub const LEASE_TTL: Duration = Duration::from_secs(30);

/// How often [`Lease::acquire`] checks whether the lease is free.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// How often a lease is renewed during work. Two renewals may fail.
const RENEW_INTERVAL: Duration = Duration::from_secs(8);

/// A lease that this process holds until it is released, or until [`LEASE_TTL`] has passed since
/// it was last renewed.
#[derive(Debug)]
pub struct Lease {
    database: Database,
    job: Job,
    holder: String,
}

impl Lease {
    /// Acquires the job's lease. `None` if another process holds it.
    ///
    /// # Errors
    /// If the database is unreachable.
    pub async fn try_acquire(database: &Database, job: Job) -> Result<Option<Self>, DbErr> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)
            .map_err(|_| DbErr::Custom("could not get random bytes".to_owned()))?;
        let holder = hex::encode(bytes);
        let transaction = database.begin_write("acquire-lease").await?;
        // Read only now, because `begin_write` may have waited for another writer.
        let now = clock::now();
        let row = lease::Model {
            name: job,
            holder: holder.clone(),
            expires_at: now + LEASE_TTL,
        };
        let first = lease::Entity::insert(row.into_active_model().reset_all())
            .on_conflict_do_nothing_on([lease::Column::Name])
            .exec(&transaction)
            .await?;
        let taken = matches!(first, TryInsertResult::Inserted(_))
            || lease::Entity::update_many()
                .col_expr(lease::Column::Holder, Expr::value(&holder))
                .col_expr(lease::Column::ExpiresAt, Expr::value(now + LEASE_TTL))
                .filter(lease::Column::Name.eq(job))
                .filter(
                    Condition::any()
                        .add(lease::Column::ExpiresAt.lt(now))
                        // No lease lasts this long: a clock was wrong when it was acquired.
                        .add(lease::Column::ExpiresAt.gt(now + 2 * LEASE_TTL)),
                )
                .exec(&transaction)
                .await?
                .rows_affected
                == 1;
        transaction.commit().await?;
        Ok(taken.then(|| Self {
            database: database.clone(),
            job,
            holder,
        }))
    }

    /// Acquires the job's lease, waiting until it is free.
    ///
    /// # Errors
    /// If the database is unreachable.
    pub async fn acquire(database: &Database, job: Job) -> Result<Self, DbErr> {
        loop {
            if let Some(lease) = Self::try_acquire(database, job).await? {
                return Ok(lease);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Runs the work while renewing the lease. `None` if the lease was lost: the work was dropped
    /// at an await point then.
    pub async fn run_while_held<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            result = work => Some(result),
            () = self.wait_until_lost() => None,
        }
    }

    /// Renews the lease, and returns once it is lost: another process holds it, or it could not be
    /// renewed before it expired.
    async fn wait_until_lost(&self) {
        let mut expires_at = Instant::now() + LEASE_TTL;
        loop {
            tokio::time::sleep(RENEW_INTERVAL).await;
            let started = Instant::now();
            match tokio::time::timeout_at(expires_at, self.renew()).await {
                Ok(Ok(true)) => expires_at = started + LEASE_TTL,
                Ok(Err(_)) if Instant::now() + RENEW_INTERVAL < expires_at => {}
                Ok(Ok(false) | Err(_)) | Err(_) => return,
            }
        }
    }

    /// Renews the lease for [`LEASE_TTL`] from now. Returns whether this process still held it; if
    /// not, the work must stop.
    ///
    /// # Errors
    /// If the database is unreachable.
    pub async fn renew(&self) -> Result<bool, DbErr> {
        let transaction = self.database.begin_write("renew-lease").await?;
        let renewed = self.renew_within(&transaction).await?;
        transaction.commit().await?;
        Ok(renewed)
    }

    /// The same within an existing write transaction.
    pub(crate) async fn renew_within(&self, transaction: &WriteTransaction) -> Result<bool, DbErr> {
        let renewed = lease::Entity::update_many()
            .col_expr(
                lease::Column::ExpiresAt,
                Expr::value(clock::now() + LEASE_TTL),
            )
            .filter(self.own_row())
            .exec(transaction)
            .await?;
        Ok(renewed.rows_affected == 1)
    }

    /// Releases the lease, so that others need not wait until it expires.
    ///
    /// # Errors
    /// If the database is unreachable. The lease then expires automatically.
    pub async fn release(self) -> Result<(), DbErr> {
        let transaction = self.database.begin_write("release-lease").await?;
        lease::Entity::delete_many()
            .filter(self.own_row())
            .exec(&transaction)
            .await?;
        transaction.commit().await
    }

    fn own_row(&self) -> Condition {
        Condition::all()
            .add(lease::Column::Name.eq(self.job))
            .add(lease::Column::Holder.eq(&self.holder))
    }
}

//! Leases: among any number of servers, one does a job at a time.
//!
//! A lease ends by itself when its holder dies. Clocks of servers are assumed to agree within a few seconds; where they do
//! not, two may work at once, which is why every job is also safe to do twice.

use std::time::Duration;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, TryInsertResult,
};

use tokio::time::Instant;

use crate::clock;
use crate::database::Database;
use crate::entity::lease;

/// How long a lease lasts without being renewed.
pub const LASTS: Duration = Duration::from_secs(30);

/// How often the lease of work that takes long is renewed: twice may fail.
const RENEW_EVERY: Duration = Duration::from_secs(8);

/// A job that one server does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Ends checkouts that were left lying.
    Sweep,
    /// Tries failed events again.
    Inbox,
    /// Sends mails and refunds.
    Outbox,
    /// Compares with Stripe.
    Reconcile,
    /// Deletes what nobody needs any more.
    Prune,
}

impl Job {
    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sweep => "sweep",
            Self::Inbox => "inbox",
            Self::Outbox => "outbox",
            Self::Reconcile => "reconcile",
            Self::Prune => "prune",
        }
    }
}

/// A lease that this process holds until it is released or [`LASTS`] have passed since it was last renewed.
#[derive(Debug)]
pub struct Lease {
    database: Database,
    job: Job,
    holder: String,
}

impl Lease {
    /// Takes the job's lease. `None` while another holds it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn take(database: &Database, job: Job) -> Result<Option<Self>, DbErr> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| DbErr::Custom("no randomness".to_owned()))?;
        let holder = hex::encode(bytes);
        let transaction = database.begin_write().await?;
        // Read only now: another writer may have been waited for.
        let now = clock::now();
        let row = lease::Model {
            name: job.as_str().to_owned(),
            holder: holder.clone(),
            expires_at: now + LASTS,
        };
        let first = lease::Entity::insert(row.into_active_model().reset_all())
            .on_conflict_do_nothing_on([lease::Column::Name])
            .exec(&transaction)
            .await?;
        let taken = matches!(first, TryInsertResult::Inserted(_))
            || lease::Entity::update_many()
                .col_expr(lease::Column::Holder, Expr::value(&holder))
                .col_expr(lease::Column::ExpiresAt, Expr::value(now + LASTS))
                .filter(lease::Column::Name.eq(job.as_str()))
                .filter(
                    Condition::any()
                        .add(lease::Column::ExpiresAt.lt(now))
                        // No lease lasts so long: a clock was wrong when it was taken.
                        .add(lease::Column::ExpiresAt.gt(now + 2 * LASTS)),
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

    /// Takes the job's lease as soon as it is free.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn wait(database: &Database, job: Job) -> Result<Self, DbErr> {
        loop {
            if let Some(lease) = Self::take(database, job).await? {
                return Ok(lease);
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Works while the lease is renewed beside it. `None` where it was lost: the work was then dropped where it waited.
    pub async fn under<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.lost() => None,
        }
    }

    /// Renews it, and returns when it is no longer ours: another has it, or it could not be renewed until its end.
    async fn lost(&self) {
        let mut ends = Instant::now() + LASTS;
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let asked = Instant::now();
            match tokio::time::timeout_at(ends, self.renew()).await {
                Ok(Ok(true)) => ends = asked + LASTS,
                Ok(Err(_)) if Instant::now() + RENEW_EVERY < ends => {}
                Ok(Ok(false) | Err(_)) | Err(_) => return,
            }
        }
    }

    /// Makes it last from now on. Says whether it was still ours: if not, the work must stop.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn renew(&self) -> Result<bool, DbErr> {
        let transaction = self.database.begin_write().await?;
        let renewed = self.renew_within(&transaction).await?;
        transaction.commit().await?;
        Ok(renewed)
    }

    /// The same, as part of a transaction that writes anyway.
    pub(crate) async fn renew_within(
        &self,
        transaction: &DatabaseTransaction,
    ) -> Result<bool, DbErr> {
        let renewed = lease::Entity::update_many()
            .col_expr(lease::Column::ExpiresAt, Expr::value(clock::now() + LASTS))
            .filter(self.mine())
            .exec(transaction)
            .await?;
        Ok(renewed.rows_affected == 1)
    }

    /// Gives it back, so that nobody has to wait for its end.
    ///
    /// # Errors
    /// Where the database does not answer; it then ends by itself.
    pub async fn release(self) -> Result<(), DbErr> {
        let transaction = self.database.begin_write().await?;
        lease::Entity::delete_many()
            .filter(self.mine())
            .exec(&transaction)
            .await?;
        transaction.commit().await
    }

    fn mine(&self) -> Condition {
        Condition::all()
            .add(lease::Column::Name.eq(self.job.as_str()))
            .add(lease::Column::Holder.eq(&self.holder))
    }
}

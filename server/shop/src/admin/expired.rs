//! Deletes what has expired: sessions, links, known devices and counts of failures.

use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use strum::IntoEnumIterator;

use super::guessing::Scope;
use super::session::IDLE_TTL;
use crate::clock;
use crate::database::Database;
use crate::entity::{admin_known_device, admin_link, admin_session, sign_in_failure};

/// Rows of each table in one transaction.
const BATCH: u64 = 1_000;

/// Deletes rows of the admin that have expired. Returns how many there were; a dry run only counts
/// them.
///
/// # Errors
/// If the database fails; what was deleted before stays deleted.
pub async fn delete_expired(database: &Database, dry_run: bool) -> Result<u64, DbErr> {
    let now = clock::now();
    let sessions = Condition::any()
        .add(admin_session::Column::ExpiresAt.lte(now))
        .add(admin_session::Column::LastSeenAt.lte(now - IDLE_TTL));
    if dry_run {
        let reader = database.reader();
        let sessions = admin_session::Entity::find().filter(sessions);
        let links = admin_link::Entity::find().filter(admin_link::Column::ExpiresAt.lte(now));
        let devices = admin_known_device::Entity::find()
            .filter(admin_known_device::Column::ExpiresAt.lte(now));
        let failures =
            sign_in_failure::Entity::find().filter(sign_in_failure::Column::ExpiresAt.lte(now));
        return Ok(sessions.count(reader).await?
            + links.count(reader).await?
            + devices.count(reader).await?
            + failures.count(reader).await?);
    }
    let transaction = database.begin_write("prune-admin").await?;
    let sessions = admin_session::Entity::delete_many()
        .filter(sessions)
        .exec(&transaction)
        .await?;
    let links = admin_link::Entity::delete_many()
        .filter(admin_link::Column::ExpiresAt.lte(now))
        .exec(&transaction)
        .await?;
    let devices = admin_known_device::Entity::delete_many()
        .filter(admin_known_device::Column::ExpiresAt.lte(now))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    let mut deleted = sessions.rows_affected + links.rows_affected + devices.rows_affected;
    loop {
        let failures = delete_failures(database).await?;
        deleted += failures;
        if failures < BATCH {
            return Ok(deleted);
        }
    }
}

/// Deletes expired counts of failures. Rows that an attempt has locked are skipped: it locks
/// several, so waiting for one could deadlock.
async fn delete_failures(database: &Database) -> Result<u64, DbErr> {
    let transaction = database.begin_write("prune-failures").await?;
    let expired: Vec<(Scope, String)> = sign_in_failure::Entity::find()
        .select_only()
        .column(sign_in_failure::Column::Scope)
        .column(sign_in_failure::Column::Key)
        .filter(sign_in_failure::Column::ExpiresAt.lte(clock::now()))
        .order_by_asc(sign_in_failure::Column::ExpiresAt)
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(&transaction)
        .await?;
    let mut deleted = 0;
    for scope in Scope::iter() {
        let of_scope = expired.iter().filter(|(known, _)| *known == scope);
        deleted += sign_in_failure::Entity::delete_many()
            .filter(sign_in_failure::Column::Scope.eq(scope))
            .filter(sign_in_failure::Column::Key.is_in(of_scope.map(|(_, key)| key)))
            .exec(&transaction)
            .await?
            .rows_affected;
    }
    transaction.commit().await?;
    Ok(deleted)
}

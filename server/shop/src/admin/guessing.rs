//! Slows down who guesses passwords and codes.
//!
//! Failures are counted in the table `sign_in_failure`, which all servers share. An attempt counts
//! as a failure from the moment it is admitted until it has succeeded: a thousand attempts at the
//! same time are a thousand, not one.
//!
//! - From [`STEPS`] on, further attempts are blocked for a while: those of one client, and those of
//!   one client for one account.
//! - If many clients guess the password of one account, it is not blocked, or anybody could lock
//!   its owner out. Instead each client waits for [`ATTACK_DELAY`] before each attempt. The waits
//!   of different clients are independent: an attack cannot use up the owner's turn.
//! - A device that has signed in before is counted alone, and others never slow it down.
//! - Codes of the second factor are counted for the user, whatever the client: who tries them knows
//!   the password.

use sea_orm::sea_query::{CaseStatement, Expr, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    QueryFilter,
};
use till_core::limits::Client;
use time::{Duration, OffsetDateTime};

use super::token::digest;
use crate::database::{Database, WriteTransaction};
use crate::entity::sign_in_failure;
pub(super) use crate::entity::sign_in_failure::Scope;

/// From how many failures on each further one blocks for how long.
const STEPS: [(i64, Duration); 5] = [
    (7, Duration::minutes(1)),
    (10, Duration::minutes(10)),
    (15, Duration::minutes(15)),
    (20, Duration::hours(1)),
    (25, Duration::hours(24)),
];
/// From how many failures on an account counts as attacked: more than one client can cause, whose
/// attempts are blocked for a day before.
const ATTACK_FAILURES: i64 = 30;
/// How long each client waits before each attempt on an account that is attacked.
const ATTACK_DELAY: Duration = Duration::seconds(30);
/// Counts begin anew after this time: an account's since its first failure, others since their
/// last.
const COUNT_TTL: Duration = Duration::hours(24);

/// What an attempt is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    scope: Scope,
    key: String,
}

impl Count {
    /// An attempt by one client.
    pub(super) fn address(client: &Client) -> Self {
        let key = client.key().to_owned();
        let scope = Scope::Address;
        Self { scope, key }
    }

    /// An attempt by one client to sign in with one email address.
    pub(super) fn account_address(mail: &str, client: &Client) -> Self {
        let key = digest(&format!("{mail} {}", client.key()));
        let scope = Scope::AccountAddress;
        Self { scope, key }
    }

    /// An attempt by anybody to sign in with one email address.
    pub(super) fn account(mail: &str) -> Self {
        let (scope, key) = (Scope::Account, digest(mail));
        Self { scope, key }
    }

    /// An attempt from a device on which the user has signed in before. `scope` is one of those of
    /// devices.
    pub(super) fn device(scope: Scope, user: i64, device_digest: &str) -> Self {
        let key = digest(&format!("{user} {device_digest}"));
        Self { scope, key }
    }

    /// An attempt about one user, whatever the client.
    pub(super) fn user(scope: Scope, user: i64) -> Self {
        let key = user.to_string();
        Self { scope, key }
    }

    /// Whose failures it counts.
    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    fn id(&self) -> (Scope, String) {
        (self.scope, self.key.clone())
    }
}

/// An attempt that may be made, with the number of failures if it fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    counts: Vec<(Count, i64)>,
}

/// Further attempts are blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocked {
    /// In seconds, at least one.
    pub(super) retry_after: u32,
}

impl Blocked {
    fn until(then: OffsetDateTime, now: OffsetDateTime) -> Self {
        let seconds = std::cmp::max((then - now).whole_seconds(), 1);
        let retry_after = u32::try_from(seconds).unwrap_or(u32::MAX);
        Self { retry_after }
    }
}

impl Admitted {
    /// Whether a failure of this attempt begins a block, or an attack by many clients. While an
    /// account is attacked, the blocks of each client would fill the log.
    pub(super) fn is_worth_noting(&self) -> bool {
        let begins = |(count, failures): &(Count, i64)| match count.scope {
            Scope::Account => *failures == ATTACK_FAILURES,
            _ => STEPS.iter().any(|(step, _)| step == failures),
        };
        self.account_failures() <= ATTACK_FAILURES && self.counts.iter().any(begins)
    }

    /// The count of which the user should be told, if this attempt fails: many clients guess the
    /// password, or somebody who knows it guesses codes.
    pub(super) fn to_tell(&self) -> Option<&Count> {
        let is_alarming = |(count, failures): &&(Count, i64)| match count.scope {
            Scope::Account => *failures >= ATTACK_FAILURES,
            Scope::SecondFactor => *failures >= STEPS[0].0,
            _ => false,
        };
        let alarming = self.counts.iter().find(is_alarming);
        alarming.map(|(count, _)| count)
    }

    fn account_failures(&self) -> i64 {
        let of_account = |(count, _): &&(Count, i64)| count.scope == Scope::Account;
        let account = self.counts.iter().find(of_account);
        account.map_or(0, |(_, failures)| *failures)
    }
}

/// How long the next attempt is blocked after so many failures.
fn delay(scope: Scope, failures: i64, is_attacked: bool) -> Duration {
    if scope == Scope::Account {
        return Duration::ZERO;
    }
    let reached = STEPS.iter().rev().find(|(step, _)| failures >= *step);
    let delay = reached.map_or(Duration::ZERO, |(_, delay)| *delay);
    match scope {
        Scope::AccountAddress if is_attacked => delay.max(ATTACK_DELAY),
        _ => delay,
    }
}

/// Admits an attempt and counts it as a failure, or refuses it without counting it. The counts are
/// in the order of [`Scope`], in which their rows are locked.
pub(super) async fn admit(
    database: &Database,
    counts: &[Count],
    now: OffsetDateTime,
) -> Result<Result<Admitted, Blocked>, DbErr> {
    let transaction = database.begin_write("sign-in-attempt").await?;
    let is_attacked = is_attacked(&transaction, counts, now).await?;
    if is_attacked && let Some(blocked) = make_wait(&transaction, counts, now).await? {
        transaction.commit().await?;
        return Ok(Err(blocked));
    }
    let mut admitted = Vec::new();
    for count in counts {
        let Some(failures) = increment(&transaction, count, now).await? else {
            let row = sign_in_failure::Entity::find_by_id(count.id())
                .one(&transaction)
                .await?;
            transaction.rollback().await?;
            let until = row.and_then(|row| row.blocked_until);
            return Ok(Err(Blocked::until(until.unwrap_or(now), now)));
        };
        let delay = delay(count.scope, failures, is_attacked);
        if delay > Duration::ZERO {
            block(&transaction, count, now + delay).await?;
        }
        admitted.push((count.clone(), failures));
    }
    transaction.commit().await?;
    Ok(Ok(Admitted { counts: admitted }))
}

/// Whether many clients guess the password of the account.
async fn is_attacked(
    transaction: &WriteTransaction,
    counts: &[Count],
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let Some(account) = counts.iter().find(|count| count.scope == Scope::Account) else {
        return Ok(false);
    };
    let row = sign_in_failure::Entity::find_by_id(account.id())
        .one(transaction)
        .await?;
    let counts =
        |row: sign_in_failure::Model| row.expires_at > now && row.failures >= ATTACK_FAILURES;
    Ok(row.is_some_and(counts))
}

/// Has a client wait that has not waited before this attempt. `None`: it has.
async fn make_wait(
    transaction: &WriteTransaction,
    counts: &[Count],
    now: OffsetDateTime,
) -> Result<Option<Blocked>, DbErr> {
    let of_both = |count: &&Count| count.scope == Scope::AccountAddress;
    let Some(count) = counts.iter().find(of_both) else {
        return Ok(None);
    };
    let row = sign_in_failure::Entity::find_by_id(count.id())
        .one(transaction)
        .await?;
    let row = row.filter(|row| row.expires_at > now);
    match row.as_ref().and_then(|row| row.blocked_until) {
        Some(until) if until > now => return Ok(Some(Blocked::until(until, now))),
        Some(_) => return Ok(None),
        None => {}
    }
    let until = now + ATTACK_DELAY;
    let row = sign_in_failure::ActiveModel {
        scope: Set(count.scope),
        key: Set(count.key.clone()),
        failures: Set(row.map_or(0, |row| row.failures)),
        blocked_until: Set(Some(until)),
        told_at: Set(None),
        expires_at: Set(now + COUNT_TTL),
    };
    let columns = [
        sign_in_failure::Column::Failures,
        sign_in_failure::Column::BlockedUntil,
        sign_in_failure::Column::ExpiresAt,
    ];
    let again = OnConflict::columns([sign_in_failure::Column::Scope, sign_in_failure::Column::Key])
        .update_columns(columns)
        .to_owned();
    sign_in_failure::Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(transaction)
        .await?;
    Ok(Some(Blocked::until(until, now)))
}

/// Counts one more failure. `None`: attempts are blocked.
async fn increment(
    transaction: &WriteTransaction,
    count: &Count,
    now: OffsetDateTime,
) -> Result<Option<i64>, DbErr> {
    let known = |column: sign_in_failure::Column| Expr::col((sign_in_failure::Entity, column));
    let is_over = || known(sign_in_failure::Column::ExpiresAt).lte(now);
    let again = known(sign_in_failure::Column::Failures).add(1_i64);
    let failures = CaseStatement::new().case(is_over(), 1_i64).finally(again);
    let ends_at = now + COUNT_TTL;
    let expires_at = match count.scope {
        Scope::Account => CaseStatement::new()
            .case(is_over(), ends_at)
            .finally(known(sign_in_failure::Column::ExpiresAt)),
        _ => CaseStatement::new()
            .case(is_over(), ends_at)
            .finally(ends_at),
    };
    let is_free = Condition::any()
        .add(known(sign_in_failure::Column::BlockedUntil).is_null())
        .add(known(sign_in_failure::Column::BlockedUntil).lte(now));
    let conflict =
        OnConflict::columns([sign_in_failure::Column::Scope, sign_in_failure::Column::Key])
            .value(sign_in_failure::Column::Failures, failures)
            .value(sign_in_failure::Column::ExpiresAt, expires_at)
            .action_and_where(is_free.into())
            .to_owned();
    let statement = Query::insert()
        .into_table(sign_in_failure::Entity)
        .columns([
            sign_in_failure::Column::Scope,
            sign_in_failure::Column::Key,
            sign_in_failure::Column::Failures,
            sign_in_failure::Column::ExpiresAt,
        ])
        .values_panic([
            count.scope.into(),
            count.key.as_str().into(),
            1_i64.into(),
            ends_at.into(),
        ])
        .on_conflict(conflict)
        .returning(Query::returning().columns([sign_in_failure::Column::Failures]))
        .to_owned();
    let row = transaction.query_one(&statement).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

async fn block(
    transaction: &WriteTransaction,
    count: &Count,
    until: OffsetDateTime,
) -> Result<(), DbErr> {
    sign_in_failure::Entity::update_many()
        .col_expr(
            sign_in_failure::Column::BlockedUntil,
            Expr::value(Some(until)),
        )
        .col_expr(
            sign_in_failure::Column::ExpiresAt,
            Expr::value(until + COUNT_TTL),
        )
        .filter(sign_in_failure::Column::Scope.eq(count.scope))
        .filter(sign_in_failure::Column::Key.eq(&count.key))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Takes back what was counted of an attempt, because it has succeeded. What counts only this user
/// begins anew; of what counts others, too, only this attempt is taken back.
pub(super) async fn forgive(
    transaction: &WriteTransaction,
    admitted: &Admitted,
) -> Result<(), DbErr> {
    for (count, _) in &admitted.counts {
        let is_this = Condition::all()
            .add(sign_in_failure::Column::Scope.eq(count.scope))
            .add(sign_in_failure::Column::Key.eq(&count.key));
        if !matches!(count.scope, Scope::Address | Scope::Account) {
            sign_in_failure::Entity::delete_many()
                .filter(is_this)
                .exec(transaction)
                .await?;
            continue;
        }
        let one_less = Expr::col(sign_in_failure::Column::Failures).sub(1_i64);
        sign_in_failure::Entity::update_many()
            .col_expr(sign_in_failure::Column::Failures, one_less)
            .col_expr(
                sign_in_failure::Column::BlockedUntil,
                Expr::value(None::<OffsetDateTime>),
            )
            .filter(is_this)
            .filter(sign_in_failure::Column::Failures.gt(0_i64))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Records that the user is told of guessing now. `false`: that was done within the last hour.
pub(super) async fn may_tell(
    transaction: &WriteTransaction,
    count: &Count,
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let before = now - Duration::HOUR;
    let is_due = Condition::any()
        .add(sign_in_failure::Column::ToldAt.is_null())
        .add(sign_in_failure::Column::ToldAt.lte(before));
    let updated = sign_in_failure::Entity::update_many()
        .col_expr(sign_in_failure::Column::ToldAt, Expr::value(Some(now)))
        .filter(sign_in_failure::Column::Scope.eq(count.scope))
        .filter(sign_in_failure::Column::Key.eq(&count.key))
        .filter(is_due)
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_blocks_longer() {
        let after = |failures| delay(Scope::Address, failures, false);
        assert_eq!(after(6), Duration::ZERO);
        assert_eq!(after(7), Duration::minutes(1));
        assert_eq!(after(9), Duration::minutes(1));
        assert_eq!(after(10), Duration::minutes(10));
        assert_eq!(after(15), Duration::minutes(15));
        assert_eq!(after(20), Duration::hours(1));
        assert_eq!(after(25), Duration::hours(24));
        assert_eq!(after(1_000), Duration::hours(24));
    }

    #[test]
    fn an_account_is_never_blocked_as_a_whole() {
        assert_eq!(delay(Scope::Account, 1_000, true), Duration::ZERO);
        assert_eq!(delay(Scope::AccountAddress, 1, true), ATTACK_DELAY);
        assert_eq!(delay(Scope::AccountAddress, 7, true), Duration::minutes(1));
        assert_eq!(delay(Scope::AccountAddress, 1, false), Duration::ZERO);
        assert_eq!(delay(Scope::Device, 1, true), Duration::ZERO);
    }

    #[test]
    fn counts_are_locked_in_the_order_of_their_scopes() {
        assert!(Scope::Address < Scope::AccountAddress);
        assert!(Scope::AccountAddress < Scope::Account);
    }
}

//! Limits on one client's unpaid checkouts and the units that they hold.
//!
//! A checkout stores its client's key only while it holds units: `client` is cleared when it ends
//! or is paid. The key is the plain address. A hash would need a secret key in the same database,
//! where whoever can read one can read the other, and there are few enough addresses to try them
//! all.

use std::collections::BTreeMap;

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter,
    QuerySelect, Statement,
};
use till_core::lifecycle::CheckoutState;
use till_core::limits::{Client, Limits, NETWORK_FACTOR};
use till_core::refusal::{LineReason, LineRefusal, Refusal};
use time::OffsetDateTime;

use strum::IntoEnumIterator;

use super::count::seconds_until;
use crate::clock;
use crate::database::WriteTransaction;
use crate::entity::{checkout, checkout_line, variant};

/// First key of PostgreSQL's advisory lock, an arbitrary number. The second is the hash of the
/// client's key.
const CLIENT_LOCK: i32 = 7_418_010;

/// Minimum number of seconds after which a refused client is told to retry.
const MIN_RETRY_SECONDS: u32 = 60;

/// Matches unpaid checkouts that hold units.
fn unpaid() -> Condition {
    let states = CheckoutState::iter().filter(|state| state.holds_stock());
    Condition::all().add(checkout::Column::State.is_in(states))
}

/// Locks the client until the transaction ends, so that two of its checkouts cannot begin at the
/// same moment without counting each other.
///
/// SQLite needs no such lock: it has one write transaction at a time.
pub(crate) async fn lock(
    transaction: &WriteTransaction,
    limits: &Limits,
    client: &Client,
) -> Result<(), DbErr> {
    if limits.open_checkouts.is_none() || transaction.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    // The network includes the client.
    let key = client.network().unwrap_or(client.key());
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1, hashtext($2))",
        [CLIENT_LOCK.into(), key.into()],
    );
    transaction.query_one_raw(lock).await.map(drop)
}

/// Returns a refusal if the client has the maximum number of unpaid checkouts.
pub(crate) async fn check_open_checkouts(
    connection: &impl ConnectionTrait,
    limits: &Limits,
    client: &Client,
) -> Result<Option<Refusal>, DbErr> {
    let Some(max) = limits.open_checkouts else {
        return Ok(None);
    };
    let network = client.network().map(|network| {
        let max = max.saturating_mul(NETWORK_FACTOR);
        (checkout::Column::ClientNetwork.eq(network), max)
    });
    let own = (checkout::Column::Client.eq(client.key()), max);
    for (filter, max) in std::iter::once(own).chain(network) {
        let found: Option<(i64, Option<OffsetDateTime>)> = checkout::Entity::find()
            .select_only()
            .column_as(checkout::Column::Id.count(), "open")
            .column_as(checkout::Column::ExpiresAt.min(), "first")
            .filter(unpaid().add(filter))
            .into_tuple()
            .one(connection)
            .await?;
        let (open, first) = found.unwrap_or_default();
        if open >= i64::from(max) {
            return Ok(Some(Refusal::TooManyOpen {
                retry_after: retry_after(first),
            }));
        }
    }
    Ok(None)
}

/// Seconds until the first unpaid checkout expires, at least [`MIN_RETRY_SECONDS`]. A checkout with
/// a delayed payment may last longer.
fn retry_after(first: Option<OffsetDateTime>) -> u32 {
    let now = clock::now();
    first.map_or(MIN_RETRY_SECONDS, |first| {
        seconds_until(first, now).max(MIN_RETRY_SECONDS)
    })
}

/// Returns a refusal for each line with which the client's unpaid checkouts would hold too many
/// units of a variant: more than the share of its stock, or than the limit per order if that is
/// higher. So a client's first checkout is never refused, and anyone can buy the last units.
///
/// The variants' rows must be locked. `requested` are units by variant id.
pub(crate) async fn check_held_share(
    transaction: &WriteTransaction,
    limits: &Limits,
    client: &Client,
    variants: &[variant::Model],
    requested: &BTreeMap<i64, i64>,
) -> Result<Vec<LineRefusal>, DbErr> {
    let Some(share) = limits.held_share else {
        return Ok(Vec::new());
    };
    let counted: Vec<&variant::Model> = variants
        .iter()
        .filter(|variant| variant.stock.is_some())
        .collect();
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let mine = unpaid().add(checkout::Column::Client.eq(client.key()));
    let checkouts = Query::select()
        .column(checkout::Column::Id)
        .from(checkout::Entity)
        .cond_where(mine.clone())
        .to_owned();
    let lines: Vec<(i64, i64)> = checkout_line::Entity::find()
        .select_only()
        .column(checkout_line::Column::VariantId)
        .column(checkout_line::Column::Quantity)
        .filter(checkout_line::Column::CheckoutId.in_subquery(checkouts))
        .filter(checkout_line::Column::VariantId.is_in(counted.iter().map(|variant| variant.id)))
        .into_tuple()
        .all(transaction)
        .await?;
    let mut held: BTreeMap<i64, i64> = BTreeMap::new();
    for (variant, quantity) in lines {
        *held.entry(variant).or_default() += quantity;
    }
    let mut refused = Vec::new();
    for variant in counted {
        let max = max_held_units(variant, share);
        let held = held.get(&variant.id).copied().unwrap_or_default();
        if held + requested.get(&variant.id).copied().unwrap_or_default() > max {
            refused.push((variant.id, (max - held).max(0)));
        }
    }
    if refused.is_empty() {
        return Ok(Vec::new());
    }
    let first: Option<Option<OffsetDateTime>> = checkout::Entity::find()
        .select_only()
        .column_as(checkout::Column::ExpiresAt.min(), "first")
        .filter(mine)
        .into_tuple()
        .one(transaction)
        .await?;
    let retry_after = retry_after(first.flatten());
    Ok(refused
        .into_iter()
        .map(|(variant, left)| LineRefusal {
            variant,
            reason: LineReason::AboveShare {
                left: u32::try_from(left).unwrap_or(u32::MAX),
                retry_after,
            },
        })
        .collect())
}

/// Maximum number of a variant's units that one client's unpaid checkouts may hold.
fn max_held_units(variant: &variant::Model, share: u8) -> i64 {
    let stock = i128::from(variant.stock.unwrap_or(i64::MAX));
    let share = stock * i128::from(share) / 100;
    i64::try_from(share)
        .unwrap_or(i64::MAX)
        .max(variant.max_per_order)
}

//! What one client keeps from others while it does not pay.
//!
//! A checkout stores its client's key as long as it holds stock, and no longer: `client` is emptied
//! with its end or its payment. The key is the address in the clear. A hash would need a key of its
//! own in the same database, where whoever reads the one reads the other, and there are few enough
//! addresses to try them all.

use std::collections::BTreeMap;

use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    QueryFilter, QuerySelect, Statement,
};
use time::OffsetDateTime;

use super::count::seconds_until;
use super::{Client, Limits, NETWORK_FACTOR};
use crate::clock;
use crate::entity::{checkout, checkout_line, product};
use crate::lifecycle::CheckoutState;
use crate::refusal::{LineReason, LineRefusal, Refusal};

/// With the hash of a client's key, the key of PostgreSQL's advisory lock; an arbitrary number.
const CLIENT_LOCK: i32 = 7_418_010;

/// Checkouts that hold stock and are not paid.
fn unpaid() -> Condition {
    let states = CheckoutState::ALL
        .into_iter()
        .filter(|state| state.holds_stock())
        .map(CheckoutState::as_str);
    Condition::all().add(checkout::Column::State.is_in(states))
}

/// Until the transaction ends, no other one begins a checkout for this client: both would count
/// only those before them.
///
/// SQLite needs no such lock: its transactions already have the database to themselves.
pub(crate) async fn lock(
    transaction: &DatabaseTransaction,
    limits: &Limits,
    client: &Client,
) -> Result<(), DbErr> {
    if limits.open_checkouts.is_none() || transaction.get_database_backend() == DbBackend::Sqlite {
        return Ok(());
    }
    // The network is the wider of the two.
    let key = client.network().unwrap_or(client.key());
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1, hashtext($2))",
        [CLIENT_LOCK.into(), key.into()],
    );
    transaction.query_one_raw(lock).await.map(drop)
}

/// Refuses a client that has as many unpaid checkouts as one may have.
pub(crate) async fn too_many_open(
    connection: &impl ConnectionTrait,
    limits: &Limits,
    client: &Client,
) -> Result<Option<Refusal>, DbErr> {
    let Some(most) = limits.open_checkouts else {
        return Ok(None);
    };
    let network = client.network().map(|network| {
        let most = most.saturating_mul(NETWORK_FACTOR);
        (checkout::Column::ClientNetwork.eq(network), most)
    });
    let own = (checkout::Column::Client.eq(client.key()), most);
    for (whose, most) in std::iter::once(own).chain(network) {
        let found: Option<(i64, Option<OffsetDateTime>)> = checkout::Entity::find()
            .select_only()
            .column_as(checkout::Column::Id.count(), "open")
            .column_as(checkout::Column::ExpiresAt.min(), "first")
            .filter(unpaid().add(whose))
            .into_tuple()
            .one(connection)
            .await?;
        let (open, first) = found.unwrap_or_default();
        if open >= i64::from(most) {
            return Ok(Some(Refusal::TooManyOpen {
                retry_after: retry_after(first),
            }));
        }
    }
    Ok(None)
}

/// When the first unpaid checkout ends. One that waits for a delayed payment may last longer than
/// that.
fn retry_after(first: Option<OffsetDateTime>) -> u32 {
    const AT_LEAST: u32 = 60;
    let now = clock::now();
    first.map_or(AT_LEAST, |first| seconds_until(first, now).max(AT_LEAST))
}

/// Refuses lines by which a client's unpaid checkouts would hold more of a product than one may:
/// the share of its stock, or what one order may hold if that is more. Who buys once is so never
/// refused, nor are the last units kept from anyone.
///
/// The products' rows must be locked. `asked` are units by product.
pub(crate) async fn above_share(
    transaction: &DatabaseTransaction,
    limits: &Limits,
    client: &Client,
    products: &[product::Model],
    asked: &BTreeMap<i64, i64>,
) -> Result<Vec<LineRefusal>, DbErr> {
    let Some(share) = limits.held_share else {
        return Ok(Vec::new());
    };
    let counted: Vec<&product::Model> = products
        .iter()
        .filter(|product| product.stock.is_some())
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
        .column(checkout_line::Column::ProductId)
        .column(checkout_line::Column::Quantity)
        .filter(checkout_line::Column::CheckoutId.in_subquery(checkouts))
        .filter(checkout_line::Column::ProductId.is_in(counted.iter().map(|product| product.id)))
        .into_tuple()
        .all(transaction)
        .await?;
    let mut held: BTreeMap<i64, i64> = BTreeMap::new();
    for (product, quantity) in lines {
        *held.entry(product).or_default() += quantity;
    }
    let mut refused = Vec::new();
    for product in counted {
        let most = most(product, share);
        let held = held.get(&product.id).copied().unwrap_or_default();
        if held + asked.get(&product.id).copied().unwrap_or_default() > most {
            refused.push((product.id, (most - held).max(0)));
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
        .map(|(product, left)| LineRefusal {
            product,
            reason: LineReason::AboveShare {
                left: u32::try_from(left).unwrap_or(u32::MAX),
                retry_after,
            },
        })
        .collect())
}

/// Units of a product that one client's unpaid checkouts may hold.
fn most(product: &product::Model, share: u8) -> i64 {
    let stock = i128::from(product.stock.unwrap_or(i64::MAX));
    let share = stock * i128::from(share) / 100;
    i64::try_from(share)
        .unwrap_or(i64::MAX)
        .max(product.max_per_order)
}

//! The owner's list of orders: the newest first, a page at a time, by key. However many orders
//! there are, a page is read by an index.
//!
//! A search reads the folded words of an order (name, email address, company, number), which are
//! written with it, and the articles of its lines.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoIden, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::Value;
use strum::{AsRefStr, Display, EnumIter, EnumString};
use till_core::fulfilment::Fulfilment;
use till_core::view::full_name;
use time::OffsetDateTime;

use super::export::Period;
use super::overview::{self, OrderSummary};
use super::{OrderNumbers, Payment, find_exact};
use crate::catalog::folding;
use crate::database::Database;
pub use crate::entity::order::{DisputedMark, RefundedMark, WithdrawnMark};
use crate::entity::{order, order_line};

/// The number of orders on a page.
pub const PAGE_SIZE: u64 = 50;
/// The highest number that [`count`] returns.
pub const MAX_COUNT: u64 = 1_000;
/// The maximum number of characters of a search; the others are ignored.
pub const MAX_SEARCH_CHARS: usize = 200;
/// The maximum number of terms of a search; the others are ignored.
const MAX_TERMS: usize = 8;
/// Shorter words of a search are whole words, because too many others begin like them.
const MIN_BEGINNING: usize = 3;

/// Which orders are listed. The words are part of addresses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter, EnumString, Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OrderState {
    /// Something is left to ship.
    ToShip,
    /// Some units are shipped, and some are left.
    PartlyShipped,
    /// Everything is shipped.
    Shipped,
    /// Nothing is to be shipped.
    NotNeeded,
    /// They need the owner's attention.
    Attention,
    /// A part or everything is refunded.
    Refunded,
    /// There was a dispute or an inquiry.
    Disputed,
    /// A dispute or an inquiry is open.
    DisputeOpen,
    /// A buyer has withdrawn.
    Withdrawn,
    /// A withdrawal waits for the owner's decision.
    WithdrawalOpen,
}

impl OrderState {
    /// The conditions that make it, each of which is read by an index of its own.
    pub(crate) fn conditions(self) -> Vec<Condition> {
        let shipping = |state: Fulfilment| order::Column::Fulfilment.eq(state);
        let conditions = match self {
            Self::ToShip => {
                vec![
                    shipping(Fulfilment::ToShip),
                    shipping(Fulfilment::PartlyShipped),
                ]
            }
            Self::PartlyShipped => vec![shipping(Fulfilment::PartlyShipped)],
            Self::Shipped => vec![shipping(Fulfilment::Shipped)],
            Self::NotNeeded => vec![shipping(Fulfilment::NotNeeded)],
            Self::Attention => return overview::attention_conditions(),
            Self::Refunded => vec![order::Column::Refunded.is_not_null()],
            Self::Disputed => vec![order::Column::Disputed.is_not_null()],
            Self::DisputeOpen => vec![order::Column::Disputed.eq(DisputedMark::Open)],
            Self::Withdrawn => vec![order::Column::Withdrawn.is_not_null()],
            Self::WithdrawalOpen => vec![order::Column::Withdrawn.eq(WithdrawnMark::Open)],
        };
        let alone = |condition| Condition::all().add(condition);
        conditions.into_iter().map(alone).collect()
    }
}

/// Where a page ends: the next one has the orders before it. Its text is part of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    paid_at: OffsetDateTime,
    id: i64,
}

impl Cursor {
    /// The end of a page whose last order was paid then and has this id.
    #[must_use]
    pub fn before(paid_at: OffsetDateTime, id: i64) -> Self {
        Self { paid_at, id }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.paid_at.unix_timestamp_nanos(), self.id)
    }
}

/// The text is not where a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the end of a page")]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (nanos, id) = text.rsplit_once('-').ok_or(InvalidCursor)?;
        let nanos = nanos.parse().map_err(|_| InvalidCursor)?;
        Ok(Self {
            paid_at: OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| InvalidCursor)?,
            id: id.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

/// Which orders a page shows.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only those in this state.
    pub state: Option<OrderState>,
    /// Only those paid within this period.
    pub period: Period,
    /// Only those that match: a number; a session (`cs_…`) or payment (`pi_…`); an SKU; or the
    /// beginnings of words of name, email address and company. Empty: all.
    pub search: String,
    /// Only those before it.
    pub before: Option<Cursor>,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// The newest first. A search lists in the order in which orders came in, which differs for
    /// orders that were adopted later.
    pub rows: Vec<OrderRow>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}

/// An order of the list. Amounts in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderRow {
    /// Its id, by which it is chosen.
    pub id: i64,
    /// What the overview says of it.
    #[serde(flatten)]
    pub summary: OrderSummary,
    /// The country that it is shipped to, or else of the billing address: an ISO 3166 code.
    pub country: Option<String>,
    /// How far its shipping is.
    pub fulfilment: Fulfilment,
    /// How much of it is refunded.
    pub refunded: Option<RefundedMark>,
    /// Whether it is disputed.
    pub disputed: Option<DisputedMark>,
    /// Whether its buyer has withdrawn.
    pub withdrawn: Option<WithdrawnMark>,
    /// The number of units.
    pub units: i64,
    /// The names of its lines, the first variant first.
    pub items: Vec<String>,
}

/// Returns a page of orders.
///
/// # Errors
/// If the database does not answer.
pub async fn page(
    database: &Database,
    query: &ListQuery,
    numbers: &OrderNumbers,
) -> Result<OrderPage, DbErr> {
    // PostgreSQL has no text with NUL.
    let search = query.search.replace('\0', " ");
    let search = search.trim();
    let mut orders = match search.is_empty() {
        true => newest(database, query).await?,
        false => found(database, query, search, numbers).await?,
    };
    let size = usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
    let has_more = orders.len() > size;
    orders.truncate(size);
    let last = orders.last().filter(|_| has_more);
    let next = last.map(|order| Cursor {
        paid_at: order.paid_at,
        id: order.id,
    });
    Ok(OrderPage {
        rows: rows(database, orders).await?,
        next,
    })
}

fn within(period: Period) -> Condition {
    let paid_at = order::Column::PaidAt;
    Condition::all()
        .add_option(period.from.map(|from| paid_at.gte(from)))
        .add_option(period.until.map(|until| paid_at.lt(until)))
}

/// One more than a page of orders that were paid last.
async fn newest(database: &Database, query: &ListQuery) -> Result<Vec<order::Model>, DbErr> {
    let conditions = match query.state {
        Some(state) => state.conditions(),
        None => vec![Condition::all()],
    };
    let key = |paid_at: Expr, id: Expr| Expr::tuple([paid_at, id]);
    let column = |column| Expr::col((order::Entity, column));
    let before = query.before.map(|cursor| {
        let columns = key(column(order::Column::PaidAt), column(order::Column::Id));
        columns.lt(key(Expr::val(cursor.paid_at), Expr::val(cursor.id)))
    });
    let mut orders: Vec<order::Model> = Vec::new();
    for condition in conditions {
        let page = order::Entity::find()
            .filter(condition)
            .filter(within(query.period))
            .filter(Condition::all().add_option(before.clone()))
            .order_by_desc(order::Column::PaidAt)
            .order_by_desc(order::Column::Id)
            .limit(PAGE_SIZE + 1)
            .all(database.reader())
            .await?;
        orders.extend(page);
    }
    orders.sort_by_key(|order| std::cmp::Reverse((order.paid_at, order.id)));
    orders.dedup_by_key(|order| order.id);
    Ok(orders)
}

/// One more than a page of orders that match, the last ones that came in.
async fn found(
    database: &Database,
    query: &ListQuery,
    search: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<order::Model>, DbErr> {
    let reader = database.reader();
    let exact: Vec<i64> = exactly(database, search, numbers).await?;
    let mut ids = Vec::new();
    if exact.is_empty() {
        let backend = reader.get_database_backend();
        let mut selects: Vec<_> = skus(search).into_iter().map(of_sku).collect();
        selects.extend(of_words(backend, search));
        for mut select in selects {
            let id = Expr::col((order::Entity, order::Column::Id));
            let states = query.state.map(|state| {
                let any = Condition::any();
                state.conditions().into_iter().fold(any, Condition::add)
            });
            select
                .cond_where(within(query.period))
                .cond_where(Condition::all().add_option(states))
                .limit(PAGE_SIZE + 1);
            if let Some(cursor) = query.before {
                select.and_where(id.lt(cursor.id));
            }
            for row in reader.query_all(&select).await? {
                ids.push(row.try_get_by_index::<i64>(0)?);
            }
        }
    } else if query.before.is_none() {
        ids = exact;
    }
    ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
    ids.dedup();
    ids.truncate(usize::try_from(PAGE_SIZE + 1).unwrap_or(usize::MAX));
    order::Entity::find()
        .filter(order::Column::Id.is_in(ids))
        .order_by_desc(order::Column::Id)
        .all(reader)
        .await
}

/// The ids of the orders with exactly this number, session or payment.
async fn exactly(
    database: &Database,
    search: &str,
    numbers: &OrderNumbers,
) -> Result<Vec<i64>, DbErr> {
    let column = match search.split('_').next() {
        Some("cs") => order::Column::StripeSessionId,
        Some("pi") => order::Column::StripePaymentIntentId,
        _ => {
            let found = find_exact(database, search, numbers).await?;
            return Ok(found.into_iter().map(|order| order.id).collect());
        }
    };
    order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .filter(column.eq(search))
        .into_tuple()
        .all(database.reader())
        .await
}

/// The spellings of an SKU.
fn skus(search: &str) -> Vec<String> {
    let mut skus = vec![
        search.to_owned(),
        search.to_uppercase(),
        search.to_lowercase(),
    ];
    skus.sort();
    skus.dedup();
    skus
}

/// Selects the ids of orders with a line of this SKU, the last ones first.
fn of_sku(sku: String) -> SelectStatement {
    let line = |column: order_line::Column| (order_line::Entity, column);
    Query::select()
        .column((order::Entity, order::Column::Id))
        .from(order_line::Entity)
        .inner_join(
            order::Entity,
            Expr::col((order::Entity, order::Column::Id)).equals(line(order_line::Column::OrderId)),
        )
        .and_where(Expr::col(line(order_line::Column::Sku)).eq(sku))
        .order_by(line(order_line::Column::OrderId), Order::Desc)
        .to_owned()
}

/// Selects the ids of orders with these words, the last ones first. `None` if there is no word.
fn of_words(backend: DbBackend, search: &str) -> Option<SelectStatement> {
    let terms = Terms::parse(search);
    if terms.0.is_empty() {
        return None;
    }
    let mut select = Query::select();
    select.column((order::Entity, order::Column::Id));
    let id = Expr::col((order::Entity, order::Column::Id));
    if backend == DbBackend::Sqlite {
        let words = Alias::new("order_words").into_iden();
        let row = (words.clone(), Alias::new("rowid").into_iden());
        select
            .from(words)
            .inner_join(order::Entity, id.equals(row.clone()))
            .and_where(Expr::cust_with_values(
                "order_words MATCH ?",
                [terms.for_sqlite()],
            ))
            .order_by(row, Order::Desc);
    } else {
        select
            .from(order::Entity)
            .and_where(Expr::cust_with_values(
                "\"order\".\"search_vector\" @@ to_tsquery('simple', $1)",
                [terms.for_postgres()],
            ))
            .order_by((order::Entity, order::Column::Id), Order::Desc);
    }
    Some(select)
}

/// What was typed, term by term, each as folded words.
struct Terms(Vec<Vec<String>>);

impl Terms {
    fn parse(search: &str) -> Self {
        let search: String = search.chars().take(MAX_SEARCH_CHARS).collect();
        let terms = search.split_whitespace().map(folding::words);
        let terms = terms.filter(|words| !words.is_empty());
        Self(terms.take(MAX_TERMS).collect())
    }

    /// The term as a query: its words, or all of them as one, as an email address is stored.
    fn query(words: &[String], and: &str, or: &str, word: impl Fn(&str) -> String) -> String {
        let apart: Vec<_> = words.iter().map(|part| word(part)).collect();
        match words.len() {
            1 => apart.concat(),
            _ => format!("({} {or} ({}))", word(&words.concat()), apart.join(and)),
        }
    }

    fn for_sqlite(&self) -> String {
        let word = |word: &str| match word.chars().count() < MIN_BEGINNING {
            true => format!("\"{word}\""),
            false => format!("\"{word}\"*"),
        };
        let terms = self
            .0
            .iter()
            .map(|term| Self::query(term, " AND ", "OR", word));
        terms.collect::<Vec<_>>().join(" AND ")
    }

    fn for_postgres(&self) -> String {
        let word = |word: &str| match word.chars().count() < MIN_BEGINNING {
            true => format!("'{word}'"),
            false => format!("'{word}':*"),
        };
        let terms = self
            .0
            .iter()
            .map(|term| Self::query(term, " & ", "|", word));
        terms.collect::<Vec<_>>().join(" & ")
    }
}

/// The folded words by which an order is found: of names and company, and of the email address the
/// words before the @, the domain as one word, and the whole as one word.
pub(super) fn words(paid: &Payment) -> String {
    let names = [&paid.name, &paid.business_name, &paid.shipping_name];
    let mut found: Vec<String> = Vec::new();
    for name in names.into_iter().flatten() {
        found.extend(folding::words(name));
    }
    if let Some(email) = &paid.email {
        found.push(folding::words(email).concat());
        if let Some((local, domain)) = email.rsplit_once('@') {
            found.extend(folding::words(local));
            found.push(folding::words(domain).concat());
        }
    }
    found.sort();
    found.dedup();
    found.join(" ")
}

/// These words, the order's number without prefix and dashes, and its second half: people ask for
/// either half.
pub(super) fn with_number(words: &str, number: &str) -> String {
    let groups: Vec<_> = number.split('-').collect();
    let code = groups
        .get(groups.len().saturating_sub(2)..)
        .unwrap_or_default();
    let half = code.last().copied().unwrap_or_default();
    let numbers = format!("{} {half}", code.concat()).to_lowercase();
    match words.is_empty() {
        true => numbers,
        false => format!("{words} {numbers}"),
    }
}

async fn rows(database: &Database, orders: Vec<order::Model>) -> Result<Vec<OrderRow>, DbErr> {
    let reader = database.reader();
    let ids: Vec<i64> = orders.iter().map(|order| order.id).collect();
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.is_in(ids))
        .order_by_asc(order_line::Column::OrderId)
        .order_by_asc(order_line::Column::VariantId)
        .all(reader)
        .await?;
    let mut lines_of: HashMap<i64, Vec<order_line::Model>> = HashMap::new();
    for line in lines {
        lines_of.entry(line.order_id).or_default().push(line);
    }
    let summaries = overview::summaries(reader, &orders).await?;
    let row = |(order, summary): (order::Model, OrderSummary)| {
        let lines = lines_of.remove(&order.id).unwrap_or_default();
        let name = |line: &order_line::Model| full_name(&line.product_name, &line.variant_name);
        OrderRow {
            id: order.id,
            country: country(&order),
            fulfilment: order.fulfilment,
            refunded: order.refunded,
            disputed: order.disputed,
            withdrawn: order.withdrawn,
            units: lines.iter().map(|line| line.quantity).sum(),
            items: lines.iter().map(name).collect(),
            summary,
        }
    };
    Ok(orders.into_iter().zip(summaries).map(row).collect())
}

fn country(order: &order::Model) -> Option<String> {
    let address = order.shipping_address.as_deref();
    let address = address.or(order.billing_address.as_deref())?;
    let address: Value = serde_json::from_str(address).ok()?;
    address["country"].as_str().map(str::to_owned)
}

/// Counts the orders in a state, up to [`MAX_COUNT`].
///
/// # Errors
/// If the database does not answer.
pub async fn count(database: &Database, state: OrderState) -> Result<u64, DbErr> {
    let mut ids: Vec<i64> = Vec::new();
    for condition in state.conditions() {
        let found: Vec<i64> = order::Entity::find()
            .select_only()
            .column(order::Column::Id)
            .filter(condition)
            .limit(MAX_COUNT)
            .into_tuple()
            .all(database.reader())
            .await?;
        ids.extend(found);
    }
    ids.sort_unstable();
    ids.dedup();
    let count = u64::try_from(ids.len()).unwrap_or(MAX_COUNT);
    Ok(std::cmp::min(count, MAX_COUNT))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_end_of_a_page_survives_its_address() {
        for paid_at in [
            datetime!(2026-11-28 13:05:07.123456 UTC),
            datetime!(1969-12-31 23:59:59 UTC),
        ] {
            let cursor = Cursor { paid_at, id: 7 };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in [
            "",
            "7",
            "7-",
            "-7",
            "x-7",
            "7-x",
            "99999999999999999999999999999999-1",
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn a_term_is_found_as_one_word_and_as_several() {
        let terms = Terms::parse("Möwe ada@shopper.example o");
        let expected = "\"mowe\"* AND (\"adashopperexample\"* OR \
                        (\"ada\"* AND \"shopper\"* AND \"example\"*)) AND \"o\"";
        assert_eq!(terms.for_sqlite(), expected);
        let expected = "'mowe':* & ('adashopperexample':* | \
                        ('ada':* & 'shopper':* & 'example':*)) & 'o'";
        assert_eq!(terms.for_postgres(), expected);
        assert!(Terms::parse(" * \" ' ) -- ").0.is_empty());
    }

    #[test]
    fn the_number_is_a_word_without_its_prefix() {
        assert_eq!(with_number("ada", "TEA-K7QM-3XPA"), "ada k7qm3xpa 3xpa");
        assert_eq!(with_number("", "K7QM-3XPA"), "k7qm3xpa 3xpa");
    }

    proptest! {
        #[test]
        fn any_text_is_a_search(typed in "\\PC*|[\\x00-\\x7f]*") {
            let terms = Terms::parse(&typed);
            prop_assert!(terms.0.len() <= MAX_TERMS);
            let words: String = terms.0.concat().concat();
            prop_assert!(words.chars().all(char::is_alphanumeric));
        }

        #[test]
        fn any_text_is_read_as_the_end_of_a_page_or_not(text in "\\PC*") {
            let _ = text.parse::<Cursor>();
        }
    }
}

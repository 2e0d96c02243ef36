//! The inbox as its owner sees it.

use std::str::FromStr;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::EventState;
use super::dismissal::Dismissal;
use crate::database::Database;
use crate::entity::{order, stripe_event};

/// The text names no state of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a state: pending, applied, ignored, failed, dead or dismissed")]
pub struct UnknownState;

/// What the owner looks for. A failed or dead event that is dismissed is neither failed nor dead in
/// lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In this state, and not dismissed.
    In(EventState),
    /// Dismissed.
    Dismissed,
}

/// The name of the state that [`Shown::Dismissed`] is shown as.
const DISMISSED: &str = "dismissed";

impl FromStr for Shown {
    type Err = UnknownState;

    fn from_str(name: &str) -> Result<Self, UnknownState> {
        if name == DISMISSED {
            return Ok(Self::Dismissed);
        }
        EventState::ALL
            .into_iter()
            .find(|state| state.as_str() == name)
            .map(Self::In)
            .ok_or(UnknownState)
    }
}

/// Which events are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<Shown>,
    /// Only those of this type.
    pub r#type: Option<String>,
    /// Leave out those that are ignored.
    pub without_ignored: bool,
    /// At most so many.
    pub limit: u64,
}

/// An event without its payload, which holds personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventSummary {
    /// Stripe's id.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub r#type: String,
    /// See [`EventState`]; or `dismissed`.
    pub state: String,
    /// How often it was tried in vain.
    pub attempts: i32,
    /// Why it failed, was ignored or waits.
    pub error: Option<String>,
    /// `webhook` or `pulled`.
    pub source: String,
    /// Whether real money is concerned.
    pub livemode: bool,
    /// The checkout that it concerns.
    pub checkout: Option<String>,
    /// The number of that checkout's order.
    pub order: Option<String>,
    /// The payment intent whose order must come first.
    pub waits_for: Option<String>,
    /// When Stripe made it.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it came here.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// When it is tried again, or given up.
    #[serde(with = "time::serde::rfc3339::option")]
    pub due_at: Option<OffsetDateTime>,
    /// Where the owner has dismissed it.
    pub dismissal: Option<Dismissal>,
}

/// Events, those that came last first.
///
/// # Errors
/// Where the database does not answer.
pub async fn list(database: &Database, filter: &Filter) -> Result<Vec<EventSummary>, DbErr> {
    let events = stripe_event::Entity::find()
        .apply_if(filter.state, |query, state| {
            let dismissed = stripe_event::Column::DismissedAt;
            match state {
                Shown::In(state) => query
                    .filter(stripe_event::Column::State.eq(state.as_str()))
                    .filter(dismissed.is_null()),
                Shown::Dismissed => query.filter(dismissed.is_not_null()),
            }
        })
        .apply_if(filter.without_ignored.then_some(()), |query, ()| {
            query.filter(stripe_event::Column::State.ne(EventState::Ignored.as_str()))
        })
        .apply_if(filter.r#type.as_deref(), |query, r#type| {
            query.filter(stripe_event::Column::Type.eq(r#type))
        })
        .order_by_desc(stripe_event::Column::ReceivedAt)
        .order_by_desc(stripe_event::Column::Id)
        .limit(filter.limit)
        .all(database.reader())
        .await?;
    summaries(database, events).await
}

/// The events of a checkout, in the order in which Stripe made them.
///
/// # Errors
/// Where the database does not answer.
pub async fn of_checkout(database: &Database, checkout: &str) -> Result<Vec<EventSummary>, DbErr> {
    let events = stripe_event::Entity::find()
        .filter(stripe_event::Column::CheckoutId.eq(checkout))
        .order_by_asc(stripe_event::Column::CreatedAt)
        .order_by_asc(stripe_event::Column::Id)
        .all(database.reader())
        .await?;
    summaries(database, events).await
}

/// One event, and its payload as JSON. `None` where there is none of this id.
///
/// # Errors
/// Where the database does not answer.
pub async fn show(database: &Database, id: &str) -> Result<Option<(EventSummary, Value)>, DbErr> {
    let Some(event) = stripe_event::Entity::find_by_id(id)
        .one(database.reader())
        .await?
    else {
        return Ok(None);
    };
    let payload = serde_json::from_str(&event.payload).unwrap_or(Value::Null);
    let summary = summaries(database, vec![event]).await?.pop();
    Ok(summary.map(|summary| (summary, payload)))
}

async fn summaries(
    database: &Database,
    events: Vec<stripe_event::Model>,
) -> Result<Vec<EventSummary>, DbErr> {
    let checkouts = events.iter().filter_map(|event| event.checkout_id.as_ref());
    let orders: Vec<(String, String)> = order::Entity::find()
        .select_only()
        .column(order::Column::CheckoutId)
        .column(order::Column::Number)
        .filter(order::Column::CheckoutId.is_in(checkouts))
        .into_tuple()
        .all(database.reader())
        .await?;
    let order_of = |checkout: &Option<String>| {
        let found = orders.iter().find(|(id, _)| Some(id) == checkout.as_ref());
        found.map(|(_, number)| number.clone())
    };
    Ok(events
        .into_iter()
        .map(|event| EventSummary {
            order: order_of(&event.checkout_id),
            dismissal: Dismissal::of(&event),
            state: if event.dismissed_at.is_some() {
                DISMISSED.to_owned()
            } else {
                event.state
            },
            id: event.id,
            r#type: event.r#type,
            attempts: event.attempts,
            error: event.error,
            source: event.source,
            livemode: event.livemode,
            checkout: event.checkout_id,
            waits_for: event.waits_for,
            created_at: event.created_at,
            received_at: event.received_at,
            due_at: event.due_at,
        })
        .collect())
}

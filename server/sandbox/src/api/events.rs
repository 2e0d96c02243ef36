//! `/v1/events`: the events of the last 30 days, newest first.

use serde_json::Value;

use super::Call;
use super::list::{Created, Page, list_json, read_expand};
use crate::error::ApiError;
use crate::event::Event;
use crate::store::Store;

/// In seconds; older events are not returned.
const MAX_EVENT_AGE: i64 = 30 * 24 * 60 * 60;

/// `GET /v1/events/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let event = store
        .events
        .get(&call.id)
        .filter(|event| event.created >= call.now - MAX_EVENT_AGE)
        .ok_or_else(|| ApiError::no_such("event", &call.id, "id"))?;
    Ok(event.json())
}

/// `GET /v1/events`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    let kind = fields.text("type")?;
    let kinds = fields.texts("types")?;
    let delivery_success = fields.boolean("delivery_success")?;
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    if kind.is_some() && !kinds.is_empty() {
        return Err(
            ApiError::invalid("You may only specify one of type and types.")
                .code("parameters_exclusive"),
        );
    }
    let oldest = call.now - MAX_EVENT_AGE;
    let matches = |event: &Event| {
        event.created >= oldest
            && created.contains(event.created)
            && kind.as_ref().is_none_or(|kind| is_kind(event, kind))
            && (kinds.is_empty() || kinds.iter().any(|kind| is_kind(event, kind)))
            && delivery_success.is_none_or(|delivered| event.is_delivered() == delivered)
    };
    let (events, has_more) = page.query(&store.events, matches, "event")?;
    Ok(list_json(
        "/v1/events",
        events.into_iter().map(Event::json).collect(),
        has_more,
    ))
}

/// Whether an event is of this type. `checkout.session.*` matches all types with that prefix, as in
/// Stripe's `type`.
fn is_kind(event: &Event, kind: &str) -> bool {
    let name = event.kind.name();
    kind.strip_suffix('*')
        .map_or(name == kind, |prefix| name.starts_with(prefix))
}

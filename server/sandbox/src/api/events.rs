//! `/v1/events`: 30 days of what happened, the newest first.

use serde_json::Value;

use super::Call;
use super::list::{Created, Page, expansions, list_json};
use crate::error::ApiError;
use crate::event::Event;
use crate::store::Store;

const KEPT_SECONDS: i64 = 30 * 24 * 60 * 60;

/// `GET /v1/events/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    expansions(&mut fields, &[])?;
    fields.finish()?;
    let event = store
        .events
        .get(&call.id)
        .filter(|event| event.created >= call.now - KEPT_SECONDS)
        .ok_or_else(|| ApiError::no_such("event", &call.id, "id"))?;
    Ok(event.json())
}

/// `GET /v1/events`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::of(&mut fields)?;
    let created = Created::of(&mut fields)?;
    let kind = fields.text("type")?;
    let kinds = fields.texts("types")?;
    let delivery_success = fields.boolean("delivery_success")?;
    expansions(&mut fields, &[])?;
    fields.finish()?;
    if kind.is_some() && !kinds.is_empty() {
        return Err(
            ApiError::invalid("You may only specify one of type and types.")
                .code("parameters_exclusive"),
        );
    }
    let oldest = call.now - KEPT_SECONDS;
    let matches = |event: &Event| {
        event.created >= oldest
            && created.contains(event.created)
            && kind.as_ref().is_none_or(|kind| is_kind(event, kind))
            && (kinds.is_empty() || kinds.iter().any(|kind| is_kind(event, kind)))
            && delivery_success.is_none_or(|delivered| event.is_delivered() == delivered)
    };
    let (events, has_more) = page.of_table(&store.events, matches, "event")?;
    Ok(list_json(
        "/v1/events",
        events.into_iter().map(Event::json).collect(),
        has_more,
    ))
}

/// `checkout.session.*` names all of them, as Stripe's `type` allows.
fn is_kind(event: &Event, kind: &str) -> bool {
    let name = event.kind.name();
    kind.strip_suffix('*')
        .map_or(name == kind, |prefix| name.starts_with(prefix))
}

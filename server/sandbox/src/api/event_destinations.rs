//! `/v2/core/event_destinations`: webhook endpoints in version 2 of the API, including those for
//! thin events.

use serde_json::{Value, json};

use super::checkout_sessions::require_url;
use super::{Call, Reply};
use crate::clock::rfc3339_ms;
use crate::endpoint::{Endpoint, EndpointStatus, new_secret};
use crate::error::ApiError;
use crate::form::Fields;
use crate::ids;
use crate::store::{Store, Transaction};

/// `POST /v2/core/event_destinations`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let name = fields.short_text("name", 255)?;
    let description = fields.short_text("description", 5000)?;
    fields.one_of("type", &["webhook_endpoint"])?;
    let payload = fields.one_of("event_payload", &["snapshot", "thin"])?;
    let enabled_events = fields.texts("enabled_events")?;
    let api_version = fields.text("snapshot_api_version")?;
    let url = match fields.fields("webhook_endpoint")? {
        Some(mut endpoint) => {
            let url = endpoint.short_text("url", 5000)?;
            endpoint.finish()?;
            url
        }
        None => None,
    };
    let include = fields.texts("include")?;
    fields.finish()?;
    name.ok_or_else(|| ApiError::parameter_missing("name"))?;
    let payload = payload.ok_or_else(|| ApiError::parameter_missing("event_payload"))?;
    let url = url.ok_or_else(|| ApiError::parameter_missing("webhook_endpoint.url"))?;
    require_url(&url, "webhook_endpoint.url")?;
    if enabled_events.is_empty() {
        return Err(ApiError::parameter_missing("enabled_events"));
    }
    let endpoint = Endpoint {
        id: ids::object_id("ed_test"),
        created: call.now,
        url,
        enabled_events,
        description,
        metadata: Vec::new(),
        api_version,
        status: EndpointStatus::Enabled,
        secret: new_secret(),
        old_secret: None,
        thin: payload == "thin",
    };
    let json = render(&endpoint, &include);
    tx.save_endpoint(endpoint);
    Ok(Reply::new(json))
}

/// `GET /v2/core/event_destinations`: all of them on one page, newest first.
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    fields.integer("limit")?;
    let include = fields.texts("include")?;
    fields.finish()?;
    let known = store.endpoints.iter().rev();
    let data: Vec<Value> = known
        .filter(|endpoint| endpoint.exists())
        .map(|endpoint| render(endpoint, &include))
        .collect();
    Ok(json!({ "data": data, "next_page_url": null, "previous_page_url": null }))
}

/// `GET /v2/core/event_destinations/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let include = fields.texts("include")?;
    fields.finish()?;
    Ok(render(find(store, &call.id)?, &include))
}

/// `DELETE /v2/core/event_destinations/{id}`
pub(crate) fn delete(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    Fields::finish(call.fields())?;
    let mut endpoint = find(tx.store(), &call.id)?.clone();
    endpoint.status = EndpointStatus::Deleted;
    let json = json!({ "id": endpoint.id, "object": "v2.core.event_destination" });
    tx.save_endpoint(endpoint);
    Ok(Reply::new(json))
}

fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Endpoint, ApiError> {
    let known = store.endpoints.get(id);
    known
        .filter(|endpoint| endpoint.exists())
        .ok_or_else(|| ApiError::no_such("event destination", id, "id"))
}

/// Returns the destination's JSON. The URL and the signing secret are only in it if `include` names
/// them.
fn render(endpoint: &Endpoint, include: &[String]) -> Value {
    let included = |name: &str| include.iter().any(|included| included == name);
    let mut webhook = json!({});
    if included("webhook_endpoint.url") {
        webhook["url"] = json!(endpoint.url);
    }
    if included("webhook_endpoint.signing_secret") {
        webhook["signing_secret"] = json!(endpoint.secret);
    }
    let created = rfc3339_ms(endpoint.created * 1000);
    json!({
        "id": endpoint.id,
        "object": "v2.core.event_destination",
        "created": created,
        "description": endpoint.description.as_deref().unwrap_or_default(),
        "enabled_events": endpoint.enabled_events,
        "event_payload": if endpoint.thin { "thin" } else { "snapshot" },
        "events_from": ["@self"],
        "livemode": false,
        "metadata": {},
        "name": endpoint.description.as_deref().unwrap_or("webhook"),
        "snapshot_api_version": endpoint.api_version,
        "status": endpoint.status,
        "status_details": null,
        "type": "webhook_endpoint",
        "updated": created,
        "webhook_endpoint": webhook,
    })
}

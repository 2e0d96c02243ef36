//! `/v1/webhook_endpoints`

use serde_json::{Value, json};

use super::checkout_sessions::require_url;
use super::list::{Page, list_json, read_expand};
use super::{Call, Reply};
use crate::endpoint::{Endpoint, EndpointStatus, new_secret};
use crate::error::ApiError;
use crate::form::{Fields, MAX_METADATA, too_many_keys};
use crate::ids;
use crate::store::{Store, Transaction};

/// Stripe's limit for a test account.
const MAX_ENDPOINTS: usize = 16;

/// `POST /v1/webhook_endpoints`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let url = fields.short_text("url", 5000)?;
    let enabled_events = read_enabled_events(&mut fields)?;
    let description = fields.short_text("description", 5000)?;
    let metadata = fields.metadata("metadata")?;
    let api_version = fields.text("api_version")?;
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let url = url.ok_or_else(|| ApiError::parameter_missing("url"))?;
    require_url(&url, "url")?;
    let enabled_events =
        enabled_events.ok_or_else(|| ApiError::parameter_missing("enabled_events"))?;
    if let Some(version) = api_version.as_ref().filter(|version| !is_version(version)) {
        let shown: String = version.chars().take(40).collect();
        return Err(
            ApiError::invalid(format!("Invalid Stripe API version: {shown}")).param("api_version"),
        );
    }
    let count = tx.store().endpoints.iter().filter(|known| known.exists());
    if count.count() >= MAX_ENDPOINTS {
        return Err(ApiError::invalid(format!(
            "You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints."
        )));
    }
    let endpoint = Endpoint {
        id: ids::object_id("we"),
        created: call.now,
        url,
        enabled_events,
        description,
        metadata,
        api_version,
        status: EndpointStatus::Enabled,
        secret: new_secret(),
        old_secret: None,
        thin: false,
    };
    let mut json = endpoint.json();
    json["secret"] = json!(endpoint.secret);
    tx.save_endpoint(endpoint);
    Ok(Reply::new(json))
}

/// `GET /v1/webhook_endpoints/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    Ok(find(store, &call.id)?.json())
}

/// `GET /v1/webhook_endpoints`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let (endpoints, has_more) =
        page.query(&store.endpoints, Endpoint::is_v1, "webhook endpoint")?;
    let data = endpoints.into_iter().map(Endpoint::json).collect();
    Ok(list_json("/v1/webhook_endpoints", data, has_more))
}

/// `POST /v1/webhook_endpoints/{id}`: parameters not given are unchanged, an empty value unsets.
pub(crate) fn update(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let url = fields.short_text("url", 5000)?;
    let enabled_events = read_enabled_events(&mut fields)?;
    let disabled = fields.boolean("disabled")?;
    let described = fields.is_text("description");
    let description = fields.short_text("description", 5000)?;
    let no_metadata = fields.is_text("metadata");
    let metadata = fields.metadata_changes("metadata")?;
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let mut endpoint = find(tx.store(), &call.id)?.clone();
    if let Some(url) = url {
        require_url(&url, "url")?;
        endpoint.url = url;
    }
    endpoint.enabled_events = enabled_events.unwrap_or(endpoint.enabled_events);
    if described {
        endpoint.description = description;
    }
    if no_metadata {
        endpoint.metadata.clear();
    }
    for (name, value) in metadata {
        endpoint.metadata.retain(|(known, _)| *known != name);
        endpoint.metadata.extend(value.map(|value| (name, value)));
    }
    if endpoint.metadata.len() > MAX_METADATA {
        return Err(too_many_keys("metadata"));
    }
    endpoint.status = match disabled {
        Some(true) => EndpointStatus::Disabled,
        Some(false) => EndpointStatus::Enabled,
        None => endpoint.status,
    };
    let json = endpoint.json();
    tx.save_endpoint(endpoint);
    Ok(Reply::new(json))
}

/// `DELETE /v1/webhook_endpoints/{id}`
pub(crate) fn delete(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    call.fields().finish()?;
    let mut endpoint = find(tx.store(), &call.id)?.clone();
    endpoint.status = EndpointStatus::Deleted;
    let json = json!({ "id": endpoint.id, "object": "webhook_endpoint", "deleted": true });
    tx.save_endpoint(endpoint);
    Ok(Reply::new(json))
}

/// The endpoint with this id.
///
/// # Errors
/// 404 if there is none or it was deleted.
pub(crate) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a Endpoint, ApiError> {
    store
        .endpoints
        .get(id)
        .filter(|endpoint| endpoint.is_v1())
        .ok_or_else(|| ApiError::no_such("webhook endpoint", id, "webhook_endpoint"))
}

/// Reads `enabled_events`: dotted names, or only `*`. Types that the sandbox never sends are
/// allowed.
fn read_enabled_events(fields: &mut Fields) -> Result<Option<Vec<String>>, ApiError> {
    let events = fields.texts("enabled_events")?;
    if events.is_empty() {
        return Ok(None);
    }
    let is_name = |name: &str| {
        name.contains('.')
            && name.split('.').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            })
    };
    let single = events.len() == 1;
    for (at, event) in events.iter().enumerate() {
        if !(is_name(event) || (event == "*" && single)) {
            return Err(ApiError::invalid(format!(
                "Invalid enabled_events[{at}]: must be an event type, or `*` alone for all of them."
            ))
            .param(format!("enabled_events[{at}]")));
        }
    }
    Ok(Some(events))
}

/// Whether a text looks like an API version: `2026-09-30` or `2026-09-30.endive`.
fn is_version(version: &str) -> bool {
    let (date, name) = version.split_once('.').unwrap_or((version, "x"));
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<&str> = date.split('-').collect();
    let dated = matches!(
        parts.as_slice(),
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2)
    );
    dated && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())
}

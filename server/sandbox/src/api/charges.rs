//! `/v1/charges`

use serde_json::Value;

use super::Call;
use super::list::expansions;
use crate::error::ApiError;
use crate::store::Store;

/// `GET /v1/charges/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = expansions(&mut fields, &["payment_intent"])?;
    fields.finish()?;
    let charge = store
        .charges
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("charge", &call.id, "charge"))?;
    let mut json = charge.json();
    if !expand.is_empty()
        && let Some(intent) = store.payment_intents.get(&charge.payment_intent)
    {
        json["payment_intent"] = intent.json(None);
    }
    Ok(json)
}

//! `/v1/payment_intents`

use serde_json::Value;

use super::Call;
use super::list::read_expand;
use crate::balance;
use crate::error::ApiError;
use crate::store::Store;

/// `GET /v1/payment_intents/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(
        &mut fields,
        &["latest_charge", "latest_charge.balance_transaction"],
    )?;
    fields.finish()?;
    let intent = store
        .payment_intents
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("payment_intent", &call.id, "intent"))?;
    let charge = intent
        .latest_charge
        .as_ref()
        .filter(|_| !expand.is_empty())
        .and_then(|id| store.charges.get(id));
    let mut json = intent.json(charge);
    if expand
        .iter()
        .any(|path| path.ends_with("balance_transaction"))
        && let Some(balance_transaction) = charge.and_then(balance::of_charge)
    {
        json["latest_charge"]["balance_transaction"] = balance_transaction;
    }
    Ok(json)
}

//! `/v1/balance_transactions`

use serde_json::Value;

use super::Call;
use super::list::read_expand;
use crate::balance;
use crate::error::ApiError;
use crate::store::Store;

/// `GET /v1/balance_transactions/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    balance::find(store, &call.id)
        .ok_or_else(|| ApiError::no_such("balance transaction", &call.id, "id"))
}

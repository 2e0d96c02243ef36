//! `/v1/invoices`

use serde_json::Value;

use super::Call;
use super::list::read_expand;
use crate::error::ApiError;
use crate::session::session_of_invoice;
use crate::store::Store;

/// `GET /v1/invoices/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    session_of_invoice(store, &call.id)
        .and_then(|session| session.invoice_json(&call.origin))
        .ok_or_else(|| ApiError::no_such("invoice", &call.id, "invoice"))
}

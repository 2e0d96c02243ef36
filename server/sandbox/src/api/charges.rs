//! `/v1/charges`

use serde_json::Value;

use super::Call;
use super::list::{list_json, read_expand};
use crate::balance;
use crate::error::ApiError;
use crate::objects::payment::Charge;
use crate::objects::refund::Refund;
use crate::store::Store;

/// Refunds in an expanded `refunds`; the list endpoint returns the rest.
const MAX_EXPANDED_REFUNDS: usize = 10;

/// `GET /v1/charges/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(
        &mut fields,
        &["payment_intent", "balance_transaction", "refunds"],
    )?;
    fields.finish()?;
    let charge = store
        .charges
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("charge", &call.id, "charge"))?;
    let mut json = charge.json();
    for path in &expand {
        let expanded = match path.as_str() {
            "payment_intent" => store
                .payment_intents
                .get(&charge.payment_intent)
                .map(|intent| intent.json(None)),
            "balance_transaction" => balance::of_charge(charge),
            _ => Some(refunds(charge, store)),
        };
        if let Some(expanded) = expanded {
            json[path] = expanded;
        }
    }
    Ok(json)
}

fn refunds(charge: &Charge, store: &Store) -> Value {
    let mut found: Vec<Value> = store
        .refunds
        .iter()
        .rev()
        .filter(|refund| refund.charge == charge.id)
        .take(MAX_EXPANDED_REFUNDS + 1)
        .map(Refund::json)
        .collect();
    let has_more = found.len() > MAX_EXPANDED_REFUNDS;
    found.truncate(MAX_EXPANDED_REFUNDS);
    list_json(
        &format!("/v1/charges/{}/refunds", charge.id),
        found,
        has_more,
    )
}

//! `/v1/disputes`

use serde_json::Value;

use super::Call;
use super::list::{Created, Page, list_json, read_expand, strip_data_prefix};
use crate::error::ApiError;
use crate::objects::dispute::Dispute;
use crate::objects::payment::Charge;
use crate::store::Store;

const EXPANDABLE: [&str; 2] = ["charge", "payment_intent"];
const EXPANDABLE_IN_LISTS: [&str; 2] = ["data.charge", "data.payment_intent"];

/// `GET /v1/disputes/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    let dispute = store
        .disputes
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("dispute", &call.id, "dispute"))?;
    Ok(render(dispute, store, &expand))
}

/// `GET /v1/disputes`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    let charge = fields.text("charge")?;
    let payment_intent = fields.text("payment_intent")?;
    let expand = read_expand(&mut fields, &EXPANDABLE_IN_LISTS)?;
    fields.finish()?;
    let expand = strip_data_prefix(&expand);
    let matches = |dispute: &Dispute| {
        created.contains(dispute.created)
            && charge.as_ref().is_none_or(|id| *id == dispute.charge)
            && payment_intent
                .as_ref()
                .is_none_or(|id| *id == dispute.payment_intent)
    };
    let (disputes, has_more) = page.query(&store.disputes, matches, "dispute")?;
    let data = disputes
        .into_iter()
        .map(|dispute| render(dispute, store, &expand))
        .collect();
    Ok(list_json("/v1/disputes", data, has_more))
}

fn render(dispute: &Dispute, store: &Store, expand: &[String]) -> Value {
    let mut json = dispute.json();
    for path in expand {
        let expanded = match path.as_str() {
            "charge" => store.charges.get(&dispute.charge).map(Charge::json),
            _ => store
                .payment_intents
                .get(&dispute.payment_intent)
                .map(|intent| intent.json(None)),
        };
        if let Some(expanded) = expanded {
            json[path] = expanded;
        }
    }
    json
}

//! `/v1/refunds`

use serde_json::Value;

use super::list::{Created, Page, list_json, read_expand, strip_data_prefix};
use super::{Call, Reply};
use crate::balance;
use crate::error::ApiError;
use crate::objects::payment::Charge;
use crate::objects::refund::Refund;
use crate::refund::{self, RefundParams};
use crate::store::{Store, Transaction};

const EXPANDABLE: [&str; 3] = ["charge", "payment_intent", "balance_transaction"];
const EXPANDABLE_IN_LISTS: [&str; 3] = [
    "data.charge",
    "data.payment_intent",
    "data.balance_transaction",
];
const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

/// `POST /v1/refunds`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let charge = fields.text("charge")?;
    let payment_intent = fields.text("payment_intent")?;
    let amount = fields.integer("amount")?;
    let reason = fields.one_of("reason", &REASONS)?;
    let metadata = fields.metadata("metadata")?;
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    if amount.is_some_and(|amount| amount < 1) {
        return Err(ApiError::invalid("Invalid positive integer")
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    let charge = match (charge, payment_intent) {
        (Some(charge), None) => tx
            .store()
            .charges
            .get(&charge)
            .ok_or_else(|| ApiError::no_such("charge", &charge, "charge"))?,
        (None, Some(intent)) => charge_of_intent(tx.store(), &intent)?,
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid(
                "You may only specify one of these parameters: charge, payment_intent.",
            )
            .code("parameters_exclusive"));
        }
        (None, None) => {
            return Err(ApiError::invalid(
                "One of the following params should be provided for this request: payment_intent \
                 or charge.",
            )
            .code("parameter_missing")
            .param("payment_intent"));
        }
    };
    let params = RefundParams {
        amount,
        reason: reason.map(str::to_owned),
        metadata,
        ..RefundParams::default()
    };
    let charge = charge.clone();
    let refund = refund::create(tx, &charge, params, Some(&call.request))?;
    // The store does not have this transaction's changes yet. Only the charge has changed.
    let charge = Charge {
        amount_refunded: charge.amount_refunded + refund.amount,
        ..charge
    };
    Ok(Reply::new(render(
        &refund,
        tx.store(),
        Some(&charge),
        &expand,
    )))
}

/// The charge that paid a payment intent.
///
/// # Errors
/// 404 for an unknown payment intent, 400 for one that is not paid.
pub(crate) fn charge_of_intent<'a>(store: &'a Store, intent: &str) -> Result<&'a Charge, ApiError> {
    let intent = store
        .payment_intents
        .get(intent)
        .ok_or_else(|| ApiError::no_such("payment_intent", intent, "payment_intent"))?;
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(|id| store.charges.get(id));
    charge.filter(|_| intent.is_paid()).ok_or_else(|| {
        ApiError::invalid(format!(
            "This PaymentIntent ({}) does not have a successful charge to refund.",
            intent.id
        ))
        .param("payment_intent")
        .executed()
    })
}

/// `GET /v1/refunds/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    let refund = store
        .refunds
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("refund", &call.id, "id"))?;
    Ok(render(refund, store, None, &expand))
}

/// `GET /v1/refunds`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    let charge = fields.text("charge")?;
    let payment_intent = fields.text("payment_intent")?;
    let expand = read_expand(&mut fields, &EXPANDABLE_IN_LISTS)?;
    fields.finish()?;
    let expand = strip_data_prefix(&expand);
    let matches = |refund: &Refund| {
        created.contains(refund.created)
            && charge.as_ref().is_none_or(|id| *id == refund.charge)
            && payment_intent
                .as_ref()
                .is_none_or(|id| *id == refund.payment_intent)
    };
    let (refunds, has_more) = page.query(&store.refunds, matches, "refund")?;
    let data = refunds
        .into_iter()
        .map(|refund| render(refund, store, None, &expand))
        .collect();
    Ok(list_json("/v1/refunds", data, has_more))
}

/// Returns the refund's JSON with the properties in `expand` expanded. `charge` is its charge if it
/// is newer than the store's.
fn render(refund: &Refund, store: &Store, charge: Option<&Charge>, expand: &[String]) -> Value {
    let mut json = refund.json();
    for path in expand {
        let expanded = match path.as_str() {
            "charge" => charge
                .or_else(|| store.charges.get(&refund.charge))
                .map(Charge::json),
            "payment_intent" => store
                .payment_intents
                .get(&refund.payment_intent)
                .map(|intent| intent.json(None)),
            _ => balance::of_refund(refund),
        };
        if let Some(expanded) = expanded {
            json[path] = expanded;
        }
    }
    json
}

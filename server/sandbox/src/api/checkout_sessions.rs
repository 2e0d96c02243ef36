//! `/v1/checkout/sessions`

mod creation;

pub(super) use creation::require_url;

use serde_json::Value;

use super::list::{Created, Page, list_json, read_expand, strip_data_prefix};
use super::{Call, Reply};
use crate::balance;
use crate::error::ApiError;
use crate::objects::session::{CheckoutSession, LineItem};
use crate::session;
use crate::store::{Store, Transaction};
use crate::totals::LineTotals;

/// Line items in an expanded `line_items`; the list endpoint returns the rest.
const MAX_EXPANDED_LINES: usize = 10;

const EXPANDABLE: [&str; 8] = [
    "invoice",
    "line_items",
    "line_items.data.price.product",
    "payment_intent",
    "payment_intent.latest_charge",
    "payment_intent.latest_charge.balance_transaction",
    "shipping_cost.shipping_rate",
    "total_details.breakdown",
];
const EXPANDABLE_IN_LISTS: [&str; 7] = [
    "data.invoice",
    "data.line_items",
    "data.line_items.data.price.product",
    "data.payment_intent",
    "data.payment_intent.latest_charge",
    "data.shipping_cost.shipping_rate",
    "data.total_details.breakdown",
];

/// `POST /v1/checkout/sessions`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    let session = creation::read(fields, tx.store(), call.now)?;
    call.account.check_session(&session)?;
    let body = render(&session, tx.store(), tx.origin(), &expand);
    let id = session.id.clone();
    tx.save_session(session);
    Ok(Reply::created_session(body, id, expand))
}

/// `GET /v1/checkout/sessions/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    Ok(render(find(store, &call.id)?, store, &call.origin, &expand))
}

/// `GET /v1/checkout/sessions`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    let payment_intent = fields.text("payment_intent")?;
    let status = fields.one_of("status", &["open", "complete", "expired"])?;
    let expand = read_expand(&mut fields, &EXPANDABLE_IN_LISTS)?;
    fields.finish()?;
    let expand = strip_data_prefix(&expand);
    let matches = |session: &CheckoutSession| {
        created.contains(session.created)
            && status.is_none_or(|status| session.status.name() == status)
            && (payment_intent.is_none() || session.payment_intent == payment_intent)
    };
    let (sessions, has_more) = page.query(&store.sessions, matches, "checkout.session")?;
    let data = sessions
        .into_iter()
        .map(|session| render(session, store, &call.origin, &expand))
        .collect();
    Ok(list_json("/v1/checkout/sessions", data, has_more))
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub(crate) fn expire(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = read_expand(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    let session = find(tx.store(), &call.id)?.clone();
    let session = session::expire(tx, &session, Some(call.request.clone()))?;
    Ok(Reply::new(render(
        &session,
        tx.store(),
        tx.origin(),
        &expand,
    )))
}

/// `GET /v1/checkout/sessions/{id}/line_items`, in the order of the creation request
pub(crate) fn line_items(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let expand = read_expand(&mut fields, &["data.price.product"])?;
    fields.finish()?;
    let session = find(store, &call.id)?;
    // A line item stores only the random part of its id.
    let page = page.without_prefix("li_");
    let lines = session.priced_lines();
    let (lines, has_more) = page.query_slice(&lines, |(line, _)| &line.key, "item")?;
    let data = lines
        .into_iter()
        .map(|line| render_line(session, *line, !expand.is_empty()))
        .collect();
    Ok(list_json(&line_items_url(session), data, has_more))
}

/// The session with this id.
///
/// # Errors
/// 404 if there is none.
pub(crate) fn find<'a>(store: &'a Store, id: &str) -> Result<&'a CheckoutSession, ApiError> {
    store
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))
}

/// Returns the session's JSON with the properties in `expand` expanded.
pub(crate) fn render(
    session: &CheckoutSession,
    store: &Store,
    origin: &str,
    expand: &[String],
) -> Value {
    let expands = |path: &str| expand.iter().any(|expanded| expanded == path);
    let mut json = session.json(origin);
    let products = expands("line_items.data.price.product");
    if products || expands("line_items") {
        let lines = session
            .priced_lines()
            .into_iter()
            .take(MAX_EXPANDED_LINES)
            .map(|line| render_line(session, line, products))
            .collect();
        json["line_items"] = list_json(
            &line_items_url(session),
            lines,
            session.lines.len() > MAX_EXPANDED_LINES,
        );
    }
    let booked = expands("payment_intent.latest_charge.balance_transaction");
    let charges = booked || expands("payment_intent.latest_charge");
    if (charges || expands("payment_intent"))
        && let Some(intent) = session
            .payment_intent
            .as_ref()
            .and_then(|id| store.payment_intents.get(id))
    {
        let charge = intent
            .latest_charge
            .as_ref()
            .filter(|_| charges)
            .and_then(|id| store.charges.get(id));
        json["payment_intent"] = intent.json(charge);
        if booked && let Some(transaction) = charge.and_then(balance::of_charge) {
            json["payment_intent"]["latest_charge"]["balance_transaction"] = transaction;
        }
    }
    if expands("shipping_cost.shipping_rate")
        && let Some(option) = session.shipping_option()
    {
        json["shipping_cost"]["shipping_rate"] =
            option.rate_json(session.created, session.currency);
    }
    if expands("total_details.breakdown") {
        json["total_details"]["breakdown"] = session.breakdown_json();
    }
    if expands("invoice")
        && let Some(invoice) = session.invoice_json(origin)
    {
        json["invoice"] = invoice;
    }
    json
}

fn render_line(
    session: &CheckoutSession,
    (line, totals): (&LineItem, LineTotals),
    product: bool,
) -> Value {
    let mut json = session.line_json(line, &totals);
    if product {
        json["price"]["product"] = session.product_json(line);
    }
    json
}

fn line_items_url(session: &CheckoutSession) -> String {
    format!("/v1/checkout/sessions/{}/line_items", session.id)
}

/// Whether a text looks like an email address.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control()) && text.len() <= 254;
    let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    plain && dotted && !local.is_empty() && !local.contains('@')
}

//! What was really paid, for comparison with a shop's orders.

use serde_json::{Value, json};

use crate::objects::session::{CheckoutSession, PaymentStatus};
use crate::store::Store;

/// All paid sessions, oldest first; those with a total of zero have the amount 0. A session is in
/// it before the first event about its payment is sent.
pub(crate) fn json(store: &Store) -> Value {
    let paid = store
        .sessions
        .iter()
        .filter(|session| session.payment_status != PaymentStatus::Unpaid);
    let payments: Vec<Value> = paid.map(|session| payment(store, session)).collect();
    json!({ "payments": payments })
}

fn payment(store: &Store, session: &CheckoutSession) -> Value {
    let intent = session
        .payment_intent
        .as_ref()
        .and_then(|id| store.payment_intents.get(id))
        // A failed attempt leaves an unpaid intent; later the total may have become zero.
        .filter(|_| session.payment_status == PaymentStatus::Paid);
    let charge = intent
        .and_then(|intent| intent.latest_charge.as_ref())
        .and_then(|id| store.charges.get(id));
    json!({
        "session": session.id,
        "client_reference_id": session.client_reference_id,
        "payment_intent": session.payment_intent,
        "amount": intent.map_or(0, |intent| intent.amount),
        "currency": session.currency.code(),
        "refunded": charge.map_or(0, |charge| charge.amount_refunded),
    })
}

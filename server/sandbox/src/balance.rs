//! Balance transactions: the bookings behind charges, refunds and disputes.
//!
//! None is kept: each is computed from the object that it belongs to, whose id it shares behind its own prefix.
//! The sandbox charges no fees, and money is available at once.

use serde_json::{Value, json};

use crate::dispute::{Dispute, DisputeStatus};
use crate::money::Currency;
use crate::payment::{Charge, PaymentMethod};
use crate::refund::{Refund, RefundStatus};
use crate::store::Store;

struct Booking<'a> {
    id: String,
    /// In minor units; negative when money leaves the account.
    amount: i64,
    currency: Currency,
    created: i64,
    source: &'a str,
    kind: &'static str,
    category: &'static str,
}

impl Booking<'_> {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.created,
            "balance_type": "payments",
            "created": self.created,
            "currency": self.currency.code(),
            "description": null,
            "exchange_rate": null,
            "fee": 0,
            "fee_details": [],
            "net": self.amount,
            "reporting_category": self.category,
            "source": self.source,
            "status": "available",
            "type": self.kind,
        })
    }
}

/// The balance transaction with this id.
pub(crate) fn find(store: &Store, id: &str) -> Option<Value> {
    let key = id.strip_prefix("txn_")?;
    let known_as = |prefix: &str, key: &str| format!("{prefix}_{key}");
    if let Some(charge) = store.charges.get(&known_as("ch", key)) {
        return of_charge(charge);
    }
    if let Some(refund) = store.refunds.get(&known_as("re", key)) {
        return of_refund(refund);
    }
    if let Some(dispute) = store.disputes.get(&known_as("du", key)) {
        return of_dispute(dispute).into_iter().next();
    }
    let failed = key
        .strip_prefix('f')
        .and_then(|key| store.refunds.get(&known_as("re", key)));
    let won = key
        .strip_prefix('r')
        .and_then(|key| store.disputes.get(&known_as("du", key)));
    match (failed, won) {
        (Some(refund), _) => of_failed_refund(refund),
        (_, Some(dispute)) => of_dispute(dispute).into_iter().nth(1),
        (None, None) => None,
    }
}

/// The money that a charge brought, once it is booked.
pub(crate) fn of_charge(charge: &Charge) -> Option<Value> {
    let booked_at = charge.after.booked_at?;
    let card = matches!(charge.payment_method, PaymentMethod::Card { .. });
    let booking = Booking {
        id: charge.balance_transaction()?,
        amount: charge.amount,
        currency: charge.currency,
        created: booked_at,
        source: &charge.id,
        kind: if card { "charge" } else { "payment" },
        category: "charge",
    };
    Some(booking.json())
}

/// The money that a refund took, once it has left.
pub(crate) fn of_refund(refund: &Refund) -> Option<Value> {
    if refund.status == RefundStatus::Pending {
        return None;
    }
    let booking = Booking {
        id: refund.balance_transaction(),
        amount: -refund.amount,
        currency: refund.currency,
        created: refund.created,
        source: &refund.id,
        kind: if refund.to_card {
            "refund"
        } else {
            "payment_refund"
        },
        category: "refund",
    };
    Some(booking.json())
}

fn of_failed_refund(refund: &Refund) -> Option<Value> {
    if refund.status != RefundStatus::Failed {
        return None;
    }
    let booking = Booking {
        id: refund.failure_balance_transaction(),
        amount: refund.amount,
        currency: refund.currency,
        created: refund.created,
        source: &refund.id,
        kind: "refund_failure",
        category: "refund_failure",
    };
    Some(booking.json())
}

/// The money that a dispute took, and what came back when it was won.
pub(crate) fn of_dispute(dispute: &Dispute) -> Vec<Value> {
    if dispute.inquiry {
        return Vec::new();
    }
    let withdrawal = Booking {
        id: dispute.withdrawal(),
        amount: -dispute.amount,
        currency: dispute.currency,
        created: dispute.created,
        source: &dispute.id,
        kind: "adjustment",
        category: "dispute",
    };
    let mut bookings = vec![withdrawal.json()];
    if let (DisputeStatus::Won, Some(created)) = (dispute.status, dispute.closed_at) {
        let reinstatement = Booking {
            id: dispute.reinstatement(),
            amount: dispute.amount,
            created,
            category: "dispute_reversal",
            ..withdrawal
        };
        bookings.push(reinstatement.json());
    }
    bookings
}

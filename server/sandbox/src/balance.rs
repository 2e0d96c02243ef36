//! Balance transactions of charges, refunds and disputes.
//!
//! None is stored: each is computed from its source, whose id it shares except for the prefix. The
//! sandbox charges no fees, and funds are available at once.

use serde_json::{Value, json};

use crate::money::Currency;
use crate::objects::dispute::{Dispute, DisputeStatus};
use crate::objects::payment::{Charge, PaymentMethod};
use crate::objects::refund::{Refund, RefundStatus};
use crate::store::Store;

struct BalanceTransaction<'a> {
    id: String,
    /// In minor units; negative if it reduces the balance.
    amount: i64,
    currency: Currency,
    created: i64,
    source: &'a str,
    kind: &'static str,
    category: &'static str,
}

impl BalanceTransaction<'_> {
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

/// The balance transaction of a charge, once it is created.
pub(crate) fn of_charge(charge: &Charge) -> Option<Value> {
    let created = charge.follow_ups.balance_transaction_created?;
    let card = matches!(charge.payment_method, PaymentMethod::Card { .. });
    let balance_transaction = BalanceTransaction {
        id: charge.balance_transaction()?,
        amount: charge.amount,
        currency: charge.currency,
        created,
        source: &charge.id,
        kind: if card { "charge" } else { "payment" },
        category: "charge",
    };
    Some(balance_transaction.json())
}

/// The balance transaction of a refund, once it is no longer pending.
pub(crate) fn of_refund(refund: &Refund) -> Option<Value> {
    if refund.status == RefundStatus::Pending {
        return None;
    }
    let balance_transaction = BalanceTransaction {
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
    Some(balance_transaction.json())
}

fn of_failed_refund(refund: &Refund) -> Option<Value> {
    if refund.status != RefundStatus::Failed {
        return None;
    }
    let balance_transaction = BalanceTransaction {
        id: refund.failure_balance_transaction(),
        amount: refund.amount,
        currency: refund.currency,
        created: refund.created,
        source: &refund.id,
        kind: "refund_failure",
        category: "refund_failure",
    };
    Some(balance_transaction.json())
}

/// The balance transactions of a dispute: the withdrawal and, if it was won, the reinstatement.
pub(crate) fn of_dispute(dispute: &Dispute) -> Vec<Value> {
    if dispute.inquiry {
        return Vec::new();
    }
    let withdrawal = BalanceTransaction {
        id: dispute.withdrawal(),
        amount: -dispute.amount,
        currency: dispute.currency,
        created: dispute.created,
        source: &dispute.id,
        kind: "adjustment",
        category: "dispute",
    };
    let mut transactions = vec![withdrawal.json()];
    if let (DisputeStatus::Won, Some(created)) = (dispute.status, dispute.closed_at) {
        let reinstatement = BalanceTransaction {
            id: dispute.reinstatement(),
            amount: dispute.amount,
            created,
            category: "dispute_reversal",
            ..withdrawal
        };
        transactions.push(reinstatement.json());
    }
    transactions
}

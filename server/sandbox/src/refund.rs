//! A refund and its life.
//!
//! ```text
//! create ─┬─▶ succeeded ──▶ succeeded, with the bank's reference   most payments
//!         ├─▶ succeeded ──▶ failed: the charge has its money back  card …5126
//!         └─▶ pending ────▶ succeeded                              card …7726, SEPA Direct Debit
//! ```
//!
//! A charge counts a refund from its creation on. The second step comes by the timetable.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::dispute::{self, Dispute};
use crate::error::ApiError;
use crate::event::{EventRequest, EventType};
use crate::ids;
use crate::money::Currency;
use crate::payment::{Charge, ChargeStatus, Metadata, PaymentMethod, metadata_json};
use crate::presentment;
use crate::store::Transaction;
use crate::told::Told;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

/// What the bank will answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BankAnswer {
    /// The number under which the shopper's bank finds the money.
    Reference,
    Success,
    Failure,
}

/// Money that goes back to the shopper.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: RefundStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// To a card; else to a bank account.
    pub(crate) to_card: bool,
    /// When the bank answers (milliseconds since 1970), and what; `None` when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) awaits: Option<(i64, BankAnswer)>,
    /// The shopper's own currency, where it was paid in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presented: Option<Currency>,
    /// What a tester has its answers and events say instead.
    #[serde(default, skip_serializing_if = "Told::is_nothing")]
    pub(crate) told: Told,
}

impl Refund {
    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": (self.status != RefundStatus::Pending).then(|| self.balance_transaction()),
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency.code(),
            "customer": null,
            "customer_account": null,
            "destination_details": self.destination_details(),
            "metadata": metadata_json(&self.metadata),
            "payment_intent": self.payment_intent,
            "payment_method": null,
            "reason": self.reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status,
            "transfer_reversal": null,
        });
        if let Some(presented) = self.presented {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presented);
        }
        self.told.change(&mut json);
        match self.status {
            RefundStatus::Pending => json["pending_reason"] = json!("processing"),
            RefundStatus::Succeeded => {}
            RefundStatus::Failed => {
                json["failure_reason"] = json!("expired_or_canceled_card");
                json["failure_balance_transaction"] = json!(self.failure_balance_transaction());
            }
        }
        json
    }

    /// The id of the booking: the refund's own with another prefix, so that none is kept.
    pub(crate) fn balance_transaction(&self) -> String {
        format!("txn_{}", self.key())
    }

    /// The id of the booking that takes a failed refund back.
    pub(crate) fn failure_balance_transaction(&self) -> String {
        format!("txn_f{}", self.key())
    }

    fn key(&self) -> &str {
        self.id.strip_prefix("re_").unwrap_or(&self.id)
    }

    fn destination_details(&self) -> Value {
        if !self.to_card {
            return Value::Null;
        }
        let known = self.awaits.is_none() && self.status == RefundStatus::Succeeded;
        let card = if known {
            let digits: String = self
                .key()
                .bytes()
                .map(|byte| char::from(b'0' + byte % 10))
                .take(23)
                .collect();
            json!({
                "reference": digits, "reference_status": "available",
                "reference_type": "acquirer_reference_number", "type": "refund",
            })
        } else {
            json!({
                "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund",
            })
        };
        json!({ "card": card, "type": "card" })
    }
}

/// What a refund is asked with.
#[derive(Debug, Default)]
pub(crate) struct RefundOrder {
    /// In minor units; `None` is all that is left.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) told: Told,
}

/// Refunds a part or the rest of a charge.
///
/// # Errors
/// 400 when the charge was not paid, was charged back, has nothing left, or less than `amount`.
pub(crate) fn create(
    tx: &mut Transaction<'_>,
    charge: &Charge,
    order: RefundOrder,
    request: Option<&EventRequest>,
) -> Result<Refund, ApiError> {
    if dispute::of_charge(tx.store(), charge).is_some_and(Dispute::holds_the_money) {
        return Err(ApiError::invalid(format!(
            "Charge {} has been charged back; cannot issue a refund.",
            charge.id
        ))
        .code("charge_disputed")
        .executed());
    }
    let amount = refundable(charge, order.amount)?;
    let (status, awaits) = match &charge.payment_method {
        PaymentMethod::Card { last4, .. } => match last4.as_str() {
            "7726" => (
                RefundStatus::Pending,
                (tx.bank_answers_at_ms(), BankAnswer::Success),
            ),
            "5126" => (
                RefundStatus::Succeeded,
                (tx.bank_answers_at_ms(), BankAnswer::Failure),
            ),
            _ => (
                RefundStatus::Succeeded,
                (tx.books_at_ms(), BankAnswer::Reference),
            ),
        },
        PaymentMethod::SepaDebit { .. } => (
            RefundStatus::Pending,
            (tx.bank_answers_at_ms(), BankAnswer::Success),
        ),
    };
    let refund = Refund {
        id: ids::object_id("re"),
        charge: charge.id.clone(),
        payment_intent: charge.payment_intent.clone(),
        created: tx.now(),
        amount,
        currency: charge.currency,
        status,
        reason: order.reason,
        metadata: order.metadata,
        to_card: matches!(charge.payment_method, PaymentMethod::Card { .. }),
        awaits: Some(awaits),
        presented: charge.presented,
        told: order.told,
    };
    let charge = Charge {
        amount_refunded: charge.amount_refunded + amount,
        ..charge.clone()
    };
    tx.emit_by(EventType::RefundCreated, &refund.json(), request.cloned());
    tx.emit_by(EventType::ChargeRefunded, &charge.json(), request.cloned());
    tx.save_charge(charge);
    tx.save_refund(refund.clone());
    Ok(refund)
}

/// The amount to refund, if that can be done.
fn refundable(charge: &Charge, asked: Option<i64>) -> Result<i64, ApiError> {
    let id = &charge.id;
    if charge.status != ChargeStatus::Succeeded {
        return Err(ApiError::invalid(format!(
            "Charge {id} cannot be refunded: it has not succeeded."
        ))
        .executed());
    }
    let rest = charge.amount - charge.amount_refunded;
    if rest == 0 {
        return Err(
            ApiError::invalid(format!("Charge {id} has already been refunded."))
                .code("charge_already_refunded")
                .executed(),
        );
    }
    let amount = asked.unwrap_or(rest);
    if amount > rest {
        let (amount, rest) = (
            charge.currency.display(amount),
            charge.currency.display(rest),
        );
        return Err(ApiError::invalid(format!(
            "Refund amount ({amount}) is greater than unrefunded amount on charge ({rest})"
        ))
        .param("amount")
        .executed());
    }
    if amount < 1 || amount % charge.currency.granularity() != 0 {
        return Err(ApiError::invalid("Invalid positive integer")
            .code("parameter_invalid_integer")
            .param("amount"));
    }
    Ok(amount)
}

/// The bank has answered.
pub(crate) fn bank_answered(tx: &mut Transaction<'_>, refund: &Refund) {
    let Some((_, answer)) = refund.awaits.filter(|(at_ms, _)| *at_ms <= tx.now_ms()) else {
        return;
    };
    let mut refund = Refund {
        awaits: None,
        ..refund.clone()
    };
    refund.status = match answer {
        BankAnswer::Reference | BankAnswer::Success => RefundStatus::Succeeded,
        BankAnswer::Failure => RefundStatus::Failed,
    };
    tx.emit(EventType::RefundUpdated, &refund.json());
    if refund.status == RefundStatus::Failed {
        tx.emit(EventType::RefundFailed, &refund.json());
        if let Some(mut charge) = tx.store().charges.get(&refund.charge).cloned() {
            charge.amount_refunded -= refund.amount;
            tx.emit(EventType::ChargeUpdated, &charge.json());
            tx.save_charge(charge);
        }
    }
    tx.save_refund(refund);
}

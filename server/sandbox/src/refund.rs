//! Refunds and their lifecycle.
//!
//! ```text
//! create ─┬─▶ succeeded ──▶ succeeded, with the bank's reference   most payments
//!         ├─▶ succeeded ──▶ failed: the charge is unrefunded       card …5126
//!         └─▶ pending ────▶ succeeded                              card …7726, SEPA Direct Debit
//! ```
//!
//! `amount_refunded` of the charge includes a refund from its creation on. The scheduler runs the
//! second step.

use serde_json::{Value, json};

use crate::dispute;
use crate::error::ApiError;
use crate::event::{EventRequest, EventType};
use crate::ids;
use crate::metadata::{Metadata, metadata_json};
use crate::objects::dispute::Dispute;
use crate::objects::payment::{Charge, ChargeStatus, PaymentMethod};
use crate::objects::refund::{BankResponse, Refund, RefundStatus};
use crate::overrides::Overrides;
use crate::presentment;
use crate::store::Transaction;

impl Refund {
    /// As the API returns it.
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": (self.status != RefundStatus::Pending)
                .then(|| self.balance_transaction()),
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
        if let Some(presentment_currency) = self.presentment_currency {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presentment_currency);
        }
        self.overrides.apply(&mut json);
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

    fn destination_details(&self) -> Value {
        if !self.to_card {
            return Value::Null;
        }
        let known = self.bank_response.is_none() && self.status == RefundStatus::Succeeded;
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
                "reference_status": "pending", "reference_type": "acquirer_reference_number",
                "type": "refund",
            })
        };
        json!({ "card": card, "type": "card" })
    }
}

/// The parameters of a new refund.
#[derive(Debug, Default)]
pub(crate) struct RefundParams {
    /// In minor units; `None` refunds all that is left.
    pub(crate) amount: Option<i64>,
    pub(crate) reason: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) overrides: Overrides,
}

/// Refunds a charge in full or in part.
///
/// # Errors
/// 400 if the charge was not paid, was charged back, or has nothing or less than `amount` left to
/// refund.
pub(crate) fn create(
    tx: &mut Transaction<'_>,
    charge: &Charge,
    params: RefundParams,
    request: Option<&EventRequest>,
) -> Result<Refund, ApiError> {
    if dispute::of_charge(tx.store(), charge).is_some_and(Dispute::withholds_funds) {
        return Err(ApiError::invalid(format!(
            "Charge {} has been charged back; cannot issue a refund.",
            charge.id
        ))
        .code("charge_disputed")
        .executed());
    }
    let amount = refundable_amount(charge, params.amount)?;
    let (status, bank_response) = match &charge.payment_method {
        PaymentMethod::Card { last4, .. } => match last4.as_str() {
            "7726" => (
                RefundStatus::Pending,
                (tx.bank_responds_at_ms(), BankResponse::Success),
            ),
            "5126" => (
                RefundStatus::Succeeded,
                (tx.bank_responds_at_ms(), BankResponse::Failure),
            ),
            _ => (
                RefundStatus::Succeeded,
                (tx.balance_transaction_at_ms(), BankResponse::Reference),
            ),
        },
        PaymentMethod::SepaDebit { .. } => (
            RefundStatus::Pending,
            (tx.bank_responds_at_ms(), BankResponse::Success),
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
        reason: params.reason,
        metadata: params.metadata,
        to_card: matches!(charge.payment_method, PaymentMethod::Card { .. }),
        bank_response: Some(bank_response),
        presentment_currency: charge.presentment_currency,
        overrides: params.overrides,
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

/// Returns the amount to refund in minor units: `requested`, or all that is left.
fn refundable_amount(charge: &Charge, requested: Option<i64>) -> Result<i64, ApiError> {
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
    let amount = requested.unwrap_or(rest);
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

/// Applies the bank's response to a refund, if it is due.
pub(crate) fn receive_bank_response(tx: &mut Transaction<'_>, refund: &Refund) {
    let Some((_, response)) = refund
        .bank_response
        .filter(|(at_ms, _)| *at_ms <= tx.now_ms())
    else {
        return;
    };
    let mut refund = Refund {
        bank_response: None,
        ..refund.clone()
    };
    refund.status = match response {
        BankResponse::Reference | BankResponse::Success => RefundStatus::Succeeded,
        BankResponse::Failure => RefundStatus::Failed,
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

//! Disputes and their lifecycle.
//!
//! ```text
//! open ─┬─▶ needs_response ─────────┬─▶ won    the funds are reinstated
//!       │   the funds are withdrawn └─▶ lost
//!       └─▶ warning_needs_response ───▶ warning_closed    an inquiry moves no funds
//! ```
//!
//! The scheduler opens those of two test cards; a tester opens and closes the others manually.

use serde_json::{Map, Value, json};

use crate::balance;
use crate::error::ApiError;
use crate::event::EventType;
use crate::ids;
use crate::objects::dispute::{Dispute, DisputeStatus};
use crate::objects::payment::{Charge, ChargeStatus, PaymentMethod};
use crate::overrides::Overrides;
use crate::store::{Store, Transaction};

/// How long the shop may respond, in seconds.
const RESPONSE_TIMEOUT: i64 = 7 * 24 * 60 * 60;

/// The reasons for which a charge can be disputed.
pub(crate) const REASONS: [&str; 8] = [
    "credit_not_processed",
    "duplicate",
    "fraudulent",
    "general",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
];

/// Stripe's evidence fields. The sandbox accepts no evidence.
const EVIDENCE: [&str; 27] = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Won,
    Lost,
    WarningClosed,
}

impl Dispute {
    pub(crate) fn is_open(&self) -> bool {
        use DisputeStatus::{NeedsResponse, UnderReview, WarningNeedsResponse};
        matches!(
            self.status,
            NeedsResponse | UnderReview | WarningNeedsResponse
        )
    }

    /// Whether the shopper's bank has the funds, so that nothing can be refunded.
    pub(crate) fn withholds_funds(&self) -> bool {
        !self.inquiry && self.status != DisputeStatus::Won
    }

    /// As the API returns it.
    pub(crate) fn json(&self) -> Value {
        let responded = !matches!(
            self.status,
            DisputeStatus::NeedsResponse | DisputeStatus::WarningNeedsResponse
        );
        let mut evidence: Map<String, Value> = EVIDENCE
            .iter()
            .map(|name| ((*name).to_owned(), Value::Null))
            .collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        let mut json = json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": balance::of_dispute(self),
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency.code(),
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.created + RESPONSE_TIMEOUT,
                "enhanced_eligibility": {},
                "has_evidence": responded,
                "past_due": false,
                "submission_count": i32::from(responded),
            },
            "is_charge_refundable": self.is_open() && self.inquiry,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.payment_intent,
            "payment_method_details": self.payment_method_details(),
            "reason": self.reason,
            "status": self.status,
        });
        self.overrides.apply(&mut json);
        json
    }

    fn payment_method_details(&self) -> Value {
        match &self.brand {
            Some(brand) => json!({
                "card": {
                    "brand": brand,
                    "case_type": if self.inquiry { "inquiry" } else { "chargeback" },
                    "network": brand,
                    "network_reason_code": match self.reason.as_str() {
                        "fraudulent" => "10.4",
                        _ => "13.1",
                    },
                },
                "type": "card",
            }),
            None => Value::Null,
        }
    }
}

/// Opens a dispute about the unrefunded amount of a charge. An inquiry withdraws no funds.
///
/// # Errors
/// 400 for an unknown reason, or if the charge has not succeeded, is already disputed, or is
/// refunded in full.
pub(crate) fn open(
    tx: &mut Transaction<'_>,
    charge: &Charge,
    reason: &str,
    inquiry: bool,
    overrides: Overrides,
) -> Result<Dispute, ApiError> {
    let id = &charge.id;
    if !REASONS.contains(&reason) {
        return Err(ApiError::invalid(format!(
            "Invalid reason: must be one of {}",
            REASONS.join(", ")
        ))
        .param("reason"));
    }
    let amount = charge.amount - charge.amount_refunded;
    if charge.status != ChargeStatus::Succeeded || amount == 0 {
        return Err(ApiError::invalid(format!(
            "Charge {id} has no amount left to dispute."
        )));
    }
    if of_charge(tx.store(), charge)
        .is_some_and(|dispute| dispute.is_open() || dispute.withholds_funds())
    {
        return Err(ApiError::invalid(format!(
            "Charge {id} is already disputed."
        )));
    }
    let dispute = Dispute {
        id: ids::object_id("du"),
        charge: id.clone(),
        payment_intent: charge.payment_intent.clone(),
        created: tx.now(),
        amount,
        currency: charge.currency,
        reason: reason.to_owned(),
        status: if inquiry {
            DisputeStatus::WarningNeedsResponse
        } else {
            DisputeStatus::NeedsResponse
        },
        brand: match &charge.payment_method {
            PaymentMethod::Card { brand, .. } => Some(brand.clone()),
            PaymentMethod::SepaDebit { .. } => None,
        },
        inquiry,
        closed_at: None,
        overrides,
    };
    let mut charge = charge.clone();
    charge.follow_ups.dispute = Some(dispute.id.clone());
    charge.follow_ups.disputed_at_ms = None;
    tx.emit(EventType::ChargeDisputeCreated, &dispute.json());
    if !inquiry {
        tx.emit(EventType::ChargeDisputeFundsWithdrawn, &dispute.json());
    }
    tx.save_charge(charge);
    tx.save_dispute(dispute.clone());
    Ok(dispute)
}

/// Closes a dispute. First puts it under review, as if the shop had responded: the bank does not
/// decide earlier.
///
/// # Errors
/// 400 if it is already closed, or cannot have this verdict.
pub(crate) fn close(
    tx: &mut Transaction<'_>,
    dispute: &Dispute,
    verdict: Verdict,
    status: Option<String>,
) -> Result<Dispute, ApiError> {
    if !dispute.is_open() || dispute.inquiry != (verdict == Verdict::WarningClosed) {
        return Err(ApiError::invalid(format!(
            "Dispute {} cannot be closed this way.",
            dispute.id
        )));
    }
    let mut dispute = dispute.clone();
    if verdict != Verdict::WarningClosed {
        dispute.status = DisputeStatus::UnderReview;
        tx.emit(EventType::ChargeDisputeUpdated, &dispute.json());
    }
    dispute.closed_at = Some(tx.now());
    dispute.overrides.status = status;
    dispute.status = match verdict {
        Verdict::Won => DisputeStatus::Won,
        Verdict::Lost => DisputeStatus::Lost,
        Verdict::WarningClosed => DisputeStatus::WarningClosed,
    };
    tx.emit(EventType::ChargeDisputeClosed, &dispute.json());
    if verdict == Verdict::Won {
        tx.emit(EventType::ChargeDisputeFundsReinstated, &dispute.json());
    }
    tx.save_dispute(dispute.clone());
    Ok(dispute)
}

/// Opens the dispute of a test card, if it is due and the charge can still be disputed.
pub(crate) fn open_for_test_card(tx: &mut Transaction<'_>, charge: &Charge) {
    if charge
        .follow_ups
        .disputed_at_ms
        .is_none_or(|at_ms| at_ms > tx.now_ms())
    {
        return;
    }
    let reason = match charge.payment_method.last4() {
        "0259" => "fraudulent",
        _ => "product_not_received",
    };
    if open(tx, charge, reason, false, Overrides::default()).is_err() {
        // Refunded or disputed manually in the meantime: do not try again.
        let mut charge = charge.clone();
        charge.follow_ups.disputed_at_ms = None;
        tx.save_charge(charge);
    }
}

/// The newest dispute about a charge.
pub(crate) fn of_charge<'a>(store: &'a Store, charge: &Charge) -> Option<&'a Dispute> {
    charge
        .follow_ups
        .dispute
        .as_ref()
        .and_then(|id| store.disputes.get(id))
}

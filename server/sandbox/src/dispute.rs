//! A dispute and its life.
//!
//! ```text
//! open ─┬─▶ needs_response ─────────┬─▶ won    the money comes back
//!       │   the money is withdrawn  └─▶ lost
//!       └─▶ warning_needs_response ───▶ warning_closed    an inquiry moves no money
//! ```
//!
//! Two test cards open one by the timetable; a tester opens and closes the rest by hand.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::balance;
use crate::error::ApiError;
use crate::event::EventType;
use crate::ids;
use crate::money::Currency;
use crate::payment::{Charge, ChargeStatus, PaymentMethod};
use crate::store::{Store, Transaction};
use crate::told::Told;

/// How long the shop may answer, in seconds.
const ANSWER_SECONDS: i64 = 7 * 24 * 60 * 60;

/// Why a shopper may dispute a charge.
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

/// Texts of evidence that Stripe knows; the sandbox takes none.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DisputeStatus {
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
    WarningNeedsResponse,
    WarningClosed,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Won,
    Lost,
    WarningClosed,
}

/// The shopper's bank asks for the money back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) charge: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// One of [`REASONS`].
    pub(crate) reason: String,
    pub(crate) status: DisputeStatus,
    /// The brand of the card, if it was one.
    pub(crate) brand: Option<String>,
    /// An inquiry: no money has moved.
    pub(crate) inquiry: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<i64>,
    /// What a tester has its answers and events say instead.
    #[serde(default, skip_serializing_if = "Told::is_nothing")]
    pub(crate) told: Told,
}

impl Dispute {
    pub(crate) fn is_open(&self) -> bool {
        use DisputeStatus::{NeedsResponse, UnderReview, WarningNeedsResponse};
        matches!(
            self.status,
            NeedsResponse | UnderReview | WarningNeedsResponse
        )
    }

    /// Whether the money is with the shopper's bank: there is nothing to refund then.
    pub(crate) fn holds_the_money(&self) -> bool {
        !self.inquiry && self.status != DisputeStatus::Won
    }

    /// The id of the booking that withdraws the money: the dispute's own with another prefix, so that none is kept.
    pub(crate) fn withdrawal(&self) -> String {
        format!("txn_{}", self.key())
    }

    /// The id of the booking that brings the money back.
    pub(crate) fn reinstatement(&self) -> String {
        format!("txn_r{}", self.key())
    }

    fn key(&self) -> &str {
        self.id.strip_prefix("du_").unwrap_or(&self.id)
    }

    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let answered = !matches!(
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
                "due_by": self.created + ANSWER_SECONDS,
                "enhanced_eligibility": {},
                "has_evidence": answered,
                "past_due": false,
                "submission_count": i32::from(answered),
            },
            "is_charge_refundable": self.is_open() && self.inquiry,
            "livemode": false,
            "metadata": {},
            "payment_intent": self.payment_intent,
            "payment_method_details": self.payment_method_details(),
            "reason": self.reason,
            "status": self.status,
        });
        self.told.change(&mut json);
        json
    }

    fn payment_method_details(&self) -> Value {
        match &self.brand {
            Some(brand) => json!({
                "card": {
                    "brand": brand,
                    "case_type": if self.inquiry { "inquiry" } else { "chargeback" },
                    "network": brand,
                    "network_reason_code": if self.reason == "fraudulent" { "10.4" } else { "13.1" },
                },
                "type": "card",
            }),
            None => Value::Null,
        }
    }
}

/// Opens a dispute about all of a charge that is not refunded; an inquiry withdraws no money.
///
/// # Errors
/// 400 for an unknown reason, and when the charge has not succeeded, is disputed already or refunded in full.
pub(crate) fn open(
    tx: &mut Transaction<'_>,
    charge: &Charge,
    reason: &str,
    inquiry: bool,
    told: Told,
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
            "Charge {id} has no money to dispute."
        )));
    }
    if of_charge(tx.store(), charge)
        .is_some_and(|dispute| dispute.is_open() || dispute.holds_the_money())
    {
        return Err(ApiError::invalid(format!("Charge {id} is disputed.")));
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
        told,
    };
    let mut charge = charge.clone();
    charge.after.dispute = Some(dispute.id.clone());
    charge.after.disputed_at_ms = None;
    tx.emit(EventType::ChargeDisputeCreated, &dispute.json());
    if !inquiry {
        tx.emit(EventType::ChargeDisputeFundsWithdrawn, &dispute.json());
    }
    tx.save_charge(charge);
    tx.save_dispute(dispute.clone());
    Ok(dispute)
}

/// Ends a dispute. The shop's answer comes first, as the bank decides nothing before it or the end of its time.
///
/// # Errors
/// 400 when it is over already, or cannot end like this.
pub(crate) fn close(
    tx: &mut Transaction<'_>,
    dispute: &Dispute,
    verdict: Verdict,
    status: Option<String>,
) -> Result<Dispute, ApiError> {
    if !dispute.is_open() || dispute.inquiry != (verdict == Verdict::WarningClosed) {
        return Err(ApiError::invalid(format!(
            "Dispute {} cannot end like this.",
            dispute.id
        )));
    }
    let mut dispute = dispute.clone();
    if verdict != Verdict::WarningClosed {
        dispute.status = DisputeStatus::UnderReview;
        tx.emit(EventType::ChargeDisputeUpdated, &dispute.json());
    }
    dispute.closed_at = Some(tx.now());
    dispute.told.status = status;
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

/// A test card's own dispute, if its time has come and there is still money to dispute.
pub(crate) fn open_by_card(tx: &mut Transaction<'_>, charge: &Charge) {
    if charge
        .after
        .disputed_at_ms
        .is_none_or(|at_ms| at_ms > tx.now_ms())
    {
        return;
    }
    let reason = match charge.payment_method.last4() {
        "0259" => "fraudulent",
        _ => "product_not_received",
    };
    if open(tx, charge, reason, false, Told::default()).is_err() {
        // Refunded or disputed by hand meanwhile: the card has had its say.
        let mut charge = charge.clone();
        charge.after.disputed_at_ms = None;
        tx.save_charge(charge);
    }
}

/// The newest dispute about a charge.
pub(crate) fn of_charge<'a>(store: &'a Store, charge: &Charge) -> Option<&'a Dispute> {
    charge
        .after
        .dispute
        .as_ref()
        .and_then(|id| store.disputes.get(id))
}

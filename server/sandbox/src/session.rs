//! A Checkout Session and its life.
//!
//! ```text
//!                       ┌──────────── declined: the shopper may try again
//!                       ▼           │
//! create ──▶ open/unpaid ───────────┴─▶ complete/paid                  card
//!                │  │  └──────────────▶ complete/no_payment_required   total 0
//!                │  └─────────────────▶ complete/unpaid ──▶ complete/paid   delayed method; stays unpaid when it fails
//!                └────────────────────▶ expired/unpaid                 by the API or by time
//! ```
//!
//! Every move is one [`Transaction`]: the ledger and its events are written together, before anything is sent.

mod json;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::event::{EventRequest, EventType};
use crate::ids;
use crate::money::Currency;
use crate::payment::{
    Aftermath, Charge, ChargeStatus, Failure, Metadata, PaymentIntent, PaymentIntentStatus,
    PaymentMethod, Settlement, Shopper,
};
use crate::store::Transaction;
use crate::test_cards::{CardOutcome, TestCard, TestIban};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Open,
    Complete,
    Expired,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Complete => "complete",
            Status::Expired => "expired",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentStatus {
    Unpaid,
    Paid,
    NoPaymentRequired,
}

/// A way to pay that the session offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodType {
    Card,
    SepaDebit,
}

impl MethodType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            MethodType::Card => "card",
            MethodType::SepaDebit => "sepa_debit",
        }
    }
}

/// One line. Its item, price and product ids share one random part, to keep a hundred thousand sessions small.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineItem {
    /// 24 random characters.
    pub(crate) key: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) images: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    /// In minor units.
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
}

impl LineItem {
    /// In minor units. Amount and quantity were checked when the session was created.
    pub(crate) fn total(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }
}

/// A Checkout Session. Objects are rendered on demand: see `json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckoutSession {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) status: Status,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<LineItem>,
    pub(crate) success_url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancel_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_reference_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locale: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Metadata,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) payment_intent_metadata: Metadata,
    /// What the creator asked for; `None` allows everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_payment_method_types: Option<Vec<MethodType>>,
    /// Set by the first attempt to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_intent: Option<String>,
    /// Set when it completes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shopper: Option<Shopper>,
    /// The event whose delivery the payment page waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed_event: Option<String>,
}

impl CheckoutSession {
    /// The total in minor units. Its parts were checked when the session was created.
    pub(crate) fn total(&self) -> i64 {
        self.lines
            .iter()
            .fold(0, |sum, line| sum.saturating_add(line.total()))
    }

    /// The methods that the payment page offers: SEPA Direct Debit moves euros only.
    pub(crate) fn payment_methods(&self) -> Vec<MethodType> {
        [MethodType::Card, MethodType::SepaDebit]
            .into_iter()
            .filter(|method| *method == MethodType::Card || self.currency.code() == "eur")
            .filter(|method| {
                self.allowed_payment_method_types
                    .as_ref()
                    .is_none_or(|allowed| allowed.contains(method))
            })
            .collect()
    }

    /// The session as it was when it was created, which a repeated creation answers.
    pub(crate) fn as_created(&self) -> CheckoutSession {
        CheckoutSession {
            status: Status::Open,
            payment_status: PaymentStatus::Unpaid,
            payment_intent: None,
            shopper: None,
            completed_event: None,
            ..self.clone()
        }
    }

    /// Refuses with 400 what can only be done to an open session; `what` as in «can be expired».
    pub(crate) fn require_open(&self, what: &str) -> Result<(), ApiError> {
        if self.status == Status::Open {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be {what}. This Checkout Session has a status of `{}`.",
            self.status.name()
        ))
        .executed())
    }
}

/// How the shopper pays.
#[derive(Debug, Clone)]
pub(crate) enum Payment {
    Card(TestCard),
    SepaDebit {
        account: TestIban,
    },
    /// The total is zero.
    Nothing,
}

/// Ends an open session; `request` is the API call that asked for it, `None` when its time was over.
///
/// # Errors
/// 400 when it is not open.
pub(crate) fn expire(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    request: Option<EventRequest>,
) -> Result<CheckoutSession, ApiError> {
    session.require_open("expired")?;
    let session = CheckoutSession {
        status: Status::Expired,
        ..session.clone()
    };
    tx.emit_by(
        EventType::CheckoutSessionExpired,
        &session.json(tx.origin()),
        request,
    );
    tx.save_session(session.clone());
    Ok(session)
}

/// One attempt to pay an open session.
///
/// # Errors
/// 400 when it is not open; 402 when the bank declines, and then the session stays open.
pub(crate) fn pay(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    shopper: Shopper,
    payment: &Payment,
) -> Result<CheckoutSession, ApiError> {
    session.require_open("paid")?;
    let mut session = session.clone();
    match payment {
        Payment::Nothing => {
            complete(tx, &mut session, shopper, PaymentStatus::NoPaymentRequired);
        }
        Payment::Card(card) => {
            let method = PaymentMethod::Card {
                id: ids::object_id("pm"),
                brand: card.brand.to_owned(),
                last4: card.last4.to_owned(),
                exp_month: card.exp_month,
                exp_year: card.exp_year,
            };
            let intent = intent_of(tx, &mut session);
            let charge = new_charge(tx, &intent, &method, &shopper);
            match card.outcome {
                CardOutcome::Succeeds => {
                    succeed(tx, intent, charge);
                    complete(tx, &mut session, shopper, PaymentStatus::Paid);
                }
                CardOutcome::Declined(decline) => {
                    let failure = Failure {
                        code: decline.code.to_owned(),
                        decline_code: Some(decline.decline_code.to_owned()),
                        message: decline.message.to_owned(),
                    };
                    let mut error = ApiError::card(decline.code, decline.message).executed();
                    error.decline_code = Some(decline.decline_code);
                    error.charge = Some(charge.id.clone());
                    fail(tx, intent, charge, failure);
                    tx.save_session(session);
                    return Err(error);
                }
            }
        }
        Payment::SepaDebit { account } => {
            let method = PaymentMethod::SepaDebit {
                id: ids::object_id("pm"),
                country: account.country.to_owned(),
                last4: account.last4.to_owned(),
            };
            let intent = intent_of(tx, &mut session);
            let charge = new_charge(tx, &intent, &method, &shopper);
            begin_processing(tx, intent, charge, account.succeeds);
            complete(tx, &mut session, shopper, PaymentStatus::Unpaid);
        }
    }
    Ok(session)
}

/// The result of a delayed payment has come in.
pub(crate) fn settle(tx: &mut Transaction<'_>, intent: &PaymentIntent) {
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(|id| tx.store().charges.get(id))
        .cloned();
    let session = tx.store().sessions.get(&intent.session).cloned();
    let (Some(settlement), Some(charge), Some(mut session)) = (intent.settles, charge, session)
    else {
        return;
    };
    let mut intent = intent.clone();
    intent.settles = None;
    if settlement.succeeds {
        succeed(tx, intent, charge);
        session.payment_status = PaymentStatus::Paid;
        tx.emit(
            EventType::CheckoutSessionAsyncPaymentSucceeded,
            &session.json(tx.origin()),
        );
    } else {
        let failure = Failure {
            code: "payment_intent_payment_attempt_failed".to_owned(),
            decline_code: None,
            message: "The customer's bank did not collect the payment.".to_owned(),
        };
        fail(tx, intent, charge, failure);
        tx.emit(
            EventType::CheckoutSessionAsyncPaymentFailed,
            &session.json(tx.origin()),
        );
    }
    tx.save_session(session);
}

/// The session's payment intent: the first attempt makes it.
fn intent_of(tx: &mut Transaction<'_>, session: &mut CheckoutSession) -> PaymentIntent {
    let known = session
        .payment_intent
        .as_ref()
        .and_then(|id| tx.store().payment_intents.get(id));
    if let Some(intent) = known {
        return intent.clone();
    }
    let intent = PaymentIntent {
        id: ids::object_id("pi"),
        session: session.id.clone(),
        created: tx.now(),
        amount: session.total(),
        currency: session.currency,
        status: PaymentIntentStatus::RequiresPaymentMethod,
        metadata: session.payment_intent_metadata.clone(),
        payment_method_types: session
            .payment_methods()
            .iter()
            .map(|method| method.name().to_owned())
            .collect(),
        payment_method: None,
        latest_charge: None,
        last_failure: None,
        settles: None,
    };
    session.payment_intent = Some(intent.id.clone());
    tx.emit(EventType::PaymentIntentCreated, &intent.json(None));
    intent
}

fn new_charge(
    tx: &Transaction<'_>,
    intent: &PaymentIntent,
    method: &PaymentMethod,
    shopper: &Shopper,
) -> Charge {
    Charge {
        id: ids::object_id("ch"),
        payment_intent: intent.id.clone(),
        created: tx.now(),
        amount: intent.amount,
        amount_refunded: 0,
        currency: intent.currency,
        status: ChargeStatus::Pending,
        payment_method: method.clone(),
        shopper: shopper.clone(),
        metadata: intent.metadata.clone(),
        failure: None,
        after: Aftermath::default(),
    }
}

fn succeed(tx: &mut Transaction<'_>, mut intent: PaymentIntent, mut charge: Charge) {
    charge.status = ChargeStatus::Succeeded;
    charge.plan_aftermath(tx);
    intent.status = PaymentIntentStatus::Succeeded;
    intent.payment_method = Some(charge.payment_method.clone());
    intent.latest_charge = Some(charge.id.clone());
    intent.last_failure = None;
    tx.emit(EventType::ChargeSucceeded, &charge.json());
    tx.emit(EventType::PaymentIntentSucceeded, &intent.json(None));
    tx.save_charge(charge);
    tx.save_payment_intent(intent);
}

fn begin_processing(
    tx: &mut Transaction<'_>,
    mut intent: PaymentIntent,
    charge: Charge,
    succeeds: bool,
) {
    intent.status = PaymentIntentStatus::Processing;
    intent.payment_method = Some(charge.payment_method.clone());
    intent.latest_charge = Some(charge.id.clone());
    intent.last_failure = None;
    intent.settles = Some(Settlement {
        at_ms: tx.settles_at_ms(),
        succeeds,
    });
    tx.emit(EventType::ChargePending, &charge.json());
    tx.emit(EventType::PaymentIntentProcessing, &intent.json(None));
    tx.save_charge(charge);
    tx.save_payment_intent(intent);
}

fn fail(tx: &mut Transaction<'_>, mut intent: PaymentIntent, mut charge: Charge, failure: Failure) {
    charge.status = ChargeStatus::Failed;
    charge.failure = Some(failure.clone());
    intent.status = PaymentIntentStatus::RequiresPaymentMethod;
    intent.latest_charge = Some(charge.id.clone());
    intent.last_failure = Some(failure);
    tx.emit(EventType::ChargeFailed, &charge.json());
    tx.emit(EventType::PaymentIntentPaymentFailed, &intent.json(None));
    tx.save_charge(charge);
    tx.save_payment_intent(intent);
}

fn complete(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    shopper: Shopper,
    payment_status: PaymentStatus,
) {
    session.status = Status::Complete;
    session.payment_status = payment_status;
    session.shopper = Some(shopper);
    session.completed_event = Some(tx.emit(
        EventType::CheckoutSessionCompleted,
        &session.json(tx.origin()),
    ));
    tx.save_session(session.clone());
}

//! A Checkout Session and its life.
//!
//! ```text
//!                       ┌──────────── declined, or not approved: the shopper may try again
//!                       ▼           │
//! create ──▶ open/unpaid ───────────┴─▶ complete/paid                  card; by 3-D Secure it stays open until approved
//!                │  │  └──────────────▶ complete/no_payment_required   total 0
//!                │  └─────────────────▶ complete/unpaid ──▶ complete/paid   delayed method; stays unpaid when it fails
//!                └────────────────────▶ expired/unpaid                 by the API or by time
//! ```
//!
//! Every move is one [`Transaction`]: the ledger and its events are written together, before anything is sent.

mod cost;
mod json;
mod options;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::coupon;
use crate::error::ApiError;
use crate::event::{EventRequest, EventType};
use crate::ids;
use crate::money::Currency;
use crate::payment::{
    Aftermath, Charge, ChargeStatus, Failure, Metadata, PaymentIntent, PaymentIntentStatus,
    PaymentMethod, Settlement, Shopper,
};
use crate::presentment;
use crate::store::Transaction;
use crate::test_cards::{CardOutcome, Decline, GENERIC_DECLINE, TestCard, TestIban};

pub(crate) use cost::{Change, Choices, choose};
pub(crate) use options::{
    CustomText, DeliveryBound, DeliveryEstimate, DeliveryUnit, SessionOptions, ShippingOption,
    TaxBehavior,
};

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
    pub(crate) const fn name(self) -> &'static str {
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
    #[serde(default, skip_serializing_if = "TaxBehavior::is_unspecified")]
    pub(crate) tax_behavior: TaxBehavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tax_code: Option<Box<str>>,
}

impl LineItem {
    /// Before discount and tax, in minor units. Amount and quantity were checked when the session was created.
    pub(crate) fn subtotal(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }
}

/// A payment that waits for the shopper to approve it by 3-D Secure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Authentication {
    pub(crate) shopper: Shopper,
    pub(crate) method: PaymentMethod,
    /// Whether the bank declines all the same.
    pub(crate) declined: bool,
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
    /// What the shop asked for, where it asked for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) options: Option<Box<SessionOptions>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Box<Choices>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authentication: Option<Box<Authentication>>,
    /// Set by the first attempt to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) payment_intent: Option<String>,
    /// Set when it completes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shopper: Option<Box<Shopper>>,
    /// The event whose delivery the payment page waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed_event: Option<String>,
    /// The shopper's own currency, where it was paid in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presented: Option<Currency>,
}

impl CheckoutSession {
    /// What the shop asked for beside the lines.
    pub(crate) fn options(&self) -> &SessionOptions {
        static NONE: LazyLock<SessionOptions> = LazyLock::new(SessionOptions::default);
        self.options.as_deref().unwrap_or(&NONE)
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
            choices: None,
            authentication: None,
            payment_intent: None,
            shopper: None,
            completed_event: None,
            presented: None,
            ..self.clone()
        }
    }

    /// The currency in which this shopper pays, where it is another one than the shop's.
    fn presented_to(&self, shopper: &Shopper) -> Option<Currency> {
        match self.options().adaptive_pricing_off {
            true => None,
            false => presentment::currency_of(&shopper.email, self.currency),
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

/// Writes what the shopper chose. A payment that waits to be approved was for the total before: it is given up.
///
/// # Errors
/// 400 when the session is not open, and as [`choose`].
pub(crate) fn change(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    change: Change,
) -> Result<CheckoutSession, ApiError> {
    require_in_time(tx, session, "changed")?;
    let mut chosen = choose(tx.store(), session, change, tx.now())?;
    if chosen.choices != session.choices {
        if chosen.authentication.take().is_some()
            && let Some(mut intent) = known_intent(tx, &chosen)
        {
            intent.status = PaymentIntentStatus::RequiresPaymentMethod;
            intent.action_url = None;
            tx.save_payment_intent(intent);
        }
        tx.save_session(chosen.clone());
    }
    Ok(chosen)
}

/// Refuses what can only be done to an open session, and ends one whose time is over: the timetable may be behind.
///
/// # Errors
/// 400 when it is not open any more.
pub(crate) fn require_in_time(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    what: &str,
) -> Result<(), ApiError> {
    session.require_open(what)?;
    if tx.now() < session.expires_at {
        return Ok(());
    }
    expire(tx, session, None)?.require_open(what)
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
        authentication: None,
        ..session.clone()
    };
    if let Some(mut intent) = known_intent(tx, &session) {
        intent.status = PaymentIntentStatus::Canceled;
        intent.canceled_at = Some(tx.now());
        intent.action_url = None;
        tx.emit_by(
            EventType::PaymentIntentCanceled,
            &intent.json(None),
            request.clone(),
        );
        tx.save_payment_intent(intent);
    }
    tx.emit_by(
        EventType::CheckoutSessionExpired,
        &session.json(tx.origin()),
        request,
    );
    tx.save_session(session.clone());
    Ok(session)
}

/// One attempt to pay an open session. A card that asks for 3-D Secure leaves it open, with an `authentication`.
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
    session.authentication = None;
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
                authenticated: matches!(card.outcome, CardOutcome::Asks { .. }),
            };
            let intent = intent_of(tx, &mut session, &shopper);
            let decline = match card.outcome {
                CardOutcome::Succeeds => None,
                CardOutcome::Declined(decline) => Some(decline),
                CardOutcome::Asks { declined } => {
                    ask(tx, &mut session, intent, shopper, method, declined);
                    return Ok(session);
                }
            };
            charge_card(tx, &mut session, intent, shopper, &method, decline)?;
        }
        Payment::SepaDebit { account } => {
            let method = PaymentMethod::SepaDebit {
                id: ids::object_id("pm"),
                country: account.country.to_owned(),
                last4: account.last4.to_owned(),
            };
            let intent = intent_of(tx, &mut session, &shopper);
            let charge = new_charge(tx, &intent, &method, &shopper);
            begin_processing(tx, intent, charge, account.succeeds);
            complete(tx, &mut session, shopper, PaymentStatus::Unpaid);
        }
    }
    Ok(session)
}

/// The shopper has answered 3-D Secure.
///
/// # Errors
/// 400 when the session is not open, nothing waits for an answer or the promotion code has run out meanwhile; 402 when the shopper did not approve or the bank
/// declines, and then the session stays open.
pub(crate) fn authenticate(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    approved: bool,
) -> Result<CheckoutSession, ApiError> {
    require_in_time(tx, session, "paid")?;
    if approved {
        session.check_redeemable(tx.store(), tx.now())?;
    }
    let mut session = session.clone();
    let (Some(authentication), Some(mut intent)) =
        (session.authentication.take(), known_intent(tx, &session))
    else {
        return Err(ApiError::invalid("No payment waits to be approved.").executed());
    };
    let Authentication {
        shopper,
        method,
        declined,
    } = *authentication;
    intent.action_url = None;
    if approved {
        let decline = declined.then_some(GENERIC_DECLINE);
        charge_card(tx, &mut session, intent, shopper, &method, decline)?;
        return Ok(session);
    }
    let failure = Failure {
        code: "payment_intent_authentication_failure".to_owned(),
        decline_code: None,
        message: NOT_APPROVED.to_owned(),
    };
    intent.status = PaymentIntentStatus::RequiresPaymentMethod;
    intent.last_failure = Some(failure);
    tx.emit(EventType::PaymentIntentPaymentFailed, &intent.json(None));
    tx.save_payment_intent(intent);
    tx.save_session(session);
    Err(ApiError::card("payment_intent_authentication_failure", NOT_APPROVED).executed())
}

const NOT_APPROVED: &str = "We are unable to authenticate your payment method. \
    Please choose a different payment method and try again.";

/// The payment waits for the shopper, and the session with it.
fn ask(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    mut intent: PaymentIntent,
    shopper: Shopper,
    method: PaymentMethod,
    declined: bool,
) {
    intent.status = PaymentIntentStatus::RequiresAction;
    intent.payment_method = Some(method.clone());
    intent.last_failure = None;
    intent.action_url = Some(format!("{}/c/pay/{}/authenticate", tx.origin(), session.id));
    tx.emit(EventType::PaymentIntentRequiresAction, &intent.json(None));
    tx.save_payment_intent(intent);
    session.authentication = Some(Box::new(Authentication {
        shopper,
        method,
        declined,
    }));
    tx.save_session(session.clone());
}

/// Charges the card, and completes the session when the bank agrees.
fn charge_card(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    intent: PaymentIntent,
    shopper: Shopper,
    method: &PaymentMethod,
    decline: Option<Decline>,
) -> Result<(), ApiError> {
    let charge = new_charge(tx, &intent, method, &shopper);
    match decline {
        None => {
            succeed(tx, intent, charge);
            complete(tx, session, shopper, PaymentStatus::Paid);
            Ok(())
        }
        Some(decline) => {
            let failure = Failure {
                code: decline.code.to_owned(),
                decline_code: Some(decline.decline_code.to_owned()),
                message: decline.message.to_owned(),
            };
            let mut error = ApiError::card(decline.code, decline.message).executed();
            error.decline_code = Some(decline.decline_code);
            error.charge = Some(charge.id.clone());
            fail(tx, intent, charge, failure);
            tx.save_session(session.clone());
            Err(error)
        }
    }
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

fn known_intent(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<PaymentIntent> {
    let id = session.payment_intent.as_ref()?;
    tx.store().payment_intents.get(id).cloned()
}

/// The session's payment intent: the first attempt makes it. The total may have changed since.
fn intent_of(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    shopper: &Shopper,
) -> PaymentIntent {
    let shipping = shopper.shipping_json();
    let presented = session.presented_to(shopper);
    if let Some(intent) = known_intent(tx, session) {
        return PaymentIntent {
            presented,
            amount: session.total(),
            shipping,
            action_url: None,
            ..intent
        };
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
        description: session.options().payment_intent_description.clone(),
        shipping,
        action_url: None,
        canceled_at: None,
        presented,
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
        description: intent.description.clone(),
        presented: intent.presented,
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
    session.presented = session.presented_to(&shopper);
    session.shopper = Some(Box::new(shopper));
    if let Some(discount) = session.discount().cloned() {
        coupon::redeem(tx, &discount);
    }
    session.completed_event = Some(tx.emit(
        EventType::CheckoutSessionCompleted,
        &session.json(tx.origin()),
    ));
    tx.save_session(session.clone());
}

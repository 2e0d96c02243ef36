//! Checkout Sessions and their lifecycle.
//!
//! ```text
//!                       ┌──────────── declined or not approved: the shopper may retry
//!                       ▼           │
//! create ──▶ open/unpaid ───────────┴─▶ complete/paid                  card
//!                │  │  └──────────────▶ complete/no_payment_required   total 0
//!                │  └─────────────────▶ complete/unpaid ──▶ complete/paid   delayed method
//!                └────────────────────▶ expired/unpaid                 by the API or by time
//! ```
//!
//! With 3-D Secure the session stays open until the shopper approves the payment. If a delayed
//! payment fails, the session stays complete/unpaid.
//!
//! Every transition is one [`Transaction`]: the objects and their events are written together,
//! before anything is sent.

mod breakdown;
mod cost;
mod invoice;
mod json;
mod options;

use std::sync::LazyLock;

use crate::coupon;
use crate::error::ApiError;
use crate::event::{EventRequest, EventType};
use crate::ids;
use crate::money::Currency;
use crate::objects::payment::{
    Charge, ChargeStatus, Failure, FollowUps, PaymentIntent, PaymentIntentStatus, PaymentMethod,
    Settlement, Shopper,
};
use crate::objects::session::{
    Authentication, CheckoutSession, LineItem, MethodType, PaymentStatus, Status,
};
use crate::objects::session_options::SessionOptions;
use crate::presentment;
use crate::store::Transaction;
use crate::test_cards::{CardOutcome, Decline, GENERIC_DECLINE, TestCard, TestIban};

pub(crate) use cost::{Change, with_change};
pub(crate) use invoice::session_of_invoice;

impl LineItem {
    /// Before discount and tax, in minor units. Amount and quantity were checked when the session
    /// was created.
    pub(crate) fn subtotal(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }
}

impl CheckoutSession {
    /// The optional parameters of the creation.
    pub(crate) fn options(&self) -> &SessionOptions {
        static NONE: LazyLock<SessionOptions> = LazyLock::new(SessionOptions::default);
        self.options.as_deref().unwrap_or(&NONE)
    }

    /// The methods that the payment page offers; SEPA Direct Debit only for euros.
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

    /// The session as it was at creation, for a repeated creation request.
    pub(crate) fn as_created(&self) -> CheckoutSession {
        CheckoutSession {
            status: Status::Open,
            payment_status: PaymentStatus::Unpaid,
            choices: None,
            authentication: None,
            payment_intent: None,
            shopper: None,
            completed_event: None,
            presentment_currency: None,
            ..self.clone()
        }
    }

    /// The currency that this shopper pays in, if it is not the session's.
    fn presentment_currency_for(&self, shopper: &Shopper) -> Option<Currency> {
        match self.options().adaptive_pricing_off {
            true => None,
            false => presentment::currency_for_email(&shopper.email, self.currency),
        }
    }

    /// Refuses with 400 if the session is not open; `what` as in "can be expired".
    pub(crate) fn require_open(&self, what: &str) -> Result<(), ApiError> {
        if self.status == Status::Open {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be {what}. This Checkout \
             Session has a status of `{}`.",
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

/// Saves the shopper's choices. This abandons a payment that waits for approval, since it was for
/// the previous total.
///
/// # Errors
/// 400 if the session is not open, and as [`with_change`].
pub(crate) fn save_choices(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    change: Change,
) -> Result<CheckoutSession, ApiError> {
    require_unexpired(tx, session, "changed")?;
    let mut chosen = with_change(tx.store(), session, change, tx.now())?;
    if chosen.choices != session.choices {
        if chosen.authentication.take().is_some()
            && let Some(mut intent) = find_intent(tx, &chosen)
        {
            intent.status = PaymentIntentStatus::RequiresPaymentMethod;
            intent.action_url = None;
            tx.save_payment_intent(intent);
        }
        tx.save_session(chosen.clone());
    }
    Ok(chosen)
}

/// Refuses a session that is not open. First expires it if it is overdue, since the scheduler may
/// be late.
///
/// # Errors
/// 400 if it is not open.
pub(crate) fn require_unexpired(
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

/// Expires an open session. `request` is the API request that caused it, `None` if it expired by
/// time.
///
/// # Errors
/// 400 if it is not open.
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
    if let Some(mut intent) = find_intent(tx, &session) {
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

/// Makes one attempt to pay an open session. If the card requires 3-D Secure, the session stays
/// open, with an `authentication`.
///
/// # Errors
/// 400 if it is not open; 402 if the bank declines, in which case the session stays open.
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
                authenticated: matches!(card.outcome, CardOutcome::RequiresAuthentication { .. }),
            };
            let intent = get_or_create_intent(tx, &mut session, &shopper);
            let decline = match card.outcome {
                CardOutcome::Succeeds => None,
                CardOutcome::Declined(decline) => Some(decline),
                CardOutcome::RequiresAuthentication { declined } => {
                    require_action(tx, &mut session, intent, shopper, method, declined);
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
            let intent = get_or_create_intent(tx, &mut session, &shopper);
            let charge = new_charge(tx, &intent, &method, &shopper);
            begin_processing(tx, intent, charge, account.succeeds);
            complete(tx, &mut session, shopper, PaymentStatus::Unpaid);
        }
    }
    Ok(session)
}

/// Continues a payment after 3-D Secure; `approved` is the shopper's decision.
///
/// # Errors
/// 400 if the session is not open, no payment waits for approval, or the promotion code is no
/// longer active; 402 if the shopper did not approve or the bank declines, in which case the
/// session stays open.
pub(crate) fn authenticate(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    approved: bool,
) -> Result<CheckoutSession, ApiError> {
    require_unexpired(tx, session, "paid")?;
    if approved {
        session.check_redeemable(tx.store(), tx.now())?;
    }
    let mut session = session.clone();
    let (Some(authentication), Some(mut intent)) =
        (session.authentication.take(), find_intent(tx, &session))
    else {
        return Err(ApiError::invalid("No payment is waiting for approval.").executed());
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

/// Makes the session wait for the shopper's approval of the payment.
fn require_action(
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

/// Charges the card, and completes the session unless `decline` is given.
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

/// Lets a delayed payment succeed or fail, as its [`Settlement`] says.
pub(crate) fn settle_delayed_payment(tx: &mut Transaction<'_>, intent: &PaymentIntent) {
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(|id| tx.store().charges.get(id))
        .cloned();
    let session = tx.store().sessions.get(&intent.session).cloned();
    let (Some(settlement), Some(charge), Some(mut session)) = (intent.settlement, charge, session)
    else {
        return;
    };
    let mut intent = intent.clone();
    intent.settlement = None;
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

fn find_intent(tx: &Transaction<'_>, session: &CheckoutSession) -> Option<PaymentIntent> {
    let id = session.payment_intent.as_ref()?;
    tx.store().payment_intents.get(id).cloned()
}

/// Returns the session's payment intent with the current total; the first payment attempt creates
/// it.
fn get_or_create_intent(
    tx: &mut Transaction<'_>,
    session: &mut CheckoutSession,
    shopper: &Shopper,
) -> PaymentIntent {
    let shipping = shopper.shipping_json();
    let presentment_currency = session.presentment_currency_for(shopper);
    if let Some(intent) = find_intent(tx, session) {
        return PaymentIntent {
            presentment_currency,
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
        settlement: None,
        description: session.options().payment_intent_description.clone(),
        shipping,
        action_url: None,
        canceled_at: None,
        presentment_currency,
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
        follow_ups: FollowUps::default(),
        description: intent.description.clone(),
        presentment_currency: intent.presentment_currency,
    }
}

fn succeed(tx: &mut Transaction<'_>, mut intent: PaymentIntent, mut charge: Charge) {
    charge.status = ChargeStatus::Succeeded;
    charge.schedule_follow_ups(tx);
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
    intent.settlement = Some(Settlement {
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
    session.presentment_currency = session.presentment_currency_for(&shopper);
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

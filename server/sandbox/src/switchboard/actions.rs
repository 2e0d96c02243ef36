//! What can be done by hand: to a session as its shopper, its bank or its shop would do it, and to an event.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::account::AccountState;
use crate::address::Address;
use crate::api::{self, Confirmation, Instrument, find_session};
use crate::by_hand;
use crate::dispute::{Dispute, DisputeStatus};
use crate::error::{ApiError, ErrorType};
use crate::faults::FaultPlan;
use crate::form::{self, Fields, Param, Params};
use crate::payment::{Charge, ChargeStatus, PaymentIntent};
use crate::server::App;
use crate::session::{self, CheckoutSession, MethodType, Status};
use crate::told::Told;

/// Who pays where the session knows no mail address.
const EMAIL: &str = "tester@example.com";

/// One thing to do to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The shopper pays by card.
    Pay,
    /// The shopper tries a card that the bank declines.
    Decline,
    /// The shopper begins a delayed payment (SEPA Direct Debit); `succeeds`, by default true, is its later result.
    PayLater,
    /// The bank answers to a delayed payment now; `succeeds`, by default true.
    Settle,
    /// The shop ends the session.
    Expire,
    /// The shop gives money back; `amount` in minor units, by default all that is left. As with
    /// disputes, what is told of it may differ from what is booked: see [`Told`].
    Refund,
    /// The shopper disputes the payment; `reason`, by default `fraudulent`, and `inquiry`, by default false.
    Dispute,
    /// The shop wins the dispute.
    Win,
    /// The shop loses the dispute.
    Lose,
    /// The inquiry ends without a dispute.
    CloseInquiry,
}

impl Action {
    const ALL: [Action; 10] = [
        Action::Pay,
        Action::Decline,
        Action::PayLater,
        Action::Settle,
        Action::Expire,
        Action::Refund,
        Action::Dispute,
        Action::Win,
        Action::Lose,
        Action::CloseInquiry,
    ];

    /// As it stands in the address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Action::Pay => "pay",
            Action::Decline => "decline",
            Action::PayLater => "pay_later",
            Action::Settle => "settle",
            Action::Expire => "expire",
            Action::Refund => "refund",
            Action::Dispute => "dispute",
            Action::Win => "win",
            Action::Lose => "lose",
            Action::CloseInquiry => "close_inquiry",
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    pub(super) fn names() -> String {
        Action::ALL.map(Action::name).join(", ")
    }

    /// What a page says afterwards.
    pub(super) fn done(self) -> &'static str {
        match self {
            Action::Pay => "The session is paid.",
            Action::Decline => "The card was declined.",
            Action::PayLater => "The delayed payment has begun.",
            Action::Settle => "The bank has answered.",
            Action::Expire => "The session has expired.",
            Action::Refund => "The money goes back.",
            Action::Dispute => "The payment is disputed.",
            Action::Win => "The dispute is won.",
            Action::Lose => "The dispute is lost.",
            Action::CloseInquiry => "The inquiry is closed.",
        }
    }

    /// The names of what can be done to a session now.
    pub(super) fn possible(
        session: &CheckoutSession,
        intent: Option<&PaymentIntent>,
        charge: Option<&Charge>,
        dispute: Option<&Dispute>,
    ) -> Vec<&'static str> {
        let open = session.status == Status::Open;
        let priced = session.total() > 0;
        let delayed = session.payment_methods().contains(&MethodType::SepaDebit);
        let awaits_bank = intent.is_some_and(|intent| intent.settles.is_some());
        let rest = charge
            .filter(|charge| charge.status == ChargeStatus::Succeeded)
            .map_or(0, |charge| charge.amount - charge.amount_refunded);
        let disputed = dispute.filter(|dispute| dispute.is_open());
        let lost = dispute.is_some_and(|dispute| dispute.status == DisputeStatus::Lost);
        let possible = Action::ALL.into_iter().filter(|action| match action {
            Action::Pay | Action::Expire => open,
            Action::Decline => open && priced,
            Action::PayLater => open && priced && delayed,
            Action::Settle => awaits_bank,
            Action::Refund => rest > 0 && !lost,
            Action::Dispute => rest > 0 && !lost && disputed.is_none(),
            Action::Win | Action::Lose => disputed.is_some_and(|dispute| !dispute.inquiry),
            Action::CloseInquiry => disputed.is_some_and(|dispute| dispute.inquiry),
        });
        possible.map(Action::name).collect()
    }

    /// Does it.
    ///
    /// # Errors
    /// 404 for an unknown session, 400 when its state does not allow this or the parameters make no sense.
    pub(super) fn execute(
        self,
        app: &App,
        session: &str,
        mut posted: Posted,
    ) -> Result<(), ApiError> {
        match self {
            Action::Pay => {
                posted.finish()?;
                confirm(app, session, card(app, "4242424242424242"))
            }
            Action::Decline => {
                posted.finish()?;
                match confirm(app, session, card(app, "4000000000000002")) {
                    // That is what was asked for.
                    Err(error) if error.kind == ErrorType::Card && error.executed => Ok(()),
                    other => other,
                }
            }
            Action::PayLater => {
                let succeeds = posted.boolean("succeeds")?.unwrap_or(true);
                posted.finish()?;
                let iban = if succeeds {
                    "AT611904300234573201"
                } else {
                    "IT60X0542811101000000123456"
                };
                confirm(
                    app,
                    session,
                    Instrument::SepaDebit {
                        iban: iban.to_owned(),
                    },
                )
            }
            Action::Expire => {
                posted.finish()?;
                app.change(|tx| {
                    let session = find_session(tx.store(), session)?.clone();
                    session::expire(tx, &session, None).map(drop)
                })
            }
            Action::Settle => {
                let succeeds = posted.boolean("succeeds")?.unwrap_or(true);
                posted.finish()?;
                by_hand::settle(app, session, succeeds).map(drop)
            }
            Action::Refund => {
                let amount = posted.integer("amount")?;
                let told = posted.told()?;
                posted.finish()?;
                by_hand::refund(app, session, amount, told).map(drop)
            }
            Action::Dispute => {
                let reason = posted.text("reason")?;
                let inquiry = posted.boolean("inquiry")?.unwrap_or(false);
                let told = posted.told()?;
                posted.finish()?;
                let reason = reason.as_deref().unwrap_or("fraudulent");
                by_hand::open_dispute(app, session, reason, inquiry, told).map(drop)
            }
            Action::Win => {
                let status = posted.told()?.status;
                posted.finish()?;
                by_hand::win_dispute(app, session, status).map(drop)
            }
            Action::Lose => {
                let status = posted.told()?.status;
                posted.finish()?;
                by_hand::lose_dispute(app, session, status).map(drop)
            }
            Action::CloseInquiry => {
                posted.finish()?;
                by_hand::close_inquiry(app, session).map(drop)
            }
        }
    }
}

/// A test card that does not expire soon.
fn card(app: &App, number: &str) -> Instrument {
    let now = OffsetDateTime::from_unix_timestamp(app.clock.now());
    let year = now.unwrap_or(OffsetDateTime::UNIX_EPOCH).year() + 5;
    Instrument::Card {
        number: number.to_owned(),
        exp_month: "12".to_owned(),
        exp_year: year.to_string(),
        cvc: "123".to_owned(),
    }
}

/// Pays as a shopper would who types in all that the session asks for.
fn confirm(app: &App, id: &str, instrument: Instrument) -> Result<(), ApiError> {
    app.change(|tx| {
        let session = find_session(tx.store(), id)?;
        let options = session.options();
        let country = options.shipping_countries.first();
        let address = Address {
            line1: "1 Test Street".to_owned(),
            city: "Testville".to_owned(),
            postal_code: "10115".to_owned(),
            country: country.map_or("DE", String::as_str).to_owned(),
            ..Address::default()
        };
        let confirmation = Confirmation {
            email: Some(EMAIL.to_owned()),
            name: Some("Till Tester".to_owned()),
            phone: options
                .phone_number_collection
                .then(|| "+49 30 000000".to_owned()),
            shipping_address: options.collects_shipping_address().then(|| address.clone()),
            billing_address: options.requires_billing_address().then_some(address),
            accepts_terms: options.requires_terms(),
            instrument: Some(instrument),
            ..Confirmation::default()
        };
        api::confirm_session(id, confirmation, tx).map(drop)
    })
}

/// What was posted: an object, from JSON or from a form.
#[derive(Debug, Default)]
pub(super) struct Posted {
    values: Map<String, Value>,
    /// All values are texts then.
    form: bool,
}

impl Posted {
    /// Reads the body as its Content-Type says.
    ///
    /// # Errors
    /// 415 for anything but JSON and forms, 400 for what cannot be read.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Posted, ApiError> {
        let kind = headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            // An object only: serde would take a list of the fields' values as well.
            "application/json" => serde_json::from_slice(body)
                .map(|values| Posted {
                    values,
                    form: false,
                })
                .map_err(|error| ApiError::invalid(error.to_string())),
            "application/x-www-form-urlencoded" => Posted::of_form(form::parse(body)?),
            _ if body.is_empty() => Ok(Posted::default()),
            _ => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorType::InvalidRequest,
                "Post a form, or an object with Content-Type: application/json.",
            )),
        }
    }

    fn of_form(params: Params) -> Result<Posted, ApiError> {
        let names: Vec<String> = params.keys().map(form::Key::text).collect();
        if let Some(name) = params
            .iter()
            .find_map(|(key, value)| matches!(value, Param::Map(_)).then(|| key.text()))
        {
            return Err(ApiError::invalid("Invalid string").param(name));
        }
        let mut fields = Fields::of_request(params);
        let mut posted = Map::new();
        for name in names {
            if let Some(text) = fields.text(&name)? {
                posted.insert(name, json!(text));
            }
        }
        Ok(Posted {
            values: posted,
            form: true,
        })
    }

    /// A whole number, written as such or as a text.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, ApiError> {
        let invalid = || ApiError::invalid(format!("{name} must be a whole number.")).param(name);
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.as_i64().ok_or_else(invalid).map(Some),
            Some(Value::String(text)) => text.trim().parse().map_err(|_| invalid()).map(Some),
            Some(_) => Err(invalid()),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::invalid(format!("{name} must be a text.")).param(name)),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(Value::String(text)) if text == "true" => Ok(Some(true)),
            Some(Value::String(text)) if text == "false" => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid(format!("{name} must be true or false.")).param(name)),
        }
    }

    /// What is to be said instead of what is booked.
    fn told(&mut self) -> Result<Told, ApiError> {
        let amount = self.integer("told_amount")?;
        let currency = self.text("told_currency")?;
        let status = self.text("told_status")?;
        Told::read(amount, currency.as_deref(), status)
    }

    /// The state of the account that it describes.
    pub(super) fn account_state(self) -> Result<AccountState, ApiError> {
        serde_json::from_value(Value::Object(self.values))
            .map_err(|error| ApiError::invalid(error.to_string()))
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        let unknown: Vec<String> = self.values.into_iter().map(|(name, _)| name).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(ApiError::parameters_unknown(&unknown))
    }

    /// The plan of faults that it describes.
    pub(super) fn fault_plan(self) -> Result<FaultPlan, ApiError> {
        let mut plan = self.values;
        if self.form {
            plan_of_form(&mut plan);
        }
        let plan: FaultPlan = serde_json::from_value(Value::Object(plan))
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        plan.check().map_err(ApiError::invalid)?;
        Ok(plan)
    }
}

/// In a form numbers are texts, and a range has two fields.
fn plan_of_form(plan: &mut Map<String, Value>) {
    for range in ["delay_ms", "api_delay_ms"] {
        let ends = [format!("{range}_from"), format!("{range}_to")].map(|end| plan.remove(&end));
        if ends.iter().any(Option::is_some) {
            let [from, to] = ends.map(|end| end.map_or(json!(0), |end| number_of(&end)));
            plan.insert(range.to_owned(), json!([from, to]));
        }
    }
    for (name, value) in plan {
        let Some(text) = value.as_str() else { continue };
        *value = match (name.as_str(), text) {
            ("api_version", _) => continue,
            ("api_error_status", list) => list
                .split([',', ' '])
                .filter(|part| !part.is_empty())
                .map(|part| number_of(&json!(part)))
                .collect(),
            ("should_retry", "true") => json!(true),
            ("should_retry", "false") => json!(false),
            ("should_retry", "none") => Value::Null,
            _ => number_of(value),
        };
    }
}

/// A text that is a number becomes one; anything else stays, and is refused later.
fn number_of(value: &Value) -> Value {
    let number = value.as_str().and_then(|text| {
        let number: Value = serde_json::from_str(text.trim()).ok()?;
        number.is_number().then_some(number)
    });
    number.unwrap_or_else(|| value.clone())
}

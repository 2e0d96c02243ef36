//! Manual actions on a session, as its shopper, bank or shop would perform them, and the reading of
//! posted parameters.

use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::account::AccountState;
use crate::address::Address;
use crate::api::{self, Confirmation, Instrument, find_session};
use crate::app::App;
use crate::error::{ApiError, ErrorType};
use crate::faults::FaultPlan;
use crate::form::{self, Fields, Param, Params};
use crate::manual;
use crate::objects::dispute::{Dispute, DisputeStatus};
use crate::objects::payment::{Charge, ChargeStatus, PaymentIntent};
use crate::objects::session::{CheckoutSession, MethodType, Status};
use crate::overrides::Overrides;
use crate::session;

/// The shopper's email address if the session has none.
const EMAIL: &str = "tester@example.com";

/// An action on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The shopper pays by card.
    Pay,
    /// The shopper tries a card that the bank declines.
    Decline,
    /// The shopper starts a delayed payment (SEPA Direct Debit). `succeeds` (default true) is its
    /// result.
    PayLater,
    /// A delayed payment succeeds or fails now; `succeeds` defaults to true.
    Settle,
    /// The shop expires the session.
    Expire,
    /// The shop refunds the payment. `amount` is in minor units and defaults to what is left. Like
    /// a dispute, a refund may report other values than the recorded ones: see [`Overrides`].
    Refund,
    /// The shopper disputes the payment. `reason` defaults to `fraudulent`, `inquiry` to false.
    Dispute,
    /// The shop wins the dispute.
    Win,
    /// The shop loses the dispute.
    Lose,
    /// The inquiry is closed without a dispute.
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

    /// The name in the URL.
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

    pub(super) fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    pub(super) fn names() -> String {
        Action::ALL.map(Action::name).join(", ")
    }

    /// The notice shown afterwards.
    pub(super) fn notice(self) -> &'static str {
        match self {
            Action::Pay => "The session is paid.",
            Action::Decline => "The card was declined.",
            Action::PayLater => "The delayed payment was started.",
            Action::Settle => "The delayed payment has its result.",
            Action::Expire => "The session has expired.",
            Action::Refund => "The refund was created.",
            Action::Dispute => "The payment is disputed.",
            Action::Win => "The dispute is won.",
            Action::Lose => "The dispute is lost.",
            Action::CloseInquiry => "The inquiry is closed.",
        }
    }

    /// The names of the actions that are available for a session now.
    pub(super) fn available(
        session: &CheckoutSession,
        intent: Option<&PaymentIntent>,
        charge: Option<&Charge>,
        dispute: Option<&Dispute>,
    ) -> Vec<&'static str> {
        let open = session.status == Status::Open;
        let has_total = session.total() > 0;
        let takes_sepa = session.payment_methods().contains(&MethodType::SepaDebit);
        let payment_pending = intent.is_some_and(|intent| intent.settlement.is_some());
        let refundable = charge
            .filter(|charge| charge.status == ChargeStatus::Succeeded)
            .map_or(0, |charge| charge.amount - charge.amount_refunded);
        let open_dispute = dispute.filter(|dispute| dispute.is_open());
        let lost = dispute.is_some_and(|dispute| dispute.status == DisputeStatus::Lost);
        let available = Action::ALL.into_iter().filter(|action| match action {
            Action::Pay | Action::Expire => open,
            Action::Decline => open && has_total,
            Action::PayLater => open && has_total && takes_sepa,
            Action::Settle => payment_pending,
            Action::Refund => refundable > 0 && !lost,
            Action::Dispute => refundable > 0 && !lost && open_dispute.is_none(),
            Action::Win | Action::Lose => open_dispute.is_some_and(|dispute| !dispute.inquiry),
            Action::CloseInquiry => open_dispute.is_some_and(|dispute| dispute.inquiry),
        });
        available.map(Action::name).collect()
    }

    /// Performs the action.
    ///
    /// # Errors
    /// 404 for an unknown session, 400 if its state does not allow the action or a parameter is
    /// invalid.
    pub(super) fn execute(
        self,
        app: &App,
        session: &str,
        mut posted: PostBody,
    ) -> Result<(), ApiError> {
        match self {
            Action::Pay => {
                posted.finish()?;
                confirm(app, session, card(app, "4242424242424242"))
            }
            Action::Decline => {
                posted.finish()?;
                match confirm(app, session, card(app, "4000000000000002")) {
                    // The decline is the expected result.
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
                manual::finish_delayed_payment(app, session, succeeds).map(drop)
            }
            Action::Refund => {
                let amount = posted.integer("amount")?;
                let overrides = posted.overrides()?;
                posted.finish()?;
                manual::refund(app, session, amount, overrides).map(drop)
            }
            Action::Dispute => {
                let reason = posted.text("reason")?;
                let inquiry = posted.boolean("inquiry")?.unwrap_or(false);
                let overrides = posted.overrides()?;
                posted.finish()?;
                let reason = reason.as_deref().unwrap_or("fraudulent");
                manual::open_dispute(app, session, reason, inquiry, overrides).map(drop)
            }
            Action::Win => {
                let status = posted.overrides()?.status;
                posted.finish()?;
                manual::win_dispute(app, session, status).map(drop)
            }
            Action::Lose => {
                let status = posted.overrides()?.status;
                posted.finish()?;
                manual::lose_dispute(app, session, status).map(drop)
            }
            Action::CloseInquiry => {
                posted.finish()?;
                manual::close_inquiry(app, session).map(drop)
            }
        }
    }
}

/// A test card with an expiry in five years.
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

/// Confirms the payment with all details that the session collects.
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

/// The parameters of a `POST`, from JSON or from a form.
#[derive(Debug, Default)]
pub(super) struct PostBody {
    values: Map<String, Value>,
    /// Whether they come from a form: then all values are strings.
    form: bool,
}

impl PostBody {
    /// Parses the body according to its `Content-Type`.
    ///
    /// # Errors
    /// 415 for anything but JSON and forms, 400 if the body cannot be parsed.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<PostBody, ApiError> {
        let kind = headers
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            // Parse to a map, not to a struct: serde would accept an array of field values, too.
            "application/json" => serde_json::from_slice(body)
                .map(|values| PostBody {
                    values,
                    form: false,
                })
                .map_err(|error| ApiError::invalid(error.to_string())),
            "application/x-www-form-urlencoded" => PostBody::from_form(form::parse(body)?),
            _ if body.is_empty() => Ok(PostBody::default()),
            _ => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorType::InvalidRequest,
                "Post a form, or an object with Content-Type: application/json.",
            )),
        }
    }

    fn from_form(params: Params) -> Result<PostBody, ApiError> {
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
        Ok(PostBody {
            values: posted,
            form: true,
        })
    }

    /// A whole number, as a number or as a string.
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
            Some(_) => Err(ApiError::invalid(format!("{name} must be a string.")).param(name)),
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

    /// The values that the object reports instead of the recorded ones.
    fn overrides(&mut self) -> Result<Overrides, ApiError> {
        let amount = self.integer("told_amount")?;
        let currency = self.text("told_currency")?;
        let status = self.text("told_status")?;
        Overrides::from_request(amount, currency.as_deref(), status)
    }

    /// Parses the parameters as the state of the account.
    pub(super) fn account_state(self) -> Result<AccountState, ApiError> {
        serde_json::from_value(Value::Object(self.values))
            .map_err(|error| ApiError::invalid(error.to_string()))
    }

    /// Rejects parameters that were not read.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        let unknown: Vec<String> = self.values.into_iter().map(|(name, _)| name).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(ApiError::parameters_unknown(&unknown))
    }

    /// Parses the parameters as a fault plan.
    pub(super) fn fault_plan(self) -> Result<FaultPlan, ApiError> {
        let mut plan = self.values;
        if self.form {
            plan_from_form(&mut plan);
        }
        let plan: FaultPlan = serde_json::from_value(Value::Object(plan))
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        plan.check().map_err(ApiError::invalid)?;
        Ok(plan)
    }
}

/// Converts form values: numbers are strings there, and a range has two fields.
fn plan_from_form(plan: &mut Map<String, Value>) {
    for range in ["delay_ms", "api_delay_ms"] {
        let bounds =
            [format!("{range}_from"), format!("{range}_to")].map(|bound| plan.remove(&bound));
        if bounds.iter().any(Option::is_some) {
            let [from, to] =
                bounds.map(|bound| bound.map_or(json!(0), |bound| parse_number(&bound)));
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
                .map(|part| parse_number(&json!(part)))
                .collect(),
            ("should_retry", "true") => json!(true),
            ("should_retry", "false") => json!(false),
            ("should_retry", "none") => Value::Null,
            _ => parse_number(value),
        };
    }
}

/// Converts a numeric string to a number. Other values stay as they are, and are rejected later.
fn parse_number(value: &Value) -> Value {
    let number = value.as_str().and_then(|text| {
        let number: Value = serde_json::from_str(text.trim()).ok()?;
        number.is_number().then_some(number)
    });
    number.unwrap_or_else(|| value.clone())
}

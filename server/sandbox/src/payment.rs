//! Payment intents and charges: what they hold and how they look in an answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::address::Address;
use crate::event::EventType;
use crate::money::Currency;
use crate::presentment;
use crate::store::Transaction;

/// Names and values in the order in which they are answered.
pub(crate) type Metadata = Vec<(String, String)>;

/// How a session was paid, without anything that could pay again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentMethod {
    Card {
        id: String,
        brand: String,
        last4: String,
        exp_month: i64,
        exp_year: i64,
        /// By 3-D Secure.
        #[serde(default)]
        authenticated: bool,
    },
    SepaDebit {
        id: String,
        country: String,
        last4: String,
    },
}

impl PaymentMethod {
    /// The last digits of the card or the bank account.
    pub(crate) fn last4(&self) -> &str {
        match self {
            PaymentMethod::Card { last4, .. } | PaymentMethod::SepaDebit { last4, .. } => last4,
        }
    }

    fn id(&self) -> &str {
        match self {
            PaymentMethod::Card { id, .. } | PaymentMethod::SepaDebit { id, .. } => id,
        }
    }
}

/// What the shopper typed beside the payment method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shopper {
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) billing: Option<Box<Address>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shipping: Option<Box<ShippingDetails>>,
    /// Whether the terms of service were accepted, where the session asked.
    #[serde(default)]
    pub(crate) accepted_terms: bool,
}

/// Where the goods go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShippingDetails {
    pub(crate) name: String,
    pub(crate) address: Address,
}

impl ShippingDetails {
    /// As a payment intent and a charge answer it.
    fn json(&self, phone: Option<&String>) -> Value {
        json!({
            "address": self.address.json(), "carrier": null, "name": self.name, "phone": phone, "tracking_number": null,
        })
    }
}

impl Shopper {
    /// The billing address, or one without any part.
    pub(crate) fn billing_json(&self) -> Value {
        self.billing
            .as_ref()
            .map_or_else(empty_address, |address| address.json())
    }

    /// The shipping address as a payment intent and a charge answer it.
    pub(crate) fn shipping_json(&self) -> Option<Value> {
        let shipping = self.shipping.as_ref();
        shipping.map(|shipping| shipping.json(self.phone.as_ref()))
    }
}

/// Why a payment failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) decline_code: Option<String>,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentIntentStatus {
    RequiresPaymentMethod,
    /// 3-D Secure: the shopper is to approve it.
    RequiresAction,
    Processing,
    Succeeded,
    /// Its session expired.
    Canceled,
}

/// A payment intent. It is made by the first attempt to pay a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) session: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: PaymentIntentStatus,
    pub(crate) metadata: Metadata,
    pub(crate) payment_method_types: Vec<String>,
    pub(crate) payment_method: Option<PaymentMethod>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_failure: Option<Failure>,
    /// While processing: when the delayed method's result is known (milliseconds since 1970), and whether it is good.
    pub(crate) settles: Option<Settlement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// The shipping address as its JSON, from the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shipping: Option<Value>,
    /// Where the shopper approves the payment, while it requires that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) canceled_at: Option<i64>,
    /// The shopper's own currency, where it is paid in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presented: Option<Currency>,
}

/// The result of a delayed payment, known to the sandbox beforehand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Settlement {
    pub(crate) at_ms: i64,
    pub(crate) succeeds: bool,
}

impl PaymentIntent {
    pub(crate) fn is_paid(&self) -> bool {
        self.status == PaymentIntentStatus::Succeeded
    }

    /// As the API answers it; with `charge`, `latest_charge` is expanded.
    pub(crate) fn json(&self, charge: Option<&Charge>) -> Value {
        let succeeded = self.status == PaymentIntentStatus::Succeeded;
        let latest_charge = match charge {
            Some(charge) => charge.json(),
            None => json!(self.latest_charge),
        };
        let last_payment_error = self.last_failure.as_ref().map(|failure| {
            let kind = if failure.code == "payment_intent_payment_attempt_failed" {
                "invalid_request_error"
            } else {
                "card_error"
            };
            json!({
                "type": kind, "code": failure.code, "decline_code": failure.decline_code,
                "message": failure.message, "charge": self.latest_charge,
            })
        });
        let mut json = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": if succeeded { self.amount } else { 0 },
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.canceled_at.map(|_| "expired"),
            "capture_method": "automatic",
            "client_secret": format!("{}_secret_sandbox", self.id),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency.code(),
            "customer": null,
            "customer_account": null,
            "description": self.description,
            "excluded_payment_method_types": null,
            "last_payment_error": last_payment_error,
            "latest_charge": latest_charge,
            "livemode": false,
            "managed_payments": { "enabled": false },
            "metadata": metadata_json(&self.metadata),
            "next_action": self.next_action(),
            "on_behalf_of": null,
            "payment_method": self.payment_method.as_ref().filter(|_| self.status != PaymentIntentStatus::RequiresPaymentMethod).map(PaymentMethod::id),
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.payment_method_types,
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": null,
            "shipping": self.shipping,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status,
            "transfer_data": null,
            "transfer_group": null,
        });
        if let Some(presented) = self.presented {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presented);
        }
        json
    }

    fn next_action(&self) -> Option<Value> {
        let url = self.action_url.as_ref()?;
        let back = url.strip_suffix("/authenticate").unwrap_or(url);
        Some(
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": back, "url": url } }),
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed,
}

/// One attempt to move the money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) payment_intent: String,
    pub(crate) created: i64,
    /// In minor units.
    pub(crate) amount: i64,
    /// In minor units; part of `amount`.
    pub(crate) amount_refunded: i64,
    pub(crate) currency: Currency,
    pub(crate) status: ChargeStatus,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) shopper: Shopper,
    pub(crate) metadata: Metadata,
    pub(crate) failure: Option<Failure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) after: Aftermath,
    /// The shopper's own currency, where it is paid in that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) presented: Option<Currency>,
}

/// What follows a payment by itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Aftermath {
    /// When the money will be in the books (milliseconds since 1970); `None` once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) books_at_ms: Option<i64>,
    /// When the money was booked (seconds since 1970).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) booked_at: Option<i64>,
    /// When the test card will open its dispute (milliseconds since 1970).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disputed_at_ms: Option<i64>,
    /// The newest dispute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dispute: Option<String>,
}

/// The money of a charge is in the books: its balance transaction is known.
pub(crate) fn book(tx: &mut Transaction<'_>, charge: &Charge) {
    if charge
        .after
        .books_at_ms
        .is_none_or(|at_ms| at_ms > tx.now_ms())
    {
        return;
    }
    let mut charge = charge.clone();
    charge.after.books_at_ms = None;
    charge.after.booked_at = Some(tx.now());
    tx.emit(EventType::ChargeUpdated, &charge.json());
    tx.save_charge(charge);
}

impl Charge {
    /// Enters into the timetable what follows the payment that has just succeeded.
    pub(crate) fn plan_aftermath(&mut self, tx: &Transaction<'_>) {
        self.after.books_at_ms = Some(tx.books_at_ms());
        if matches!(self.payment_method.last4(), "0259" | "2685") {
            self.after.disputed_at_ms = Some(tx.bank_answers_at_ms());
        }
    }

    /// The id of the booking, once there is one: the charge's own with another prefix.
    pub(crate) fn balance_transaction(&self) -> Option<String> {
        self.after.booked_at?;
        let key = self.id.strip_prefix("ch_").unwrap_or(&self.id);
        Some(format!("txn_{key}"))
    }

    /// As the API answers it.
    pub(crate) fn json(&self) -> Value {
        let succeeded = self.status == ChargeStatus::Succeeded;
        let failure = self.failure.as_ref();
        let mut json = json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if succeeded { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": self.balance_transaction(),
            "billing_details": {
                "address": self.shopper.billing_json(), "email": self.shopper.email, "name": self.shopper.name,
                "phone": self.shopper.phone, "tax_id": null,
            },
            "calculated_statement_descriptor": "SANDBOX",
            "captured": succeeded,
            "created": self.created,
            "currency": self.currency.code(),
            "customer": null,
            "description": self.description,
            "disputed": self.after.dispute.is_some(),
            "failure_balance_transaction": null,
            "failure_code": failure.map(|failure| &failure.code),
            "failure_message": failure.map(|failure| &failure.message),
            "fraud_details": {},
            "livemode": false,
            "metadata": metadata_json(&self.metadata),
            "on_behalf_of": null,
            "outcome": self.outcome(),
            "paid": succeeded,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method.id(),
            "payment_method_details": self.payment_method_details(),
            "receipt_email": null,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": succeeded && self.amount_refunded == self.amount,
            "review": null,
            "shipping": self.shopper.shipping_json(),
            "source": null,
            "source_transfer": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status,
            "transfer_data": null,
            "transfer_group": null,
        });
        if let Some(presented) = self.presented {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presented);
        }
        json
    }

    fn outcome(&self) -> Value {
        let (network_status, reason, message, kind) = match &self.failure {
            None => (
                "approved_by_network",
                None,
                "Payment complete.",
                "authorized",
            ),
            Some(failure) => (
                "declined_by_network",
                failure.decline_code.as_ref(),
                "The bank did not approve the payment.",
                "issuer_declined",
            ),
        };
        json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": network_status, "reason": reason, "risk_level": "normal",
            "seller_message": message, "type": kind,
        })
    }

    fn payment_method_details(&self) -> Value {
        match &self.payment_method {
            PaymentMethod::Card {
                brand,
                last4,
                exp_month,
                exp_year,
                authenticated,
                ..
            } => {
                let wrong_cvc = self
                    .failure
                    .as_ref()
                    .is_some_and(|failure| failure.code == "incorrect_cvc");
                json!({
                    "type": "card",
                    "card": {
                        "brand": brand, "last4": last4, "exp_month": exp_month, "exp_year": exp_year,
                        "checks": {
                            "address_line1_check": null, "address_postal_code_check": null,
                            "cvc_check": if wrong_cvc { "fail" } else { "pass" },
                        },
                        "country": "US", "funding": "credit", "network": brand,
                        "three_d_secure": authenticated.then(three_d_secure_json), "wallet": null,
                    },
                })
            }
            PaymentMethod::SepaDebit { country, last4, .. } => json!({
                "type": "sepa_debit",
                "sepa_debit": { "bank_code": null, "branch_code": null, "country": country, "fingerprint": null, "last4": last4, "mandate": null },
            }),
        }
    }
}

/// How a payment was approved.
fn three_d_secure_json() -> Value {
    json!({
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
        "exemption_indicator_applied": null, "result": "authenticated", "result_reason": null,
        "transaction_id": null, "version": "2.2.0",
    })
}

/// Metadata as a JSON object.
pub(crate) fn metadata_json(metadata: &Metadata) -> Value {
    metadata
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect::<Map<String, Value>>()
        .into()
}

/// An address of which nothing is known.
pub(crate) fn empty_address() -> Value {
    json!({ "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null })
}

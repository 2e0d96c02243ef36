//! Payment intents and charges: their JSON, and what follows a payment automatically.

use serde_json::{Value, json};

use crate::event::EventType;
use crate::metadata::metadata_json;
use crate::objects::payment::{
    Charge, ChargeStatus, PaymentIntent, PaymentIntentStatus, PaymentMethod, ShippingDetails,
    Shopper,
};
use crate::presentment;
use crate::store::Transaction;

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

impl ShippingDetails {
    /// As payment intents and charges show it.
    fn json(&self, phone: Option<&String>) -> Value {
        json!({
            "address": self.address.json(), "carrier": null, "name": self.name, "phone": phone,
            "tracking_number": null,
        })
    }
}

impl Shopper {
    /// The billing address, or an empty one.
    pub(crate) fn billing_json(&self) -> Value {
        self.billing
            .as_ref()
            .map_or_else(empty_address, |address| address.json())
    }

    /// The shipping details as payment intents and charges show them.
    pub(crate) fn shipping_json(&self) -> Option<Value> {
        let shipping = self.shipping.as_ref();
        shipping.map(|shipping| shipping.json(self.phone.as_ref()))
    }
}

impl PaymentIntent {
    pub(crate) fn is_paid(&self) -> bool {
        self.status == PaymentIntentStatus::Succeeded
    }

    /// As the API returns it; `charge` is the expanded `latest_charge`.
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
            "payment_method": self.payment_method.as_ref()
                .filter(|_| self.status != PaymentIntentStatus::RequiresPaymentMethod)
                .map(PaymentMethod::id),
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
        if let Some(presentment_currency) = self.presentment_currency {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presentment_currency);
        }
        json
    }

    fn next_action(&self) -> Option<Value> {
        let url = self.action_url.as_ref()?;
        let return_url = url.strip_suffix("/authenticate").unwrap_or(url);
        Some(json!({
            "type": "redirect_to_url",
            "redirect_to_url": { "return_url": return_url, "url": url },
        }))
    }
}

/// Creates the balance transaction of a charge, if it is due.
pub(crate) fn add_balance_transaction(tx: &mut Transaction<'_>, charge: &Charge) {
    if charge
        .follow_ups
        .balance_transaction_at_ms
        .is_none_or(|at_ms| at_ms > tx.now_ms())
    {
        return;
    }
    let mut charge = charge.clone();
    charge.follow_ups.balance_transaction_at_ms = None;
    charge.follow_ups.balance_transaction_created = Some(tx.now());
    tx.emit(EventType::ChargeUpdated, &charge.json());
    tx.save_charge(charge);
}

impl Charge {
    /// Schedules what happens after the payment, which has just succeeded.
    pub(crate) fn schedule_follow_ups(&mut self, tx: &Transaction<'_>) {
        self.follow_ups.balance_transaction_at_ms = Some(tx.balance_transaction_at_ms());
        if matches!(self.payment_method.last4(), "0259" | "2685") {
            self.follow_ups.disputed_at_ms = Some(tx.bank_responds_at_ms());
        }
    }

    /// As the API returns it.
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
                "address": self.shopper.billing_json(), "email": self.shopper.email,
                "name": self.shopper.name, "phone": self.shopper.phone, "tax_id": null,
            },
            "calculated_statement_descriptor": "SANDBOX",
            "captured": succeeded,
            "created": self.created,
            "currency": self.currency.code(),
            "customer": null,
            "description": self.description,
            "disputed": self.follow_ups.dispute.is_some(),
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
        if let Some(presentment_currency) = self.presentment_currency {
            json["presentment_details"] =
                presentment::details(self.amount, self.currency, presentment_currency);
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
                        "brand": brand, "last4": last4,
                        "exp_month": exp_month, "exp_year": exp_year,
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
                "sepa_debit": {
                    "bank_code": null, "branch_code": null, "country": country,
                    "fingerprint": null, "last4": last4, "mandate": null,
                },
            }),
        }
    }
}

/// The `three_d_secure` of a payment that the shopper approved.
fn three_d_secure_json() -> Value {
    json!({
        "authentication_flow": "challenge", "electronic_commerce_indicator": "05",
        "exemption_indicator": null, "exemption_indicator_applied": null,
        "result": "authenticated", "result_reason": null,
        "transaction_id": null, "version": "2.2.0",
    })
}

/// An address with no fields set.
pub(crate) fn empty_address() -> Value {
    json!({
        "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
        "state": null,
    })
}

//! Events: a snapshot of the object, and the state of the event's deliveries.

pub(crate) mod snapshot;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::snapshot::Snapshot;
use crate::clock::rfc3339_ms;
use crate::faults::add_extra_fields;
use crate::presentment;

/// The API version of the objects in responses and events.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EventType {
    #[serde(rename = "checkout.session.completed")]
    CheckoutSessionCompleted,
    #[serde(rename = "checkout.session.async_payment_succeeded")]
    CheckoutSessionAsyncPaymentSucceeded,
    #[serde(rename = "checkout.session.async_payment_failed")]
    CheckoutSessionAsyncPaymentFailed,
    #[serde(rename = "checkout.session.expired")]
    CheckoutSessionExpired,
    #[serde(rename = "payment_intent.created")]
    PaymentIntentCreated,
    #[serde(rename = "payment_intent.requires_action")]
    PaymentIntentRequiresAction,
    #[serde(rename = "payment_intent.canceled")]
    PaymentIntentCanceled,
    #[serde(rename = "payment_intent.processing")]
    PaymentIntentProcessing,
    #[serde(rename = "payment_intent.succeeded")]
    PaymentIntentSucceeded,
    #[serde(rename = "payment_intent.payment_failed")]
    PaymentIntentPaymentFailed,
    #[serde(rename = "charge.pending")]
    ChargePending,
    #[serde(rename = "charge.succeeded")]
    ChargeSucceeded,
    #[serde(rename = "charge.failed")]
    ChargeFailed,
    /// Not a type of Stripe's: sent by the fault `unknown_event`.
    #[serde(rename = "sandbox.unheard_of")]
    Unknown,
    #[serde(rename = "charge.updated")]
    ChargeUpdated,
    #[serde(rename = "charge.refunded")]
    ChargeRefunded,
    #[serde(rename = "charge.dispute.created")]
    ChargeDisputeCreated,
    #[serde(rename = "charge.dispute.updated")]
    ChargeDisputeUpdated,
    #[serde(rename = "charge.dispute.closed")]
    ChargeDisputeClosed,
    #[serde(rename = "charge.dispute.funds_withdrawn")]
    ChargeDisputeFundsWithdrawn,
    #[serde(rename = "charge.dispute.funds_reinstated")]
    ChargeDisputeFundsReinstated,
    #[serde(rename = "refund.created")]
    RefundCreated,
    #[serde(rename = "refund.updated")]
    RefundUpdated,
    #[serde(rename = "refund.failed")]
    RefundFailed,
}

impl EventType {
    /// The name as in Stripe's API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            EventType::CheckoutSessionCompleted => "checkout.session.completed",
            EventType::CheckoutSessionAsyncPaymentSucceeded => {
                "checkout.session.async_payment_succeeded"
            }
            EventType::CheckoutSessionAsyncPaymentFailed => "checkout.session.async_payment_failed",
            EventType::CheckoutSessionExpired => "checkout.session.expired",
            EventType::PaymentIntentCreated => "payment_intent.created",
            EventType::PaymentIntentRequiresAction => "payment_intent.requires_action",
            EventType::PaymentIntentCanceled => "payment_intent.canceled",
            EventType::PaymentIntentProcessing => "payment_intent.processing",
            EventType::PaymentIntentSucceeded => "payment_intent.succeeded",
            EventType::PaymentIntentPaymentFailed => "payment_intent.payment_failed",
            EventType::ChargePending => "charge.pending",
            EventType::ChargeSucceeded => "charge.succeeded",
            EventType::ChargeFailed => "charge.failed",
            EventType::Unknown => "sandbox.unheard_of",
            EventType::ChargeUpdated => "charge.updated",
            EventType::ChargeRefunded => "charge.refunded",
            EventType::ChargeDisputeCreated => "charge.dispute.created",
            EventType::ChargeDisputeUpdated => "charge.dispute.updated",
            EventType::ChargeDisputeClosed => "charge.dispute.closed",
            EventType::ChargeDisputeFundsWithdrawn => "charge.dispute.funds_withdrawn",
            EventType::ChargeDisputeFundsReinstated => "charge.dispute.funds_reinstated",
            EventType::RefundCreated => "refund.created",
            EventType::RefundUpdated => "refund.updated",
            EventType::RefundFailed => "refund.failed",
        }
    }
}

/// The API request that caused an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EventRequest {
    pub(crate) id: String,
    pub(crate) idempotency_key: Option<String>,
}

/// The delivery of one event to one webhook endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) endpoint: String,
    pub(crate) state: DeliveryState,
    /// The number of attempts so far.
    pub(crate) attempts: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryState {
    Pending,
    Delivered,
    /// Given up or dropped by a fault; not retried automatically.
    Failed,
}

/// An event. The snapshot is stored as text because it never changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    #[serde(rename = "type")]
    pub(crate) kind: EventType,
    /// The object at the time of the event, as JSON.
    pub(crate) object: Snapshot,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<EventRequest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) deliveries: Vec<Delivery>,
    /// A different API version, set by the fault of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_version: Option<String>,
    /// Whether the fault of this name applies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) extra_fields: bool,
}

impl Event {
    /// The event as the API returns it.
    pub(crate) fn json(&self) -> Value {
        let pending = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.state == DeliveryState::Pending)
            .count();
        self.json_with(pending, None)
    }

    /// The body of a delivery, the same bytes at every attempt. `api_version` is that of the
    /// endpoint, if it is set.
    pub(crate) fn payload(&self, api_version: Option<&str>) -> String {
        let event = self.json_with(self.deliveries.len().max(1), api_version);
        serde_json::to_string_pretty(&event).unwrap_or_default()
    }

    /// The body of a thin event: its type, and a reference to the object.
    pub(crate) fn thin_payload(&self) -> String {
        let object = self.object_json();
        let (id, kind) = (
            object["id"].as_str().unwrap_or_default(),
            object["object"].as_str().unwrap_or_default(),
        );
        let path = match kind {
            "checkout.session" => "checkout/sessions".to_owned(),
            other => format!("{other}s"),
        };
        let event = json!({
            "id": self.id.replacen("evt_", "evt_test_", 1),
            "object": "v2.core.event",
            "type": format!("v1.{}", self.kind.name()),
            "created": rfc3339_ms(self.created * 1000),
            "livemode": false,
            "context": null,
            "related_object": { "id": id, "type": kind, "url": format!("/v1/{path}/{id}") },
            "reason": null,
        });
        serde_json::to_string(&event).unwrap_or_default()
    }

    /// Whether every endpoint has accepted the event; the filter `delivery_success` uses this.
    pub(crate) fn is_delivered(&self) -> bool {
        self.deliveries
            .iter()
            .all(|delivery| delivery.state == DeliveryState::Delivered)
    }

    /// Whether an endpoint has not been attempted yet.
    pub(crate) fn awaits_first_attempt(&self) -> bool {
        self.deliveries
            .iter()
            .any(|delivery| delivery.state == DeliveryState::Pending && delivery.attempts == 0)
    }

    /// The object at the time of the event.
    pub(crate) fn object_json(&self) -> Value {
        serde_json::from_str(&self.object.text()).unwrap_or_default()
    }

    /// The delivery to an endpoint.
    pub(crate) fn delivery(&self, endpoint: &str) -> Option<&Delivery> {
        self.deliveries
            .iter()
            .find(|delivery| delivery.endpoint == endpoint)
    }

    fn json_with(&self, pending_webhooks: usize, api_version: Option<&str>) -> Value {
        // The fault overrides the version of the endpoint.
        let api_version = self.api_version.as_deref().or(api_version);
        let mut object = self.object_json();
        if presentment::is_older_version(api_version.unwrap_or(API_VERSION)) {
            presentment::into_older_shape(&mut object);
        }
        let mut event = json!({
            "id": self.id,
            "object": "event",
            "api_version": api_version.unwrap_or(API_VERSION),
            "created": self.created,
            "data": { "object": object },
            "livemode": false,
            "pending_webhooks": pending_webhooks,
            "request": self.request.as_ref().map(|request| json!({
                "id": request.id,
                "idempotency_key": request.idempotency_key,
            })),
            "type": self.kind.name(),
        });
        if self.extra_fields {
            add_extra_fields(&mut event);
        }
        event
    }
}

"""Triggers every event type that the sandbox sends; `construct_event` accepts each of them."""

import pytest
import stripe

from sandbox import WEBHOOK_SECRET, card, eventually

TYPES = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.canceled",
    "payment_intent.created",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
]

CLASSES = {
    "charge": stripe.Charge,
    "charge.dispute": stripe.Dispute,
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "refund": stripe.Refund,
}


@pytest.fixture(scope="module")
def deliveries(sandbox):
    """Triggers every event type; returns the first delivery of each."""
    v1 = sandbox.v1
    v1.checkout.sessions.expire(sandbox.create().id)
    cancelled = sandbox.create().id
    sandbox.confirm(cancelled, card("4000002760003184"))
    v1.checkout.sessions.expire(cancelled)
    with pytest.raises(stripe.CardError):
        sandbox.confirm(sandbox.create().id, card("4000000000000002"))
    disputed = sandbox.paid().id
    sandbox.act(disputed, "dispute")
    sandbox.act(disputed, "win")
    v1.refunds.create({"payment_intent": sandbox.paid("4000000000005126").payment_intent.id})
    for iban in ("AT611904300234573201", "IT60X0542811101000000123456"):
        sandbox.confirm(sandbox.create().id, {"sepa_debit": {"iban": iban}})

    found = {}

    def all_there():
        for one in list(sandbox.receiver.received):
            found.setdefault(one["event"]["type"], one)
        return set(TYPES) <= set(found)

    eventually("every type of event", all_there)
    return found


def test_exactly_these_types_are_sent(deliveries):
    assert sorted(deliveries) == TYPES


@pytest.mark.parametrize("kind", TYPES)
def test_construct_event_accepts(deliveries, kind):
    delivery = deliveries[kind]
    event = stripe.Webhook.construct_event(
        delivery["body"], delivery["headers"]["stripe-signature"], WEBHOOK_SECRET
    )
    assert (event.object, event.type, event.livemode) == ("event", kind, False)
    assert event.id.startswith("evt_")
    # Handlers rely on this.
    expected = CLASSES.get(".".join(kind.split(".")[:2])) or CLASSES[kind.split(".")[0]]
    assert type(event.data.object) is expected


def test_a_wrong_secret_is_rejected_for_every_type(deliveries):
    for delivery in deliveries.values():
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(
                delivery["body"], delivery["headers"]["stripe-signature"], "whsec_other"
            )


def test_a_changed_body_is_rejected(deliveries):
    delivery = deliveries["checkout.session.completed"]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            delivery["body"] + " ", delivery["headers"]["stripe-signature"], WEBHOOK_SECRET
        )

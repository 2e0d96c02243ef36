"""Events: listed, retrieved, delivered."""

import pytest
import stripe

from sandbox import eventually


@pytest.fixture(scope="module")
def expired(sandbox):
    id = sandbox.create().id
    sandbox.v1.checkout.sessions.expire(id, options={"idempotency_key": "expire-1"})
    return id


def test_an_event_is_retrieved_as_it_was_delivered(sandbox, v1, expired):
    delivered = sandbox.receiver.event("checkout.session.expired", expired)
    event = v1.events.retrieve(delivered["id"])
    assert (event.object, event.type, event.livemode) == (
        "event",
        "checkout.session.expired",
        False,
    )
    assert event.data.object.to_dict() == delivered["data"]["object"]
    assert event.request.idempotency_key == "expire-1"


def test_an_unknown_event_is_not_found(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.events.retrieve("evt_unknown")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_events_are_filtered_by_type_and_types(sandbox, v1, expired):
    sandbox.paid()
    assert v1.events.list({"type": "checkout.session.expired"}).data[0].data.object.id == expired
    types = ["charge.succeeded", "payment_intent.succeeded"]
    assert {event.type for event in v1.events.list({"types": types}).auto_paging_iter()} == set(
        types
    )


def test_events_are_filtered_by_creation_time(v1, expired):
    created = v1.events.list({"limit": 1}).data[0].created
    assert v1.events.list({"created": {"gte": created - 60}}).data
    assert v1.events.list({"created": {"gt": created + 60}}).data == []


def test_delivery_success_filters_delivered_events(sandbox, v1, faults):
    faults(drop=1)
    id = sandbox.create().id
    v1.checkout.sessions.expire(id)

    def undelivered():
        events = v1.events.list({"delivery_success": False, "limit": 100}).data
        return [event for event in events if event.data.object.id == id]

    assert len(eventually("the event counts as not delivered", undelivered)) == 1
    assert id not in [
        event.data.object.id
        for event in v1.events.list({"delivery_success": True, "limit": 100}).data
    ]


def test_every_event_is_found_by_paging(v1, expired):
    once = [event.id for event in v1.events.list({"limit": 100}).data]
    walked = [
        event.id
        for event in v1.events.list({"limit": 2, "starting_after": once[0]}).auto_paging_iter()
    ]
    assert walked == once[1:]

"""Webhook endpoints: managed by the API, each with its own events and secret."""

import pytest
import stripe


@pytest.fixture
def endpoint(sandbox, v1, request):
    """An endpoint with its own path at the receiver."""
    url = f"{sandbox.receiver.origin}/{request.node.name}"
    return v1.webhook_endpoints.create({"url": url, "enabled_events": ["checkout.session.expired"]})


def expiry(sandbox, request):
    """Expires a session; returns the delivery to the test's endpoint."""
    id = sandbox.create().id
    sandbox.v1.checkout.sessions.expire(id)
    return sandbox.receiver.delivery(
        "the expiry",
        lambda event: event["type"] == "checkout.session.expired"
        and event["data"]["object"]["id"] == id,
        f"/{request.node.name}",
    )


def construct(delivery, secret):
    return stripe.Webhook.construct_event(
        delivery["body"], delivery["headers"]["stripe-signature"], secret
    )


def test_an_endpoint_shows_its_secret_once(v1, endpoint):
    assert endpoint.secret.startswith("whsec_")
    retrieved = v1.webhook_endpoints.retrieve(endpoint.id)
    assert "secret" not in retrieved
    assert retrieved.enabled_events == ["checkout.session.expired"]
    assert all("secret" not in listed for listed in v1.webhook_endpoints.list().auto_paging_iter())


def test_the_events_of_an_endpoint_are_signed_with_its_secret(sandbox, endpoint, request):
    delivery = expiry(sandbox, request)
    assert construct(delivery, endpoint.secret).type == "checkout.session.expired"
    with pytest.raises(stripe.SignatureVerificationError):
        construct(delivery, "whsec_conformance")


def test_while_a_secret_is_rolled_both_are_valid(sandbox, endpoint, request):
    rolled = sandbox.switchboard(f"webhook_endpoints/{endpoint.id}/roll_secret", {})
    delivery = expiry(sandbox, request)
    assert construct(delivery, endpoint.secret).id == construct(delivery, rolled["secret"]).id
    with pytest.raises(stripe.SignatureVerificationError):
        construct(delivery, "whsec_other")


def test_an_endpoint_is_updated_and_deleted(v1, endpoint):
    updated = v1.webhook_endpoints.update(
        endpoint.id, {"enabled_events": ["*"], "disabled": True, "metadata": {"a": "1"}}
    )
    assert (updated.status, updated.enabled_events, updated.metadata.to_dict()) == (
        "disabled",
        ["*"],
        {"a": "1"},
    )
    assert v1.webhook_endpoints.delete(endpoint.id).deleted is True
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.webhook_endpoints.retrieve(endpoint.id)
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")

"""The shop accepts what Stripe's client signs, and nothing else."""

import json
import time
import urllib.error
import urllib.request

import pytest
import stripe

from till import Till

# The shop's sandbox signs with this secret.
SECRET = "whsec_sandbox"


@pytest.fixture(scope="module")
def shop():
    environment = {
        "DATA_DIR": "{folder}",
        "LEPTOS_SITE_ADDR": "127.0.0.1:0",
        "SANDBOX_ADDR": "127.0.0.1:0",
    }
    with Till("the shop is open at", ["serve"], environment) as till:
        yield till.address


@pytest.fixture(scope="module")
def payload():
    session = {
        "id": "cs_test_stranger",
        "object": "checkout.session",
        "client_reference_id": None,
        "payment_status": "paid",
    }
    event = {
        "id": "evt_conformance",
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(time.time()),
        "data": {"object": session},
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "type": "checkout.session.completed",
    }
    return json.dumps(event, indent=2)


def post(shop, payload, header):
    request = urllib.request.Request(
        f"{shop}/webhooks/stripe", payload.encode(), {"stripe-signature": header}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def header(payload, secret=SECRET, timestamp=None):
    return stripe.WebhookSignature.generate_signature_header(payload, secret, timestamp)


def test_a_signed_event_is_accepted(shop, payload):
    assert post(shop, payload, header(payload)) == 200


def test_another_secret_is_rejected(shop, payload):
    assert post(shop, payload, header(payload, "whsec_other")) == 400


def test_an_old_signature_is_rejected(shop, payload):
    assert post(shop, payload, header(payload, timestamp=int(time.time()) - 330)) == 400


def test_a_changed_body_is_rejected(shop, payload):
    assert post(shop, payload.replace("evt_conformance", "evt_forged"), header(payload)) == 400

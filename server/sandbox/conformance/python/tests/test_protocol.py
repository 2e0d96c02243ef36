"""Headers, API keys, error classes, and idempotency."""

import threading

import pytest
import stripe

from sandbox import card, session_params


def headers(resource):
    return resource.last_response.headers


def test_every_response_has_an_id_and_names_the_version(sandbox, v1):
    one = sandbox.create()
    other = v1.checkout.sessions.retrieve(one.id)
    assert one.last_response.code == 200
    assert one.last_response.request_id.startswith("req_")
    assert one.last_response.request_id != other.last_response.request_id
    assert headers(one)["stripe-version"] == stripe.api_version
    assert (
        headers(sandbox.create({"stripe_version": "2026-09-30.endive"}))["stripe-version"]
        == "2026-09-30.endive"
    )


def test_a_malformed_key_is_an_authentication_error(sandbox):
    for key in ("sk_test", "pk_test_sandbox", "sk_live_0123456789abcdef"):
        with pytest.raises(stripe.AuthenticationError) as refusal:
            sandbox.client(key).v1.checkout.sessions.list()
        assert refusal.value.http_status == 401
        assert key not in str(refusal.value) or key == "sk_test"


def test_an_unknown_path_is_an_invalid_request(v1):
    with pytest.raises(
        stripe.InvalidRequestError, match=r"Unrecognized request URL \(GET: /v1/customers\)"
    ) as refusal:
        v1.customers.list()
    assert refusal.value.http_status == 404


def test_an_error_links_to_its_documentation(sandbox):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sandbox.create(success_url="nonsense")
    error = refusal.value
    assert error.request_id.startswith("req_")
    assert (error.error.type, error.error.param) == ("invalid_request_error", "success_url")
    assert "url-invalid" in error.error.doc_url
    assert error.error.request_log_url.startswith("http")


def test_a_decline_is_a_card_error_with_its_reason(sandbox):
    with pytest.raises(stripe.CardError) as refusal:
        sandbox.confirm(sandbox.create().id, card("4000000000009995"))
    assert (refusal.value.code, refusal.value.error.decline_code) == (
        "card_declined",
        "insufficient_funds",
    )
    assert refusal.value.error.charge.startswith(("ch_", "py_"))


def test_faults_are_rate_limits_conflicts_and_api_errors(v1, faults):
    faults(seed=1, api_error=1)
    met = {}
    for _ in range(40):
        with pytest.raises(stripe.StripeError) as refusal:
            v1.checkout.sessions.list()
        met[refusal.value.http_status] = type(refusal.value)
    # The client has no error class for a conflict.
    assert met == {409: stripe.APIError, 429: stripe.RateLimitError, 500: stripe.APIError}


def test_a_client_that_retries_gets_through_faults(sandbox, faults):
    faults(seed=3, api_error=0.4)
    session = sandbox.client(max_network_retries=20).v1.checkout.sessions.create(session_params())
    assert session.status == "open"


def test_a_lost_response_is_replayed_with_its_key(sandbox, v1, faults):
    faults(lose_answer=1)
    with pytest.raises(stripe.APIConnectionError):
        sandbox.create({"idempotency_key": "lost-1"})
    faults()
    session = sandbox.create({"idempotency_key": "lost-1"})
    assert headers(session)["idempotent-replayed"] == "true"


def test_a_replay_is_the_first_response(sandbox, v1):
    first = sandbox.create({"idempotency_key": "replay-1"})
    v1.checkout.sessions.expire(first.id)
    second = sandbox.create({"idempotency_key": "replay-1"})
    assert second.to_dict() == first.to_dict()
    assert "idempotent-replayed" not in headers(first)
    assert headers(second)["idempotent-replayed"] == "true"
    assert headers(second)["idempotency-key"] == "replay-1"


def test_the_same_key_with_other_parameters_is_an_idempotency_error(sandbox):
    sandbox.create({"idempotency_key": "other-1"})
    with pytest.raises(
        stripe.IdempotencyError,
        match="Keys for idempotent requests can only be used with the same parameters",
    ) as refusal:
        sandbox.create({"idempotency_key": "other-1"}, client_reference_id="another")
    assert (refusal.value.http_status, refusal.value.error.type) == (400, "idempotency_error")


def test_the_same_key_at_the_same_time_is_a_conflict(sandbox, faults):
    faults(api_delay_ms=[1000, 1000])
    outcomes = []

    def create():
        try:
            outcomes.append(sandbox.create({"idempotency_key": "race-1"}).id)
        except stripe.StripeError as error:
            outcomes.append((error.http_status, error.error.code))

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (409, "idempotency_key_in_use") in outcomes
    faults()
    assert sandbox.create({"idempotency_key": "race-1"}).id in outcomes


def test_failed_validation_is_not_stored(sandbox):
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.create({"idempotency_key": "mended-1"}, success_url="nonsense")
    assert "idempotent-replayed" not in headers(sandbox.create({"idempotency_key": "mended-1"}))


@pytest.mark.parametrize(
    ("plan", "kind"),
    [
        ({"bad_gateway": 1}, stripe.APIError),
        ({"api_error": 1, "api_error_status": [429]}, stripe.RateLimitError),
    ],
)
def test_a_fault_has_its_class(v1, faults, plan, kind):
    faults(**plan)
    with pytest.raises(stripe.StripeError) as refusal:
        v1.checkout.sessions.list()
    assert type(refusal.value) is kind


def test_a_500_from_execution_is_stored_for_its_key(sandbox, faults):
    faults(error_kept=1)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as refusal:
            sandbox.create({"idempotency_key": "kept-500"})
        faults()
    assert refusal.value.headers["idempotent-replayed"] == "true"

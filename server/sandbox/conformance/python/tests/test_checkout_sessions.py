"""Checkout Sessions and their payments."""

import time

import pytest
import stripe

from sandbox import card, line, session_params


def refused(call, code=None, param=None, status=400):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        call()
    error = refusal.value
    assert (error.http_status, error.code, error.param) == (status, code, param)
    return error


def test_a_new_session_is_open_and_unpaid(sandbox):
    session = sandbox.create(
        client_reference_id="checkout-1", metadata={"checkout": "c-1"}, locale="de"
    )
    assert session.id.startswith("cs_test_")
    assert (session.object, session.mode, session.status, session.payment_status) == (
        "checkout.session",
        "payment",
        "open",
        "unpaid",
    )
    assert (session.amount_subtotal, session.amount_total, session.currency) == (1250, 1250, "eur")
    assert session.expires_at == session.created + 24 * 60 * 60
    assert session.payment_intent is None
    assert session.metadata.to_dict() == {"checkout": "c-1"}
    assert (session.client_reference_id, session.locale) == ("checkout-1", "de")
    assert session.url.endswith(f"/c/pay/{session.id}")
    assert "line_items" not in session


def test_a_session_is_retrieved_as_it_was_created(sandbox, v1):
    session = sandbox.create()
    assert v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


def test_an_unknown_session_is_not_found(v1):
    error = refused(
        lambda: v1.checkout.sessions.retrieve("cs_test_unknown"), "resource_missing", "session", 404
    )
    assert "No such checkout.session" in error.user_message


def test_an_open_session_expires_once(sandbox, v1):
    id = sandbox.create().id
    session = v1.checkout.sessions.expire(id)
    assert (session.status, session.url) == ("expired", None)
    error = refused(lambda: v1.checkout.sessions.expire(id))
    assert error.user_message == (
        'Only Checkout Sessions with a status in ["open"] can be expired. '
        "This Checkout Session has a status of `expired`."
    )


def test_expires_at_has_limits(sandbox):
    now = int(time.time())
    assert sandbox.create(expires_at=now + 31 * 60).expires_at == now + 31 * 60
    refused(lambda: sandbox.create(expires_at=now + 60), param="expires_at")


def test_line_items_are_listed_with_their_products(sandbox, v1):
    id = sandbox.create(
        line_items=[line(quantity=2), line(unit_amount=999, product={"name": "Cup"})]
    ).id
    items = v1.checkout.sessions.line_items.list(id, {"expand": ["data.price.product"]})
    assert [(item.description, item.quantity, item.amount_total) for item in items.data] == [
        ("Tea", 2, 2500),
        ("Cup", 1, 999),
    ]
    assert [item.price.product.name for item in items.data] == ["Tea", "Cup"]


def test_line_items_are_listed_page_by_page(sandbox, v1):
    lines = [line(unit_amount=100 + at) for at in range(23)]
    id = sandbox.create(line_items=lines).id
    walked = [
        item.amount_total
        for item in v1.checkout.sessions.line_items.list(id, {"limit": 5}).auto_paging_iter()
    ]
    assert walked == [100 + at for at in range(23)]


def test_missing_and_unknown_parameters_are_named(sandbox, v1):
    params = session_params()
    del params["line_items"]
    refused(lambda: v1.checkout.sessions.create(params), "parameter_missing", "line_items")
    refused(lambda: sandbox.create(foo="bar"), "parameter_unknown", "foo")
    refused(
        lambda: sandbox.create(line_items=[line(colour="red")]),
        "parameter_unknown",
        "line_items[0][price_data][colour]",
    )


def test_metadata_has_its_limits(sandbox):
    most = {f"key-{at}": "v" for at in range(49)} | {"k" * 40: "v" * 500}
    assert sandbox.create(metadata=most).metadata.to_dict() == most
    for metadata in ({f"key-{at}": "v" for at in range(51)}, {"k" * 41: "v"}, {"key": "v" * 501}):
        with pytest.raises(stripe.InvalidRequestError):
            sandbox.create(metadata=metadata)


@pytest.mark.parametrize(
    ("currency", "minimum"), [("eur", 50), ("gbp", 30), ("jpy", 50), ("huf", 17500), ("mxn", 1000)]
)
def test_a_total_below_the_minimum_is_rejected(sandbox, currency, minimum):
    assert (
        sandbox.create(line_items=[line(currency=currency, unit_amount=minimum)]).amount_total
        == minimum
    )
    refused(
        lambda: sandbox.create(line_items=[line(currency=currency, unit_amount=minimum - 1)]),
        "amount_too_small",
    )


def test_three_decimal_amounts_end_in_zero(sandbox):
    assert sandbox.create(line_items=[line(currency="kwd", unit_amount=5120)]).amount_total == 5120
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.create(line_items=[line(currency="kwd", unit_amount=5124)])


def test_a_free_order_needs_no_payment(sandbox, v1):
    id = sandbox.create(line_items=[line(unit_amount=0)]).id
    sandbox.stripe.raw_request("post", f"/v1/payment_pages/{id}/confirm", email="ada@example.org")
    assert v1.checkout.sessions.retrieve(id).payment_status == "no_payment_required"


def test_a_card_pays(sandbox, v1):
    session = sandbox.paid(payment_intent_data={"metadata": {"order": "o-1"}})
    assert (session.status, session.payment_status) == ("complete", "paid")
    intent = v1.payment_intents.retrieve(session.payment_intent.id)
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == (
        "succeeded",
        1250,
        {"order": "o-1"},
    )
    charge = v1.charges.retrieve(intent.latest_charge)
    assert (charge.status, charge.paid, charge.amount_captured, charge.payment_intent) == (
        "succeeded",
        True,
        1250,
        intent.id,
    )
    assert charge.payment_method_details.card.last4 == "4242"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000000002", "card_declined"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4242424242424241", "incorrect_number"),
    ],
)
def test_a_declined_card_is_a_card_error(sandbox, v1, number, code):
    id = sandbox.create().id
    with pytest.raises(stripe.CardError) as refusal:
        sandbox.confirm(id, card(number))
    assert (refusal.value.http_status, refusal.value.code) == (402, code)
    assert refusal.value.error.type == "card_error"
    assert number not in str(refusal.value)
    assert v1.checkout.sessions.retrieve(id).status == "open"


def test_a_direct_debit_is_paid_later(sandbox, v1):
    id = sandbox.create().id
    sandbox.confirm(id, {"sepa_debit": {"iban": "AT611904300234573201"}})
    session = v1.checkout.sessions.retrieve(id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    sandbox.receiver.event("checkout.session.async_payment_succeeded", id)
    assert v1.checkout.sessions.retrieve(id).payment_status == "paid"

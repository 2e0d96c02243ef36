"""Refunds: full, partial, pending, failing, and rejected."""

import pytest
import stripe


@pytest.fixture
def intent(sandbox):
    """A paid payment intent."""
    return sandbox.paid().payment_intent


def test_a_refund_without_an_amount_is_a_full_refund(v1, intent):
    refund = v1.refunds.create(
        {"payment_intent": intent.id, "reason": "duplicate", "metadata": {"order": "o-1"}}
    )
    assert (refund.object, refund.status, refund.amount, refund.currency) == (
        "refund",
        "succeeded",
        1250,
        "eur",
    )
    assert (refund.reason, refund.metadata.to_dict(), refund.charge) == (
        "duplicate",
        {"order": "o-1"},
        intent.latest_charge.id,
    )
    charge = v1.charges.retrieve(refund.charge)
    assert (charge.refunded, charge.amount_refunded) == (True, 1250)


def test_partial_refunds_add_up_until_nothing_is_left(v1, intent):
    v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.create({"payment_intent": intent.id, "amount": 751})
    assert refusal.value.param == "amount"
    assert v1.refunds.create({"charge": intent.latest_charge.id}).amount == 750
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_already_refunded"


def test_a_refund_is_retrieved_and_listed(v1, intent):
    newest_first = [
        v1.refunds.create({"payment_intent": intent.id, "amount": 100}).id for _ in range(4)
    ][::-1]
    assert (
        v1.refunds.retrieve(newest_first[0], {"expand": ["charge"]}).charge.amount_refunded == 400
    )
    walked = v1.refunds.list({"payment_intent": intent.id, "limit": 3}).auto_paging_iter()
    assert [refund.id for refund in walked] == newest_first


def test_a_pending_refund_succeeds_later(sandbox, v1):
    intent = sandbox.paid("4000000000007726").payment_intent
    refund = v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    sandbox.receiver.event("refund.updated", refund.id)
    assert v1.refunds.retrieve(refund.id).status == "succeeded"


def test_a_refund_may_fail_later(sandbox, v1):
    intent = sandbox.paid("4000000000005126").payment_intent
    refund = v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    sandbox.receiver.event("refund.failed", refund.id)
    assert v1.refunds.retrieve(refund.id).status == "failed"
    assert v1.charges.retrieve(refund.charge).amount_refunded == 0


def test_an_unknown_refund_is_not_found(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.refunds.retrieve("re_unknown")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")

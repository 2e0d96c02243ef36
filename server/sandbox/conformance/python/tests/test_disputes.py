"""Disputes, and the account."""

import pytest
import stripe


@pytest.fixture
def session(sandbox):
    """A paid session whose payment is disputed."""
    session = sandbox.paid()
    sandbox.act(session.id, "dispute", reason="fraudulent")
    return session


@pytest.fixture
def dispute(v1, session):
    return v1.disputes.list({"payment_intent": session.payment_intent.id}).data[0]


def test_a_dispute_withdraws_the_money(v1, session, dispute):
    assert (dispute.object, dispute.reason, dispute.status, dispute.amount) == (
        "dispute",
        "fraudulent",
        "needs_response",
        1250,
    )
    assert [transaction.amount for transaction in dispute.balance_transactions] == [-1250]
    assert v1.disputes.retrieve(dispute.id).to_dict() == dispute.to_dict()
    assert v1.charges.retrieve(dispute.charge).disputed is True


@pytest.mark.parametrize(("action", "status"), [("win", "won"), ("lose", "lost")])
def test_a_dispute_is_won_or_lost(sandbox, v1, session, dispute, action, status):
    sandbox.act(session.id, action)
    closed = sandbox.receiver.event("charge.dispute.closed", dispute.id)
    assert closed["data"]["object"]["status"] == status
    assert v1.disputes.retrieve(dispute.id).status == status


def test_a_test_card_is_disputed_automatically(sandbox, v1):
    charge = sandbox.paid("4000000000002685").payment_intent.latest_charge.id
    created = sandbox.receiver.delivery(
        "charge.dispute.created",
        lambda event: event["type"] == "charge.dispute.created"
        and event["data"]["object"]["charge"] == charge,
    )
    assert (
        v1.disputes.retrieve(created["event"]["data"]["object"]["id"]).reason
        == "product_not_received"
    )


def test_an_unknown_dispute_is_not_found(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.disputes.retrieve("du_unknown")
    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


def test_the_account_belongs_to_the_key(v1):
    account = v1.accounts.retrieve_current()
    assert account.id.startswith("acct_")
    assert (account.object, account.charges_enabled) == ("account", True)
    assert v1.accounts.retrieve(account.id).to_dict() == account.to_dict()


def test_a_charge_is_booked_net_of_the_fee(sandbox, v1):
    charge = sandbox.paid().payment_intent.latest_charge.id
    sandbox.receiver.event("charge.updated", charge)
    booked = v1.charges.retrieve(charge, {"expand": ["balance_transaction"]}).balance_transaction
    assert (booked.object, booked.amount, booked.net, booked.source) == (
        "balance_transaction",
        1250,
        1250 - booked.fee,
        charge,
    )

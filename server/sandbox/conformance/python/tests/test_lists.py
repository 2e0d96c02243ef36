"""Lists: pages, cursors, automatic pagination, filters, and what can be expanded."""

import pytest
import stripe

COUNT = 13


@pytest.fixture(scope="module")
def newest_first(sandbox):
    ids = [sandbox.create().id for _ in range(COUNT)]
    return ids[::-1]


def test_a_list_has_ten_and_says_that_there_are_more(v1, newest_first):
    page = v1.checkout.sessions.list()
    assert [session.id for session in page.data] == newest_first[:10]
    assert (page.object, page.has_more, page.url) == ("list", True, "/v1/checkout/sessions")


def test_auto_paging_iter_walks_every_page(v1, newest_first):
    walked = [session.id for session in v1.checkout.sessions.list({"limit": 4}).auto_paging_iter()]
    assert walked == newest_first


def test_auto_paging_iter_walks_backwards_too(v1, newest_first):
    page = v1.checkout.sessions.list({"limit": 4, "ending_before": newest_first[-1]})
    assert [session.id for session in page.auto_paging_iter()] == newest_first[-2::-1]


def test_the_next_page_is_known_to_the_page(v1, newest_first):
    page = v1.checkout.sessions.list({"limit": 6})
    assert [session.id for session in page.next_page().data] == newest_first[6:12]
    page = v1.checkout.sessions.list({"limit": 6, "ending_before": newest_first[12]})
    assert [session.id for session in page.previous_page().data] == newest_first[:6]


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_is_between_1_and_100(v1, limit):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.checkout.sessions.list({"limit": limit})
    assert refusal.value.param == "limit"


def test_an_unknown_cursor_is_refused(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.checkout.sessions.list({"starting_after": "cs_test_unknown"})
    assert (refusal.value.http_status, refusal.value.code) == (400, "resource_missing")


def test_created_takes_bounds(v1, newest_first):
    created = v1.checkout.sessions.retrieve(newest_first[0]).created
    assert len(v1.checkout.sessions.list({"created": {"gte": created - 60}, "limit": 100}).data) == COUNT
    assert v1.checkout.sessions.list({"created": {"gt": created}}).data == []


def test_expand_puts_objects_in_the_place_of_ids(sandbox, v1, newest_first):
    paid = sandbox.paid()
    assert paid.payment_intent.latest_charge.amount == 1250
    listed = v1.checkout.sessions.list({"payment_intent": paid.payment_intent.id, "expand": ["data.payment_intent"]})
    assert [session.payment_intent.status for session in listed.data] == ["succeeded"]


def test_what_cannot_be_expanded_is_refused(v1, newest_first):
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        v1.checkout.sessions.retrieve(newest_first[0], {"expand": ["status"]})

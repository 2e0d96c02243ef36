"""Lists: pages, cursors, automatic pagination, filters, and what can be expanded."""

import pytest
import stripe

COUNT = 13


@pytest.fixture(scope="module")
def newest_first(sandbox):
    ids = [sandbox.create().id for _ in range(COUNT)]
    return ids[::-1]


def test_a_list_has_ten_objects_and_says_if_there_are_more(v1, newest_first):
    page = v1.checkout.sessions.list()
    assert [session.id for session in page.data] == newest_first[:10]
    assert (page.object, page.has_more, page.url) == ("list", True, "/v1/checkout/sessions")


def test_auto_paging_iter_iterates_over_all_pages(v1, newest_first):
    walked = [session.id for session in v1.checkout.sessions.list({"limit": 4}).auto_paging_iter()]
    assert walked == newest_first


def test_auto_paging_iter_iterates_backwards(v1, newest_first):
    page = v1.checkout.sessions.list({"limit": 4, "ending_before": newest_first[-1]})
    assert [session.id for session in page.auto_paging_iter()] == newest_first[-2::-1]


def test_a_page_has_its_next_page(v1, newest_first):
    page = v1.checkout.sessions.list({"limit": 6})
    assert [session.id for session in page.next_page().data] == newest_first[6:12]
    page = v1.checkout.sessions.list({"limit": 6, "ending_before": newest_first[12]})
    assert [session.id for session in page.previous_page().data] == newest_first[:6]


@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_is_between_1_and_100(v1, limit):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.checkout.sessions.list({"limit": limit})
    assert refusal.value.param == "limit"


def test_an_unknown_cursor_is_rejected(v1):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        v1.checkout.sessions.list({"starting_after": "cs_test_unknown"})
    assert (refusal.value.http_status, refusal.value.code) == (400, "resource_missing")


def test_created_takes_a_range(v1, newest_first):
    created = v1.checkout.sessions.retrieve(newest_first[0]).created
    assert (
        len(v1.checkout.sessions.list({"created": {"gte": created - 60}, "limit": 100}).data)
        == COUNT
    )
    assert v1.checkout.sessions.list({"created": {"gt": created}}).data == []


def test_expand_replaces_ids_by_objects(sandbox, v1, newest_first):
    paid = sandbox.paid()
    assert paid.payment_intent.latest_charge.amount == 1250
    listed = v1.checkout.sessions.list(
        {"payment_intent": paid.payment_intent.id, "expand": ["data.payment_intent"]}
    )
    assert [session.payment_intent.status for session in listed.data] == ["succeeded"]


def test_a_field_that_cannot_be_expanded_is_rejected(v1, newest_first):
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        v1.checkout.sessions.retrieve(newest_first[0], {"expand": ["status"]})

"""Options of a session: shipping, tax, terms, promotion codes; and 3-D Secure."""

import urllib.error
import urllib.parse
import urllib.request

import pytest
import stripe

from sandbox import card, line

ADDRESS = {"line1": "Hauptstraße 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}


def rate(name, amount):
    """An inline shipping rate."""
    return {
        "shipping_rate_data": {
            "type": "fixed_amount",
            "display_name": name,
            "fixed_amount": {"amount": amount, "currency": "eur"},
        }
    }


def test_every_option_is_returned(sandbox):
    session = sandbox.create(
        allow_promotion_codes=True,
        allowed_payment_method_types=["card"],
        automatic_tax={"enabled": True},
        billing_address_collection="required",
        consent_collection={"terms_of_service": "required"},
        phone_number_collection={"enabled": True},
        shipping_address_collection={"allowed_countries": ["DE", "AT"]},
        shipping_options=[rate("Standard", 490), rate("Express", 990)],
    )
    assert session.allow_promotion_codes is True
    assert session.payment_method_types == ["card"]
    assert session.automatic_tax.status == "requires_location_inputs"
    assert session.billing_address_collection == "required"
    assert session.consent_collection.terms_of_service == "required"
    assert session.phone_number_collection.enabled is True
    assert session.shipping_address_collection.allowed_countries == ["DE", "AT"]
    assert [option.shipping_amount for option in session.shipping_options] == [490, 990]


def test_the_chosen_shipping_is_part_of_the_total(sandbox, v1):
    session = sandbox.create(
        shipping_address_collection={"allowed_countries": ["DE"]},
        shipping_options=[rate("Standard", 490), rate("Express", 990)],
    )
    chosen = session.shipping_options[1].shipping_rate
    sandbox.confirm(
        session.id, {**card(), "shipping": {"name": "Ada", "address": ADDRESS, "rate": chosen}}
    )
    paid = v1.checkout.sessions.retrieve(session.id)
    assert (paid.amount_subtotal, paid.shipping_cost.amount_total, paid.amount_total) == (
        1250,
        990,
        2240,
    )
    assert paid.shipping_cost.shipping_rate == chosen
    assert paid.collected_information.shipping_details.address.city == "Berlin"


@pytest.mark.parametrize(
    ("behavior", "tax", "total"), [("exclusive", 1900, 11_900), ("inclusive", 1597, 10_000)]
)
def test_tax_is_added_to_the_price_or_included_in_it(sandbox, v1, behavior, tax, total):
    id = sandbox.create(
        automatic_tax={"enabled": True},
        billing_address_collection="required",
        line_items=[line(unit_amount=10_000, tax_behavior=behavior)],
    ).id
    sandbox.confirm(id, {**card(), "billing": {"address": ADDRESS}})
    session = v1.checkout.sessions.retrieve(id)
    assert (session.amount_subtotal, session.total_details.amount_tax, session.amount_total) == (
        10_000,
        tax,
        total,
    )
    assert session.automatic_tax.status == "complete"


def test_terms_must_be_accepted(sandbox, v1):
    id = sandbox.create(consent_collection={"terms_of_service": "required"}).id
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.confirm(id)
    sandbox.confirm(id, {**card(), "terms_of_service": "true"})
    assert v1.checkout.sessions.retrieve(id).consent.terms_of_service == "accepted"


@pytest.mark.parametrize(
    ("off", "discount"),
    [
        ({"percent_off": 10}, 125),
        ({"amount_off": 500, "currency": "eur"}, 500),
        ({"amount_off": 9999, "currency": "eur"}, 1250),
    ],
)
def test_a_promotion_code_applies_the_discount_of_its_coupon(sandbox, v1, off, discount):
    coupon = v1.coupons.create({"duration": "once", **off})
    code = v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    id = sandbox.create(allow_promotion_codes=True).id
    sandbox.confirm(id, {**card(), "promotion_code": code.code})
    session = v1.checkout.sessions.retrieve(id)
    assert (session.total_details.amount_discount, session.amount_total) == (
        discount,
        1250 - discount,
    )
    assert session.discounts[0].promotion_code == code.id
    assert v1.coupons.retrieve(coupon.id).times_redeemed == 1


def test_coupons_and_promotion_codes_are_listed(v1):
    coupon = v1.coupons.create({"percent_off": 12.5, "duration": "once"})
    assert coupon.percent_off == 12.5
    newest_first = [
        v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}}).id
        for _ in range(3)
    ][::-1]
    assert v1.coupons.list({"limit": 1}).data[0].id == coupon.id
    walked = v1.promotion_codes.list({"coupon": coupon.id, "limit": 2}).auto_paging_iter()
    assert [code.id for code in walked] == newest_first


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"percent_off": 101},
        {"percent_off": 10, "amount_off": 10, "currency": "eur"},
        {"amount_off": 10},
    ],
)
def test_a_coupon_has_a_percentage_or_an_amount_within_limits(v1, params):
    with pytest.raises(stripe.InvalidRequestError):
        v1.coupons.create(params)


def test_3d_secure_waits_for_the_shopper(sandbox, v1):
    id = sandbox.create().id
    sandbox.confirm(id, card("4000002760003184"))
    event = sandbox.receiver.delivery(
        "requires_action", lambda event: event["type"] == "payment_intent.requires_action"
    )["event"]
    intent = v1.payment_intents.retrieve(event["data"]["object"]["id"])
    assert (intent.status, intent.next_action.type) == ("requires_action", "redirect_to_url")

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    answer = urllib.parse.urlencode({"answer": "approve"}).encode()
    with pytest.raises(urllib.error.HTTPError) as redirect:
        urllib.request.build_opener(Stay).open(
            intent.next_action.redirect_to_url.url, answer, timeout=20
        )
    assert redirect.value.headers["location"] == f"http://shop.test/done?session={id}"
    assert v1.checkout.sessions.retrieve(id).payment_status == "paid"

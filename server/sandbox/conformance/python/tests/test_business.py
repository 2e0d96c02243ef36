"""What businesses are asked for, and what they get: fields, tax ids, invoices, taxes by rate."""

from sandbox import card, eventually, line

NOTE = {
    "key": "order_note",
    "label": {"type": "custom", "custom": "Note to the shop"},
    "type": "text",
    "optional": True,
    "text": {"maximum_length": 200},
}
ADDRESS = {"line1": "Weg 1", "postal_code": "89073", "city": "Ulm", "country": "DE"}


def test_the_locale_is_returned_as_it_was_sent(sandbox):
    assert sandbox.create(locale="de").locale == "de"


def test_a_custom_field_is_returned_with_what_the_shopper_wrote(sandbox, v1):
    session = sandbox.create(custom_fields=[NOTE])
    assert session.custom_fields[0].text.value is None
    sandbox.confirm(session.id, {**card(), "custom_fields": {"order_note": "Ring twice"}})
    field = v1.checkout.sessions.retrieve(session.id).custom_fields[0]
    assert (field.key, field.text.value) == ("order_note", "Ring twice")


def test_a_company_and_its_tax_id_are_part_of_the_customers_details(sandbox, v1):
    session = sandbox.create(tax_id_collection={"enabled": True})
    tax_id = {"type": "eu_vat", "value": "DE123456789"}
    sandbox.confirm(session.id, {**card(), "business_name": "Tea Ltd", "tax_id": tax_id})
    paid = v1.checkout.sessions.retrieve(session.id)
    assert paid.customer_details.business_name == "Tea Ltd"
    found = [(known.type, known.value) for known in paid.customer_details.tax_ids]
    assert found == [("eu_vat", "DE123456789")]
    assert paid.collected_information.business_name == "Tea Ltd"


def test_a_paid_session_with_invoice_creation_has_a_paid_invoice(sandbox, v1):
    session = sandbox.create(invoice_creation={"enabled": True})
    sandbox.confirm(session.id)
    invoice = v1.invoices.retrieve(v1.checkout.sessions.retrieve(session.id).invoice)
    assert (invoice.status, invoice.amount_paid) == ("paid", 1250)
    assert invoice.hosted_invoice_url.startswith("http")
    assert invoice.invoice_pdf.startswith("http")


def test_taxes_by_rate_are_in_the_expanded_breakdown(sandbox, v1):
    session = sandbox.create(
        automatic_tax={"enabled": True}, line_items=[line(tax_behavior="exclusive")]
    )
    sandbox.confirm(session.id, {**card(), "billing": {"address": ADDRESS}})
    expand = {"expand": ["total_details.breakdown"]}
    tax = v1.checkout.sessions.retrieve(session.id, expand).total_details.breakdown.taxes[0]
    assert (tax.amount, tax.taxable_amount) == (238, 1250)
    assert (tax.rate.percentage, tax.rate.inclusive) == (19, False)


def test_a_payment_is_expanded_down_to_its_balance_transaction(sandbox, v1):
    session = sandbox.create()
    sandbox.confirm(session.id)
    expand = {"expand": ["payment_intent.latest_charge.balance_transaction"]}

    def booked():
        paid = v1.checkout.sessions.retrieve(session.id, expand)
        return paid.payment_intent.latest_charge.balance_transaction

    transaction = eventually("the balance transaction", booked)
    assert transaction.net == 1250 - transaction.fee

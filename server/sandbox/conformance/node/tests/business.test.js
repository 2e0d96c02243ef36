// What businesses are asked for, and get: custom fields, tax ids, invoices, taxes by rate.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, eventually, line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));

const note = {
  key: "order_note",
  label: { type: "custom", custom: "Note to the shop" },
  type: "text",
  optional: true,
  text: { maximum_length: 200 },
};

test("the locale is returned as it was sent", async () => {
  assert.equal((await create({ locale: "de" })).locale, "de");
});

test("a custom field is returned with what the shopper wrote", async () => {
  const session = await create({ custom_fields: [note] });
  const [field] = session.custom_fields;
  assert.deepEqual([field.key, field.type, field.optional], ["order_note", "text", true]);
  assert.deepEqual(field.label, { custom: "Note to the shop", type: "custom" });
  assert.deepEqual([field.text.maximum_length, field.text.value], [200, null]);
  await sandbox.confirm(session.id, { ...card(), custom_fields: { order_note: "Ring twice" } });
  const paid = await stripe.checkout.sessions.retrieve(session.id);
  assert.equal(paid.custom_fields[0].text.value, "Ring twice");
  const event = await sandbox.receiver.event("checkout.session.completed", session.id);
  assert.equal(event.data.object.custom_fields[0].text.value, "Ring twice");
});

test("a company and its tax id are part of the customer's details", async () => {
  const session = await create({ tax_id_collection: { enabled: true } });
  assert.equal(session.tax_id_collection.enabled, true);
  await sandbox.confirm(session.id, {
    ...card(),
    business_name: "Tea Ltd",
    tax_id: { type: "eu_vat", value: "DE123456789" },
  });
  const { customer_details, collected_information } = await stripe.checkout.sessions.retrieve(
    session.id,
  );
  assert.equal(customer_details.business_name, "Tea Ltd");
  assert.deepEqual(
    customer_details.tax_ids.map(({ type, value }) => [type, value]),
    [["eu_vat", "DE123456789"]],
  );
  assert.equal(collected_information.business_name, "Tea Ltd");
});

test("a paid session with invoice_creation has a paid invoice", async () => {
  const session = await create({ invoice_creation: { enabled: true } });
  assert.deepEqual([session.invoice_creation.enabled, session.invoice], [true, null]);
  await sandbox.confirm(session.id);
  const { invoice: id } = await stripe.checkout.sessions.retrieve(session.id);
  const invoice = await stripe.invoices.retrieve(id);
  assert.deepEqual(
    [invoice.object, invoice.status, invoice.amount_paid, invoice.currency],
    ["invoice", "paid", 1250, "eur"],
  );
  assert.match(invoice.hosted_invoice_url, /^http/);
  assert.match(invoice.invoice_pdf, /^http/);
});

test("taxes by rate are in the breakdown, which must be expanded", async () => {
  const session = await create({
    automatic_tax: { enabled: true },
    line_items: [line({ tax_behavior: "exclusive" })],
  });
  const address = { line1: "Weg 1", postal_code: "89073", city: "Ulm", country: "DE" };
  await sandbox.confirm(session.id, { ...card(), billing: { address } });
  const plain = await stripe.checkout.sessions.retrieve(session.id);
  assert.equal(plain.total_details.breakdown, undefined);
  const expand = ["total_details.breakdown", "line_items"];
  const paid = await stripe.checkout.sessions.retrieve(session.id, { expand });
  const [tax] = paid.total_details.breakdown.taxes;
  assert.deepEqual([tax.amount, tax.taxable_amount], [238, 1250]);
  assert.deepEqual(
    [tax.rate.object, tax.rate.percentage, tax.rate.inclusive, tax.rate.display_name],
    ["tax_rate", 19, false, "VAT"],
  );
  assert.deepEqual(paid.total_details.breakdown.discounts, []);
  assert.deepEqual(
    paid.line_items.data.map(({ amount_tax, amount_total }) => [amount_tax, amount_total]),
    [[238, 1488]],
  );
});

test("a session's payment is expanded down to its balance transaction", async () => {
  const { id } = await create();
  await sandbox.confirm(id);
  const expand = ["payment_intent.latest_charge.balance_transaction"];
  const booked = await eventually("the balance transaction", async () => {
    const session = await stripe.checkout.sessions.retrieve(id, { expand });
    return session.payment_intent.latest_charge.balance_transaction;
  });
  assert.deepEqual([booked.object, booked.amount], ["balance_transaction", 1250]);
  assert.equal(booked.net, booked.amount - booked.fee);
});

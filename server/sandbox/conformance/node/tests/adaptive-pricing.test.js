// Adaptive Pricing: on by default, in the formats before and after 2025-03-31.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

const elsewhere = { email: "ada+location_US@example.com", ...card() };

/** A session paid by a shopper in the United States. */
async function paidElsewhere(params) {
  const { id } = await stripe.checkout.sessions.create(sessionParams(params));
  await sandbox.confirm(id, elsewhere);
  return stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });
}

/** The completed session as the endpoint at `path` with this API version receives it. */
async function completed(path, api_version, id) {
  const { event } = await receiver.delivery(
    `completion in ${api_version}`,
    ({ type, data }) => type === "checkout.session.completed" && data.object.id === id,
    path,
  );
  assert.equal(event.api_version, api_version);
  return event.data.object;
}

test("it is on by default: the shop's amounts do not change, the shopper's are added", async () => {
  const session = await paidElsewhere();
  assert.deepEqual(session.adaptive_pricing, { enabled: true });
  assert.deepEqual(
    [session.amount_total, session.currency, session.currency_conversion],
    [1250, "eur", null],
  );
  assert.deepEqual(session.presentment_details, {
    presentment_amount: 1416,
    presentment_currency: "usd",
  });
  const { payment_intent } = session;
  assert.deepEqual([payment_intent.amount, payment_intent.currency], [1250, "eur"]);
  assert.deepEqual(payment_intent.presentment_details, session.presentment_details);
  assert.deepEqual(payment_intent.latest_charge.presentment_details, session.presentment_details);
  const refund = await stripe.refunds.create({ payment_intent: payment_intent.id, amount: 625 });
  assert.deepEqual([refund.amount, refund.currency], [625, "eur"]);
  assert.deepEqual(refund.presentment_details, {
    presentment_amount: 708,
    presentment_currency: "usd",
  });
});

test("a session that disables it is always paid in the shop's currency", async () => {
  const session = await paidElsewhere({ adaptive_pricing: { enabled: false } });
  assert.deepEqual(session.adaptive_pricing, { enabled: false });
  assert.equal("presentment_details" in session, false);
  assert.equal("presentment_details" in session.payment_intent, false);
});

test("domestic shoppers see no other currency", async () => {
  const session = await sandbox.paid();
  assert.equal("presentment_details" in session, false);
});

test("endpoints before version 2025-03-31 get the shopper's currency", async () => {
  const versions = { "/before": "2025-02-24.acacia", "/since": "2025-03-31.basil" };
  for (const [path, api_version] of Object.entries(versions)) {
    await stripe.webhookEndpoints.create({
      url: receiver.origin + path,
      enabled_events: ["*"],
      api_version,
    });
  }
  const { id, payment_intent } = await paidElsewhere();
  const before = await completed("/before", versions["/before"], id);
  assert.deepEqual(
    [before.currency, before.amount_subtotal, before.amount_total],
    ["usd", 1416, 1416],
  );
  assert.deepEqual(before.currency_conversion, {
    amount_subtotal: 1250,
    amount_total: 1250,
    fx_rate: "1.132800",
    source_currency: "eur",
  });
  assert.equal("presentment_details" in before, false);
  const since = await completed("/since", versions["/since"], id);
  assert.deepEqual(
    [since.currency, since.amount_total, since.currency_conversion],
    ["eur", 1250, null],
  );
  assert.deepEqual(since.presentment_details, {
    presentment_amount: 1416,
    presentment_currency: "usd",
  });

  await stripe.refunds.create({ payment_intent: payment_intent.id });
  const isRefund = ({ type, data }) =>
    type === "refund.created" && data.object.payment_intent === payment_intent.id;
  const refund = (await receiver.delivery("the refund", isRefund, "/before")).event.data.object;
  assert.deepEqual([refund.amount, refund.currency], [1416, "usd"]);
});

// Adaptive Pricing: on unless the shop says no, in the shapes before and after 2025-03-31.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

const elsewhere = { email: "ada+location_US@example.com", ...card() };

/** A session that a shopper in the United States has paid. */
async function paidElsewhere(params) {
  const { id } = await stripe.checkout.sessions.create(sessionParams(params));
  await sandbox.confirm(id, elsewhere);
  return stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });
}

/** An endpoint of this version, and what it gets of the session's completion. */
async function completed(path, api_version, id) {
  const { event } = await receiver.delivery(`completion in ${api_version}`, ({ type, data }) => type === "checkout.session.completed" && data.object.id === id, path);
  assert.equal(event.api_version, api_version);
  return event.data.object;
}

test("an account has it on: the shop's amounts stay, and the shopper's stand beside them", async () => {
  const session = await paidElsewhere();
  assert.deepEqual(session.adaptive_pricing, { enabled: true });
  assert.deepEqual([session.amount_total, session.currency, session.currency_conversion], [1250, "eur", null]);
  assert.deepEqual(session.presentment_details, { presentment_amount: 1416, presentment_currency: "usd" });
  const { payment_intent } = session;
  assert.deepEqual([payment_intent.amount, payment_intent.currency], [1250, "eur"]);
  assert.deepEqual(payment_intent.presentment_details, session.presentment_details);
  assert.deepEqual(payment_intent.latest_charge.presentment_details, session.presentment_details);
  const refund = await stripe.refunds.create({ payment_intent: payment_intent.id, amount: 625 });
  assert.deepEqual([refund.amount, refund.currency], [625, "eur"]);
  assert.deepEqual(refund.presentment_details, { presentment_amount: 708, presentment_currency: "usd" });
});

test("a shop that says no is paid in its own currency by everybody", async () => {
  const session = await paidElsewhere({ adaptive_pricing: { enabled: false } });
  assert.deepEqual(session.adaptive_pricing, { enabled: false });
  assert.equal("presentment_details" in session, false);
  assert.equal("presentment_details" in session.payment_intent, false);
});

test("nobody at home sees another currency", async () => {
  const session = await sandbox.paid();
  assert.equal("presentment_details" in session, false);
});

test("an endpoint of a version before 2025-03-31 gets the shopper's currency, one of that day the shop's", async () => {
  const versions = { "/before": "2025-02-24.acacia", "/since": "2025-03-31.basil" };
  for (const [path, api_version] of Object.entries(versions)) {
    await stripe.webhookEndpoints.create({ url: receiver.origin + path, enabled_events: ["*"], api_version });
  }
  const { id, payment_intent } = await paidElsewhere();
  const before = await completed("/before", versions["/before"], id);
  assert.deepEqual([before.currency, before.amount_subtotal, before.amount_total], ["usd", 1416, 1416]);
  assert.deepEqual(before.currency_conversion, { amount_subtotal: 1250, amount_total: 1250, fx_rate: "1.132800", source_currency: "eur" });
  assert.equal("presentment_details" in before, false);
  const since = await completed("/since", versions["/since"], id);
  assert.deepEqual([since.currency, since.amount_total, since.currency_conversion], ["eur", 1250, null]);
  assert.deepEqual(since.presentment_details, { presentment_amount: 1416, presentment_currency: "usd" });

  await stripe.refunds.create({ payment_intent: payment_intent.id });
  const isRefund = ({ type, data }) => type === "refund.created" && data.object.payment_intent === payment_intent.id;
  const refund = (await receiver.delivery("the refund", isRefund, "/before")).event.data.object;
  assert.deepEqual([refund.amount, refund.currency], [1416, "usd"]);
});

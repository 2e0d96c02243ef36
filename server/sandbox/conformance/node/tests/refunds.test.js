// Refunds: full, partial, pending, failing, and rejected.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

/** A paid session's payment intent and charge. */
async function payment(number) {
  const { payment_intent } = await sandbox.paid({ number });
  return { intent: payment_intent.id, charge: payment_intent.latest_charge.id };
}

test("a refund without an amount is a full refund", async () => {
  const { intent, charge } = await payment();
  const refund = await stripe.refunds.create({
    payment_intent: intent,
    reason: "requested_by_customer",
    metadata: { order: "o-1" },
  });
  assert.match(refund.id, /^re_/);
  assert.deepEqual(
    [refund.object, refund.status, refund.amount, refund.currency],
    ["refund", "succeeded", 1250, "eur"],
  );
  assert.deepEqual([refund.payment_intent, refund.charge], [intent, charge]);
  assert.equal(refund.reason, "requested_by_customer");
  assert.deepEqual(refund.metadata, { order: "o-1" });
  const refunded = await stripe.charges.retrieve(charge);
  assert.deepEqual([refunded.refunded, refunded.amount_refunded], [true, 1250]);
});

test("a charge can be refunded by its own id", async () => {
  const { intent, charge } = await payment();
  const refund = await stripe.refunds.create({ charge });
  assert.deepEqual([refund.payment_intent, refund.amount], [intent, 1250]);
});

test("partial refunds add up until nothing is left", async () => {
  const { intent, charge } = await payment();
  await stripe.refunds.create({ payment_intent: intent, amount: 500 });
  const partly = await stripe.charges.retrieve(charge);
  assert.deepEqual(
    [partly.refunded, partly.amount_refunded, partly.status],
    [false, 500, "succeeded"],
  );
  await assert.rejects(stripe.refunds.create({ payment_intent: intent, amount: 751 }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    param: "amount",
  });
  const rest = await stripe.refunds.create({ payment_intent: intent });
  assert.equal(rest.amount, 750);
  const fully = await stripe.charges.retrieve(charge);
  assert.deepEqual([fully.refunded, fully.amount_refunded], [true, 1250]);
});

test("a refunded payment cannot be refunded again", async () => {
  const { intent } = await payment();
  await stripe.refunds.create({ payment_intent: intent });
  await assert.rejects(stripe.refunds.create({ payment_intent: intent }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    code: "charge_already_refunded",
  });
});

test("a repeated request with the same key refunds once", async () => {
  const { intent, charge } = await payment();
  const once = () =>
    stripe.refunds.create(
      { payment_intent: intent, amount: 100 },
      { idempotencyKey: `refund-${intent}` },
    );
  const [first, second] = [await once(), await once()];
  assert.equal(second.id, first.id);
  assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
  assert.equal((await stripe.charges.retrieve(charge)).amount_refunded, 100);
});

test("a refund needs one payment by one of its ids, and a valid amount and reason", async () => {
  const { intent, charge } = await payment();
  const refused = (params) =>
    assert.rejects(stripe.refunds.create(params), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
    });
  await refused({});
  await refused({ payment_intent: intent, amount: 0 });
  await refused({ payment_intent: intent, amount: -1 });
  await refused({ payment_intent: intent, reason: "because" });
  await refused({ payment_intent: intent, foo: "bar" });
  await assert.rejects(stripe.refunds.create({ payment_intent: "pi_unknown" }), {
    code: "resource_missing",
  });
  assert.equal((await stripe.charges.retrieve(charge)).amount_refunded, 0);
});

test("an unpaid payment cannot be refunded", async () => {
  const { id } = await stripe.checkout.sessions.create(sessionParams());
  await sandbox.confirm(id, { sepa_debit: { iban: "AT611904300234573201" } });
  const { payment_intent } = await stripe.checkout.sessions.retrieve(id);
  await assert.rejects(stripe.refunds.create({ payment_intent }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
  });
});

test("a refund is retrieved, with its charge and payment intent", async () => {
  const { intent, charge } = await payment();
  const { id } = await stripe.refunds.create({ payment_intent: intent });
  const refund = await stripe.refunds.retrieve(id, {
    expand: ["charge", "payment_intent", "balance_transaction"],
  });
  assert.deepEqual([refund.charge.id, refund.payment_intent.id], [charge, intent]);
  assert.deepEqual(
    [refund.balance_transaction.amount, refund.balance_transaction.type],
    [-1250, "refund"],
  );
  await assert.rejects(stripe.refunds.retrieve("re_unknown"), {
    statusCode: 404,
    code: "resource_missing",
  });
});

test("refunds are listed newest first, by payment, and page by page", async () => {
  const { intent, charge } = await payment();
  const newestFirst = [];
  for (let at = 0; at < 5; at += 1)
    newestFirst.unshift((await stripe.refunds.create({ payment_intent: intent, amount: 100 })).id);
  const ids = ({ data }) => data.map(({ id }) => id);
  assert.deepEqual(ids(await stripe.refunds.list({ payment_intent: intent })), newestFirst);
  assert.deepEqual(ids(await stripe.refunds.list({ charge })), newestFirst);
  assert.deepEqual(ids(await stripe.refunds.list({ limit: 2 })), newestFirst.slice(0, 2));
  const walked = [];
  for await (const { id } of stripe.refunds.list({ charge, limit: 2 })) walked.push(id);
  assert.deepEqual(walked, newestFirst);
});

test("a charge has its refunds", async () => {
  const { intent, charge } = await payment();
  const { id } = await stripe.refunds.create({ payment_intent: intent, amount: 100 });
  const { refunds } = await stripe.charges.retrieve(charge, { expand: ["refunds"] });
  assert.deepEqual(
    refunds.data.map((refund) => refund.id),
    [id],
  );
});

test("a refund sends refund.created, charge.refunded and refund.updated", async () => {
  const { intent, charge } = await payment();
  const first = await stripe.refunds.create({ payment_intent: intent, amount: 400 });
  await stripe.refunds.create({ payment_intent: intent });
  await receiver.event("refund.created", first.id);
  await receiver.event("refund.updated", first.id);
  const total = (amount) => (event) =>
    event.type === "charge.refunded" &&
    event.data.object.id === charge &&
    event.data.object.amount_refunded === amount;
  const partly = await receiver.delivery("the part", total(400));
  assert.equal(partly.event.data.object.refunded, false);
  const fully = await receiver.delivery("the whole", total(1250));
  assert.equal(fully.event.data.object.refunded, true);
});

test("a pending refund succeeds later", async () => {
  const { intent } = await payment("4000000000007726");
  const { id, status } = await stripe.refunds.create({ payment_intent: intent });
  assert.equal(status, "pending");
  const updated = await receiver.event("refund.updated", id);
  assert.equal(updated.data.object.status, "succeeded");
  assert.equal((await stripe.refunds.retrieve(id)).status, "succeeded");
});

test("a refund may fail later; then the charge is no longer refunded", async () => {
  const { intent, charge } = await payment("4000000000005126");
  const { id, status } = await stripe.refunds.create({ payment_intent: intent });
  assert.equal(status, "succeeded");
  const failed = await receiver.event("refund.failed", id);
  assert.equal(failed.data.object.status, "failed");
  const refund = await stripe.refunds.retrieve(id);
  assert.equal(refund.status, "failed");
  assert.equal(typeof refund.failure_reason, "string");
  const after = await stripe.charges.retrieve(charge);
  assert.deepEqual([after.refunded, after.amount_refunded], [false, 0]);
});

test("the ledger has the refunded amount", async () => {
  const { id, payment_intent } = await sandbox.paid();
  await stripe.refunds.create({ payment_intent: payment_intent.id, amount: 300 });
  const { payments } = await sandbox.switchboard("ledger");
  const { amount, currency, refunded } = payments.find(({ session }) => session === id);
  assert.deepEqual([amount, currency, refunded], [1250, "eur", 300]);
});

// Disputes, the account, and the balance transactions of both sides.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

/** A paid session whose payment is disputed manually. */
async function disputed(details) {
  const session = await sandbox.paid();
  await sandbox.act(session.id, "dispute", details);
  const {
    data: [dispute],
  } = await stripe.disputes.list({ payment_intent: session.payment_intent.id });
  return { session, dispute };
}

for (const [number, reason] of [
  ["4000000000000259", "fraudulent"],
  ["4000000000002685", "product_not_received"],
]) {
  test(`the card ${number} pays, and the payment is disputed as ${reason}`, async () => {
    const { payment_intent } = await sandbox.paid({ number });
    const charge = payment_intent.latest_charge.id;
    const { event } = await receiver.delivery(
      "charge.dispute.created",
      ({ type, data }) => type === "charge.dispute.created" && data.object.charge === charge,
    );
    const dispute = await stripe.disputes.retrieve(event.data.object.id);
    assert.deepEqual(
      [dispute.object, dispute.reason, dispute.status],
      ["dispute", reason, "needs_response"],
    );
    assert.deepEqual([dispute.amount, dispute.currency], [1250, "eur"]);
    assert.deepEqual([dispute.charge, dispute.payment_intent], [charge, payment_intent.id]);
    assert.equal(dispute.is_charge_refundable, false);
    assert.equal((await stripe.charges.retrieve(charge)).disputed, true);
  });
}

test("a dispute withdraws the money, and winning reinstates it", async () => {
  const { session, dispute } = await disputed();
  assert.equal(dispute.balance_transactions[0].amount, -1250);
  const withdrawn = await receiver.event("charge.dispute.funds_withdrawn", dispute.id);
  assert.equal(withdrawn.data.object.charge, dispute.charge);
  await sandbox.act(session.id, "win");
  const closed = await receiver.event("charge.dispute.closed", dispute.id);
  assert.equal(closed.data.object.status, "won");
  await receiver.event("charge.dispute.funds_reinstated", dispute.id);
  assert.equal((await stripe.disputes.retrieve(dispute.id)).status, "won");
});

test("a lost dispute keeps the money", async () => {
  const { session, dispute } = await disputed({ reason: "duplicate" });
  assert.equal(dispute.reason, "duplicate");
  await sandbox.act(session.id, "lose");
  const closed = await receiver.event("charge.dispute.closed", dispute.id);
  assert.equal(closed.data.object.status, "lost");
  await assert.rejects(stripe.refunds.create({ payment_intent: session.payment_intent.id }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
  });
  assert.equal(
    receiver.received.some(
      ({ event }) =>
        event.type === "charge.dispute.funds_reinstated" && event.data.object.id === dispute.id,
    ),
    false,
  );
});

test("an inquiry withdraws nothing and can be closed", async () => {
  const { session, dispute } = await disputed({ inquiry: true });
  assert.deepEqual(
    [dispute.status, dispute.is_charge_refundable],
    ["warning_needs_response", true],
  );
  assert.deepEqual(dispute.balance_transactions, []);
  await sandbox.act(session.id, "close_inquiry");
  const closed = await receiver.event("charge.dispute.closed", dispute.id);
  assert.equal(closed.data.object.status, "warning_closed");
});

test("disputes are listed newest first, by charge and by payment intent", async () => {
  const { dispute: older } = await disputed();
  const { dispute: newer } = await disputed();
  const { data } = await stripe.disputes.list({ limit: 2 });
  assert.deepEqual(
    data.map(({ id }) => id),
    [newer.id, older.id],
  );
  assert.deepEqual(
    (await stripe.disputes.list({ charge: older.charge })).data.map(({ id }) => id),
    [older.id],
  );
  const walked = [];
  for await (const { id } of stripe.disputes.list({ limit: 1 })) walked.push(id);
  assert.equal(new Set(walked).size, walked.length);
  assert.ok(walked.length >= 2);
});

test("an unknown dispute is not found", async () => {
  await assert.rejects(stripe.disputes.retrieve("du_unknown"), {
    statusCode: 404,
    code: "resource_missing",
  });
});

test("the account belongs to the key", async () => {
  const account = await stripe.accounts.retrieveCurrent();
  assert.match(account.id, /^acct_/);
  assert.equal(account.object, "account");
  assert.equal(account.charges_enabled, true);
  assert.match(account.country, /^[A-Z]{2}$/);
  assert.match(account.default_currency, /^[a-z]{3}$/);
});

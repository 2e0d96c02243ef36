// Problems that only the owner of an account can fix, a skewed clock, and objects that report other
// values than the recorded ones.
import assert from "node:assert/strict";
import { afterEach, after, test } from "node:test";
import { line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());
afterEach(() => Promise.all([sandbox.switchboard("account", {}), sandbox.faults({})]));

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));

test("an account that may not take payments says so, and creates no session", async () => {
  await sandbox.switchboard("account", {
    charges_enabled: false,
    currently_due: ["external_account"],
    card_payments: "inactive",
  });
  const account = await stripe.accounts.retrieveCurrent();
  assert.equal(account.charges_enabled, false);
  assert.deepEqual(account.requirements.currently_due, ["external_account"]);
  assert.equal(account.capabilities.card_payments, "inactive");
  await assert.rejects(create(), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    message: /cannot currently make charges/,
  });
});

for (const [what, account, params, expected] of [
  ["a name", { has_name: false }, {}, { message: /account or business name/ }],
  [
    "the address of its terms",
    { has_terms_url: false },
    { consent_collection: { terms_of_service: "required" } },
    { param: "consent_collection[terms_of_service]" },
  ],
  [
    "the address of its head office",
    { has_head_office: false },
    { automatic_tax: { enabled: true } },
    { param: "automatic_tax" },
  ],
  [
    "a total that is worth something where it settles",
    { settlement_currency: "eur" },
    { line_items: [line({ currency: "vnd", unit_amount: 5000 })] },
    { code: "amount_too_small", message: /must convert to at least €0.50/ },
  ],
]) {
  test(`a session needs ${what}`, async () => {
    await sandbox.switchboard("account", account);
    await assert.rejects(create(params), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
      ...expected,
    });
    // Sessions that do not need it can still be created.
    if (Object.keys(params).length > 0) await create();
    await sandbox.switchboard("account", {});
    await create(params);
  });
}

test("a key may be revoked or restricted", async () => {
  await sandbox.switchboard("account", { forbidden: ["/v1/webhook_endpoints"] });
  await assert.rejects(stripe.webhookEndpoints.list(), {
    type: "StripePermissionError",
    statusCode: 403,
  });
  await create();
  await sandbox.switchboard("account", { key_is_valid: false });
  await assert.rejects(create(), { type: "StripeAuthenticationError", statusCode: 401 });
});

test("the date of a response is that of the sandbox's clock, or skewed by the fault", async () => {
  const off = async () => {
    const { lastResponse } = await stripe.accounts.retrieveCurrent();
    return (Date.parse(lastResponse.headers.date) - Date.now()) / 1000;
  };
  assert.ok(Math.abs(await off()) < 30);
  await sandbox.faults({ date_skew: -400 });
  assert.ok(Math.abs((await off()) + 400) < 30);
  await sandbox.faults({});
  await sandbox.switchboard("clock", { advance: 100 });
  assert.ok(Math.abs((await off()) - 100) < 30);
});

test("a bank disputes an amount in another currency", async () => {
  const session = await sandbox.paid();
  await sandbox.act(session.id, "dispute", { told_amount: 1416, told_currency: "usd" });
  const {
    data: [dispute],
  } = await stripe.disputes.list({ payment_intent: session.payment_intent.id });
  assert.deepEqual([dispute.amount, dispute.currency], [1416, "usd"]);
  const told = await receiver.event("charge.dispute.created", dispute.id);
  assert.deepEqual([told.data.object.amount, told.data.object.currency], [1416, "usd"]);
});

test("a refund is reported in another currency, and recorded in its own", async () => {
  const session = await sandbox.paid();
  await sandbox.act(session.id, "refund", {
    amount: 500,
    told_amount: 150_000,
    told_currency: "jpy",
  });
  const {
    data: [refund],
  } = await stripe.refunds.list({ payment_intent: session.payment_intent.id });
  assert.deepEqual([refund.amount, refund.currency], [150_000, "jpy"]);
  const charge = await stripe.charges.retrieve(refund.charge);
  assert.deepEqual([charge.amount_refunded, charge.currency], [500, "eur"]);
});

test("statuses may be reported that the client does not know", async () => {
  const session = await sandbox.paid();
  await sandbox.act(session.id, "dispute", { told_status: "in_arbitration" });
  const {
    data: [open],
  } = await stripe.disputes.list({ payment_intent: session.payment_intent.id });
  assert.equal(open.status, "in_arbitration");
  await sandbox.act(session.id, "lose", { told_status: "charge_refunded" });
  assert.equal((await stripe.disputes.retrieve(open.id)).status, "charge_refunded");
  const closed = await receiver.event("charge.dispute.closed", open.id);
  assert.equal(closed.data.object.status, "charge_refunded");
});

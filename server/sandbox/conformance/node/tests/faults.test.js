// Injected faults, as the client sees them. Every test clears them afterwards.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import Stripe from "stripe";
import { eventually, sessionParams, startSandbox, webhookSecret } from "../sandbox.js";

const { errors } = Stripe;
const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());
afterEach(() => sandbox.faults({}));

const create = (options) => stripe.checkout.sessions.create(sessionParams(), options);
const error = (promise) =>
  promise.then(
    () => assert.fail("it succeeded"),
    (error) => error,
  );
const count = async () => (await stripe.checkout.sessions.list({ limit: 100 })).data.length;

async function expired() {
  const { id } = await create();
  await stripe.checkout.sessions.expire(id);
  return id;
}

const deliveriesOf = (id, type = "checkout.session.expired") =>
  receiver.received.filter(({ event }) => event.type === type && event.data.object.id === id);

for (const [status, type] of [
  [409, errors.StripeAPIError],
  [429, errors.StripeRateLimitError],
  [500, errors.StripeAPIError],
]) {
  test(`${status} is a ${type.name}, and nothing was executed`, async () => {
    const before = await count();
    await sandbox.faults({ api_error: 1, api_error_status: [status] });
    const refusal = await error(create());
    assert.deepEqual([refusal.constructor, refusal.statusCode], [type, status]);
    assert.match(refusal.requestId, /^req_/);
    await sandbox.faults({});
    assert.equal(await count(), before);
  });
}

test("Stripe-Should-Retry overrides the client's decision to retry", async () => {
  const attempts = async (client, should_retry) => {
    await sandbox.faults({ api_error: 1, api_error_status: [500], should_retry });
    let sent = 0;
    client.on("request", () => (sent += 1));
    const { headers } = await error(client.checkout.sessions.list());
    assert.equal(headers["stripe-should-retry"], String(should_retry));
    return sent;
  };
  assert.equal(await attempts(sandbox.client({ maxNetworkRetries: 2 }), false), 1);
  assert.equal(await attempts(sandbox.client({ maxNetworkRetries: 2 }), true), 3);
});

test("a proxy's page is a StripeAPIError", async () => {
  await sandbox.faults({ bad_gateway: 1 });
  const refusal = await error(stripe.checkout.sessions.list());
  assert.equal(refusal.constructor, errors.StripeAPIError);
  assert.match(refusal.message, /Invalid JSON/);
});

test("a request that hangs ends with the client's timeout", async () => {
  await sandbox.faults({ hang: 1 });
  const refusal = await error(sandbox.client({ timeout: 300 }).checkout.sessions.list());
  assert.equal(refusal.constructor, errors.StripeConnectionError);
});

test("a 500 during execution is stored for its key, and changes nothing", async () => {
  const before = await count();
  await sandbox.faults({ error_kept: 1 });
  const first = await error(create({ idempotencyKey: "kept-500" }));
  assert.deepEqual([first.constructor, first.statusCode], [errors.StripeAPIError, 500]);
  await sandbox.faults({});
  const second = await error(create({ idempotencyKey: "kept-500" }));
  assert.equal(second.statusCode, 500);
  assert.equal(second.headers["idempotent-replayed"], "true");
  assert.equal(await count(), before);
});

test("an event may be delivered twice: the same id, a new signature", async () => {
  await sandbox.faults({ duplicate: 1 });
  const id = await expired();
  await eventually("two deliveries", () => deliveriesOf(id).length === 2);
  const [first, second] = deliveriesOf(id);
  assert.equal(first.event.id, second.event.id);
  for (const { body, headers } of [first, second])
    stripe.webhooks.constructEvent(body, headers["stripe-signature"], webhookSecret);
});

test("an event of an unknown type is parsed", async () => {
  await sandbox.faults({ unknown_event: 1 });
  await expired();
  const { body, headers } = await receiver.delivery(
    "an unheard type",
    ({ type }) => type === "sandbox.unheard_of",
  );
  const event = stripe.webhooks.constructEvent(body, headers["stripe-signature"], webhookSecret);
  assert.equal(event.type, "sandbox.unheard_of");
});

test("the client accepts undocumented fields and values", async () => {
  const plain = Object.keys(await create());
  await sandbox.faults({ extra_fields: 1 });
  const session = await create();
  assert.ok(Object.keys(session).some((key) => !plain.includes(key)));
  await stripe.checkout.sessions.expire(session.id);
  const { body, headers } = await receiver.delivery(
    "the expiry",
    ({ data }) => data.object.id === session.id,
  );
  assert.equal(
    stripe.webhooks.constructEvent(body, headers["stripe-signature"], webhookSecret).data.object.id,
    session.id,
  );
});

test("a signature that is six minutes old is rejected", async () => {
  await sandbox.faults({ timestamp_skew: -360 });
  const id = await expired();
  const { body, headers } = await receiver.delivery(
    "the expiry",
    ({ data }) => data.object.id === id,
  );
  assert.throws(
    () => stripe.webhooks.constructEvent(body, headers["stripe-signature"], webhookSecret),
    {
      type: "StripeSignatureVerificationError",
      message: /tolerance/,
    },
  );
});

test("an event may have another API version", async () => {
  await sandbox.faults({ api_version: "2020-08-27" });
  const id = await expired();
  const { event } = await receiver.delivery("the expiry", ({ data }) => data.object.id === id);
  assert.equal(event.api_version, "2020-08-27");
});

test("a session expires when the clock is moved past its expiry", async () => {
  const { id } = await create();
  await sandbox.switchboard("clock", { advance: 25 * 60 * 60 });
  await receiver.event("checkout.session.expired", id);
  assert.equal((await stripe.checkout.sessions.retrieve(id)).status, "expired");
});

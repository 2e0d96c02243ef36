// Triggers every event type that the sandbox sends; `constructEvent` accepts each of them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, eventually, sessionParams, startSandbox, webhookSecret } from "../sandbox.js";

const types = [
  "charge.dispute.closed",
  "charge.dispute.created",
  "charge.dispute.funds_reinstated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.updated",
  "charge.failed",
  "charge.pending",
  "charge.refunded",
  "charge.succeeded",
  "charge.updated",
  "checkout.session.async_payment_failed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.completed",
  "checkout.session.expired",
  "payment_intent.canceled",
  "payment_intent.created",
  "payment_intent.payment_failed",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.succeeded",
  "refund.created",
  "refund.failed",
  "refund.updated",
];

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

/** Triggers every event type. */
async function doEverything() {
  const create = async () => (await stripe.checkout.sessions.create(sessionParams())).id;
  await stripe.checkout.sessions.expire(await create());
  const cancelled = await create();
  await sandbox.confirm(cancelled, card("4000002760003184"));
  await stripe.checkout.sessions.expire(cancelled);
  await assert.rejects(sandbox.confirm(await create(), card("4000000000000002")));
  const disputed = await sandbox.paid();
  await sandbox.act(disputed.id, "dispute");
  await sandbox.act(disputed.id, "win");
  const refunded = await sandbox.paid({ number: "4000000000005126" });
  await stripe.refunds.create({ payment_intent: refunded.payment_intent.id });
  for (const iban of ["AT611904300234573201", "IT60X0542811101000000123456"]) {
    await sandbox.confirm(await create(), { sepa_debit: { iban } });
  }
}

/** The first delivery of each type. */
const deliveries = new Map();

await doEverything();
await eventually("every type of event", () => {
  for (const one of receiver.received)
    if (!deliveries.has(one.event.type)) deliveries.set(one.event.type, one);
  return types.every((type) => deliveries.has(type));
});

test("exactly these types are sent", () => {
  assert.deepEqual([...deliveries.keys()].sort(), types);
});

for (const type of types) {
  test(`constructEvent accepts ${type}`, () => {
    const { body, headers } = deliveries.get(type);
    const event = stripe.webhooks.constructEvent(body, headers["stripe-signature"], webhookSecret);
    assert.equal(event.object, "event");
    assert.equal(event.type, type);
    assert.equal(event.livemode, false);
    assert.match(event.id, /^evt_/);
    assert.match(event.api_version, /^\d{4}-\d\d-\d\d\.\w+$/);
    // Handlers rely on this: the object has the type that the event's type begins with.
    const object =
      { "charge.dispute": "dispute", "checkout.session": "checkout.session" }[
        type.split(".").slice(0, 2).join(".")
      ] ?? type.split(".")[0];
    assert.equal(event.data.object.object, object);
  });
}

test("constructEventAsync accepts them, too", async () => {
  for (const { body, headers, event } of deliveries.values()) {
    assert.equal(
      (await stripe.webhooks.constructEventAsync(body, headers["stripe-signature"], webhookSecret))
        .id,
      event.id,
    );
  }
});

test("a wrong secret is rejected for every type", () => {
  for (const { body, headers } of deliveries.values()) {
    assert.throws(
      () => stripe.webhooks.constructEvent(body, headers["stripe-signature"], "whsec_other"),
      {
        type: "StripeSignatureVerificationError",
      },
    );
  }
});

test("the bytes matter: the same event formatted differently is rejected", () => {
  const { body, headers, event } = deliveries.get("checkout.session.completed");
  assert.match(body, /^\{\n {2}"/);
  assert.throws(
    () =>
      stripe.webhooks.constructEvent(
        JSON.stringify(event),
        headers["stripe-signature"],
        webhookSecret,
      ),
    {
      type: "StripeSignatureVerificationError",
    },
  );
});

test("a delivery looks like one of Stripe's", () => {
  const { headers } = deliveries.get("checkout.session.completed");
  assert.match(headers["user-agent"], /^Stripe\/1\.0/);
  assert.match(headers["content-type"], /^application\/json/);
  assert.match(headers["stripe-signature"], /^t=\d+,v1=[0-9a-f]{64}(,|$)/);
});

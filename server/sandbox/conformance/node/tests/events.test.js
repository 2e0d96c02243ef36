// Events: which are sent, what they contain, and how they are listed.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { eventually, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

const expired = async () => {
  const { id } = await stripe.checkout.sessions.create(sessionParams());
  await stripe.checkout.sessions.expire(id);
  return id;
};

test("an event is retrieved as it was delivered", async () => {
  const id = await expired();
  const { id: event } = await receiver.event("checkout.session.expired", id);
  const retrieved = await stripe.events.retrieve(event);
  assert.match(retrieved.id, /^evt_/);
  assert.deepEqual(
    [retrieved.object, retrieved.type, retrieved.livemode],
    ["event", "checkout.session.expired", false],
  );
  const delivered = receiver.received.find((one) => one.event.id === event).event;
  assert.deepEqual({ ...retrieved.data.object }, delivered.data.object);
});

test("an unknown event is not found", async () => {
  await assert.rejects(stripe.events.retrieve("evt_unknown"), {
    statusCode: 404,
    code: "resource_missing",
  });
});

test("a snapshot shows the object at the time of the event, without line items", async () => {
  const { id, payment_intent } = await sandbox.paid();
  const event = await receiver.event("payment_intent.created", payment_intent.id);
  assert.notEqual(event.data.object.status, "succeeded");
  const completed = await receiver.event("checkout.session.completed", id);
  assert.equal("line_items" in completed.data.object, false);
  assert.equal(completed.data.object.payment_intent, payment_intent.id);
});

test("an event names the API request that caused it, and no request if a shopper did", async () => {
  const { id } = await stripe.checkout.sessions.create(sessionParams());
  const { lastResponse } = await stripe.checkout.sessions.expire(
    id,
    {},
    { idempotencyKey: "expire-1" },
  );
  const { request } = await receiver.event("checkout.session.expired", id);
  assert.deepEqual(request, { id: lastResponse.requestId, idempotency_key: "expire-1" });
  const paid = await sandbox.paid();
  const completed = await receiver.event("checkout.session.completed", paid.id);
  // Stripe sends null, or an object with two nulls.
  assert.equal(completed.request?.id ?? null, null);
});

test("events are listed newest first and by type", async () => {
  const id = await expired();
  const { data } = await stripe.events.list({ type: "checkout.session.expired" });
  assert.equal(data[0].data.object.id, id);
  assert.ok(data.every(({ type }) => type === "checkout.session.expired"));
  const times = (await stripe.events.list({ limit: 100 })).data.map(({ created }) => created);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => b - a),
  );
});

test("`types` takes several types", async () => {
  await sandbox.paid();
  const types = ["charge.succeeded", "payment_intent.succeeded"];
  const { data } = await stripe.events.list({ types, limit: 100 });
  assert.deepEqual([...new Set(data.map(({ type }) => type))].sort(), types);
  await assert.rejects(stripe.events.list({ type: "charge.succeeded", types }), {
    statusCode: 400,
  });
});

test("`type` may end with a wildcard", async () => {
  await expired();
  const { data } = await stripe.events.list({ type: "checkout.session.*", limit: 100 });
  assert.ok(data.length > 0);
  assert.ok(data.every(({ type }) => type.startsWith("checkout.session.")));
});

test("events are filtered by creation time", async () => {
  await expired();
  const {
    data: [{ created }],
  } = await stripe.events.list({ limit: 1 });
  const { data } = await stripe.events.list({ created: { gte: created }, limit: 100 });
  assert.ok(data.length > 0 && data.every((event) => event.created >= created));
  assert.equal((await stripe.events.list({ created: { gt: created + 60 } })).data.length, 0);
  assert.equal((await stripe.events.list({ created: { lt: created - 3600 } })).data.length, 0);
});

test("`delivery_success` filters delivered events", async () => {
  await sandbox.faults({ drop: 1 });
  const dropped = await expired();
  await sandbox.faults({});
  const delivered = await expired();
  await receiver.event("checkout.session.expired", delivered);
  const found = async (delivery_success, id) => {
    const { data } = await stripe.events.list({
      delivery_success,
      type: "checkout.session.expired",
      limit: 100,
    });
    return data.some((event) => event.data.object.id === id);
  };
  await eventually("the delivered event counts as delivered", () => found(true, delivered));
  await eventually("the dropped event counts as not delivered", () => found(false, dropped));
  assert.equal(await found(true, dropped), false);
  assert.equal(await found(false, delivered), false);
  assert.equal(
    receiver.received.some(({ event }) => event.data.object.id === dropped),
    false,
  );
});

test("every event is found by paging", async () => {
  const once = (await stripe.events.list({ limit: 100 })).data.map(({ id }) => id);
  const walked = [];
  for await (const { id } of stripe.events.list({ limit: 3, starting_after: once[0] }))
    walked.push(id);
  assert.deepEqual(walked, once.slice(1));
});

test("a card payment has four events; completed comes after the payment", async () => {
  const { id, payment_intent } = await sandbox.paid();
  const charge = payment_intent.latest_charge.id;
  for (const [type, object] of [
    ["payment_intent.created", payment_intent.id],
    ["charge.succeeded", charge],
    ["payment_intent.succeeded", payment_intent.id],
    ["checkout.session.completed", id],
  ]) {
    await receiver.event(type, object);
  }
  const { data } = await stripe.events.list({ limit: 100 });
  const about = data
    .map(({ type, data: { object } }) => [type, object.id])
    .filter(([, object]) => [id, payment_intent.id, charge].includes(object));
  const types = about.map(([type]) => type).filter((type) => type !== "charge.updated");
  assert.equal(types[0], "checkout.session.completed");
  assert.equal(types.length, 4);
});

// Event destinations of the v2 API, and their thin events.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

const destination = (path, params = {}) =>
  stripe.v2.core.eventDestinations.create({
    name: "shop",
    type: "webhook_endpoint",
    event_payload: "thin",
    enabled_events: ["v1.checkout.session.expired"],
    webhook_endpoint: { url: receiver.origin + path },
    include: ["webhook_endpoint.url", "webhook_endpoint.signing_secret"],
    ...params,
  });

async function expired() {
  const { id } = await stripe.checkout.sessions.create(sessionParams());
  await stripe.checkout.sessions.expire(id);
  return id;
}

test("a thin event has a type and a reference, and the client fetches the object", async () => {
  const created = await destination("/thin");
  assert.equal(created.object, "v2.core.event_destination");
  assert.deepEqual([created.event_payload, created.status], ["thin", "enabled"]);
  assert.equal(created.webhook_endpoint.url, `${receiver.origin}/thin`);
  const secret = created.webhook_endpoint.signing_secret;
  assert.match(secret, /^whsec_/);
  const id = await expired();
  const { body, headers } = await receiver.delivery(
    "the thin event",
    ({ related_object }) => related_object?.id === id,
    "/thin",
  );
  const notification = stripe.parseEventNotification(body, headers["stripe-signature"], secret);
  assert.equal(notification.type, "v1.checkout.session.expired");
  assert.equal(notification.related_object.type, "checkout.session");
  const session = await stripe.rawRequest("GET", notification.related_object.url);
  assert.deepEqual([session.id, session.status], [id, "expired"]);
  // It is not a v1 event, and its payload says so.
  assert.throws(
    () => stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret),
    /thin event/,
  );
});

test("the v1 API does not show endpoints for thin events, the v2 API shows all", async () => {
  const { id } = await destination("/unknown-to-v1");
  const first = (await stripe.webhookEndpoints.list({ limit: 100 })).data;
  assert.equal(
    first.some((one) => one.id === id),
    false,
  );
  await assert.rejects(stripe.webhookEndpoints.retrieve(id), { statusCode: 404 });
  const second = (
    await stripe.v2.core.eventDestinations.list({ include: ["webhook_endpoint.url"] })
  ).data;
  assert.equal(second[0].id, id);
  const payloads = new Set(second.map((one) => one.event_payload));
  assert.deepEqual([...payloads].sort(), ["snapshot", "thin"]);
  // The URL is returned only if it is included in the request.
  const plain = await stripe.v2.core.eventDestinations.retrieve(id);
  assert.equal("url" in plain.webhook_endpoint, false);
  await stripe.v2.core.eventDestinations.del(id);
  await assert.rejects(stripe.v2.core.eventDestinations.retrieve(id), { statusCode: 404 });
});

test("a destination for snapshot events gets full events", async () => {
  await destination("/whole", {
    event_payload: "snapshot",
    enabled_events: ["checkout.session.expired"],
  });
  const id = await expired();
  const { event } = await receiver.delivery(
    "the whole event",
    ({ data }) => data?.object.id === id,
    "/whole",
  );
  assert.equal(event.object, "event");
  assert.equal(event.data.object.status, "expired");
});

// Webhook endpoints: managed by the API, each with its own events and secret.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { eventually, sessionParams, startSandbox, webhookSecret } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe, receiver } = sandbox;
after(() => sandbox.stop());

let count = 0;

/** An endpoint with its own path at the receiver. */
async function endpoint(enabled_events, params = {}) {
  count += 1;
  const path = `/endpoint-${count}`;
  return {
    path,
    ...(await stripe.webhookEndpoints.create({
      url: receiver.origin + path,
      enabled_events,
      ...params,
    })),
  };
}

async function expired() {
  const { id } = await stripe.checkout.sessions.create(sessionParams());
  await stripe.checkout.sessions.expire(id);
  return id;
}

const isExpiry =
  (id) =>
  ({ type, data }) =>
    type === "checkout.session.expired" && data.object.id === id;
const signed = ({ body, headers }, secret) =>
  stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret);

test("an endpoint shows its secret only at creation", async () => {
  const { id, secret, object, status, enabled_events, url } = await endpoint(
    ["charge.failed", "charge.succeeded"],
    { metadata: { shop: "till" }, description: "Mine" },
  );
  assert.match(id, /^we_/);
  assert.match(secret, /^whsec_/);
  assert.deepEqual(
    [object, status, url.startsWith("http://127.0.0.1")],
    ["webhook_endpoint", "enabled", true],
  );
  assert.deepEqual(enabled_events, ["charge.failed", "charge.succeeded"]);
  const retrieved = await stripe.webhookEndpoints.retrieve(id);
  assert.deepEqual([retrieved.description, retrieved.metadata], ["Mine", { shop: "till" }]);
  assert.equal("secret" in retrieved, false);
  assert.equal(
    "secret" in (await stripe.webhookEndpoints.update(id, { description: "Yours" })),
    false,
  );
  for (const listed of (await stripe.webhookEndpoints.list()).data)
    assert.equal("secret" in listed, false);
});

test("an endpoint gets its enabled events, signed with its own secret", async () => {
  const { path, secret } = await endpoint(["checkout.session.expired"]);
  await sandbox.paid();
  const id = await expired();
  const delivery = await receiver.delivery("the expiry", isExpiry(id), path);
  assert.equal(signed(delivery, secret).data.object.id, id);
  assert.throws(() => signed(delivery, webhookSecret), {
    type: "StripeSignatureVerificationError",
  });
  const types = receiver.received.filter((one) => one.path === path).map(({ event }) => event.type);
  assert.ok(types.every((type) => type === "checkout.session.expired"));
  // The default endpoint gets it, too.
  await receiver.delivery("the expiry", isExpiry(id));
});

test("while a secret is rolled, both sign; either one verifies", async () => {
  const { id, path, secret: old } = await endpoint(["*"]);
  const rolled = await sandbox.switchboard(`webhook_endpoints/${id}/roll_secret`, {});
  const delivery = await receiver.delivery("an expiry", isExpiry(await expired()), path);
  assert.equal(delivery.headers["stripe-signature"].match(/v1=/g).length, 2);
  assert.equal(signed(delivery, old).type, "checkout.session.expired");
  assert.equal(signed(delivery, rolled.secret).type, "checkout.session.expired");
  assert.throws(() => signed(delivery, "whsec_other"), {
    type: "StripeSignatureVerificationError",
  });
});

test("a secret that was rolled without overlap no longer signs", async () => {
  const { id, path, secret: old } = await endpoint(["*"]);
  const rolled = await sandbox.switchboard(`webhook_endpoints/${id}/roll_secret`, {
    expires_in: 0,
  });
  const delivery = await receiver.delivery("an expiry", isExpiry(await expired()), path);
  assert.equal(signed(delivery, rolled.secret).type, "checkout.session.expired");
  assert.throws(() => signed(delivery, old), { type: "StripeSignatureVerificationError" });
});

test("an event has the API version of its endpoint", async () => {
  const { path } = await endpoint(["*"], { api_version: "2026-09-30.endive" });
  const { event } = await receiver.delivery("an expiry", isExpiry(await expired()), path);
  assert.equal(event.api_version, "2026-09-30.endive");
});

test("an endpoint can be updated, disabled and enabled again", async () => {
  const { id, path } = await endpoint(["charge.failed"]);
  const moved = `${path}-moved`;
  const updated = await stripe.webhookEndpoints.update(id, {
    url: receiver.origin + moved,
    enabled_events: ["checkout.session.expired"],
  });
  assert.deepEqual(
    [updated.url, updated.enabled_events],
    [receiver.origin + moved, ["checkout.session.expired"]],
  );
  await receiver.delivery("an expiry at the new address", isExpiry(await expired()), moved);
  assert.equal((await stripe.webhookEndpoints.update(id, { disabled: true })).status, "disabled");
  const unheard = await expired();
  assert.equal((await stripe.webhookEndpoints.update(id, { disabled: false })).status, "enabled");
  const heard = await expired();
  await receiver.delivery("an expiry after it was enabled", isExpiry(heard), moved);
  assert.equal(
    receiver.received.some((one) => one.path === moved && isExpiry(unheard)(one.event)),
    false,
  );
});

test("metadata is updated key by key, and an empty value removes a key", async () => {
  const { id } = await endpoint(["*"], { metadata: { a: "1", b: "2" } });
  assert.deepEqual(
    (await stripe.webhookEndpoints.update(id, { metadata: { b: "", c: "3" } })).metadata,
    { a: "1", c: "3" },
  );
  assert.deepEqual((await stripe.webhookEndpoints.update(id, { metadata: "" })).metadata, {});
});

test("a deleted endpoint is gone", async () => {
  const { id, path } = await endpoint(["*"]);
  const deleted = await stripe.webhookEndpoints.del(id);
  assert.deepEqual(
    { id: deleted.id, object: deleted.object, deleted: deleted.deleted },
    { id, object: "webhook_endpoint", deleted: true },
  );
  await assert.rejects(stripe.webhookEndpoints.retrieve(id), {
    statusCode: 404,
    code: "resource_missing",
  });
  await assert.rejects(stripe.webhookEndpoints.del(id), {
    statusCode: 404,
    code: "resource_missing",
  });
  const later = await expired();
  await receiver.delivery("the expiry", isExpiry(later));
  assert.equal(
    receiver.received.some((one) => one.path === path && isExpiry(later)(one.event)),
    false,
  );
});

test("endpoints are listed, newest first and page by page", async () => {
  const { id } = await endpoint(["*"]);
  const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
  assert.equal(data[0].id, id);
  const walked = [];
  for await (const one of stripe.webhookEndpoints.list({ limit: 2 })) walked.push(one.id);
  assert.deepEqual(
    walked,
    data.map((one) => one.id),
  );
});

test("an endpoint needs a URL and known event types", async () => {
  const refused = (params, param) =>
    assert.rejects(stripe.webhookEndpoints.create(params), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
      param,
    });
  await refused({ enabled_events: ["*"] }, "url");
  await refused({ url: "nowhere", enabled_events: ["*"] }, "url");
  await refused({ url: receiver.url }, "enabled_events");
  await assert.rejects(
    stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["nonsense"] }),
    Stripe.errors.StripeInvalidRequestError,
  );
});

test("pending_webhooks counts the endpoints that have not accepted the event", async () => {
  const id = await expired();
  const { event } = await receiver.delivery("the expiry", isExpiry(id));
  assert.ok(event.pending_webhooks >= 1);
  await eventually(
    "nobody waits for it any more",
    async () => (await stripe.events.retrieve(event.id)).pending_webhooks === 0,
  );
});

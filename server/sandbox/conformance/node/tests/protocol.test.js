// Headers of every response, API keys, and error classes.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { card, sessionParams, startSandbox } from "../sandbox.js";

const { errors } = Stripe;
const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (options) => stripe.checkout.sessions.create(sessionParams(), options);

/** Asserts that the request fails with this class of error. */
const refusedAs = (promise, type, expected = {}) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.constructor, type, String(error));
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(error[name], value, name);
    return true;
  });

test("every response has a unique request id", async () => {
  const one = await create();
  const other = await stripe.checkout.sessions.retrieve(one.id);
  for (const { lastResponse } of [one, other]) {
    assert.equal(lastResponse.statusCode, 200);
    assert.match(lastResponse.requestId, /^req_\w+$/);
    assert.equal(lastResponse.headers["request-id"], lastResponse.requestId);
  }
  assert.notEqual(one.lastResponse.requestId, other.lastResponse.requestId);
});

test("a response names the requested version", async () => {
  const { lastResponse } = await create();
  assert.equal(lastResponse.headers["stripe-version"], Stripe.API_VERSION);
  assert.equal(lastResponse.apiVersion, Stripe.API_VERSION);
  const other = await create({ apiVersion: "2026-09-30.endive" });
  assert.equal(other.lastResponse.headers["stripe-version"], "2026-09-30.endive");
});

test("a response names the idempotency key that was sent", async () => {
  const { lastResponse } = await create({ idempotencyKey: "named-1" });
  assert.equal(lastResponse.idempotencyKey, "named-1");
  assert.equal(lastResponse.headers["idempotency-key"], "named-1");
});

test("responses are JSON and must not be cached", async () => {
  const { headers } = (await create()).lastResponse;
  assert.match(headers["content-type"], /^application\/json/);
  assert.match(headers["cache-control"], /no-store/);
});

test("a key may be sent as Bearer token or as Basic user", async () => {
  const basic = `Basic ${Buffer.from("sk_test_sandbox:").toString("base64")}`;
  for (const authorization of ["Bearer sk_test_sandbox", basic]) {
    const response = await sandbox.fetch("/v1/checkout/sessions", { headers: { authorization } });
    assert.equal(response.status, 200, authorization);
  }
});

test("a missing key, a malformed key and a live key are rejected", async () => {
  assert.equal((await fetch(`${sandbox.address}/v1/checkout/sessions`)).status, 401);
  await refusedAs(
    sandbox.client({}, "sk_test").checkout.sessions.list(),
    errors.StripeAuthenticationError,
    { statusCode: 401 },
  );
  const key = `sk_live_${"0123456789abcdef".repeat(2)}`;
  await assert.rejects(sandbox.client({}, key).checkout.sessions.list(), (error) => {
    assert.equal(error.constructor, errors.StripeAuthenticationError);
    assert.equal(error.message.includes(key), false);
    return true;
  });
});

test("StripeInvalidRequestError: a parameter is invalid, and the response says which", async () => {
  await assert.rejects(stripe.checkout.sessions.create({ mode: "payment" }), (error) => {
    assert.equal(error.constructor, errors.StripeInvalidRequestError);
    assert.deepEqual(
      [error.statusCode, error.rawType, error.code],
      [400, "invalid_request_error", "parameter_missing"],
    );
    assert.match(error.requestId, /^req_/);
    assert.match(error.doc_url, /parameter-missing/);
    assert.match(error.request_log_url, /^http/);
    return true;
  });
});

test("StripeInvalidRequestError: a path that the API does not have", async () => {
  await refusedAs(
    stripe.rawRequest("POST", "/v1/no_such_thing", {}),
    errors.StripeInvalidRequestError,
    { statusCode: 404 },
  );
  await assert.rejects(stripe.customers.list(), {
    statusCode: 404,
    message: /Unrecognized request URL \(GET: \/v1\/customers\)/,
  });
});

test("StripeCardError: the bank declines", async () => {
  const { id } = await create();
  await refusedAs(sandbox.confirm(id, card("4000000000009995")), errors.StripeCardError, {
    statusCode: 402,
    rawType: "card_error",
    code: "card_declined",
    decline_code: "insufficient_funds",
  });
});

test("StripeRateLimitError and StripeAPIError: faults, by their status", async () => {
  const met = new Map();
  try {
    await sandbox.faults({ seed: 1, api_error: 1 });
    for (let at = 0; at < 40; at += 1) {
      const error = await stripe.checkout.sessions.list().then(
        () => assert.fail("it succeeded"),
        (error) => error,
      );
      met.set(error.statusCode, error);
    }
  } finally {
    await sandbox.faults({});
  }
  assert.deepEqual([...met.keys()].sort(), [409, 429, 500]);
  assert.equal(met.get(429).constructor, errors.StripeRateLimitError);
  // The client has no error class for a conflict.
  assert.equal(met.get(409).constructor, errors.StripeAPIError);
  assert.equal(met.get(500).constructor, errors.StripeAPIError);
});

test("a client that retries gets through faults", async () => {
  try {
    await sandbox.faults({ seed: 3, api_error: 0.4 });
    const { id } = await sandbox
      .client({ maxNetworkRetries: 20 })
      .checkout.sessions.create(sessionParams());
    assert.match(id, /^cs_test_/);
  } finally {
    await sandbox.faults({});
  }
});

test("StripeConnectionError: executed, but the response is lost; the key replays it", async () => {
  const options = { idempotencyKey: "lost-1" };
  try {
    await sandbox.faults({ lose_answer: 1 });
    await refusedAs(create(options), errors.StripeConnectionError);
  } finally {
    await sandbox.faults({});
  }
  const { id, lastResponse } = await create(options);
  assert.equal(lastResponse.headers["idempotent-replayed"], "true");
  assert.equal((await stripe.checkout.sessions.retrieve(id)).id, id);
});

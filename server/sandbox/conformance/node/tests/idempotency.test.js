// Idempotency keys: the same request again gets the same response again.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { card, sessionParams, startSandbox } from "../sandbox.js";

const { errors } = Stripe;
const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (idempotencyKey, params) =>
  stripe.checkout.sessions.create(sessionParams(params), { idempotencyKey });
const replayed = ({ lastResponse }) => lastResponse.headers["idempotent-replayed"] === "true";

test("a replay is the first response, with a header that says so", async () => {
  const first = await create("replay-1");
  const second = await create("replay-1");
  assert.deepEqual({ ...second }, { ...first });
  assert.deepEqual([replayed(first), replayed(second)], [false, true]);
  assert.notEqual(second.lastResponse.requestId, first.lastResponse.requestId);
});

test("a replay is the first response even if the object has changed since", async () => {
  const { id } = await create("replay-2");
  await stripe.checkout.sessions.expire(id);
  const again = await create("replay-2");
  assert.deepEqual([again.id, again.status], [id, "open"]);
});

test("the order of the parameters does not matter", async () => {
  const first = await create("order-1", { metadata: { a: "1", b: "2" } });
  const { success_url, ...rest } = sessionParams({ metadata: { b: "2", a: "1" } });
  const second = await stripe.checkout.sessions.create(
    { ...rest, success_url },
    { idempotencyKey: "order-1" },
  );
  assert.equal(second.id, first.id);
});

test("StripeIdempotencyError: the same key for other parameters or another path", async () => {
  const { id } = await create("other-1");
  const refusal = (error) => {
    assert.equal(error.constructor, errors.StripeIdempotencyError, String(error));
    assert.deepEqual([error.statusCode, error.rawType], [400, "idempotency_error"]);
    const expected =
      "Keys for idempotent requests can only be used with the same parameters " +
      "they were first used with.";
    assert.ok(error.message.startsWith(expected), error.message);
    return true;
  };
  await assert.rejects(create("other-1", { client_reference_id: "another" }), refusal);
  await assert.rejects(
    stripe.checkout.sessions.expire(id, {}, { idempotencyKey: "other-1" }),
    refusal,
  );
  assert.equal((await create("other-1")).id, id);
});

test("409: the same key at the same time", async () => {
  try {
    await sandbox.faults({ api_delay_ms: [1000, 1000] });
    const outcomes = await Promise.allSettled([create("race-1"), create("race-1")]);
    const refused = outcomes
      .filter(({ status }) => status === "rejected")
      .map(({ reason }) => reason);
    assert.equal(refused.length, 1);
    assert.equal(refused[0].statusCode, 409);
    assert.equal(refused[0].code, "idempotency_key_in_use");
    // The client has no error class for a conflict.
    assert.equal(refused[0].constructor, errors.StripeAPIError);
    const { value } = outcomes.find(({ status }) => status === "fulfilled");
    await sandbox.faults({});
    assert.equal((await create("race-1")).id, value.id);
  } finally {
    await sandbox.faults({});
  }
});

test("failed validation is not stored: the key can be used for the corrected request", async () => {
  await assert.rejects(create("mended-1", { success_url: "nonsense" }), { statusCode: 400 });
  const session = await create("mended-1");
  assert.equal(replayed(session), false);
});

test("an error from execution is stored", async () => {
  const { id } = await create("kept-1");
  await stripe.checkout.sessions.expire(id);
  const again = () => stripe.checkout.sessions.expire(id, {}, { idempotencyKey: "kept-2" });
  const [first, second] = [
    await again().catch((error) => error),
    await again().catch((error) => error),
  ];
  assert.deepEqual([first.statusCode, second.statusCode], [400, 400]);
  assert.equal(second.message, first.message);
});

test("a decline is stored: a repeated request does not charge the shopper", async () => {
  const { id } = await create("decline-1");
  const pay = (number) =>
    sandbox.stripe.rawRequest(
      "POST",
      `/v1/payment_pages/${id}/confirm`,
      { email: "ada@example.org", ...card(number) },
      { idempotencyKey: "decline-2" },
    );
  const first = await pay("4000000000000002").catch((error) => error);
  const second = await pay("4000000000000002").catch((error) => error);
  assert.deepEqual([first.type, second.type], ["StripeCardError", "StripeCardError"]);
  assert.equal(second.charge, first.charge);
  assert.equal(second.headers["idempotent-replayed"], "true");
});

test("the client sends a key of its own with every POST, and none with a GET", async () => {
  const first = await stripe.checkout.sessions.create(sessionParams());
  const second = await stripe.checkout.sessions.create(sessionParams());
  assert.ok(first.lastResponse.headers["idempotency-key"]);
  assert.notEqual(
    second.lastResponse.headers["idempotency-key"],
    first.lastResponse.headers["idempotency-key"],
  );
  assert.notEqual(second.id, first.id);
  const { lastResponse } = await stripe.checkout.sessions.retrieve(first.id);
  assert.equal(lastResponse.headers["idempotency-key"], undefined);
});

test("a key has at most 255 characters", async () => {
  const { id } = await create("k".repeat(255));
  assert.match(id, /^cs_test_/);
  await assert.rejects(create("k".repeat(256)), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
  });
});

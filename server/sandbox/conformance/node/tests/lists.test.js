// Lists: pages, cursors, automatic pagination, filters, and what can be expanded.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

/** The ids of 23 sessions, newest first. */
const newestFirst = [];

before(async () => {
  for (let at = 0; at < 23; at += 1) {
    newestFirst.unshift((await stripe.checkout.sessions.create(sessionParams())).id);
  }
});

const ids = ({ data }) => data.map(({ id }) => id);

test("a list has ten objects, newest first, and says if there are more", async () => {
  const page = await stripe.checkout.sessions.list();
  assert.deepEqual(ids(page), newestFirst.slice(0, 10));
  assert.deepEqual([page.object, page.has_more, page.url], ["list", true, "/v1/checkout/sessions"]);
});

test("the limit is at most 100", async () => {
  const page = await stripe.checkout.sessions.list({ limit: 100 });
  assert.deepEqual(ids(page), newestFirst);
  assert.equal(page.has_more, false);
  for (const limit of [0, 101, "ten"]) {
    await assert.rejects(stripe.checkout.sessions.list({ limit }), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
      param: "limit",
    });
  }
});

test("starting_after pages forward, ending_before backward", async () => {
  const after = await stripe.checkout.sessions.list({ limit: 5, starting_after: newestFirst[4] });
  assert.deepEqual(ids(after), newestFirst.slice(5, 10));
  const before = await stripe.checkout.sessions.list({ limit: 5, ending_before: newestFirst[10] });
  assert.deepEqual(ids(before), newestFirst.slice(5, 10));
  await assert.rejects(
    stripe.checkout.sessions.list({
      starting_after: newestFirst[4],
      ending_before: newestFirst[10],
    }),
    { statusCode: 400 },
  );
});

test("an unknown cursor is rejected", async () => {
  await assert.rejects(stripe.checkout.sessions.list({ starting_after: "cs_test_unknown" }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    code: "resource_missing",
    param: "starting_after",
  });
});

test("`for await` iterates over all pages", async () => {
  const all = [];
  for await (const { id } of stripe.checkout.sessions.list({ limit: 7 })) all.push(id);
  assert.deepEqual(all, newestFirst);
});

test("`for await` iterates over all pages backwards from a cursor", async () => {
  const all = [];
  for await (const { id } of stripe.checkout.sessions.list({
    limit: 7,
    ending_before: newestFirst.at(-1),
  }))
    all.push(id);
  assert.deepEqual(all, newestFirst.slice(0, -1).reverse());
});

test("autoPagingToArray stops at its limit, autoPagingEach at a callback's false", async () => {
  const some = await stripe.checkout.sessions.list({ limit: 4 }).autoPagingToArray({ limit: 9 });
  assert.deepEqual(
    some.map(({ id }) => id),
    newestFirst.slice(0, 9),
  );
  const seen = [];
  await stripe.checkout.sessions.list({ limit: 4 }).autoPagingEach(({ id }) => {
    seen.push(id);
    return seen.length < 6;
  });
  assert.deepEqual(seen, newestFirst.slice(0, 6));
});

test("`created` takes a timestamp or a range, inclusive or exclusive", async () => {
  const { created } = await stripe.checkout.sessions.retrieve(newestFirst[0]);
  const count = async (created) =>
    (await stripe.checkout.sessions.list({ limit: 100, created })).data.length;
  assert.equal(await count({ gte: created - 60 }), 23);
  assert.equal(await count({ gt: created - 60, lte: created }), 23);
  assert.equal(await count({ gt: created }), 0);
  assert.equal(await count({ lt: created - 60 }), 0);
  assert.equal(await count({ gte: created, lte: created }), await count(created));
});

test("sessions are filtered by status, and by payment intent", async () => {
  const { id, payment_intent } = await sandbox.paid();
  assert.deepEqual(
    ids(await stripe.checkout.sessions.list({ payment_intent: payment_intent.id })),
    [id],
  );
  assert.deepEqual(ids(await stripe.checkout.sessions.list({ status: "complete" })), [id]);
  assert.equal((await stripe.checkout.sessions.list({ status: "expired" })).data.length, 0);
});

test("`expand` replaces ids by objects, up to four levels deep", async () => {
  const { id } = await sandbox.paid();
  const plain = await stripe.checkout.sessions.retrieve(id);
  assert.match(plain.payment_intent, /^pi_/);
  const expanded = await stripe.checkout.sessions.retrieve(id, {
    expand: ["line_items.data.price.product", "payment_intent.latest_charge"],
  });
  assert.equal(expanded.line_items.object, "list");
  assert.equal(expanded.line_items.data[0].price.product.name, "Tea");
  assert.equal(expanded.payment_intent.latest_charge.object, "charge");
  const charge = await stripe.charges.retrieve(expanded.payment_intent.latest_charge.id, {
    expand: ["payment_intent"],
  });
  assert.equal(charge.payment_intent.id, plain.payment_intent);
});

test("in a list, `expand` starts with data", async () => {
  const { data } = await stripe.checkout.sessions.list({
    limit: 1,
    expand: ["data.payment_intent", "data.line_items"],
  });
  assert.equal(data[0].payment_intent.object, "payment_intent");
  assert.equal(data[0].line_items.data[0].amount_total, 1250);
});

test("expanded line_items has the first ten", async () => {
  const { line_items } = await stripe.checkout.sessions.create(
    sessionParams({ line_items: Array.from({ length: 12 }, () => line()), expand: ["line_items"] }),
  );
  assert.deepEqual([line_items.data.length, line_items.has_more], [10, true]);
});

test("a field that cannot be expanded is rejected", async () => {
  await assert.rejects(stripe.checkout.sessions.retrieve(newestFirst[0], { expand: ["status"] }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    message: /cannot be expanded \(status\)/,
  });
});

test("array parameters may have indexes or not, and encoded brackets or not", async () => {
  const { id } = await sandbox.paid();
  for (const query of [
    "expand[]=line_items&expand[]=payment_intent",
    "expand[0]=line_items&expand[1]=payment_intent",
    "expand%5B%5D=line_items&expand%5B%5D=payment_intent",
    "expand%5B0%5D=line_items&expand%5B1%5D=payment_intent",
  ]) {
    const session = await (await sandbox.fetch(`/v1/checkout/sessions/${id}?${query}`)).json();
    assert.equal(session.line_items?.object, "list", query);
    assert.equal(session.payment_intent?.object, "payment_intent", query);
  }
});

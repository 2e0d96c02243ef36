// Checkout Sessions: create, retrieve, list, expire and their line items.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));

/** Asserts that the request fails with 400 and these fields. */
const refused = (promise, expected) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError, String(error));
    const { statusCode, code, param } = error;
    assert.deepEqual(
      { statusCode, code, param },
      { statusCode: 400, code: undefined, param: undefined, ...expected },
    );
    return true;
  });

test("a new session is open and unpaid, and can be paid for a day at its url", async () => {
  const session = await create({
    client_reference_id: "checkout-1",
    cancel_url: "http://shop.test/cancelled",
  });
  assert.match(session.id, /^cs_test_[A-Za-z0-9]+$/);
  assert.equal(session.object, "checkout.session");
  assert.equal(session.mode, "payment");
  assert.equal(session.status, "open");
  assert.equal(session.payment_status, "unpaid");
  assert.equal(session.payment_intent, null);
  assert.equal(session.livemode, false);
  assert.equal(session.currency, "eur");
  assert.equal(session.client_reference_id, "checkout-1");
  assert.equal(session.cancel_url, "http://shop.test/cancelled");
  assert.equal(session.success_url, "http://shop.test/done?session={CHECKOUT_SESSION_ID}");
  assert.equal(session.expires_at, session.created + 24 * 60 * 60);
  assert.deepEqual([session.amount_subtotal, session.amount_total], [1250, 1250]);
  assert.deepEqual(session.metadata, {});
  assert.equal("line_items" in session, false);
  const page = await fetch(session.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /sandbox/i);
});

test("the total is the sum of price times quantity", async () => {
  const session = await create({
    line_items: [
      line({ quantity: 3 }),
      line({ unit_amount: 999, quantity: 2 }),
      line({ unit_amount: 0 }),
    ],
  });
  assert.equal(session.amount_subtotal, 3 * 1250 + 2 * 999);
  assert.equal(session.amount_total, session.amount_subtotal);
  assert.deepEqual(session.total_details, {
    amount_discount: 0,
    amount_shipping: 0,
    amount_tax: 0,
  });
});

test("metadata, locale, email and the allowed methods come back as they were sent", async () => {
  const session = await create({
    metadata: { checkout: "c-1", "with space": "ä & ü = 100 %" },
    locale: "de",
    customer_email: "ada@example.org",
    allowed_payment_method_types: ["card"],
  });
  assert.deepEqual(session.metadata, { checkout: "c-1", "with space": "ä & ü = 100 %" });
  assert.equal(session.locale, "de");
  assert.equal(session.customer_email, "ada@example.org");
  assert.equal(session.customer_details.email, "ada@example.org");
  assert.deepEqual(session.payment_method_types, ["card"]);
});

test("this API version has no `payment_method_types`", async () => {
  await assert.rejects(create({ payment_method_types: ["card"] }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
  });
});

test("a session can expire between 30 minutes and 24 hours from now", async () => {
  const now = Math.floor(Date.now() / 1000);
  const { expires_at } = await create({ expires_at: now + 31 * 60 });
  assert.equal(expires_at, now + 31 * 60);
  await refused(create({ expires_at: now + 29 * 60 }), { param: "expires_at" });
  await refused(create({ expires_at: now + 25 * 60 * 60 }), { param: "expires_at" });
});

test("a session is retrieved as it was created", async () => {
  const { lastResponse: _, ...session } = await create();
  const { lastResponse: __, ...again } = await stripe.checkout.sessions.retrieve(session.id);
  assert.deepEqual({ ...again }, { ...session });
});

test("an unknown session is not found", async () => {
  await assert.rejects(stripe.checkout.sessions.retrieve("cs_test_unknown"), {
    type: "StripeInvalidRequestError",
    statusCode: 404,
    code: "resource_missing",
    message: /No such checkout\.session: '?cs_test_unknown'?/,
  });
});

test("an open session expires once", async () => {
  const { id } = await create();
  const session = await stripe.checkout.sessions.expire(id);
  assert.deepEqual(
    [session.status, session.payment_status, session.url],
    ["expired", "unpaid", null],
  );
  await assert.rejects(stripe.checkout.sessions.expire(id), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    message:
      'Only Checkout Sessions with a status in ["open"] can be expired. ' +
      "This Checkout Session has a status of `expired`.",
  });
});

test("a paid session cannot be expired", async () => {
  const { id } = await sandbox.paid();
  await assert.rejects(stripe.checkout.sessions.expire(id), {
    statusCode: 400,
    message: /has a status of `complete`/,
  });
});

test("line items are listed in their order, page by page", async () => {
  const line_items = Array.from({ length: 25 }, (_, at) =>
    line({ product: { name: `Tea ${at}` }, unit_amount: 100 + at }),
  );
  const { id } = await create({ line_items });
  const first = await stripe.checkout.sessions.listLineItems(id, { limit: 10 });
  assert.equal(first.data.length, 10);
  assert.equal(first.has_more, true);
  assert.equal(first.url, `/v1/checkout/sessions/${id}/line_items`);
  const all = [];
  for await (const item of stripe.checkout.sessions.listLineItems(id, { limit: 10 }))
    all.push(item);
  assert.deepEqual(
    all.map(({ description, amount_total }) => [description, amount_total]),
    line_items.map(({ price_data }) => [price_data.product_data.name, price_data.unit_amount]),
  );
  assert.equal(new Set(all.map(({ id }) => id)).size, 25);
});

test("a line item has its price, and its product when expanded", async () => {
  const product = {
    name: "Kettle",
    description: "Two litres",
    images: ["https://shop.test/kettle.jpg"],
    metadata: { sku: "K-1" },
  };
  const { id } = await create({ line_items: [line({ quantity: 2, unit_amount: 3950, product })] });
  const {
    data: [plain],
  } = await stripe.checkout.sessions.listLineItems(id);
  assert.equal(typeof plain.price.product, "string");
  const {
    data: [item],
  } = await stripe.checkout.sessions.listLineItems(id, { expand: ["data.price.product"] });
  assert.deepEqual(
    [item.quantity, item.amount_subtotal, item.amount_total, item.currency],
    [2, 7900, 7900, "eur"],
  );
  assert.equal(item.price.unit_amount, 3950);
  assert.equal(item.price.product.id, plain.price.product);
  for (const [name, value] of Object.entries(product))
    assert.deepEqual(item.price.product[name], value, name);
});

test("`unit_amount_decimal` is read as exactly as `unit_amount`", async () => {
  const { id, amount_total } = await create({
    line_items: [line({ unit_amount: undefined, unit_amount_decimal: "1999", quantity: 2 })],
  });
  assert.equal(amount_total, 3998);
  const {
    data: [item],
  } = await stripe.checkout.sessions.listLineItems(id);
  assert.equal(String(item.price.unit_amount_decimal), "1999");
});

test("`unit_amount` and `unit_amount_decimal` exclude each other", async () => {
  await assert.rejects(create({ line_items: [line({ unit_amount_decimal: "1250" })] }), {
    statusCode: 400,
    type: "StripeInvalidRequestError",
  });
});

test("a missing parameter is named", async () => {
  await refused(
    stripe.checkout.sessions.create({ mode: "payment", success_url: "http://shop.test/done" }),
    {
      code: "parameter_missing",
      param: "line_items",
    },
  );
  await refused(create({ mode: undefined }), { code: "parameter_missing", param: "mode" });
  await refused(
    create({ line_items: [{ quantity: 1, price_data: { currency: "eur", unit_amount: 100 } }] }),
    {
      code: "parameter_missing",
      param: "line_items[0][price_data][product_data]",
    },
  );
});

test("an unknown parameter is named", async () => {
  await refused(create({ foo: "bar" }), { code: "parameter_unknown", param: "foo" });
  await refused(create({ line_items: [{ ...line(), colour: "red" }] }), {
    code: "parameter_unknown",
    param: "line_items[0][colour]",
  });
});

test("URLs and email addresses must be valid", async () => {
  await refused(create({ success_url: "done" }), { code: "url_invalid", param: "success_url" });
  await refused(create({ cancel_url: "javascript:alert(1)" }), {
    code: "url_invalid",
    param: "cancel_url",
  });
});

test("all lines have one currency", async () => {
  await assert.rejects(create({ line_items: [line(), line({ currency: "usd" })] }), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
  });
});

test("a session has at most 100 lines", async () => {
  const { amount_total } = await create({
    line_items: Array.from({ length: 100 }, () => line({ unit_amount: 100 })),
  });
  assert.equal(amount_total, 10_000);
  await assert.rejects(
    create({ line_items: Array.from({ length: 101 }, () => line({ unit_amount: 100 })) }),
    { statusCode: 400 },
  );
});

test("a quantity is at least 1 and at most 999999", async () => {
  const { amount_total } = await create({
    line_items: [line({ unit_amount: 10, quantity: 999_999 })],
  });
  assert.equal(amount_total, 9_999_990);
  for (const quantity of [0, -1, 1_000_000, "many"]) {
    await assert.rejects(
      create({ line_items: [line({ quantity })] }),
      { statusCode: 400, param: "line_items[0][quantity]" },
      `${quantity}`,
    );
  }
});

test("a client_reference_id has at most 200 characters", async () => {
  const { client_reference_id } = await create({ client_reference_id: "x".repeat(200) });
  assert.equal(client_reference_id.length, 200);
  await assert.rejects(create({ client_reference_id: "x".repeat(201) }), {
    statusCode: 400,
    param: "client_reference_id",
  });
});

test("metadata has at most 50 keys of 40 characters with values of 500", async () => {
  const keys = (count) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`key-${at}`, "value"]));
  const most = { ...keys(48), ["k".repeat(40)]: "v", long: "v".repeat(500) };
  assert.deepEqual((await create({ metadata: most })).metadata, most);
  for (const metadata of [keys(51), { ["k".repeat(41)]: "v" }, { long: "v".repeat(501) }]) {
    await assert.rejects(create({ metadata }), {
      type: "StripeInvalidRequestError",
      statusCode: 400,
    });
  }
});

test("a product has at most eight images", async () => {
  const images = (count) => Array.from({ length: count }, (_, at) => `https://shop.test/${at}.jpg`);
  await create({ line_items: [line({ product: { images: images(8) } })] });
  await assert.rejects(create({ line_items: [line({ product: { images: images(9) } })] }), {
    statusCode: 400,
  });
});

test("a session's metadata is separate from that in payment_intent_data", async () => {
  const { payment_intent, metadata } = await sandbox.paid({
    metadata: { checkout: "c-1" },
    payment_intent_data: { metadata: { order: "o-1" } },
  });
  assert.deepEqual(metadata, { checkout: "c-1" });
  assert.deepEqual(payment_intent.metadata, { order: "o-1" });
});

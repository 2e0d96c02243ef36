// Coupons and promotion codes, and their discounts.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));
const refused = (promise, expected = {}) =>
  assert.rejects(promise, { type: "StripeInvalidRequestError", statusCode: 400, ...expected });
const promote = (coupon, params = {}) =>
  stripe.promotionCodes.create({ promotion: { type: "coupon", coupon }, ...params });

test("a coupon takes off a percentage", async () => {
  const coupon = await stripe.coupons.create({
    percent_off: 25.5,
    duration: "once",
    name: "A quarter",
    metadata: { campaign: "spring" },
  });
  assert.deepEqual(
    [coupon.object, coupon.percent_off, coupon.amount_off, coupon.valid],
    ["coupon", 25.5, null, true],
  );
  assert.deepEqual([coupon.name, coupon.duration, coupon.times_redeemed], ["A quarter", "once", 0]);
  assert.deepEqual(coupon.metadata, { campaign: "spring" });
});

test("a coupon takes off an amount in a currency, with an id of the shop's choice", async () => {
  const coupon = await stripe.coupons.create({
    id: "FIVER",
    amount_off: 500,
    currency: "eur",
    duration: "once",
  });
  assert.deepEqual(
    [coupon.id, coupon.amount_off, coupon.currency, coupon.percent_off],
    ["FIVER", 500, "eur", null],
  );
  await refused(stripe.coupons.create({ id: "FIVER", percent_off: 5 }), {
    code: "resource_already_exists",
  });
});

test("a coupon has a percentage or an amount, within limits", async () => {
  await refused(stripe.coupons.create({ duration: "once" }));
  await refused(stripe.coupons.create({ percent_off: 10, amount_off: 100, currency: "eur" }));
  await refused(stripe.coupons.create({ percent_off: 101 }), { param: "percent_off" });
  await refused(stripe.coupons.create({ percent_off: 0 }), { param: "percent_off" });
  await refused(stripe.coupons.create({ amount_off: 100 }), { param: "currency" });
  await refused(stripe.coupons.create({ amount_off: -1, currency: "eur" }), {
    param: "amount_off",
  });
});

test("coupons are listed newest first, page by page", async () => {
  const newestFirst = [];
  for (let at = 0; at < 4; at += 1)
    newestFirst.unshift((await stripe.coupons.create({ percent_off: 10 })).id);
  const { data } = await stripe.coupons.list({ limit: 4 });
  assert.deepEqual(
    data.map(({ id }) => id),
    newestFirst,
  );
  const walked = await stripe.coupons.list({ limit: 3 }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(
    walked.slice(0, 4).map(({ id }) => id),
    newestFirst,
  );
  assert.equal(new Set(walked.map(({ id }) => id)).size, walked.length);
});

test("a promotion code belongs to a coupon", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
  const code = await promote(coupon, {
    code: "SPRING-20",
    max_redemptions: 2,
    metadata: { campaign: "spring" },
  });
  assert.match(code.id, /^promo_/);
  assert.deepEqual(
    [code.object, code.code, code.active, code.max_redemptions],
    ["promotion_code", "SPRING-20", true, 2],
  );
  assert.deepEqual({ ...code.promotion }, { type: "coupon", coupon });
  const { data } = await stripe.promotionCodes.list({ code: "SPRING-20" });
  assert.deepEqual(
    data.map(({ id }) => id),
    [code.id],
  );
  const retrieved = await stripe.promotionCodes.retrieve(code.id, { expand: ["promotion.coupon"] });
  assert.equal(retrieved.promotion.coupon.percent_off, 20);
  await refused(promote(coupon, { code: "spring-20" }));
});

test("a promotion code without a code gets one; without a coupon it is rejected", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
  assert.match((await promote(coupon)).code, /^[A-Z0-9]+$/);
  await refused(stripe.promotionCodes.create({ code: "NOTHING" }), { code: "parameter_missing" });
  await assert.rejects(promote("unknown"), { code: "resource_missing" });
});

test("a promotion code can be deactivated", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
  const { id, code } = await promote(coupon);
  assert.equal((await stripe.promotionCodes.update(id, { active: false })).active, false);
  assert.equal((await stripe.promotionCodes.list({ active: true, code })).data.length, 0);
  const session = await create({ allow_promotion_codes: true });
  await refused(sandbox.confirm(session.id, { ...card(), promotion_code: code }), {
    param: "promotion_code",
  });
});

test("the promotion codes of one coupon are listed page by page", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20 });
  const newestFirst = [];
  for (let at = 0; at < 5; at += 1) newestFirst.unshift((await promote(coupon)).id);
  const walked = [];
  for await (const { id } of stripe.promotionCodes.list({ coupon, limit: 2 })) walked.push(id);
  assert.deepEqual(walked, newestFirst);
});

test("a shopper enters a code: the discount applies to the lines and the total", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 25.5 });
  const { id: promotion, code } = await promote(coupon);
  const line_items = [
    line({ unit_amount: 333 }),
    line({ unit_amount: 333 }),
    line({ unit_amount: 334 }),
  ];
  const { id } = await create({ allow_promotion_codes: true, line_items });
  await sandbox.confirm(id, { ...card(), promotion_code: code.toLowerCase() });
  const session = await stripe.checkout.sessions.retrieve(id, {
    expand: ["line_items", "payment_intent"],
  });
  assert.deepEqual(
    [session.amount_subtotal, session.total_details.amount_discount, session.amount_total],
    [1000, 255, 745],
  );
  assert.equal(session.payment_intent.amount_received, 745);
  assert.equal(session.discounts[0].promotion_code, promotion);
  const items = session.line_items.data;
  assert.equal(
    items.reduce((sum, item) => sum + item.amount_discount, 0),
    255,
  );
  assert.equal(
    items.reduce((sum, item) => sum + item.amount_total, 0),
    745,
  );
  assert.equal((await stripe.promotionCodes.retrieve(promotion)).times_redeemed, 1);
  assert.equal((await stripe.coupons.retrieve(coupon)).times_redeemed, 1);
});

test("a code is accepted only if the session allows codes", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
  const { code } = await promote(coupon);
  const { id } = await create();
  await refused(sandbox.confirm(id, { ...card(), promotion_code: code }));
  const allowed = await create({ allow_promotion_codes: true });
  await refused(sandbox.confirm(allowed.id, { ...card(), promotion_code: "NO-SUCH-CODE" }), {
    param: "promotion_code",
  });
});

test("a code that is used up is rejected", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
  const { code } = await promote(coupon, { max_redemptions: 1 });
  const [first, second] = [
    await create({ allow_promotion_codes: true }),
    await create({ allow_promotion_codes: true }),
  ];
  await sandbox.confirm(first.id, { ...card(), promotion_code: code });
  await refused(sandbox.confirm(second.id, { ...card(), promotion_code: code }), {
    param: "promotion_code",
  });
});

test("a code may require a minimum amount", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
  const { code, restrictions } = await promote(coupon, {
    restrictions: { minimum_amount: 2000, minimum_amount_currency: "eur" },
  });
  assert.equal(restrictions.minimum_amount, 2000);
  const small = await create({ allow_promotion_codes: true });
  await refused(sandbox.confirm(small.id, { ...card(), promotion_code: code }), {
    param: "promotion_code",
  });
  const large = await create({ allow_promotion_codes: true, line_items: [line({ quantity: 2 })] });
  await sandbox.confirm(large.id, { ...card(), promotion_code: code });
  assert.equal((await stripe.checkout.sessions.retrieve(large.id)).amount_total, 2250);
});

test("if the shop applies a coupon, shoppers cannot enter codes", async () => {
  const { id: coupon } = await stripe.coupons.create({ amount_off: 500, currency: "eur" });
  const session = await create({ discounts: [{ coupon }] });
  assert.deepEqual(
    [session.amount_subtotal, session.total_details.amount_discount, session.amount_total],
    [1250, 500, 750],
  );
  assert.equal(session.discounts[0].coupon, coupon);
  await refused(create({ discounts: [{ coupon }], allow_promotion_codes: true }));
  await refused(create({ discounts: [{ coupon }], line_items: [line({ currency: "usd" })] }));
});

test("a full discount makes the order free", async () => {
  const { id: coupon } = await stripe.coupons.create({ percent_off: 100 });
  const { id, amount_total } = await create({ discounts: [{ coupon }] });
  assert.equal(amount_total, 0);
  await sandbox.confirm(id, {});
  assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, "no_payment_required");
});

// Amounts: minimum totals, zero- and three-decimal currencies, and free orders.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (...lines) =>
  stripe.checkout.sessions.create(sessionParams({ line_items: lines.map(line) }));

// The minimum totals that Stripe documents, in minor units.
const minima = {
  ...{
    usd: 50,
    aed: 200,
    aud: 50,
    brl: 50,
    cad: 50,
    chf: 50,
    czk: 1500,
    dkk: 250,
    eur: 50,
    gbp: 30,
    hkd: 400,
    huf: 17_500,
    inr: 50,
  },
  ...{
    jpy: 50,
    krw: 50,
    mxn: 1000,
    myr: 200,
    nok: 300,
    nzd: 50,
    pln: 200,
    ron: 200,
    sek: 300,
    sgd: 50,
    thb: 1000,
    zar: 50,
  },
};

test("each currency's minimum can be charged, one unit less cannot", async () => {
  for (const [currency, unit_amount] of Object.entries(minima)) {
    const { amount_total } = await create({ currency, unit_amount });
    assert.equal(amount_total, unit_amount, currency);
    await assert.rejects(
      create({ currency, unit_amount: unit_amount - 1 }),
      { type: "StripeInvalidRequestError", statusCode: 400, code: "amount_too_small" },
      currency,
    );
  }
});

test("the minimum applies to the total, not to a line", async () => {
  const { amount_total } = await create({ unit_amount: 1, quantity: 25 }, { unit_amount: 25 });
  assert.equal(amount_total, 50);
});

test("a free order needs no payment", async () => {
  const { id, amount_total } = await create({ unit_amount: 0 });
  assert.equal(amount_total, 0);
  await sandbox.confirm(id, {});
  const session = await stripe.checkout.sessions.retrieve(id);
  assert.deepEqual(
    [session.status, session.payment_status, session.payment_intent],
    ["complete", "no_payment_required", null],
  );
});

test("yen have no decimals", async () => {
  const { id, amount_total, currency } = await create({
    currency: "jpy",
    unit_amount: 1500,
    quantity: 2,
  });
  assert.deepEqual([amount_total, currency], [3000, "jpy"]);
  assert.match(
    await (await fetch((await stripe.checkout.sessions.retrieve(id)).url)).text(),
    /3,000(?![.,]\d)/,
  );
});

test("dinars with three decimals end in 0", async () => {
  for (const currency of ["bhd", "jod", "kwd", "omr", "tnd"]) {
    assert.equal((await create({ currency, unit_amount: 5_120 })).amount_total, 5_120);
    await assert.rejects(
      create({ currency, unit_amount: 5_124 }),
      { statusCode: 400, type: "StripeInvalidRequestError" },
      currency,
    );
  }
});

test("krónur and shillings have two decimals that must be 00", async () => {
  for (const currency of ["isk", "ugx"]) {
    assert.equal((await create({ currency, unit_amount: 500_000 })).amount_total, 500_000);
    await assert.rejects(
      create({ currency, unit_amount: 500_050 }),
      { statusCode: 400, type: "StripeInvalidRequestError" },
      currency,
    );
  }
});

test("amounts are whole, not negative, and of a known currency", async () => {
  await assert.rejects(create({ unit_amount: -1 }), {
    statusCode: 400,
    param: "line_items[0][price_data][unit_amount]",
  });
  await assert.rejects(create({ unit_amount: "12.50" }), {
    statusCode: 400,
    param: "line_items[0][price_data][unit_amount]",
  });
  await assert.rejects(create({ currency: "xxx" }), {
    statusCode: 400,
    param: "line_items[0][price_data][currency]",
  });
});

// Payment intents and charges of a shopper's payment, by card and by direct debit.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { card, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));

for (const [number, brand] of [
  ["4242424242424242", "visa"],
  ["5555555555554444", "mastercard"],
  ["378282246310005", "amex"],
]) {
  test(`a ${brand} card pays the session`, async () => {
    const session = await sandbox.paid({ number });
    assert.deepEqual(
      [session.status, session.payment_status, session.url],
      ["complete", "paid", null],
    );
    assert.equal(session.customer_details.email, "ada@example.org");
    const { latest_charge: charge } = session.payment_intent;
    assert.equal(charge.payment_method_details.type, "card");
    assert.equal(charge.payment_method_details.card.brand, brand);
    assert.equal(charge.payment_method_details.card.last4, number.slice(-4));
  });
}

test("a payment intent has the amount received", async () => {
  const session = await sandbox.paid();
  const intent = await stripe.paymentIntents.retrieve(session.payment_intent.id);
  assert.match(intent.id, /^pi_/);
  assert.deepEqual(
    [intent.object, intent.status, intent.currency],
    ["payment_intent", "succeeded", "eur"],
  );
  assert.deepEqual(
    [intent.amount, intent.amount_received, intent.amount_capturable],
    [1250, 1250, 0],
  );
  assert.equal(intent.latest_charge, session.payment_intent.latest_charge.id);
  assert.equal(intent.last_payment_error, null);
});

test("a charge has the shopper's details and the payment method", async () => {
  const { payment_intent } = await sandbox.paid();
  const charge = await stripe.charges.retrieve(payment_intent.latest_charge.id);
  assert.match(charge.id, /^(ch|py)_/);
  assert.deepEqual(
    [charge.object, charge.status, charge.paid, charge.captured],
    ["charge", "succeeded", true, true],
  );
  assert.deepEqual(
    [charge.amount, charge.amount_captured, charge.amount_refunded],
    [1250, 1250, 0],
  );
  assert.deepEqual([charge.refunded, charge.disputed], [false, false]);
  assert.equal(charge.payment_intent, payment_intent.id);
  assert.equal(charge.billing_details.email, "ada@example.org");
});

test("a charge's balance transaction has the net amount after the fee", async () => {
  const { payment_intent } = await sandbox.paid();
  const { id } = payment_intent.latest_charge;
  await sandbox.receiver.event("charge.updated", id);
  const { balance_transaction: transaction } = await stripe.charges.retrieve(id, {
    expand: ["balance_transaction"],
  });
  assert.deepEqual(
    [transaction.object, transaction.type, transaction.currency],
    ["balance_transaction", "charge", "eur"],
  );
  assert.equal(transaction.amount, 1250);
  assert.equal(transaction.net, transaction.amount - transaction.fee);
  const alone = await stripe.balanceTransactions.retrieve(transaction.id);
  assert.deepEqual({ ...alone }, { ...transaction });
  assert.equal(transaction.source, id);
});

test("unknown payment intents and charges are not found", async () => {
  await assert.rejects(stripe.paymentIntents.retrieve("pi_unknown"), {
    statusCode: 404,
    code: "resource_missing",
  });
  await assert.rejects(stripe.charges.retrieve("ch_unknown"), {
    statusCode: 404,
    code: "resource_missing",
  });
});

for (const [number, code, decline_code] of [
  ["4000000000000002", "card_declined", "generic_decline"],
  ["4000000000009995", "card_declined", "insufficient_funds"],
  ["4000000000009987", "card_declined", "lost_card"],
  ["4000000000000069", "expired_card", undefined],
  ["4000000000000127", "incorrect_cvc", undefined],
  ["4000000000000119", "processing_error", undefined],
]) {
  test(`the card ${number} is declined with ${decline_code ?? code}`, async () => {
    const { id } = await create();
    await assert.rejects(sandbox.confirm(id, card(number)), (error) => {
      assert.ok(error instanceof Stripe.errors.StripeCardError, String(error));
      assert.deepEqual([error.statusCode, error.code], [402, code]);
      if (decline_code) assert.equal(error.decline_code, decline_code);
      assert.match(error.charge, /^(ch|py)_/);
      return true;
    });
    assert.equal((await stripe.checkout.sessions.retrieve(id)).status, "open");
  });
}

test("an invalid form never becomes a charge", async () => {
  const { id } = await create();
  for (const [form, code] of [
    [card("4242424242424241"), "incorrect_number"],
    [card("4242424242424242", { exp_month: 13 }), "invalid_expiry_month"],
    [card("4242424242424242", { exp_year: 2020 }), "invalid_expiry_year"],
    [card("4242424242424242", { cvc: "12" }), "invalid_cvc"],
  ]) {
    await assert.rejects(sandbox.confirm(id, form), (error) => {
      assert.ok(error instanceof Stripe.errors.StripeCardError, String(error));
      assert.deepEqual([error.statusCode, error.code, error.charge], [402, code, undefined]);
      return true;
    });
  }
  assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_intent, null);
});

test("a number that is not a test card is declined and not stored", async () => {
  const { id } = await create();
  // A valid check digit, but not in the list of test cards.
  const number = "4111111111111111";
  await assert.rejects(
    sandbox.confirm(id, card(number)),
    (error) => error instanceof Stripe.errors.StripeCardError && !error.message.includes(number),
  );
  const events = await stripe.events.list({ limit: 100 });
  assert.equal(JSON.stringify(events).includes(number), false);
});

test("after a decline the shopper may try again, and pays once", async () => {
  const { id } = await create();
  await assert.rejects(sandbox.confirm(id, card("4000000000000002")), { type: "StripeCardError" });
  await sandbox.confirm(id);
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  assert.equal(session.payment_status, "paid");
  assert.equal(session.payment_intent.amount_received, 1250);
  await assert.rejects(sandbox.confirm(id), { type: "StripeInvalidRequestError", statusCode: 400 });
  const { payments } = await sandbox.switchboard("ledger");
  assert.deepEqual(
    payments.filter((payment) => payment.session === id).map(({ amount }) => amount),
    [1250],
  );
});

test("the shopper is charged the amount that was shown", async () => {
  const { id } = await create();
  await assert.rejects(sandbox.confirm(id, { ...card(), expected_amount: 1249 }), {
    statusCode: 400,
    param: "expected_amount",
  });
  await sandbox.confirm(id, { ...card(), expected_amount: 1250 });
});

test("a direct debit completes the session at once and is paid later", async () => {
  const { id } = await create();
  await sandbox.confirm(id, { sepa_debit: { iban: "AT611904300234573201" } });
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  assert.deepEqual([session.status, session.payment_status], ["complete", "unpaid"]);
  assert.equal(session.payment_intent.status, "processing");
  await sandbox.receiver.event("checkout.session.async_payment_succeeded", id);
  const paid = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  assert.deepEqual([paid.payment_status, paid.payment_intent.status], ["paid", "succeeded"]);
});

test("a direct debit may fail later; the session stays complete and unpaid", async () => {
  const { id } = await create();
  await sandbox.confirm(id, { sepa_debit: { iban: "IT60X0542811101000000123456" } });
  await sandbox.receiver.event("checkout.session.async_payment_failed", id);
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  assert.deepEqual([session.status, session.payment_status], ["complete", "unpaid"]);
  assert.equal(session.payment_intent.status, "requires_payment_method");
  assert.notEqual(session.payment_intent.last_payment_error, null);
});

test("the success URL contains the session's id", async () => {
  const { id, url } = await create();
  const { card: fields } = card();
  const form = new URLSearchParams({
    email: "ada@example.org",
    name: "Ada",
    number: fields.number,
    expiry: "12 / 40",
    cvc: fields.cvc,
  });
  const response = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), `http://shop.test/done?session=${id}`);
});

// Options of a session: addresses, shipping, tax, terms, phone, methods, custom text; 3-D Secure.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { card, line, sessionParams, startSandbox } from "../sandbox.js";

const sandbox = await startSandbox();
const { stripe } = sandbox;
after(() => sandbox.stop());

const create = (params) => stripe.checkout.sessions.create(sessionParams(params));
const refused = (params, expected = {}) =>
  assert.rejects(create(params), {
    type: "StripeInvalidRequestError",
    statusCode: 400,
    ...expected,
  });

const address = { line1: "Hauptstraße 1", postal_code: "10115", city: "Berlin", country: "DE" };

/** An inline shipping rate. */
const rate = (display_name, amount, more = {}) => ({
  shipping_rate_data: {
    type: "fixed_amount",
    display_name,
    fixed_amount: { amount, currency: "eur" },
    ...more,
  },
});

test("every option is returned as it was sent", async () => {
  const session = await create({
    allow_promotion_codes: true,
    automatic_tax: { enabled: true },
    billing_address_collection: "required",
    consent_collection: { terms_of_service: "required" },
    custom_text: {
      submit: { message: "Thank you!" },
      terms_of_service_acceptance: { message: "I agree." },
    },
    locale: "fr",
    phone_number_collection: { enabled: true },
    shipping_address_collection: { allowed_countries: ["DE", "AT"] },
    shipping_options: [rate("Standard", 490), rate("Express", 990)],
    submit_type: "pay",
    allowed_payment_method_types: ["card", "sepa_debit"],
    payment_intent_data: { description: "An order" },
  });
  assert.equal(session.allow_promotion_codes, true);
  assert.equal(session.automatic_tax.enabled, true);
  assert.equal(session.automatic_tax.status, "requires_location_inputs");
  assert.equal(session.billing_address_collection, "required");
  assert.equal(session.consent_collection.terms_of_service, "required");
  assert.deepEqual(session.custom_text.submit, { message: "Thank you!" });
  assert.equal(session.locale, "fr");
  assert.deepEqual(session.phone_number_collection, { enabled: true });
  assert.deepEqual(session.shipping_address_collection, { allowed_countries: ["DE", "AT"] });
  assert.deepEqual(
    session.shipping_options.map(({ shipping_amount }) => shipping_amount),
    [490, 990],
  );
  assert.ok(session.shipping_options.every(({ shipping_rate }) => /^shr_/.test(shipping_rate)));
  assert.equal(session.submit_type, "pay");
  assert.deepEqual([...session.payment_method_types].sort(), ["card", "sepa_debit"]);
});

test("unset options are null, false or empty", async () => {
  const session = await create();
  assert.equal(session.automatic_tax.enabled, false);
  assert.equal(session.shipping_address_collection, null);
  assert.deepEqual(session.shipping_options, []);
  assert.equal(session.shipping_cost, null);
  assert.deepEqual(session.discounts, []);
  assert.deepEqual(session.phone_number_collection, { enabled: false });
  assert.equal(session.consent, null);
});

test("values outside Stripe's enums are rejected", async () => {
  await refused({ locale: "tlh" }, { param: "locale" });
  await refused({ billing_address_collection: "maybe" }, { param: "billing_address_collection" });
  await refused({ submit_type: "grab" }, { param: "submit_type" });
  await refused({ mode: "bazaar" }, { param: "mode" });
  await refused({ consent_collection: { terms_of_service: "perhaps" } });
  await refused({ shipping_address_collection: { allowed_countries: ["XX"] } });
  await refused({ shipping_address_collection: { allowed_countries: ["DE"], foo: "bar" } });
  await refused({ allowed_payment_method_types: ["barter"] });
});

test("the chosen shipping is part of the total; the first one is the default", async () => {
  const asked = {
    shipping_address_collection: { allowed_countries: ["DE"] },
    shipping_options: [
      rate("Standard", 490),
      rate("Express", 990, { delivery_estimate: { maximum: { unit: "business_day", value: 1 } } }),
    ],
  };
  const form = { ...card(), shipping: { name: "Ada", address } };
  const first = await create(asked);
  await sandbox.confirm(first.id, form);
  const standard = await stripe.checkout.sessions.retrieve(first.id, {
    expand: ["shipping_cost.shipping_rate"],
  });
  assert.deepEqual([standard.amount_subtotal, standard.amount_total], [1250, 1740]);
  assert.equal(standard.total_details.amount_shipping, 490);
  assert.deepEqual(
    [
      standard.shipping_cost.amount_subtotal,
      standard.shipping_cost.amount_tax,
      standard.shipping_cost.amount_total,
    ],
    [490, 0, 490],
  );
  assert.equal(standard.shipping_cost.shipping_rate.display_name, "Standard");
  const second = await create(asked);
  await sandbox.confirm(second.id, {
    ...form,
    shipping: { ...form.shipping, rate: second.shipping_options[1].shipping_rate },
  });
  const express = await stripe.checkout.sessions.retrieve(second.id, {
    expand: ["payment_intent", "shipping_cost.shipping_rate"],
  });
  assert.equal(express.amount_total, 2240);
  assert.equal(express.payment_intent.amount_received, 2240);
  assert.deepEqual(express.shipping_cost.shipping_rate.delivery_estimate.maximum, {
    unit: "business_day",
    value: 1,
  });
});

test("the shipping address is in collected_information", async () => {
  const { id } = await create({ shipping_address_collection: { allowed_countries: ["DE", "FR"] } });
  await sandbox.confirm(id, { ...card(), shipping: { name: "Ada Lovelace", address } });
  const { collected_information } = await stripe.checkout.sessions.retrieve(id);
  const { shipping_details } = collected_information;
  assert.equal(shipping_details.name, "Ada Lovelace");
  for (const [part, value] of Object.entries(address))
    assert.equal(shipping_details.address[part], value, part);
});

test("shipping needs an address in an allowed country", async () => {
  const { id } = await create({ shipping_address_collection: { allowed_countries: ["DE"] } });
  await assert.rejects(sandbox.confirm(id), { type: "StripeInvalidRequestError", statusCode: 400 });
  const abroad = { ...address, country: "FR" };
  await assert.rejects(
    sandbox.confirm(id, { ...card(), shipping: { name: "Ada", address: abroad } }),
    { statusCode: 400 },
  );
  assert.equal((await stripe.checkout.sessions.retrieve(id)).status, "open");
});

test("a session has at most five shipping options, in the currency of the lines", async () => {
  await create({
    shipping_options: Array.from({ length: 5 }, (_, at) => rate(`Option ${at}`, at)),
  });
  await refused({
    shipping_options: Array.from({ length: 6 }, (_, at) => rate(`Option ${at}`, at)),
  });
  await refused({
    shipping_options: [
      {
        shipping_rate_data: {
          display_name: "Abroad",
          type: "fixed_amount",
          fixed_amount: { amount: 1, currency: "usd" },
        },
      },
    ],
  });
});

// The sandbox's tax table: 19 % for Germany, 20 % for France, none for Brazil.
const taxed = (tax_behavior, more = {}) => ({
  automatic_tax: { enabled: true },
  billing_address_collection: "required",
  line_items: [line({ unit_amount: 10_000, tax_behavior })],
  ...more,
});
const payFrom = (id, country) =>
  sandbox.confirm(id, { ...card(), billing: { address: { ...address, country } } });

test("exclusive tax is added to the price", async () => {
  for (const [country, tax] of [
    ["DE", 1900],
    ["FR", 2000],
    ["BR", 0],
  ]) {
    const { id } = await create(taxed("exclusive"));
    await payFrom(id, country);
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ["line_items"] });
    assert.equal(session.automatic_tax.status, "complete");
    assert.deepEqual(
      [session.amount_subtotal, session.total_details.amount_tax, session.amount_total],
      [10_000, tax, 10_000 + tax],
      country,
    );
    const {
      data: [item],
    } = session.line_items;
    assert.deepEqual(
      [item.amount_subtotal, item.amount_tax, item.amount_total],
      [10_000, tax, 10_000 + tax],
      country,
    );
  }
});

test("inclusive tax is part of the price", async () => {
  const { id } = await create(taxed("inclusive"));
  await payFrom(id, "DE");
  const session = await stripe.checkout.sessions.retrieve(id);
  // 19/119 of 100.00.
  assert.deepEqual(
    [session.amount_subtotal, session.total_details.amount_tax, session.amount_total],
    [10_000, 1597, 10_000],
  );
});

test("shipping is taxed, too", async () => {
  const { id } = await create({
    ...taxed("exclusive"),
    shipping_address_collection: { allowed_countries: ["DE"] },
    shipping_options: [rate("Standard", 1000, { tax_behavior: "exclusive" })],
  });
  await sandbox.confirm(id, {
    ...card(),
    billing: { address },
    shipping: { name: "Ada", address },
  });
  const { total_details, shipping_cost, amount_total } =
    await stripe.checkout.sessions.retrieve(id);
  assert.deepEqual(
    [total_details.amount_shipping, total_details.amount_tax, amount_total],
    [1000, 2090, 13_090],
  );
  assert.deepEqual([shipping_cost.amount_tax, shipping_cost.amount_total], [190, 1190]);
});

test("terms, phone and billing address are required if the session says so", async () => {
  const { id } = await create({
    billing_address_collection: "required",
    consent_collection: { terms_of_service: "required" },
    phone_number_collection: { enabled: true },
  });
  const whole = {
    ...card(),
    phone: "+49 30 1234567",
    billing: { address },
    terms_of_service: true,
  };
  for (const missing of ["phone", "billing", "terms_of_service"]) {
    const { [missing]: _, ...form } = whole;
    await assert.rejects(
      sandbox.confirm(id, form),
      { type: "StripeInvalidRequestError", statusCode: 400 },
      missing,
    );
  }
  await sandbox.confirm(id, whole);
  const { consent, customer_details } = await stripe.checkout.sessions.retrieve(id);
  assert.equal(consent.terms_of_service, "accepted");
  assert.equal(customer_details.phone.replace(/\D/g, ""), "49301234567");
  assert.equal(customer_details.address.city, "Berlin");
});

test("only the allowed payment methods can pay", async () => {
  const { id } = await create({ allowed_payment_method_types: ["sepa_debit"] });
  await assert.rejects(sandbox.confirm(id), { type: "StripeInvalidRequestError", statusCode: 400 });
  await sandbox.confirm(id, { sepa_debit: { iban: "AT611904300234573201" } });
});

test("3-D Secure: the payment waits for the shopper, who approves it", async () => {
  const { id } = await create();
  const { payment_intent } = await sandbox.confirm(id, card("4000002760003184"));
  assert.deepEqual(
    [payment_intent.status, payment_intent.next_action.type],
    ["requires_action", "redirect_to_url"],
  );
  const waiting = await stripe.paymentIntents.retrieve(payment_intent.id);
  assert.equal(waiting.status, "requires_action");
  const response = await fetch(waiting.next_action.redirect_to_url.url, {
    method: "POST",
    body: new URLSearchParams({ answer: "approve" }),
    redirect: "manual",
  });
  assert.deepEqual(
    [response.status, response.headers.get("location")],
    [303, `http://shop.test/done?session=${id}`],
  );
  const session = await stripe.checkout.sessions.retrieve(id, {
    expand: ["payment_intent.latest_charge"],
  });
  assert.deepEqual([session.payment_status, session.payment_intent.status], ["paid", "succeeded"]);
  assert.equal(
    session.payment_intent.latest_charge.payment_method_details.card.three_d_secure.result,
    "authenticated",
  );
});

test("3-D Secure: a failure or a later decline leaves the session open", async () => {
  for (const [number, answer] of [
    ["4000002760003184", "fail"],
    ["4000008400001629", "approve"],
  ]) {
    const { id } = await create();
    const { payment_intent } = await sandbox.confirm(id, card(number));
    await fetch(payment_intent.next_action.redirect_to_url.url, {
      method: "POST",
      body: new URLSearchParams({ answer }),
      redirect: "manual",
    });
    const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
    assert.deepEqual([session.status, session.payment_status], ["open", "unpaid"], number);
    assert.equal(
      session.payment_intent?.status ?? "requires_payment_method",
      "requires_payment_method",
    );
    await sandbox.confirm(id);
    assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, "paid");
  }
});

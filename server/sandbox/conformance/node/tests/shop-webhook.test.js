// The shop accepts what Stripe's client signs, and nothing else.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import Stripe from "stripe";
import { startTill } from "../till.js";

// The shop's sandbox signs with this secret.
const secret = "whsec_sandbox";
const shop = await startTill("the shop is open at", (folder) => ({
  args: ["serve"],
  env: { DATA_DIR: folder, LEPTOS_SITE_ADDR: "127.0.0.1:0", SANDBOX_ADDR: "127.0.0.1:0" },
}));
after(() => shop.stop());

const { webhooks } = new Stripe("sk_test_sandbox");
const payload = JSON.stringify(
  {
    id: "evt_conformance",
    object: "event",
    api_version: Stripe.API_VERSION,
    created: Math.floor(Date.now() / 1000),
    data: {
      object: {
        id: "cs_test_stranger",
        object: "checkout.session",
        client_reference_id: null,
        payment_status: "paid",
      },
    },
    livemode: false,
    pending_webhooks: 1,
    request: null,
    type: "checkout.session.completed",
  },
  null,
  2,
);
const now = () => Math.floor(Date.now() / 1000);

async function post(headers, body = payload) {
  const response = await fetch(`${shop.address}/webhooks/stripe`, {
    method: "POST",
    body,
    headers,
  });
  return response.status;
}

const signed = (options = {}) => ({
  "stripe-signature": webhooks.generateTestHeaderString({ payload, secret, ...options }),
});

test("an event with a test header is accepted", async () => {
  assert.equal(await post(signed()), 200);
});

test("the same event is accepted again", async () => {
  assert.equal(await post(signed()), 200);
});

test("a header from five minutes ago is rejected, from four minutes ago accepted", async () => {
  assert.equal(await post(signed({ timestamp: now() - 240 })), 200);
  assert.equal(await post(signed({ timestamp: now() - 330 })), 400);
});

test("another secret is rejected", async () => {
  assert.equal(await post(signed({ secret: "whsec_other" })), 400);
});

test("a missing header, an empty one and one with another scheme are rejected", async () => {
  assert.equal(await post({}), 400);
  assert.equal(await post({ "stripe-signature": "" }), 400);
  assert.equal(await post(signed({ scheme: "v0" })), 400);
});

test("a changed body is rejected", async () => {
  assert.equal(
    await post(
      signed(),
      payload.replace("unpaid", "paid").replace("evt_conformance", "evt_forged"),
    ),
    400,
  );
});

// A running sandbox, Stripe's client for it, and a webhook endpoint that receives its events.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";
import { startTill } from "./till.js";

export const webhookSecret = "whsec_conformance";

/** Starts `till sandbox` with an empty state, sending its events to `receiver`. */
export async function startSandbox() {
  const receiver = await startReceiver();
  const till = await startTill("the sandbox is open at", (folder) => ({
    args: [
      ...["sandbox", "--addr", "127.0.0.1:0", "--state", `${folder}/state.jsonl`],
      ...["--webhook-url", receiver.url, "--webhook-secret", webhookSecret],
    ],
  }));
  const { address } = till;
  const { hostname: host, port } = new URL(address);

  /** Stripe's client as a shop creates it, but without retries, which would hide errors. */
  const client = (options = {}, key = "sk_test_sandbox") =>
    new Stripe(key, {
      host,
      port,
      protocol: "http",
      maxNetworkRetries: 0,
      telemetry: false,
      ...options,
    });
  const stripe = client();

  return {
    address,
    client,
    stripe,
    receiver,

    /** Pays like a shopper on the payment page, in one request. The client has no method for it. */
    confirm: (session, form = card()) =>
      stripe.rawRequest("POST", `/v1/payment_pages/${session}/confirm`, {
        email: "ada@example.org",
        ...form,
      }),

    /** A session that is paid by card, with its payment intent and charge. */
    async paid({ number, ...params } = {}) {
      const { id } = await stripe.checkout.sessions.create(sessionParams(params));
      await this.confirm(id, card(number));
      return stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });
    },

    /** A request without Stripe's client. */
    fetch: (path, { key = "sk_test_sandbox", headers, ...init } = {}) =>
      fetch(address + path, { headers: { authorization: `Bearer ${key}`, ...headers }, ...init }),

    /** A request to the sandbox's switchboard. */
    async switchboard(path, body) {
      const response = await fetch(`${address}/_sandbox/${path}`, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`/_sandbox/${path} returned ${response.status}: ${text}`);
      return JSON.parse(text);
    },

    faults(plan) {
      return this.switchboard("faults", plan);
    },

    /** Performs a manual action on a session, e.g. as the shopper's bank. */
    act(session, action, details = {}) {
      return this.switchboard(`sessions/${session}/${action}`, details);
    },

    async stop() {
      const code = await till.stop();
      receiver.close();
      return code;
    },
  };
}

/** The parameters of a session of €12.50; `params` override them. */
export function sessionParams(params = {}) {
  return {
    mode: "payment",
    success_url: "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
    line_items: [line()],
    ...params,
  };
}

/** One line of €12.50; `price` overrides it. */
export function line({ quantity = 1, product = {}, ...price } = {}) {
  return {
    quantity,
    price_data: {
      currency: "eur",
      unit_amount: 1250,
      product_data: { name: "Tea", ...product },
      ...price,
    },
  };
}

export function card(number = "4242424242424242", rest = {}) {
  return {
    card: {
      number,
      exp_month: 12,
      exp_year: 2040,
      cvc: number.startsWith("37") ? "1234" : "123",
      ...rest,
    },
  };
}

/** Polls until there is a result; fails after 20 seconds. */
export async function eventually(what, poll) {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    const found = await poll();
    if (found) return found;
  }
  throw new Error(`timed out waiting for ${what}`);
}

/** A shop's webhook endpoint: stores the received deliveries unchanged. */
async function startReceiver() {
  const received = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    received.push({ path: request.url, headers: request.headers, body, event: JSON.parse(body) });
    response.writeHead(200).end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    received,
    origin,
    url: `${origin}/webhook`,
    /** The first delivery to `path` whose event `matches`. */
    delivery: (what, matches, path = "/webhook") =>
      eventually(`a delivery to ${path}: ${what}`, () =>
        received.find((one) => one.path === path && matches(one.event)),
      ),
    /** The first event of this type about the object with this id. */
    async event(type, id) {
      return (
        await this.delivery(
          `${type} of ${id}`,
          (event) => event.type === type && event.data.object.id === id,
        )
      ).event;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

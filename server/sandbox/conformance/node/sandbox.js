// A running sandbox, Stripe's client for it, and a shop's endpoint that takes its events.
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

  /** The client as a shop makes it. Nothing is retried behind a test's back. */
  const client = (options = {}, key = "sk_test_sandbox") =>
    new Stripe(key, { host, port, protocol: "http", maxNetworkRetries: 0, telemetry: false, ...options });
  const stripe = client();

  return {
    address,
    client,
    stripe,
    receiver,

    /** What a shopper does on the payment page, in one request. The client knows no method for it. */
    confirm: (session, form = card()) => stripe.rawRequest("POST", `/v1/payment_pages/${session}/confirm`, { email: "ada@example.org", ...form }),

    /** A session that was paid by card, with its payment intent and charge. */
    async paid({ number, ...params } = {}) {
      const { id } = await stripe.checkout.sessions.create(sessionParams(params));
      await this.confirm(id, card(number));
      return stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent.latest_charge"] });
    },

    /** A request that is not the client's. */
    fetch: (path, { key = "sk_test_sandbox", headers, ...init } = {}) =>
      fetch(address + path, { headers: { authorization: `Bearer ${key}`, ...headers }, ...init }),

    /** A request to the switchboard, which is not Stripe's. */
    async switchboard(path, body) {
      const answer = await fetch(`${address}/_sandbox/${path}`, {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`/_sandbox/${path} answered ${answer.status}: ${text}`);
      return JSON.parse(text);
    },

    faults(plan) {
      return this.switchboard("faults", plan);
    },

    /** Does something to a session by hand: as its shopper's bank, or as the tester. */
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

/** A session of €12.50, changed by `params`. */
export function sessionParams(params = {}) {
  return {
    mode: "payment",
    success_url: "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
    line_items: [line()],
    ...params,
  };
}

/** One line, €12.50 unless `price` says otherwise. */
export function line({ quantity = 1, product = {}, ...price } = {}) {
  return { quantity, price_data: { currency: "eur", unit_amount: 1250, product_data: { name: "Tea", ...product }, ...price } };
}

export function card(number = "4242424242424242", rest = {}) {
  return { card: { number, exp_month: 12, exp_year: 2040, cvc: number.startsWith("37") ? "1234" : "123", ...rest } };
}

/** Asks until the answer is there. Only a failing test waits for long. */
export async function eventually(what, ask) {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    const found = await ask();
    if (found) return found;
  }
  throw new Error(`in vain: ${what}`);
}

/** A shop's webhook endpoint: keeps what it gets, byte by byte. */
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
    /** The first delivery for which `matches` is true; only those to `path`. */
    delivery: (what, matches, path = "/webhook") =>
      eventually(`a delivery to ${path}: ${what}`, () => received.find((one) => one.path === path && matches(one.event))),
    /** The first event of this type about the object with this id. */
    async event(type, id) {
      return (await this.delivery(`${type} of ${id}`, (event) => event.type === type && event.data.object.id === id)).event;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

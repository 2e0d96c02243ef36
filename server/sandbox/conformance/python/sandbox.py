"""A running sandbox, Stripe's client for it, and a webhook endpoint that receives its events."""

import copy
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

from till import Till

WEBHOOK_SECRET = "whsec_conformance"


def line(quantity=1, product=None, **price):
    """One line of €12.50; `price` overrides it."""
    data = {
        "currency": "eur",
        "unit_amount": 1250,
        "product_data": {"name": "Tea", **(product or {})},
        **price,
    }
    return {"quantity": quantity, "price_data": data}


def session_params(**params):
    """The parameters of a session of €12.50; `params` override them."""
    return {
        "mode": "payment",
        "success_url": "http://shop.test/done?session={CHECKOUT_SESSION_ID}",
        "line_items": [line()],
        **params,
    }


def card(number="4242424242424242", **rest):
    return {"card": {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123", **rest}}


def eventually(what, poll):
    """Polls until there is a result; fails after 20 seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if found := poll():
            return found
        time.sleep(0.02)
    raise AssertionError(f"timed out waiting for {what}")


class Receiver:
    """A shop's webhook endpoint: stores the received deliveries unchanged."""

    def __enter__(self):
        received = self.received = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                received.append(
                    {
                        "path": self.path,
                        "headers": self.headers,
                        "body": body,
                        "event": json.loads(body),
                    }
                )
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.url = f"{self.origin}/webhook"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def delivery(self, what, matches, path="/webhook"):
        """The first delivery to `path` whose event `matches`."""
        return eventually(
            f"a delivery to {path}: {what}",
            lambda: next(
                (
                    one
                    for one in list(self.received)
                    if one["path"] == path and matches(one["event"])
                ),
                None,
            ),
        )

    def event(self, kind, id):
        """The first event of this type about the object with this id."""
        found = self.delivery(
            f"{kind} of {id}",
            lambda event: event["type"] == kind and event["data"]["object"]["id"] == id,
        )
        return found["event"]


class Sandbox:
    """`till sandbox` with an empty state, sending its events to a receiver."""

    def __enter__(self):
        self.receiver = Receiver().__enter__()
        arguments = ["sandbox", "--addr", "127.0.0.1:0", "--state", "{folder}/state.jsonl"]
        arguments += ["--webhook-url", self.receiver.url, "--webhook-secret", WEBHOOK_SECRET]
        self._till = Till("the sandbox is open at", arguments).__enter__()
        self.address = self._till.address
        self.stripe = self.client()
        self.v1 = self.stripe.v1
        return self

    def __exit__(self, *_):
        self._till.__exit__()
        self.receiver.__exit__()

    def client(self, key="sk_test_sandbox", **options):
        """Stripe's client as a shop creates it, but without retries, which would hide errors."""
        options = {"max_network_retries": 0, **options}
        return stripe.StripeClient(key, base_addresses={"api": self.address}, **options)

    def create(self, options=None, **params):
        return self.v1.checkout.sessions.create(session_params(**params), options)

    def confirm(self, session, form=None, **options):
        """Pays like a shopper on the payment page. The client has no method for it."""
        form = {"email": "ada@example.org", **(form or card())}
        return self.stripe.raw_request(
            "post", f"/v1/payment_pages/{session}/confirm", **copy.deepcopy(form), **options
        )

    def paid(self, number="4242424242424242", **params):
        """A session that is paid by card, with its payment intent and charge."""
        id = self.create(**params).id
        self.confirm(id, card(number))
        return self.v1.checkout.sessions.retrieve(id, {"expand": ["payment_intent.latest_charge"]})

    def switchboard(self, path, body=None):
        """A request to the sandbox's switchboard."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}/_sandbox/{path}", data, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def act(self, session, action, **details):
        """Performs a manual action on a session, e.g. as the shopper's bank."""
        return self.switchboard(f"sessions/{session}/{action}", details)

    def faults(self, **plan):
        return self.switchboard("faults", plan)

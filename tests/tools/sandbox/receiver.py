"""The other end of the webhooks: an endpoint that answers what it is told to, and keeps what it gets."""

import queue
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

WAIT = 20


class Server(ThreadingHTTPServer):
    """Lets as many connect at once as a web server does; by itself it would leave all but five waiting until they give up."""

    request_queue_size = 128


@dataclass
class Receiver:
    """Events as they arrive, each verified as the application verifies it. `answers` are used up, then 200."""

    secret: str
    answers: deque[int] = field(default_factory=deque)
    requests: queue.Queue[tuple[bytes, str]] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # its sender was killed in the middle: no webhook, as for every web server
                    return
                status = receiver.answers.popleft() if receiver.answers else 200
                receiver.requests.put((body, self.headers["Stripe-Signature"]))  # before the answer, upon which the next one is sent
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/billing/stripe/webhook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def next(self) -> stripe.Event:
        """The next event; an error if its signature is not right."""
        body, signature = self.requests.get(timeout=WAIT)
        event: stripe.Event = stripe.Webhook.construct_event(body, signature, self.secret)
        return event

    def until(self, kind: str) -> stripe.Event:
        """The next event of this type; others before it are let go."""
        while (event := self.next()).type != kind:
            pass
        return event

    def take(self, count: int) -> list[str]:
        """The types of the next so many events, in alphabetical order since deliveries overlap."""
        return sorted(self.next().type for _ in range(count))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def session_params(**changes: Any) -> dict[str, Any]:
    """What the shop sends for one product of 49.00 EUR."""
    product = {"name": "Postgres HA", "description": "Everything to run it"}
    line = {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": 4900, "product_data": product}}
    return {
        "mode": "payment",
        "line_items": [line],
        "success_url": "http://127.0.0.1:1/billing/return?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:1/acme/postgres-ha",
        "customer_email": "mira@fjord.example",
        "client_reference_id": "order-1",
        "metadata": {"order": "order-1"},
    } | changes

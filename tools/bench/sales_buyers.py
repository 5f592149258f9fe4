"""Buyers who each buy one product through the API, pay on Stripe's page and wait for the grant. A step that fails is tried again."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import httpx

from tools.stack.instance import Instance

CARD = "4242 4242 4242 4242"
# Seconds between two attempts, growing: fifty buyers who ask ten times a second take most of the web processes' time for their asking.
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.1, 2, 5.0
SALE_SECONDS = 300.0  # after that a buyer gives up
# Nothing here is asked by TLS, and to load the certificates anew for each buyer takes longer than the buyer.
PLAIN: Final[Any] = {"timeout": 20.0, "trust_env": False, "verify": False}


class GaveUp(Exception):
    """A buyer has waited long enough; says what did not happen."""


@dataclass
class Progress:
    """What all buyers of a run have done so far.

    Attributes:
        took: seconds from the first request to the grant, of each completed sale.
        gave_up: why, of each other one.
    """

    took: list[float] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def completed(self, seconds: float) -> None:
        with self._lock:
            self.took.append(seconds)

    def failed(self, why: str) -> None:
        with self._lock:
            self.gave_up.append(why)

    @property
    def ended(self) -> int:
        return len(self.took) + len(self.gave_up)


class Buyers:
    """As many buyers at once as are wanted, until each has bought or given up.

    Args:
        people: user names and secrets of access tokens.
    """

    def __init__(self, instance: Instance, product: str, people: Iterator[tuple[str, str]], progress: Progress) -> None:
        self._instance, self._product, self._people, self._progress = instance, product, people, progress
        self._turn = threading.Lock()

    def buy(self, *, at_once: int, sales: int) -> None:
        """Let that many people buy; returns when the last one is done."""
        with self._turn:
            people = [next(self._people) for _ in range(sales)]
        with ThreadPoolExecutor(at_once) as threads:
            for done in [threads.submit(self._one, *person) for person in people]:
                done.result()

    def _one(self, username: str, secret: str) -> None:
        began = time.monotonic()
        try:
            with httpx.Client(**PLAIN, headers={"Authorization": f"Bearer {secret}"}) as http:
                self._sale(http, username, until=began + SALE_SECONDS)
        except GaveUp as error:
            self._progress.failed(str(error))
        else:
            self._progress.completed(time.monotonic() - began)

    def _sale(self, http: httpx.Client, username: str, *, until: float) -> None:
        orders, form = f"{self._instance.url}/api/v1/orders/", {"act": "pay", "email": f"{username}@example.test", "card": CARD}
        order = insist(lambda: _one_of(http.post(orders, json={"product": self._product}), 200, 201), until=until, what="an order").json()
        # Stripe's page is asked without the shop's token.
        pay = partial(httpx.post, order["checkout_url"], data=form, **PLAIN)
        insist(lambda: _one_of(pay(), 303), until=until, what="the payment")
        insist(lambda: _granted(http.get(f"{orders}{order['id']}/")), until=until, what="the grant")


def insist(ask: Callable[[], httpx.Response | None], *, until: float, what: str) -> httpx.Response:
    """Return the first answer that is as it should be, however often it takes.

    Raises:
        GaveUp: there was none until then.
    """
    pause, why = FIRST_PAUSE, ""
    while time.monotonic() < until:
        try:
            if (answer := ask()) is not None:
                return answer
        except httpx.HTTPError as error:
            why = f" ({type(error).__name__})"
        time.sleep(pause)
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    raise GaveUp(f"{what} did not come{why}")


def _one_of(answer: httpx.Response, *expected: int) -> httpx.Response | None:
    return answer if answer.status_code in expected else None


def _granted(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == httpx.codes.OK and answer.json()["state"] == "paid" else None

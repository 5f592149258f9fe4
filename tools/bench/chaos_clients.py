"""Buyers who buy and servers that pull, each in a thread, while parts of the stack are killed. A client tries each step once more."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

import httpx

from tools.stack.instance import Instance

AGAIN_SECONDS = 1.0  # what a client waits before it tries once more
SALE_SECONDS = 60.0  # from the order to the grant; a webhook may have to be sent again
PAUSE_SECONDS = 0.1
CARD = "4242 4242 4242 4242"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Failed(Exception):
    """Both attempts of a step failed."""


@dataclass(frozen=True, slots=True)
class Done:
    """One sale or pull that ended.

    Attributes:
        began, ended: monotonic seconds.
        why: how it failed, after the second attempt; empty if it went well.
    """

    kind: str
    began: float
    ended: float
    why: str = ""


@dataclass
class Diary:
    """What all clients did, and how often the registry may have told of a pull."""

    done: list[Done] = field(default_factory=list)
    asked: int = 0  # manifests asked for: no more pulls than these may be counted
    got: int = 0  # manifests that arrived: each is a pull that must be counted
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, done: Done) -> None:
        with self._lock:
            self.done.append(done)

    def ask(self) -> None:
        with self._lock:
            self.asked += 1

    def get(self) -> None:
        with self._lock:
            self.got += 1

    def since(self, kind: str, moment: float) -> list[Done]:
        """Return what began after a moment, in the order of its end."""
        return sorted((each for each in self.done if each.kind == kind and each.began >= moment), key=lambda each: each.ended)


@dataclass(frozen=True, slots=True)
class Goods:
    """What is bought and pulled."""

    product: str
    repository: str
    digest: str


class Clients:
    """Threads that buy and pull until they are stopped.

    Args:
        instance: whose shop it is.
        buyers: user names and secrets, each of whom buys once; the first holds the image already and pulls all the time.
    """

    def __init__(
        self, instance: Instance, goods: Goods, buyers: Iterator[tuple[str, str]], *, puller: tuple[str, str], pullers: int = 2
    ) -> None:
        self._instance, self._goods, self._buyers, self._puller = instance, goods, buyers, puller
        self.diary = Diary()
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._threads = [threading.Thread(target=self._loop, args=act) for act in [("sale", self._sell), *[("pull", self._pull)] * pullers]]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _loop(self, kind: str, act: Callable[[httpx.Client], None]) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            began, why = time.monotonic(), ""
            # A connection of its own, as each docker pull has.
            with httpx.Client(timeout=20, trust_env=False) as http:
                try:
                    act(http)
                except Failed as failed:
                    why = str(failed)
                except StopIteration:
                    return
            self.diary.note(Done(kind, began, time.monotonic(), why))

    def _pull(self, http: httpx.Client) -> None:
        self.pull(http, *self._puller)

    def pull(self, http: httpx.Client, username: str, secret: str) -> None:
        """Pull as docker does: a token, the manifest by its digest, the blobs that it names."""
        goods, url = self._goods, self._instance.url
        password = base64.b64encode(f"{username}:{secret}".encode()).decode()
        scope = {"service": "layerstore", "scope": f"repository:{goods.repository}:pull"}

        def token() -> httpx.Response:
            return http.get(f"{url}/auth/token", params=scope, headers={"Authorization": f"Basic {password}"})

        bearer = {"Authorization": f"Bearer {twice(token).json()['token']}"}

        def manifest() -> httpx.Response:
            self.diary.ask()
            return http.get(f"{url}/v2/{goods.repository}/manifests/{goods.digest}", headers=bearer | {"Accept": MANIFEST})

        found = twice(manifest)
        self.diary.get()
        for blob in (found.json()["config"], *found.json()["layers"]):
            twice(lambda digest=blob["digest"]: http.get(f"{url}/v2/{goods.repository}/blobs/{digest}", headers=bearer))  # type: ignore[misc]  # the loop's digest

    def _sell(self, http: httpx.Client) -> None:
        with self._turn:
            username, secret = next(self._buyers)  # one fewer thread sells when there are none left
        headers = {"Authorization": f"Bearer {secret}"}
        orders = f"{self._instance.url}/api/v1/orders/"
        order = twice(lambda: http.post(orders, headers=headers, json={"product": self._goods.product})).json()
        form = {"act": "pay", "email": f"{username}@example.test", "card": CARD}
        twice(lambda: http.post(order["checkout_url"], data=form), expected=(303,))
        self._await_grant(http, f"{orders}{order['id']}/", headers)
        self.pull(http, username, secret)

    def _await_grant(self, http: httpx.Client, address: str, headers: dict[str, str]) -> None:
        deadline = time.monotonic() + SALE_SECONDS
        while time.monotonic() < deadline:
            if twice(lambda: http.get(address, headers=headers)).json()["state"] == "paid":
                return
            time.sleep(PAUSE_SECONDS)
        raise Failed("paid, and not granted in time")


def twice(ask: Callable[[], httpx.Response], *, expected: tuple[int, ...] = (200, 201)) -> httpx.Response:
    """Return an expected answer of the first or the second attempt.

    Raises:
        Failed: neither was.
    """
    why = ""
    for attempt in range(2):
        if attempt:
            time.sleep(AGAIN_SECONDS)
        try:
            answer = ask()
        except httpx.HTTPError as error:
            why = type(error).__name__
            continue
        if answer.status_code in expected:
            return answer
        why = f"{answer.request.method} {answer.request.url.path.split('/')[1]}: {answer.status_code}"
    raise Failed(why)


def charged(instance: Instance) -> list[str]:
    """Return the order of every payment that Stripe took, once for each payment."""
    orders, after = list[str](), dict[str, str]()
    with httpx.Client(base_url=instance.sandbox_url, auth=(instance.secrets["stripe_secret_key"], ""), timeout=20, trust_env=False) as http:
        while True:
            page = http.get("/v1/charges", params={"limit": 100, **after}).raise_for_status().json()
            orders += [each["metadata"]["order_id"] for each in page["data"] if each["status"] == "succeeded"]
            if not page["has_more"]:
                return orders
            after = {"starting_after": page["data"][-1]["id"]}

"""Faults at random moments of many sales: parts of the shop are killed, Stripe fails, and its webhooks come twice, late or never."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx

from tools.bench.sales_buyers import Progress
from tools.stack.instance import Instance
from tools.stack.running import Stack

KILLED = ("web", "worker", "postgres", "redis")
AWAY = 15.0  # seconds that a request of ours hangs at Stripe; longer than we wait
LATE, NEVER = 5.0, 1.0  # seconds of which the webhooks are held back, and of which they are lost
ASKED = "/v1/checkout/"  # what a sale asks of Stripe, and none of our own questions
AGAIN = 10  # of the newest events, each sent three times more at once


class Faults:
    """As many faults as are wanted, each at a moment that a number of ended sales gives, in a thread that ends with the last one.

    Args:
        sales: how many there are going to be.
        number: of the faults.
        seed: the same moments and kinds for the same one.
    """

    def __init__(self, stack: Stack, progress: Progress, *, sales: int, number: int, seed: int) -> None:
        chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self._stack, self._progress = stack, progress
        self._kinds = self._acts()
        self._moments = sorted((chance.randrange(sales), chance.choice(sorted(self._kinds))) for _ in range(number))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faults")

    def _acts(self) -> dict[str, Callable[[], object]]:
        control = Control(self._stack.instance)
        acts: dict[str, Callable[[], object]] = {f"SIGKILL of {part}": lambda part=part: self._kill(part) for part in KILLED}  # type: ignore[misc]  # the loop's part
        return acts | {
            "Stripe: 500": lambda: control.fault(mode="error", remaining=3),
            "Stripe: timeout": lambda: control.fault(mode="hang", seconds=AWAY, remaining=2),
            "Stripe: answer lost": lambda: control.fault(mode="lost", method="POST", remaining=2),
            "webhooks doubled": control.double,
            "webhooks late and reversed": lambda: control.hold(LATE, "release", order="newest"),
            "webhooks never": lambda: control.hold(NEVER, "drop"),
        }

    def start(self) -> None:
        """Begin to watch the sales."""
        self._thread.start()

    def finish(self) -> None:
        """Return when the last fault was made; those whose moment has not come are made now."""
        self._over.set()
        self._thread.join()
        Control(self._stack.instance).lift()

    def _run(self) -> None:
        for moment, kind in self._moments:
            while self._progress.ended < moment and not self._over.is_set():
                time.sleep(0.05)
            self._kinds[kind]()
            self.done[kind] += 1

    def _kill(self, part: str) -> None:
        supervisor = self._stack.supervisor
        while not supervisor.is_running(part):  # the fault before may have killed it
            revive(self._stack)
            time.sleep(0.1)
        supervisor.kill(part)
        revive(self._stack)


class Control:
    """The sandbox's own commands, and the events that it has."""

    def __init__(self, instance: Instance) -> None:
        self._key = instance.secrets["stripe_secret_key"]
        self._http = httpx.Client(base_url=instance.sandbox_url, timeout=120, trust_env=False)

    def fault(self, **values: object) -> None:
        """Let the next requests of the shop meet this fault."""
        self._post("faults", {"path": ASKED, **values})

    def hold(self, seconds: float, end: str, **how: object) -> None:
        """Keep webhooks back, then do with them what `end` says."""
        self._post("webhooks/hold", {})
        time.sleep(seconds)
        self._post(f"webhooks/{end}", how)

    def double(self) -> None:
        """Send the newest events again, three times and at once."""
        found = self._http.get("/v1/events", params={"limit": AGAIN}, auth=(self._key, "")).raise_for_status().json()["data"]
        for event in found:
            self._post(f"events/{event['id']}/resend", {"copies": 3, "at_once": True})

    def lift(self) -> None:
        """End all faults."""
        self._http.delete("/sandbox/api/faults").raise_for_status()
        self._post("webhooks/release", {})

    def _post(self, command: str, values: dict[str, object]) -> None:
        self._http.post(f"/sandbox/api/{command}", json=values).raise_for_status()


def revive(stack: Stack) -> None:
    """Start again what supervisord gave up: PostgreSQL's first start may meet the shared memory of its predecessor."""
    _, failed = stack.supervisor.restarted_or_failed()
    if failed:
        stack.supervisor.begin(*failed)

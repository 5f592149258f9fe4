"""Sales a second by 1, 10 and 50 buyers at once; then sales with faults at random moments: what is lost, doubled, not in the books."""

import argparse
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from rich.console import Console

from tools.bench.chaos_clients import charged
from tools.bench.sales_buyers import Buyers, Progress
from tools.bench.sales_faults import Faults, revive
from tools.bench.shop import end_with, fresh_shop, run_here
from tools.stack.postgres import find_postgres
from tools.stack.running import Stack
from tools.stack.sale.story import Story
from tools.stack.view import View

RATES = ((1, 40), (10, 200), (50, 500))  # buyers at once, sales
COUNTED = 40  # sales whose statements are counted, by one buyer at a time
AT_ONCE = 50
IDLE_SECONDS = 20
SETTLE_SECONDS = 900  # a webhook that never came is made up for by a sweep, which asks about old orders more and more seldom
STATEMENT = re.compile(r"LOG:  duration: .* statement: (?!BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)")
WAITED = "still waiting for"  # log_lock_waits, each wait of more than deadlock_timeout


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast some sales went. Times are seconds."""

    at_once: int
    sales: int
    seconds: float
    took: list[float]
    lock_waits: int

    def cells(self) -> list[str]:
        """Return the line of the table."""
        times = (median(self.took), quantiles(self.took, n=100)[98])
        return [
            str(self.at_once),
            str(self.sales),
            f"{self.sales / self.seconds:.1f}",
            *(f"{each:.2f}" for each in times),
            f"{self.lock_waits / self.sales:.2f}",
        ]


class Shop:
    """A running shop, its buyers, and PostgreSQL's log of what they cost."""

    def __init__(self, stack: Stack, *, buyers: int) -> None:
        self.stack = stack
        self.server = find_postgres(stack.instance)
        Story(stack, View(Console(quiet=True))).tell()
        made = json.loads(run_here(stack, "-m", "tools.bench.chaos_rows", "fill", str(buyers)))
        self.product, self.people = made["product"], iter([(name, secret) for name, secret in made["buyers"]])
        self._log = stack.instance.log("postgres")

    def sell(self, progress: Progress, *, at_once: int, sales: int) -> None:
        """Let so many people buy, some at once."""
        Buyers(self.stack.instance, self.product, self.people, progress).buy(at_once=at_once, sales=sales)

    @contextmanager
    def logged(self, parameter: str, value: str, otherwise: str) -> Iterator[list[str]]:
        """Yield what the server logs while a parameter has this value; filled at the end."""
        lines: list[str] = []
        begin = self._log.stat().st_size
        self.server.set_for_all(parameter, value)
        try:
            yield lines
        finally:
            self.server.set_for_all(parameter, otherwise)
            with self._log.open("rb") as log:
                log.seek(begin)
                lines += log.read().decode(errors="replace").splitlines()


def main() -> int:
    """Measure, strike, compare, print; return 0 only if nothing was lost or doubled and the books agree with Stripe to the cent."""
    parser = argparse.ArgumentParser(prog="script/bench sales", description=__doc__)
    parser.add_argument("--sales", type=int, default=10_000, help="with faults (10000)")
    parser.add_argument("--faults", type=int, default=300, help="at random moments of these (300)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the moments and kinds of the faults; printed")
    wanted, view = parser.parse_args(), View()
    with fresh_shop() as stack:
        view.say("Filling a shop …")
        shop = Shop(stack, buyers=sum(sales for _, sales in RATES) + COUNTED + wanted.sales)
        view.say(f"SQL statements a sale: {statements_a_sale(shop):.0f}, without those of BEGIN and COMMIT")
        head = ["buyers at once", "sales", "sales/s", "median s", "p99 s", "lock waits over 1 ms a sale"]
        view.table("Completed sales of one product", head, [rate(shop, *each).cells() for each in RATES])
        return strike(shop, view, sales=wanted.sales, faults=wanted.faults, seed=wanted.seed)


def statements_a_sale(shop: Shop) -> float:
    """Count the SQL statements of all processes during some sales, less those of the same time without any."""
    with shop.logged("log_min_duration_statement", "0", "-1") as idle:
        time.sleep(IDLE_SECONDS)
    began = time.monotonic()
    with shop.logged("log_min_duration_statement", "0", "-1") as busy:
        shop.sell(Progress(), at_once=1, sales=COUNTED)
    idle_share = len(list(filter(STATEMENT.search, idle))) / IDLE_SECONDS * (time.monotonic() - began)
    return (len(list(filter(STATEMENT.search, busy))) - idle_share) / COUNTED


def rate(shop: Shop, at_once: int, sales: int) -> Rate:
    """Let people buy and take the time."""
    progress = Progress()
    shop.server.set_for_all("deadlock_timeout", "1ms")
    with shop.logged("log_lock_waits", "on", "off") as lines:
        began = time.monotonic()
        shop.sell(progress, at_once=at_once, sales=sales)
        seconds = time.monotonic() - began
    shop.server.set_for_all("deadlock_timeout", "1s")
    return Rate(at_once, len(progress.took), seconds, progress.took, sum(WAITED in line for line in lines))


def strike(shop: Shop, view: View, *, sales: int, faults: int, seed: int) -> int:
    """Sell with faults, wait until the shop has settled everything by itself, and compare it with Stripe."""
    view.say(f"{sales} sales with {faults} faults, seed {seed} …")
    progress, began = Progress(), time.monotonic()
    struck = Faults(shop.stack, progress, sales=sales, number=faults, seed=seed)
    struck.start()
    shop.sell(progress, at_once=AT_ONCE, sales=sales)
    struck.finish()
    took = time.monotonic() - began
    after = settled(shop.stack)
    paid, granted = set(after["paid"]), after["granted"]
    charges = Counter(charged(shop.stack.instance))
    lost = sum(order not in paid or order not in granted for order in charges)
    doubled = after["bought_twice"] + sum(number - 1 for number in [*charges.values(), *granted.values()])
    books = json.loads(run_here(shop.stack, "-m", "tools.bench.sales_rows", "books"))
    view.table("Faults", ["kind", "number"], [[kind, str(number)] for kind, number in sorted(struck.done.items())])
    for why, number in Counter(progress.gave_up).most_common():
        view.say(f"{number} buyers gave up: {why}")
    view.say(f"{sales / took:.1f} sales/s; rows given up {after['given_up']}, flagged for staff {after['flagged']}")
    differ = sum(books.values())
    lines = {"sales": len(progress.took), "faults": sum(struck.done.values()), "lost": lost, "doubled": doubled, "books differ": differ}
    for name, number in lines.items():
        view.say(f"{name} {number}")
    short = len(progress.took) < sales or sum(struck.done.values()) < faults
    return int(bool(lost or doubled or differ or short))


def settled(stack: Stack) -> dict[str, Any]:
    """Return what the shop has written once every payment has its paid order and no event waits, or the time is over."""
    end = time.monotonic() + SETTLE_SECONDS
    while True:
        revive(stack)
        found: dict[str, Any] = json.loads(run_here(stack, "-m", "tools.bench.sales_rows", "counted"))
        if (not found["waiting"] and set(charged(stack.instance)) <= set(found["paid"])) or time.monotonic() > end:
            return found
        time.sleep(5)


if __name__ == "__main__":
    end_with(main)

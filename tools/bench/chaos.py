"""Each part of a running stack killed with SIGKILL during sales and pulls: what failed, for how long, and whether anything is lost."""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tools.bench.chaos_clients import Clients, Diary, Goods, charged
from tools.bench.mock_kafka import MockKafka
from tools.bench.sales_faults import revive
from tools.bench.shop import end_with, run_here
from tools.stack.instance import Instance
from tools.stack.ports import free_base_port
from tools.stack.problems import Problem
from tools.stack.running import Stack
from tools.stack.sale.story import Story
from tools.stack.view import View

BROKER = "broker"  # one of three: the mock cluster keeps what it was given in memory, so all of it cannot be killed
PARTS = ("web", "token", "inner", "worker", "scheduler", "events", "redis", "postgres", "registry", "nginx", BROKER)
BEFORE, AFTER = 3.0, 25.0  # seconds of the loop before and after a part is killed
SETTLE_SECONDS = 120
BUYERS = 120  # a part: more than are served in its time
COLUMNS = ("killed", "sales", "failed", "pulls", "failed", "first sale after", "first pull after", "lost", "doubled")


@dataclass(frozen=True, slots=True)
class Loop:
    """What is killed, and what goes on meanwhile."""

    stack: Stack
    kafka: MockKafka
    goods: Goods
    buyers: Iterator[tuple[str, str]]
    puller: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What happened while one part was killed.

    Attributes:
        failed: sales and pulls that failed twice.
        first: seconds from the kill to the end of the first sale and pull that began after it; negative if there was none.
        lost: payments without a paid order and its grant, and pulls that are not counted.
        doubled: second payments, second grants, and pulls that are counted and were never asked for.
    """

    part: str
    made: dict[str, int]
    failed: dict[str, int]
    first: dict[str, float]
    lost: int
    doubled: int
    reasons: list[str]

    def cells(self) -> list[str]:
        """Return the line of the table."""
        made, failed = ([str(numbers[kind]) for kind in ("sale", "pull")] for numbers in (self.made, self.failed))
        first = [f"{self.first[kind]:.1f} s" for kind in ("sale", "pull")]
        return [self.part, made[0], failed[0], made[1], failed[1], *first, str(self.lost), str(self.doubled)]


def main() -> int:
    """Start a shop with two of each part that may be several, kill, compare, print; return 0 only if nothing is lost or doubled."""
    parser = argparse.ArgumentParser(prog="script/bench chaos", description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"which parts: {', '.join(PARTS)}; all of them unless named")
    wanted = parser.parse_args().parts
    view = View()
    with MockKafka() as kafka, doubled_shop(kafka) as stack:
        view.say("Filling a shop …")
        Story(stack, View(Console(quiet=True))).tell()
        made = json.loads(run_here(stack, "-m", "tools.bench.chaos_rows", "fill", str(BUYERS * len(wanted) + 1)))
        buyers = iter([(name, secret) for name, secret in made.pop("buyers")])
        puller = own(stack, Goods(**made), buyers)
        loop = Loop(stack, kafka, Goods(**made), buyers, puller)
        rows = [strike(loop, part) for part in wanted]
    view.table("SIGKILL during sales and pulls", list(COLUMNS), [row.cells() for row in rows])
    for row in rows:
        for reason, count in Counter(row.reasons).most_common():
            view.say(f"{row.part}: {count} × {reason}")
    return int(any(row.lost or row.doubled for row in rows))


@contextmanager
def doubled_shop(kafka: MockKafka) -> Iterator[Stack]:
    """Run a shop with two of each part that may be several; what ends is started again, as a cluster does."""
    with TemporaryDirectory(prefix="layerstore-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's user passes through
        instance = Instance(port=free_base_port(), var=folder / "var", copies=2)
        for topic in ("registry-events", "registry-events-dead"):
            kafka.create_topic(topic, partitions=4)
        settings = {"LAYERSTORE_EVENTS": "kafka", "LAYERSTORE_KAFKA": kafka.servers}
        with Stack(instance, with_docker=False, settings=settings) as stack:
            yield stack


def own(stack: Stack, goods: Goods, buyers: Iterator[tuple[str, str]]) -> tuple[str, str]:
    """Let one buyer buy before anything is killed; they pull all the time.

    Raises:
        Problem: the sale failed.
    """
    buyer = next(buyers)
    with Clients(stack.instance, goods, iter([buyer]), puller=buyer, pullers=0) as clients:
        wait_until(lambda: bool(clients.diary.done), what="the first sale")
    if why := clients.diary.done[0].why:
        raise Problem(f"The first sale failed: {why}.", do="read the logs.")
    return buyer


def strike(loop: Loop, part: str) -> Row:
    """Kill one part in the middle of the loop, let it come back, and compare everything with what the clients did."""
    before = settled(loop.stack)
    with Clients(loop.stack.instance, loop.goods, loop.buyers, puller=loop.puller) as clients:
        time.sleep(BEFORE)
        if part == BROKER:
            loop.kafka.take_down(1)
        else:
            loop.stack.supervisor.kill(part)
        killed = time.monotonic()
        while time.monotonic() < killed + AFTER:
            revive(loop.stack)
            time.sleep(0.2)
        loop.kafka.bring_all_up()
    return compared(part, clients.diary, killed, before=before, after=settled(loop.stack), charges=charged(loop.stack.instance))


def settled(stack: Stack) -> dict[str, list[list[str]] | int]:
    """Return what the shop has written, once nothing waits any more and all pulls had time to be told of."""
    found: dict[str, list[list[str]] | int] = {}

    def is_settled() -> bool:
        last = found.get("pulls")
        time.sleep(3)
        found.update(json.loads(run_here(stack, "-m", "tools.bench.chaos_rows", "counted")))
        return found["waiting"] == 0 and found["pulls"] == last and not any(state == "pending" for _, _, state in found["orders"])  # type: ignore[union-attr]  # of orders

    wait_until(is_settled, what="the end of what waits")
    return found


def compared(part: str, diary: Diary, killed: float, *, before: dict, after: dict, charges: list[str]) -> Row:  # type: ignore[type-arg]  # JSON
    """Compare payments, orders, grants and counts with each other."""
    paid = {order: name for order, name, state in after["orders"] if state == "paid"}
    held, times = Counter(after["held"]), Counter(charges)
    ours = {order for order, _, _ in after["orders"]}
    counted = after["pulls"] - before["pulls"]
    lost = sum(1 for order in times if order in ours and not (order in paid and held[paid[order]]))
    doubled = sum(number - 1 for number in times.values()) + sum(held[name] - 1 for name in paid.values())
    kinds = ("sale", "pull")
    good = {kind: [each for each in diary.done if each.kind == kind and not each.why] for kind in kinds}
    first = {kind: next((each.ended - killed for each in diary.since(kind, killed) if not each.why), -1.0) for kind in kinds}
    return Row(
        part=part,
        made={kind: len(good[kind]) for kind in kinds},
        failed={kind: sum(1 for each in diary.done if each.kind == kind and each.why) for kind in kinds},
        first=first,
        lost=lost + max(diary.got - counted, 0),
        doubled=doubled + max(counted - diary.asked, 0),
        reasons=[f"{each.kind}: {each.why}" for each in diary.done if each.why],
    )


def wait_until(true: Callable[[], bool], *, what: str) -> None:
    """Wait for the shop.

    Raises:
        Problem: it takes longer than two minutes.
    """
    end = time.monotonic() + SETTLE_SECONDS
    while not true():
        if time.monotonic() > end:
            raise Problem(f"{what} did not come within {SETTLE_SECONDS} s.", do="read the logs.")
        time.sleep(0.2)


if __name__ == "__main__":
    end_with(main)

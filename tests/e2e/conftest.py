import base64
import random
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.clients import Docker, Shown
from tests.e2e.clients.slow_line import SlowLine, slow_line
from tests.e2e.clients.world import enter, make
from tests.support.stack import LiveStack, stack
from tests.support.trade import Sold, Trade, eventually, refund_in_admin, silent
from tools.stack.clients import Refused
from tools.stack.recipes import Layer, Recipe
from tools.stack.sale.people import Person

__all__ = ["stack"]
BEGUN_FIRST = ("long_push", "pulled", "refunded_sale")
ENDS_THE_STACK = "pooled"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the test come last after which the stack's processes are gone: to start them again for others takes as long as the test."""
    items.sort(key=lambda item: ENDS_THE_STACK in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def trade(stack: LiveStack) -> Iterator[Trade]:
    """The people of this session's stack."""
    trade = Trade(stack)
    yield trade
    trade.close()


@pytest.fixture(scope="session")
def staff(trade: Trade) -> Person:
    """A member of staff."""
    person = trade.person()
    trade.stack.manage("make_staff", person.username)
    return person


@dataclass(frozen=True, slots=True)
class LongPush:
    """A push that has begun and takes two minutes."""

    line: SlowLine
    name: str
    owner: Person
    result: Future[Shown]


@pytest.fixture(scope="session")
def long_push(trade: Trade) -> Iterator[LongPush]:
    """Push over a slow line while the other tests run: a token and the registry's leeway end in the middle of the layer."""
    owner = trade.seller("patience", connected=False)
    with trade.api(owner) as api:
        namespace = api.get("/namespaces/").json()["results"][0]["id"]
        api.post("/images/", json={"namespace": namespace, "name": "long"}).raise_for_status()
    folder = Path(tempfile.mkdtemp(prefix="lsl-"))
    with slow_line(trade.stack.instance.port, bytes_per_second=2_400) as line, ThreadPoolExecutor(1) as beside:
        tool = make(Docker, trade, folder, folder)
        tool.host = line.host
        layer = Layer("data", texts={"/data": base64.b64encode(random.Random(1).randbytes(310_000)).decode()})
        recipe = Recipe("patience/long", "1.0", [layer], entrypoint=["/data"])
        pusher = enter(tool, owner)
        yield LongPush(line, "patience/long", owner, beside.submit(pusher.push, recipe, f"{line.host}/patience/long:1.0"))
    shutil.rmtree(folder)


@dataclass(frozen=True, slots=True)
class RefundedSale:
    """A sale that was refunded, and the registry token that the buyer got just before.

    Attributes:
        answered: how the registry answered to that token then.
        said: what docker said to the buyer's next pull.
        at: when that was, in seconds since the epoch.
    """

    sold: Sold
    last: str
    answered: int
    said: str
    at: float


@pytest.fixture(scope="session")
def refunded_sale(trade: Trade, staff: Person) -> RefundedSale:
    """Sell and refund while the other tests still come: the last token lives for two minutes, the registry's leeway with it."""
    sold = trade.sell(trade.seller("refunds"), trade.good("refunds", "db"))
    buyer = trade.person()
    order = trade.buy(buyer, sold)
    last = trade.registry_token(f"repository:{sold.repository}:pull", buyer)
    answered = trade.manifest_status(sold.repository, last)
    refund_in_admin(staff, order)
    with trade.api(buyer) as api:
        eventually(lambda: api.get(f"/orders/{order}/").json()["state"] == "refunded", "the order is refunded")
    with pytest.raises(Refused) as refusal:
        trade.docker(buyer).pull(sold.reference, silent)
    return RefundedSale(sold, last, answered, str(refusal.value), time.time())


@dataclass(frozen=True, slots=True)
class Pulled:
    """What somebody bought and pulled once."""

    sold: Sold
    seller: Person
    buyer: Person


@pytest.fixture(scope="session")
def pulled(trade: Trade) -> dict[str, Pulled]:
    """A pull by each client. Who pulled is sketched once a minute: the other tests come meanwhile."""
    return {tool: pull_by(trade, tool) for tool in ("docker", "skopeo")}


def pull_by(trade: Trade, tool: str) -> Pulled:
    """Sell an image to somebody who pulls it, all by one client."""
    namespace = f"counted{tool}"
    seller, buyer = trade.seller(namespace), trade.person()
    sold = trade.sell(seller, trade.good(namespace, "one"), getattr(trade, tool)(seller))
    trade.buy(buyer, sold)
    getattr(trade, tool)(buyer).pull(sold.reference, silent)
    return Pulled(sold, seller, buyer)


@pytest.fixture(scope="session", autouse=True)
def _what_takes_long_begins_first(request: pytest.FixtureRequest) -> None:
    """Begin what a test of this session will wait for: it goes on while the others run."""
    asked = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in BEGUN_FIRST:
        if name in asked:
            request.getfixturevalue(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what worker and scheduler said last beside a failure on the stack."""
    report = yield
    trade = getattr(item, "funcargs", {}).get("trade")
    if report.failed and isinstance(trade, Trade):
        report.sections += [(f"{part}.log", trade.stack.log(part)[-4_000:]) for part in ("worker", "scheduler", "web")]
    return report

"""The shop that the browser looks at: a real sale by real people, and rows for every other state."""

import json
from dataclasses import dataclass

from tests.support.loopback import ask
from tests.support.stack import LiveStack
from tests.support.trade import SILENT, Sold, Trade, eventually
from tools.stack.catalogue import lanternworks, tidewater
from tools.stack.catalogue.goods import Good
from tools.stack.sale.people import Person, make_token, meet, sign_up
from tools.stack.sale.selling import connect_to_stripe, make_product, publish, reserve, start_selling

ROWS = "from tests.browser.rows import write; write({target!r})"


@dataclass(frozen=True, slots=True)
class World:
    """What the tests need to know of the shop.

    Attributes:
        names: ids and names for the addresses of pages.
        sessions: session keys by user name.
    """

    stack: LiveStack
    names: dict[str, str]
    sessions: dict[str, str]

    def url(self, path: str) -> str:
        """Return the address of a path of the shop, or of the sandbox where it begins with `sandbox:`, names filled in."""
        filled = path.format_map(self.names)
        return f"{self.stack.instance.sandbox_url}{filled[8:]}" if filled.startswith("sandbox:") else f"{self.stack.url}{filled}"


def make_world(stack: LiveStack) -> World:
    """Make the sale and the rows."""
    trade = Trade(stack)
    mara = _seller(trade, "mara", "Tidewater Data", tidewater.NAMESPACE)
    redis, digest = _stock(trade, mara, tidewater.REDIS)
    for good in (tidewater.POSTGRES, tidewater.DAYS, tidewater.SHELF):
        _stock(trade, mara, good)
    olu = _seller(trade, "olu", "Lantern Works", lanternworks.NAMESPACE)
    _stock(trade, olu, lanternworks.EDGE)
    jonas = _person(trade, "jonas", "Jonas", "registry:pull", "api")
    order = trade.buy(jonas, redis)
    ines = _person(trade, "ines", "Ines", "api")
    (product,) = stack.sql("SELECT id FROM marketplace_product WHERE slug = 'redis-steady'")
    names = {
        "order": order,
        "image": mara.images["redis-steady"],
        "product": product,
        "redis_digest": digest,
        **_checkouts(trade, jonas, order),
    }
    for person in (mara, olu, jonas, ines):
        person.browser.close()
    file = stack.instance.var / "rows.json"
    stack.manage("shell", "-c", ROWS.format(target=str(file)))
    made = json.loads(file.read_text())
    return World(stack=stack, names={**names, **made["names"]}, sessions=made["sessions"])


def _checkouts(trade: Trade, buyer: Person, order: str) -> dict[str, str]:
    """Checkouts in every state: open, paid, expired; and the receipt's mail."""
    opened = [_checkout(buyer, f"/{tidewater.NAMESPACE}/{good.name}") for good in (tidewater.DAYS, tidewater.POSTGRES)]
    trade.sandbox("POST", f"/sessions/{opened[1]}/expire", {})
    (paid,) = trade.stack.sql(f"SELECT checkout_session_id FROM billing_order WHERE id = '{order}'")
    eventually(lambda: _mails(trade, buyer), "the mail with the receipt")
    return {"checkout": opened[0], "checkout_expired": opened[1], "checkout_paid": paid, "mail": _mails(trade, buyer)[0]}


def _checkout(buyer: Person, product: str) -> str:
    page = buyer.browser.look(product)
    return buyer.browser.submit(page, page.form(action="/billing/buy/"), SILENT).url.rpartition("/")[2]


def _mails(trade: Trade, buyer: Person) -> list[str]:
    """Return the receipts that came."""
    answer = ask("GET", f"{trade.stack.instance.sandbox_url}/mailbox/api/messages", params={"to": buyer.email}, timeout=30).json()
    return [str(mail["id"]) for mail in answer["messages"] if "eceipt" in mail["subject"]]


def _person(trade: Trade, username: str, name: str, *scopes: str) -> Person:
    person = meet(trade.stack.instance, username, name)
    sign_up(person, trade.stack.instance, SILENT)
    make_token(person, "server", list(scopes), SILENT)
    return person


def _seller(trade: Trade, username: str, name: str, namespace: str) -> Person:
    seller = _person(trade, username, name, "registry:pull", "registry:push", "api")
    start_selling(seller, namespace, SILENT)
    connect_to_stripe(seller, SILENT)
    return seller


def _stock(trade: Trade, seller: Person, good: Good) -> tuple[Sold, str]:
    digest = ""
    if good.recipe:
        reserve(seller, good.name, SILENT)
        digest = trade.push(seller, good, trade.docker(seller))
    url = publish(seller, make_product(seller, good, trade.stack.instance, SILENT), SILENT)
    return Sold(url, url.removeprefix(trade.stack.url), [], []), digest

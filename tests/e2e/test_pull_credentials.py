"""A pull credential, made as a buyer makes it, opens its image for real clients and no other one."""

from dataclasses import replace

import pytest

from stack.clients import Refused
from stack.sale.people import TOKEN, Person
from tests.support.trade import SILENT, Sold, Trade, silent


def limited(trade: Trade, buyer: Person, sold: Sold) -> Person:
    """Make a credential from the library's link for one image; return the buyer as a server that knows only it."""
    browser = buyer.browser
    image = trade.stack.sql(f"SELECT id FROM marketplace_image WHERE repository = '{sold.repository}'")[0]
    page = browser.open(f"/library/credential/?image={image}", SILENT)
    page = browser.submit(page, page.form("name", "images"), SILENT, {"name": "server"})
    found = TOKEN.search(page.html)
    assert found is not None, page.text
    return replace(buyer, access_token=found[0])


@pytest.mark.parametrize("tool", ["docker", "skopeo"])
def test_it_pulls_its_image_and_no_other_and_the_page_says_why(trade: Trade, tool: str) -> None:
    namespace = f"limited{tool}"
    seller = trade.seller(namespace)
    clerk = getattr(trade, tool)(seller)
    bought, other = (trade.sell(seller, trade.good(namespace, name), clerk) for name in ("one", "two"))
    buyer = trade.person()
    for sold in (bought, other):
        trade.buy(buyer, sold)
    server = limited(trade, buyer, bought)

    client = getattr(trade, tool)(server)

    assert client.pull(bought.reference, silent) == bought.digests[0]
    with pytest.raises(Refused):
        client.pull(other.reference, silent)
    page = buyer.browser.open("/why/", SILENT)
    page = buyer.browser.submit(page, page.form("image", "secret"), SILENT, {"image": other.reference, "secret": server.access_token})
    assert f"is for {bought.repository} only" in page.text

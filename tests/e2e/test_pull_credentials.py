"""A credential for one image, made as buyers and sellers make it, opens that image for real clients and no other one."""

from dataclasses import replace

import pytest

from tests.support.trade import SILENT, Sold, Trade, silent
from tools.stack.clients import Refused
from tools.stack.sale.people import TOKEN, Person, sign_in_afresh
from tools.stack.sale.selling import reserve


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


@pytest.mark.parametrize("tool", ["docker", "skopeo"])
def test_a_pipelines_token_pushes_its_image_and_no_other_of_its_owner(trade: Trade, tool: str) -> None:
    namespace = f"pipeline{tool}"
    seller = trade.seller(namespace)
    own, other = (trade.good(namespace, name) for name in ("own", "other"))
    for good in (own, other):
        reserve(seller, good.name, SILENT)
    (image,) = trade.stack.sql(f"SELECT id FROM marketplace_image WHERE repository = '{namespace}/own'")
    page = seller.browser.look("/account/tokens/")
    chosen: dict[str, str | list[str]] = {"name": "pipeline", "scopes": ["registry:pull", "registry:push"], "images": [image]}
    page = sign_in_afresh(seller, seller.browser.submit(page, page.form("name", "scopes", "images"), SILENT, chosen), SILENT)
    found = TOKEN.search(page.html)
    assert found is not None, page.text
    pipeline = getattr(trade, tool)(replace(seller, access_token=found[0]))

    digest = trade.push(seller, own, pipeline)

    assert pipeline.pull(f"{trade.stack.instance.host}/{namespace}/own:1.0", silent) == digest
    with pytest.raises(Refused):
        trade.push(seller, other, pipeline)

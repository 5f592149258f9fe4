"""What real clients pull is counted once, under what they asked for and whose they are; and the seller sees it."""

from dataclasses import dataclass

import pytest

from tests.support.trade import Sold, Trade, eventually, silent
from tools.stack.sale.people import Person

COUNTED = """
SELECT counted.tag, counted.platform = manifest.platforms[1], account.name, counted.count, image.pull_count
  FROM marketplace_pullcount counted
  JOIN marketplace_image image ON image.id = counted.image_id
  JOIN marketplace_tag tag ON tag.image_id = image.id
  JOIN marketplace_manifest manifest ON manifest.id = tag.manifest_id
  LEFT JOIN accounts_account account ON account.id = counted.buyer_id
 WHERE image.repository = '{repository}'
"""
PULLERS = """
SELECT sketch.period, sketch.distinct FROM marketplace_pullersketch sketch JOIN marketplace_image image ON image.id = sketch.image_id
 WHERE image.repository = '{repository}' ORDER BY sketch.period
"""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What somebody bought and pulled once."""

    sold: Sold
    seller: Person
    buyer: Person


@pytest.fixture(scope="module")
def pulled(trade: Trade) -> dict[str, Pulled]:
    """A pull by each client. Who pulled is sketched once a minute, so all of them are made before anybody waits for that."""
    return {tool: pull_by(trade, tool) for tool in ("docker", "skopeo")}


def pull_by(trade: Trade, tool: str) -> Pulled:
    """Sell an image to somebody who pulls it, all by one client."""
    namespace = f"counted{tool}"
    seller, buyer = trade.seller(namespace), trade.person()
    sold = trade.sell(seller, trade.good(namespace, "one"), getattr(trade, tool)(seller))
    trade.buy(buyer, sold)
    getattr(trade, tool)(buyer).pull(sold.reference, silent)
    return Pulled(sold, seller, buyer)


@pytest.mark.parametrize("tool", ["docker", "skopeo"])
def test_a_pull_is_counted_under_its_tag_its_platform_and_its_buyer(trade: Trade, pulled: dict[str, Pulled], tool: str) -> None:
    stack, repository, buyer = trade.stack, pulled[tool].sold.repository, pulled[tool].buyer

    eventually(lambda: stack.sql(COUNTED.format(repository=repository)), "the count of the pull")
    assert stack.sql(COUNTED.format(repository=repository)) == [f"1.0|t|{buyer.username}|1|1"]
    eventually(lambda: stack.sql(PULLERS.format(repository=repository)), "the sketch of who pulled")
    assert stack.sql(PULLERS.format(repository=repository)) == ["day|1", "month|1", "week|1"]
    (image,) = stack.sql(f"SELECT id FROM marketplace_image WHERE repository = '{repository}'")
    page = pulled[tool].seller.browser.look(f"/selling/images/{image}/").text
    assert buyer.username in page
    assert "1 in the last 30 days" in page

"""What real clients pull is counted once, under what they asked for and whose they are; and the seller sees it."""

import pytest

from tests.e2e.conftest import Pulled
from tests.support.trade import Trade, eventually

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

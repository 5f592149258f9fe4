"""The demo's sale, cut off again and again: the next start goes on where it was."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console

from tests.support.stack import LiveStack
from tools.stack.sale.story import Story
from tools.stack.view import Step, View

SILENT = Console(file=io.StringIO())
ORDERS = "SELECT o.id, o.state FROM billing_order o JOIN accounts_user u ON u.id = o.placed_by_id WHERE u.username = 'jonas'"
PRODUCTS = """
SELECT count(DISTINCT product.id), count(DISTINCT picture.id), count(DISTINCT price.id)
  FROM marketplace_product product
  JOIN marketplace_namespace space ON space.id = product.namespace_id
  JOIN marketplace_productpicture picture ON picture.product_id = product.id
  JOIN marketplace_price price ON price.product_id = product.id
 WHERE space.name IN ('tidewater', 'lanternworks') AND product.state = 'published'
"""


class CutOff(Exception):
    """Ctrl-C, in the middle of the sale."""


class ImpatientStep(Step):
    """Is cut off before it makes a request to this address."""

    def __init__(self, at: str) -> None:
        super().__init__(SILENT)
        self.at = at

    def request(self, method: str, path: str, fields: dict[str, str] | None = None) -> None:
        super().request(method, path, fields)
        if self.at in path:
            raise CutOff


class ImpatientView(View):
    """Is cut off in a step's request, or when a step of this title is done."""

    def __init__(self, at: str) -> None:
        super().__init__(SILENT)
        self.at = at

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        yield ImpatientStep(self.at)
        if title.startswith(self.at):
            raise CutOff


def test_a_sale_that_is_cut_off_goes_on_with_the_next_start(stack: LiveStack) -> None:
    for at in ("/mailbox/", "/pictures", "/c/pay/", "/orders/", "Postgres toolbox"):
        stack.flush_redis()  # with the counters of the limit on sign-ups: this is many people from one address
        with pytest.raises(CutOff):
            Story(stack, ImpatientView(at)).tell()

    stack.flush_redis()
    story = Story(stack, View(SILENT))
    record = story.tell()

    assert story.equal
    assert [image["bought_by"] for image in record["images"]] == [["jonas"], [], [], [], [], [], []]
    assert stack.sql(ORDERS) == [f"{record['orders'][0]}|paid"]
    assert stack.sql(PRODUCTS) == ["8|8|8"]

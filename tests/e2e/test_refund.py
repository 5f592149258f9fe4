"""A refund from the admin takes the pull back."""

import time

import jwt
import pytest

from tests.e2e.conftest import RefundedSale
from tests.support.trade import Trade, eventually, refund_in_admin, silent
from tools.stack.clients import Refused
from tools.stack.sale.people import Person

LEEWAY = 60  # the registry's own


def test_after_a_refund_nothing_is_pulled_once_the_last_token_has_run_out(trade: Trade, refunded_sale: RefundedSale) -> None:
    sale = refunded_sale
    assert sale.answered == 200
    assert "denied" in sale.said

    end = jwt.decode(sale.last, options={"verify_signature": False})["exp"] + LEEWAY
    assert end <= sale.at + 60 + LEEWAY
    while time.time() < end + 1:  # the bound that the page of the refund names
        time.sleep(1)
    assert trade.manifest_status(sale.sold.repository, sale.last) == 401


def test_one_image_bought_alone_survives_the_refund_of_its_bundle(trade: Trade, staff: Person) -> None:
    seller = trade.seller("survivors")
    clerk = trade.docker(seller)
    one, two = (trade.sell(seller, trade.good("survivors", name), clerk) for name in ("one", "two"))
    bundle = trade.sell(seller, trade.good("survivors", "both", price=900, holds=("one", "two")))
    buyer = trade.person()
    trade.buy(buyer, one)
    order = trade.buy(buyer, bundle)

    refund_in_admin(staff, order)

    with trade.api(buyer) as api:
        eventually(lambda: api.get(f"/orders/{order}/").json()["state"] == "refunded", "the order is refunded")
    client = trade.docker(buyer)
    assert client.pull(one.reference, silent) == one.digests[0]
    with pytest.raises(Refused, match="denied"):
        client.pull(two.reference, silent)

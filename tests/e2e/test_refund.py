"""A refund from the admin takes the pull back."""

import re
import time

import jwt
import pytest

from stack.clients import Refused
from stack.sale.people import Person
from tests.support.trade import SILENT, Trade, eventually, silent

LEEWAY = 60  # the registry's own


def refund_in_admin(staff: Person, order: str) -> None:
    """Refund an order wholly as staff do: tick it, choose the action, say why."""
    page = staff.browser.look(f"/admin/billing/order/?q={order}")
    form = page.form("action", "_selected_action")
    refund = re.search(r'<option value="([a-z_]*refund[a-z_]*)"', page.html)
    assert refund
    page = staff.browser.submit(page, form, SILENT, {"action": refund[1], "_selected_action": [order]})
    staff.browser.submit(page, page.form("reason"), SILENT, {"reason": "It did not start on their machine."})


@pytest.fixture(scope="module")
def staff(trade: Trade) -> Person:
    person = trade.person()
    trade.stack.manage(
        "shell",
        "-c",
        f"from accounts.models import User; User.objects.filter(username='{person.username}').update(is_staff=True, is_superuser=True)",
    )
    return person


def test_after_a_refund_nothing_is_pulled_once_the_last_token_has_run_out(trade: Trade, staff: Person) -> None:
    sold = trade.sell(trade.seller("refunds"), trade.good("refunds", "db"))
    buyer = trade.person()
    order = trade.buy(buyer, sold)
    last = trade.registry_token(f"repository:{sold.repository}:pull", buyer)
    assert trade.manifest_status(sold.repository, last) == 200

    refund_in_admin(staff, order)

    with trade.api(buyer) as api:
        eventually(lambda: api.get(f"/orders/{order}/").json()["state"] == "refunded", "the order is refunded")
    with pytest.raises(Refused, match="denied"):
        trade.docker(buyer).pull(sold.reference, silent)
    end = jwt.decode(last, options={"verify_signature": False})["exp"] + LEEWAY
    assert end <= time.time() + 60 + LEEWAY
    while time.time() < end + 1:  # the bound that the page of the refund names
        time.sleep(1)
    assert trade.manifest_status(sold.repository, last) == 401


def test_one_image_bought_alone_survives_the_refund_of_its_bundle(trade: Trade, staff: Person) -> None:
    seller = trade.seller("survivors")
    clerk = trade.docker(seller)
    one, two = (trade.sell(seller, trade.good("survivors", name), clerk) for name in ("one", "two"))
    bundle = trade.sell(seller, trade.good("survivors", "both", holds=("one", "two")))
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

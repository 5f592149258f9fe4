"""A purchase belongs to the team: whoever made it leaves, and the others and the servers go on pulling."""

import httpx
import pytest

from tests.support.trade import Sold, Trade, eventually, refund_in_admin, silent
from tools.stack.clients import Refused
from tools.stack.sale.people import Person


def pulls(trade: Trade, person: Person, sold: Sold) -> bool:
    """Whether a fresh token lets somebody in: one that the token endpoint refuses, or the registry does not take, does not."""
    try:
        token = trade.registry_token(f"repository:{sold.repository}:pull", person)
    except httpx.HTTPStatusError as refused:
        assert refused.response.status_code == 403  # it says where the image is sold
        return False
    return trade.manifest_status(sold.repository, token) == 200


def test_a_purchase_of_the_team_survives_who_made_it_and_ends_with_a_refund(trade: Trade, staff: Person) -> None:
    sold = trade.sell(trade.seller("teamwares"), trade.good("teamwares", "db"))
    boss, buyer, member, clerk, stranger = (trade.person() for _ in range(5))
    team = trade.organisation("crew", boss, owner=buyer, member=member, billing=clerk)
    assert not pulls(trade, member, sold)

    order = trade.buy(buyer, sold, organisation=team)

    robot = trade.robot(boss, team, "build")
    assert trade.docker(member).pull(sold.reference, silent) == sold.digests[0]
    assert trade.docker(robot).pull(sold.reference, silent) == sold.digests[0]
    trade.skopeo(robot).pull(sold.reference, silent)
    assert [pulls(trade, person, sold) for person in (boss, buyer, clerk, stranger)] == [True, True, False, False]
    assert "Buyer" in clerk.browser.look("/orders/").text
    assert order in clerk.browser.look(f"/orders/{order}/").text

    trade.remove(boss, team, buyer)

    with pytest.raises(Refused, match="denied"):
        trade.docker(buyer).pull(sold.reference, silent)
    with trade.api(buyer) as api:
        assert api.get(f"/orders/{order}/").status_code == 404
    assert [pulls(trade, person, sold) for person in (buyer, member, robot)] == [False, True, True]

    refund_in_admin(staff, order)

    with trade.api(boss) as api:
        eventually(lambda: api.get(f"/orders/{order}/").json()["state"] == "refunded", "the order is refunded")
    assert [pulls(trade, person, sold) for person in (boss, buyer, member, clerk, robot)] == [False] * 5
    with pytest.raises(Refused, match="403"):
        trade.skopeo(robot).pull(sold.reference, silent)

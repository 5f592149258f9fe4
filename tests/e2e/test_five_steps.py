"""The whole sale on real parts: from a reserved name to docker pull."""

import pytest

from tests.support.trade import SILENT, Sold, Trade, silent
from tools.stack.clients import Refused
from tools.stack.sale.people import Person
from tools.stack.sale.selling import reserve


@pytest.mark.parametrize("tool", ["docker", "skopeo"])
def test_what_was_pushed_is_what_the_buyer_pulls(trade: Trade, tool: str) -> None:
    client = getattr(trade, tool)
    namespace = f"five{tool}"
    seller = trade.seller(namespace)
    sold = trade.sell(seller, trade.good(namespace, "db", price=4900), client(seller))
    buyer = trade.person()
    with pytest.raises(Refused):
        client(buyer).pull(sold.reference, silent)

    order = trade.buy(buyer, sold)

    assert client(buyer).pull(sold.reference, silent) == sold.digests[0]
    with trade.api(buyer) as api:
        entry = next(entry for entry in api.get("/library/").json() if entry["order"] == order)
    assert (entry["reference"], entry["digest"], entry["may_pull"]) == (sold.reference, sold.digests[0], True)


@pytest.fixture(scope="module")
def release(trade: Trade) -> tuple[Person, Sold, Person]:
    """A seller, their product, and somebody who has bought it."""
    seller, buyer = trade.seller("releases"), trade.person()
    sold = trade.sell(seller, trade.good("releases", "db"))
    trade.buy(buyer, sold)
    return seller, sold, buyer


def test_the_command_in_the_library_is_the_one_that_works(release: tuple[Person, Sold, Person]) -> None:
    _, sold, buyer = release

    assert f"docker pull {sold.reference}" in buyer.browser.look("/library/").text


def test_a_new_release_reaches_the_buyer_without_a_new_purchase(trade: Trade, release: tuple[Person, Sold, Person]) -> None:
    seller, sold, buyer = release

    newer = trade.push(seller, trade.good("releases", "db", tag="1.1"), trade.docker(seller))

    assert trade.docker(buyer).pull(sold.reference.replace(":1.0", ":1.1"), silent) == newer


def test_a_bundle_grants_each_of_its_images_and_nothing_beside(trade: Trade) -> None:
    seller = trade.seller("twosome")
    clerk = trade.docker(seller)
    parts = [trade.sell(seller, trade.good("twosome", name), clerk) for name in ("one", "two", "three")]
    bundle = trade.sell(seller, trade.good("twosome", "both", holds=("one", "two")))
    buyer = trade.person()

    trade.buy(buyer, bundle)

    client = trade.docker(buyer)
    assert [client.pull(part.reference, silent) for part in parts[:2]] == [part.digests[0] for part in parts[:2]]
    with pytest.raises(Refused, match="denied"):
        client.pull(parts[2].reference, silent)


def test_a_free_image_is_pulled_by_anybody(trade: Trade) -> None:
    seller = trade.seller("givers", connected=False)
    sold = trade.sell(seller, trade.good("givers", "gift", price=0))

    assert trade.docker(None).pull(sold.reference, silent) == sold.digests[0]
    assert trade.skopeo(None).pull(sold.reference, silent).startswith("sha256:")  # another digest: it rewrites the manifest to OCI


def test_a_free_image_obtained_stays_when_it_gets_a_price(trade: Trade) -> None:
    seller = trade.seller("turners")
    sold = trade.sell(seller, trade.good("turners", "gift", price=0))
    buyer = trade.person()
    with trade.api(buyer) as api, trade.api(seller) as selling:
        product = api.get("/products/", params={"namespace": "turners"}).json()["results"][0]["id"]
        assert api.post(f"/products/{product}/obtain/").status_code == 200
        assert selling.post("/prices/", json={"product": product, "amount": 900, "currency": "eur"}).status_code == 201

    assert trade.docker(buyer).pull(sold.reference, silent) == sold.digests[0]
    with pytest.raises(Refused):
        trade.docker(None).pull(sold.reference, silent)


def test_a_name_reserved_but_never_pushed_is_nobodys_to_pull(trade: Trade) -> None:
    seller = trade.seller("empties", connected=False)
    reserve(seller, "nothing", SILENT)

    with pytest.raises(Refused):
        trade.docker(None).pull(f"{trade.stack.instance.host}/empties/nothing:latest", silent)

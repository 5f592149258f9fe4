"""Who may not, and that nothing changes when they try."""

import re

import httpx
import pytest

from tests.support.loopback import ask
from tests.support.trade import Sold, Trade, silent
from tools.stack.clients import Refused


@pytest.fixture(scope="module")
def sold(trade: Trade) -> Sold:
    return trade.sell(trade.seller("closed"), trade.good("closed", "db"))


@pytest.mark.parametrize("tool", ["docker", "skopeo"])
def test_a_stranger_pulls_nothing_that_has_a_price(trade: Trade, sold: Sold, tool: str) -> None:
    for person in (None, trade.person()):
        with pytest.raises(Refused):
            getattr(trade, tool)(person).pull(sold.reference, silent)


def test_a_buyer_cannot_push_to_what_they_bought(trade: Trade, sold: Sold) -> None:
    buyer = trade.person("registry:pull", "registry:push", "api")
    trade.buy(buyer, sold)
    good = trade.good("closed", "db")
    assert good.recipe is not None

    with pytest.raises(Refused):
        trade.docker(buyer).publish(good.recipe(), sold.reference, trade.stack.instance.var / "run" / "intruder", silent)

    assert trade.docker(buyer).pull(sold.reference, silent) == sold.digests[0]


def test_a_token_for_pulling_does_not_push_even_for_the_owner(trade: Trade) -> None:
    seller = trade.seller("halfkeys", connected=False)
    good = trade.good("halfkeys", "db")
    with trade.api(seller) as api:
        namespace = api.get("/namespaces/").json()["results"][0]["id"]
        assert api.post("/images/", json={"namespace": namespace, "name": "db"}).status_code == 201
        own = api.get("/access-tokens/").json()["results"][0]
        made = api.post("/access-tokens/", json={"name": "pull only", "scopes": ["registry:pull"], "expires_at": own["expires_at"]})
    assert made.status_code == 201, made.text
    seller.access_token = made.json()["secret"]
    assert good.recipe is not None

    with pytest.raises(Refused):
        trade.docker(seller).publish(
            good.recipe(), f"{trade.stack.instance.host}/halfkeys/db:1.0", trade.stack.instance.var / "run" / "half", silent
        )


def test_a_wrong_token_does_not_log_in(trade: Trade) -> None:
    person = trade.person()
    person.access_token = "lsp_" + "0" * 49

    with pytest.raises(Refused, match="access token"):
        trade.docker(person)


def test_a_revoked_token_ends_with_the_next_request(trade: Trade, sold: Sold) -> None:
    buyer = trade.person()
    trade.buy(buyer, sold)
    client = trade.docker(buyer)
    with trade.api(buyer) as api:
        token = next(row for row in api.get("/access-tokens/").json()["results"] if row["is_live"])
        assert api.delete(f"/access-tokens/{token['id']}/").status_code == 204

    with pytest.raises(Refused):
        client.pull(sold.reference, silent)


def test_a_layer_of_somebody_elses_image_is_not_mounted(trade: Trade, sold: Sold) -> None:
    thief = trade.seller("thieves", connected=False)
    with trade.api(thief) as api:
        namespace = api.get("/namespaces/").json()["results"][0]["id"]
        api.post("/images/", json={"namespace": namespace, "name": "loot"}).raise_for_status()
    layer = trade.stack.sql("SELECT rows->0->>0 FROM marketplace_layerlist LIMIT 1")[0]
    scope = f"repository:thieves/loot:pull,push repository:{sold.repository}:pull"
    token = trade.registry_token(scope, thief)

    answer = ask(
        "POST",
        f"{trade.stack.url}/v2/thieves/loot/blobs/uploads/",
        params={"mount": layer, "from": sold.repository},
        headers={"Authorization": f"Bearer {token}"},
    )

    # Never 201. The registry refuses it; the edge turns that into an upload of one's own, so that no client gives up.
    assert answer.status_code == 202
    assert ask("HEAD", f"{trade.stack.url}/v2/thieves/loot/blobs/{layer}", headers={"Authorization": f"Bearer {token}"}).status_code == 404


def test_a_mount_that_shows_no_token_is_told_what_to_ask_for(trade: Trade, sold: Sold) -> None:
    address = f"{trade.stack.url}/v2/thieves/loot/blobs/uploads/"

    answer = ask("POST", address, params={"mount": "sha256:" + "0" * 64, "from": sold.repository})

    assert answer.status_code == 401
    # distribution names repositories and actions in whatever order its maps give them.
    (asked,) = re.findall(r'scope="([^"]*)"', answer.headers["WWW-Authenticate"])
    scopes = {scope.rpartition(":")[0]: set(scope.rpartition(":")[2].split(",")) for scope in asked.split(" ")}
    assert scopes == {"repository:thieves/loot": {"pull", "push"}, f"repository:{sold.repository}": {"pull"}}


@pytest.mark.parametrize(
    "path",
    [
        "/registry/events",
        "//registry/events",
        "/registry%2fevents",
        "/%72egistry/events",
        "/REGISTRY/EVENTS",
        "/metrics",
        "//metrics",
        "/%6detrics",
        "/Metrics",
        "/./metrics",
        "/registry/events/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_inner_addresses_do_not_exist_at_the_edge(trade: Trade, path: str, method: str) -> None:
    url = httpx.URL(trade.stack.url).copy_with(raw_path=path.encode())

    assert ask(method, url, follow_redirects=False).status_code == 404

"""Every client, every case: what it gets, what it does not get, and what its user reads.

The clients are described in `clients/`; each test is one column of the matrix, its parameter one row.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from tests.e2e.clients import TOOLS, Docker, Shown, Tool
from tests.e2e.clients.containerd import private_containerd
from tests.e2e.clients.world import World, enter, make, slug, with_identity_token
from tests.e2e.conftest import LongPush
from tests.support.trade import SILENT, Trade, eventually, refund_in_admin
from tools.stack.leftovers import unmount_below
from tools.stack.recipes import Layer, Recipe
from tools.stack.sale.people import Person

NAMES = [tool.name for tool in TOOLS]
SIGNING = [tool.name for tool in TOOLS if tool.signs_in]
LEEWAY = 60  # the registry's own
NOT_A_TOKEN = "lsp_" + "0" * 49


@pytest.fixture(scope="module")
def world(trade: Trade) -> Iterator[World]:
    seller, rival = trade.seller("matrix"), trade.seller("rivals", connected=False)
    buyer, stranger = trade.person("registry:pull", "registry:push", "api"), trade.person()
    clerk = trade.skopeo(seller)
    paid, free = trade.sell(seller, trade.good("matrix", "db"), clerk), trade.sell(seller, trade.good("matrix", "gift", price=0), clerk)
    trade.buy(buyer, paid)
    folder = Path(tempfile.mkdtemp(prefix="lsm-"))  # podman wants a short name
    try:
        with private_containerd() as socket:
            tools = dict(zip(NAMES, (make(kind, trade, folder, socket) for kind in TOOLS), strict=True))
            yield World(trade, tools, seller, rival, buyer, stranger, paid, free)
    finally:
        unmount_below(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="module", params=NAMES)
def tool(request: pytest.FixtureRequest, world: World) -> Tool:
    return world.tools[request.param]


def refused(shown: Shown, words: str) -> None:
    assert (shown.worked, shown.digest) == (False, "")
    assert words in shown.said


@pytest.mark.parametrize("tool", SIGNING, indirect=True)
def test_right_credentials_sign_in(world: World, tool: Tool) -> None:
    assert enter(tool, world.stranger).pull(world.free.reference).digest == world.free.digests[0]


@pytest.mark.parametrize("tool", SIGNING, indirect=True)
def test_wrong_credentials_do_not_sign_in(world: World, tool: Tool) -> None:
    shown = tool.of("mistaken").sign_in(world.buyer.username, NOT_A_TOKEN)

    refused(shown, world.sentence(tool.says_not_signed_in))


def test_docker_login_keeps_an_identity_token_and_no_password(world: World) -> None:
    tool = enter(world.tools["docker"], world.buyer)

    if isinstance(tool, Docker):
        assert world.buyer.access_token not in (tool.own / "config.json").read_text()
        kept = json.loads((tool.own / "config.json").read_text())["auths"][tool.host]
        assert kept["identitytoken"].startswith("lsr_")
    assert tool.pull(world.paid.reference).digest == world.paid.digests[0]


def test_a_buyer_pulls_what_they_bought(world: World, tool: Tool) -> None:
    shown = enter(tool, world.buyer).pull(world.paid.reference)

    assert (shown.worked, shown.digest) == (True, world.paid.digests[0]), shown.said


def test_who_has_not_bought_it_is_refused_and_docker_says_where_to_buy_it(world: World, tool: Tool) -> None:
    shown = enter(tool, world.stranger).pull(world.paid.reference)

    refused(shown, world.sentence(tool.says_for_sale))


def test_nobody_in_particular_is_refused_alike(world: World, tool: Tool) -> None:
    shown = tool.of("nobody").pull(world.paid.reference)

    refused(shown, world.sentence(tool.says_for_sale))


def test_anybody_pulls_what_is_free(world: World, tool: Tool) -> None:
    shown = tool.of("nobody").pull(world.free.reference)

    assert (shown.worked, shown.digest) == (True, world.free.digests[0]), shown.said


def test_a_wrong_credential_is_refused_even_where_none_is_needed(world: World, tool: Tool) -> None:
    mistaken = tool.of("mistaken")
    mistaken.remember(world.buyer.username, NOT_A_TOKEN)

    refused(mistaken.pull(world.free.reference), world.sentence(tool.says_wrong))


def test_a_name_that_nobody_has_is_answered_like_one_that_is_not_shown(world: World, tool: Tool) -> None:
    world.reserve(world.seller, f"hidden-{slug(tool)}")
    stranger = enter(tool, world.stranger)

    told = [stranger.pull(world.reference(f"matrix/{name}")) for name in (f"hidden-{slug(tool)}", f"absent-{slug(tool)}")]

    assert [shown.worked for shown in told] == [False, False]
    assert told[0].said.replace("hidden-", "absent-") == told[1].said


@dataclass(frozen=True, slots=True)
class Pushed:
    """An image that its owner pushed by one client."""

    owner: Tool
    recipe: Recipe
    name: str
    shown: Shown


@pytest.fixture(scope="module")
def pushed(world: World, tool: Tool) -> Pushed:
    name = f"by-{slug(tool)}"
    world.reserve(world.seller, name, f"again-{slug(tool)}")
    world.reserve(world.rival, f"like-{slug(tool)}")
    recipe = Recipe(f"matrix/{name}", "1.0", [Layer("data", texts={"/data": f"pushed by {slug(tool)}"})], entrypoint=["/data"])
    owner = enter(tool, world.seller)
    return Pushed(owner, recipe, f"matrix/{name}", owner.push(recipe, world.reference(f"matrix/{name}")))


def test_what_the_owner_pushed_is_in_the_registry_and_comes_back(world: World, pushed: Pushed) -> None:
    assert pushed.shown.worked, pushed.shown.said
    assert pushed.shown.digest == world.digest_of(pushed.name, world.seller)
    assert pushed.owner.pull(world.reference(pushed.name)).digest == pushed.shown.digest


def test_a_buyer_pushes_nothing_to_what_they_bought(world: World, tool: Tool) -> None:
    recipe = Recipe(f"matrix/intruder-{slug(tool)}", "1.0", [Layer("data", texts={"/data": "an intruder's"})], entrypoint=["/data"])

    assert not enter(tool, world.buyer).push(recipe, world.paid.reference).worked

    assert world.digest_of(world.paid.repository, world.seller) == world.paid.digests[0]


def test_two_scopes_mount_a_layer_of_ones_own(world: World, pushed: Pushed, tool: Tool) -> None:
    name = f"matrix/again-{slug(tool)}"
    pushed.owner.pull(world.reference(pushed.name))

    shown = pushed.owner.push_on(pushed.recipe, world.reference(pushed.name), world.reference(name))

    assert (shown.worked, shown.digest) == (True, world.digest_of(name, world.seller)), shown.said
    assert "201" in world.uploads(name)


def test_two_scopes_of_which_one_is_not_granted_mount_nothing_and_the_push_goes_on(world: World, pushed: Pushed, tool: Tool) -> None:
    name = f"rivals/like-{slug(tool)}"
    pushed.owner.pull(world.reference(pushed.name))
    rival = enter(tool, world.rival)

    shown = rival.push_on(pushed.recipe, world.reference(pushed.name), world.reference(name))

    # They had the same bytes to begin with. Whoever has only their digest gets nothing: test_denials.
    assert (shown.worked, shown.digest) == (True, world.digest_of(name, world.rival)), shown.said
    assert "202" in world.uploads(name)
    assert "201" not in world.uploads(name)


def test_a_revoked_credential_ends_with_the_next_request(world: World, tool: Tool) -> None:
    with world.trade.api(world.buyer) as api:
        ends = api.get("/access-tokens/").json()["results"][-1]["expires_at"]  # none may outlive the one that makes it
        made = api.post("/access-tokens/", json={"name": slug(tool), "scopes": ["registry:pull"], "expires_at": ends}).json()
        client = enter(tool, world.buyer, made["secret"])
        assert client.pull(world.paid.reference).worked

        assert api.delete(f"/access-tokens/{made['token']['id']}/").status_code == 204

    refused(client.pull(world.paid.reference), world.sentence(tool.says_wrong))


def test_a_refund_ends_with_the_next_request(world: World, staff: Person, refunded: Person, tool: Tool) -> None:
    order = world.trade.buy(refunded, world.paid)
    client = enter(tool, refunded)
    assert client.pull(world.paid.reference).worked

    refund_in_admin(staff, order)
    with world.trade.api(refunded) as api:
        eventually(lambda: api.get(f"/orders/{order}/").json()["state"] == "refunded", "the order is refunded")

    refused(client.pull(world.paid.reference), world.sentence(tool.says_for_sale))


@pytest.fixture(scope="module")
def refunded(world: World) -> Person:
    return world.trade.person()


@pytest.fixture(scope="module")
def leaver(world: World) -> Person:
    return world.trade.person()


@pytest.mark.parametrize("tool", [name for name in NAMES if name not in {"docker with password", "curl"}], indirect=True)
def test_log_out_everywhere_ends_identity_tokens_and_no_password(world: World, leaver: Person, tool: Tool) -> None:
    with_password = world.tools["docker with password"].of(f"{leaver.username}-with-password")
    with_password.remember(leaver.username, leaver.access_token)
    client = with_identity_token(world.trade, tool, leaver)
    assert client.pull(world.free.reference).worked

    page = leaver.browser.open("/account/tokens/", SILENT)
    leaver.browser.submit(page, page.form(action="log-out-everywhere"), SILENT)

    refused(client.pull(world.free.reference), world.sentence(tool.says_wrong))
    assert with_password.pull(world.free.reference).worked


def test_a_long_push_outlives_its_token(world: World, long_push: LongPush) -> None:
    shown = long_push.result.result()

    assert (shown.worked, shown.digest) == (True, world.digest_of(long_push.name, long_push.owner)), shown.said
    uploads = [each for each in long_push.line.passed if "/blobs/uploads/" in each.request]
    first = uploads[0].token
    ended = jwt.decode(first, options={"verify_signature": False})["exp"] + LEEWAY
    late = [each for each in uploads if each.at > ended]
    assert [each.request.partition(" ")[0] for each in late][:1] == ["PUT"]  # of the layer whose PATCH took so long
    assert first not in {each.token for each in late}
    assert world.trade.manifest_status(long_push.name, first) == 401

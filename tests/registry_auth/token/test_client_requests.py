"""Requests recorded from docker, podman, buildah, skopeo and containerd, replayed word for word.

While they were recorded, alice owned alice/*, bob owned bob/* and might pull alice/app, and anybody might pull public/*. The names of
pushed images are shortened and the secrets are ours; nothing else is changed.
"""

import json
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote

import pytest

from accounts.tokens.selectors import identity_token_for
from registry_auth.token.scopes import parse_scopes
from tests.factories.accounts import AccessTokenFactory, SellerFactory, UserFactory
from tests.factories.marketplace import EntitlementFactory, FreeProductFactory, ImageFactory, NamespaceFactory
from tests.registry_auth.conftest import access_of, basic

RECORDED = json.loads((Path(__file__).parent / "data" / "client_requests.json").read_text())
NAMES = ("app", "app2", "fork", "derived", "stolen")


@pytest.fixture
def credentials(db):
    """The world of the recording."""
    people = {}
    for username in ("alice", "bob", "public"):
        seller = SellerFactory(user=UserFactory(username=username))
        namespace = NamespaceFactory(owner=seller.account, name=username)
        if username == "public":
            FreeProductFactory(namespace=namespace, images=[ImageFactory(namespace=namespace, name="demo")])
        else:
            people[username] = AccessTokenFactory(user=seller.account.user)
            for name in NAMES:
                ImageFactory(namespace=namespace, name=name)
    shared = people["alice"].user.account.namespaces.get().images.get(name="app")
    EntitlementFactory(holder=people["bob"].user.account, image=shared)
    return people


def allowed(user: str, name: str, requested: frozenset[str]) -> list[str]:
    """The recording's policy, restated."""
    owner = name.partition("/")[0]
    if owner == user:
        granted = {"pull", "push"} if requested & {"push", "*"} else requested & {"pull"}
    elif owner == "public" or (user, name) == ("bob", "alice/app"):
        granted = {"pull"} if requested & {"pull", "*"} else set()
    else:
        granted = set()
    return sorted(granted)


@pytest.mark.parametrize("recorded", [pytest.param(r, id=f"{r['clients'][0]}-{n}") for n, r in enumerate(RECORDED)])
def test_a_recorded_request_is_answered(recorded, credentials, token_client):
    credential = credentials.get(recorded["user"])
    secret = credential.secret if credential else "not the password"
    identity = identity_token_for(credential) if credential else ""
    body = recorded["body"].replace("{secret}", quote(secret)).replace("{identity}", identity)
    headers = {}
    if recorded["basic"]:
        username, _, password = recorded["basic"].partition(":")
        headers["authorization"] = basic(username, password.replace("{secret}", secret).replace("{identity}", identity))

    response = token_client.generic(
        recorded["method"],
        f"/auth/token?{recorded['query']}",
        body,
        content_type="application/x-www-form-urlencoded" if body else "",
        headers=headers,
    )

    if recorded["user"] == "wrong":
        assert response.status_code == 401
        return
    scopes = parse_scopes(parse_qs(unquote(recorded["query"] or recorded["body"])).get("scope", []))
    expected = {scope.name: allowed(recorded["user"], scope.name, scope.actions) for scope in scopes}
    assert access_of(response) == {name: actions for name, actions in expected.items() if actions}
    assert ("refresh_token" in response.json()) == ("offline_token=true" in recorded["query"])


def test_every_client_is_in_the_recording():
    clients = {client.split("-")[0] for recorded in RECORDED for client in recorded["clients"]}

    assert clients == {"docker", "podman", "buildah", "skopeo", "ctr"}

"""How the tests of `/auth/token` ask: by GET and by form, as seller, buyer or stranger, at both spellings of its address."""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.tokens.models import AccessToken
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import EntitlementFactory, ImageFactory
from tests.registry_auth.conftest import TOKEN_APPLICATION, basic
from tests.support.wsgi import WsgiClient

URL = "/auth/token"
FORM = "application/x-www-form-urlencoded"
WRONG = (
    "wrong user name or access token; access tokens, which are not web passwords, are made at http://layerstore.test:8080/account/tokens/"
)


class _SlashClient(WsgiClient):
    """Spells the endpoint's address as some clients do, with a slash at its end."""

    def generic(self, method, path, *args, **kwargs):
        return super().generic(method, re.sub(rf"^{URL}(?=\?|$)", f"{URL}/", path), *args, **kwargs)


@pytest.fixture(params=[WsgiClient, _SlashClient], ids=["no slash", "slash"])
def client(request, key_store) -> WsgiClient:
    """Ask at both addresses of the endpoint: what one answers, the other does."""
    kind: type[WsgiClient] = request.param
    return kind(TOKEN_APPLICATION)


@pytest.fixture
def image():
    return ImageFactory()


@pytest.fixture
def seller(image) -> AccessToken:
    return AccessTokenFactory(user=image.owner.user)


@pytest.fixture
def buyer(image) -> AccessToken:
    credential = AccessTokenFactory()
    EntitlementFactory(holder=credential.user.account, image=image)
    return credential


@pytest.fixture
def ask(client: Client):
    """Ask by GET, with a credential's own user name unless said otherwise."""

    def get(credential=None, *scopes: str, username: str | None = None, secret: str | None = None, **query):
        headers = {}
        if credential is not None or secret is not None:
            name = credential.user.username if username is None and credential else username or ""
            headers["authorization"] = basic(name, secret if secret is not None else credential.secret)
        return client.get(URL, {"scope": scopes, **query}, headers=headers)

    return get


@pytest.fixture
def post(client: Client):
    """Ask by an OAuth form."""

    def send(**fields):
        return client.post(URL, urlencode({"client_id": "containerd-client", **fields}, doseq=True), content_type=FORM)

    return send


def pull_of(image) -> str:
    return f"repository:{image.repository}:pull"


def push_of(image) -> str:
    return f"repository:{image.repository}:push,pull"

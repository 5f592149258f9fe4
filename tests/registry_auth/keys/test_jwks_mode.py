"""Registries that know each key from a `jwks` file: tokens without `x5c`, whose `kid` is in the file.

Distribution 3 looks the `kid` up in the file, and believes no `x5c` where it has no `rootcertbundle` (registry/auth/token).
"""

from datetime import timedelta

import jwt
import pytest
from django.utils import timezone

from registry_auth.keys.store import JWKS_FILE, KeyStore

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _jwks(settings) -> None:
    settings.LAYERSTORE_REGISTRY_TRUST = "jwks"


@pytest.fixture
def ask(token_client):
    return lambda: token_client.get("/auth/token").json()["token"]


def read(token: str, file: str) -> dict:
    """What a registry that has read the file makes of a token; PyJWT's own reading of both, not ours."""
    keys = jwt.PyJWKSet.from_json(file)
    return jwt.decode(
        token, keys[jwt.get_unverified_header(token)["kid"]], algorithms=["ES256"], audience="layerstore", issuer="layerstore"
    )


def test_a_token_names_its_key_and_carries_no_certificate(ask, key_store):
    assert jwt.get_unverified_header(ask()) == {"alg": "ES256", "typ": "JWT", "kid": key_store.index.leaves[0].kid}


def test_the_file_alone_opens_every_token(ask, key_store):
    assert read(ask(), (key_store.directory / JWKS_FILE).read_text())["iss"] == "layerstore"


def test_no_key_of_the_file_carries_a_certificate(token_client):
    for key in token_client.get("/auth/jwks.json").json()["keys"]:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


@pytest.mark.parametrize("age_of_keys", [timedelta(days=61)])
def test_what_a_registry_read_at_its_restart_opens_tokens_before_and_after_the_change(ask, key_store: KeyStore):
    now, before = timezone.now(), ask()
    key_store.renew(now=now, promotes=False)
    published = (key_store.directory / JWKS_FILE).read_text()  # given to every registry, and restarted
    still = ask()
    key_store.promote(now=now)
    after = ask()

    kids = [read(token, published)["jti"] and jwt.get_unverified_header(token)["kid"] for token in (before, still, after)]
    assert kids == [key_store.index.leaves[0].kid, key_store.index.leaves[0].kid, key_store.index.leaves[1].kid]
    # The old one is published for longer than any of its tokens lives.
    key_store.renew(now=now + timedelta(hours=23), promotes=False)
    assert read(still, (key_store.directory / JWKS_FILE).read_text())
    key_store.renew(now=now + timedelta(days=1), promotes=False)
    with pytest.raises(KeyError):
        read(still, (key_store.directory / JWKS_FILE).read_text())


@pytest.mark.django_db(transaction=True)
def test_a_client_that_reads_the_keys_by_http_finds_the_one_that_signed(token_server, key_store, token_for):
    token = token_for(None)

    key = jwt.PyJWKClient(f"{token_server}/auth/jwks.json").get_signing_key_from_jwt(token)

    assert jwt.decode(token, key, algorithms=["ES256"], audience="layerstore")["sub"] == ""

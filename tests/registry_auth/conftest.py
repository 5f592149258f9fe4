"""The token process as tests meet it: its WSGI application, keys of its own, and a real registry beside it."""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

import common.ops.redis
from common.web.request_bodies import drain_request_body
from config.settings import inner
from registry_auth.inbox.endpoint import ADDRESS
from registry_auth.inbox.endpoint import application as events_application
from registry_auth.keys.store import BUNDLE_FILE, KeyStore
from registry_auth.token import endpoint, failures
from registry_auth.token.issue import ANONYMOUS_ANSWERS
from tests.support.loopback import ask
from tests.support.registry import Registry, running_registry
from tests.support.wsgi import WsgiClient, serving

TOKEN_APPLICATION = drain_request_body(endpoint.application)  # as `config.wsgi_token`, which would set Django up once more


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Leave nothing in this process of what earlier tests were answered."""
    ANONYMOUS_ANSWERS.clear()
    failures._REACHED.clear()


@pytest.fixture
def age_of_keys() -> timedelta:
    """How long ago the keys were made."""
    return timedelta(0)


@pytest.fixture
def key_store(tmp_path: Path, settings, age_of_keys: timedelta) -> KeyStore:
    """Keys made for this test."""
    settings.LAYERSTORE_KEYS_DIR = tmp_path / "keys"
    store = KeyStore(settings.LAYERSTORE_KEYS_DIR)
    store.init(now=timezone.now() - age_of_keys)
    return store


@pytest.fixture
def token_transport(key_store) -> httpx.BaseTransport:
    """The token endpoint without a network, for our own registry client."""
    return httpx.WSGITransport(TOKEN_APPLICATION)


@pytest.fixture
def token_client(key_store) -> WsgiClient:
    """A client of the application that the token process runs."""
    return WsgiClient(TOKEN_APPLICATION)


@pytest.fixture
def inner_client(settings) -> Client:
    """A client of the inner listener."""
    settings.ROOT_URLCONF = "config.urls_inner"
    settings.MIDDLEWARE = []
    return Client()


@pytest.fixture
def events_client(settings) -> WsgiClient:
    """A client of the application that takes the registry's notifications."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = inner.DATA_UPLOAD_MAX_MEMORY_SIZE
    return WsgiClient(events_application)


@pytest.fixture(scope="session")
def _token_server(django_db_setup) -> Iterator[str]:
    with serving({"/auth/": TOKEN_APPLICATION, ADDRESS: events_application}) as url:
        yield url


@pytest.fixture
def token_server(_token_server: str, transactional_db, settings) -> str:
    """The URL of a server with the token endpoint and the inner listener, both in this process."""
    settings.ROOT_URLCONF = "config.urls_inner"
    return _token_server


@pytest.fixture
def start_registry(tmp_path: Path, key_store, token_server, settings) -> Callable:
    """Start the real registry: the token endpoint and the events listener are served by this process."""

    def start():
        return running_registry(
            tmp_path / "registry",
            bundle=key_store.directory / BUNDLE_FILE,
            realm=f"{token_server}/auth/token",
            events_url=f"{token_server}/registry/events",
            events_secret=settings.LAYERSTORE_EVENTS_SECRET,
        )

    return start


@pytest.fixture
def registry(start_registry, token_server, settings) -> Iterator[Registry]:
    """A real registry, empty."""
    with start_registry() as running:
        settings.LAYERSTORE_REGISTRY_URL = running.url
        settings.LAYERSTORE_TOKEN_URL = token_server
        yield running


@pytest.fixture
def token_for(token_server) -> Callable[..., str]:
    """Ask the token endpoint as a client does, and return the registry token."""
    return partial(token_from, token_server)


def token_from(url: str, credential, *scopes: str) -> str:
    headers = {"Authorization": basic(credential.user.username, credential.secret)} if credential else {}
    answer = ask("GET", f"{url}/auth/token", params={"scope": scopes}, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def basic(username: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def claims_of(token: str) -> dict:
    """What a token says, its signature checked with the certificate that it carries."""
    leaf = x509.load_der_x509_certificate(base64.b64decode(jwt.get_unverified_header(token)["x5c"][0]))
    key = cast("ec.EllipticCurvePublicKey", leaf.public_key())
    return jwt.decode(token, key, algorithms=["ES256"], audience="layerstore", issuer="layerstore")


def access_of(response) -> dict[str, list[str]]:
    """What an answer grants, by name."""
    assert response.status_code == 200, response.content
    return {entry["name"]: entry["actions"] for entry in claims_of(response.json()["token"])["access"]}


@pytest.fixture
def no_redis(monkeypatch, settings) -> Iterator[None]:
    """Redis is away: nothing listens where it should be."""
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    for known in (common.ops.redis.redis_client, common.ops.redis.raw_redis_client, failures._limiter):
        known.cache_clear()
    yield
    for known in (common.ops.redis.redis_client, common.ops.redis.raw_redis_client, failures._limiter):
        known.cache_clear()

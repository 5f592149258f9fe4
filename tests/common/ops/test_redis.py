"""Redis that hangs: it takes connections and never answers."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from celery import Celery, current_app
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from redis.exceptions import RedisError, ResponseError

import common.ops.circuit_breaker
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import note_token_use
from billing.stripe.errors import StripeAway
from common.ops.circuit_breaker import OPEN_SECONDS
from common.ops.queue import queue_after_commit
from common.ops.redis import REDIS_AWAY, redis_client, unless_away
from outbox.mail.models import OutgoingMail
from registry_auth.client.credentials import Credentials
from registry_auth.token import failures
from registry_auth.token.failures import note_failure
from tests.factories.accounts import AccessTokenFactory
from tests.factories.marketplace import ProductFactory
from tests.support.routes import Route, site_routes


class Hanging:
    """What listens where Redis should be, and never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._kept: list[socket.socket] = []

    def connections(self) -> int:
        """How many have come since this was asked last."""
        before = len(self._kept)
        while True:
            try:
                self._kept.append(self._socket.accept()[0])
            except BlockingIOError:
                return len(self._kept) - before

    def close(self) -> None:
        for each in (self._socket, *self._kept):
            each.close()


@pytest.fixture
def hanging(settings) -> Iterator[Hanging]:
    server = Hanging()
    settings.REDIS_URL, settings.LAYERSTORE_REDIS_SECONDS = f"redis://127.0.0.1:{server.port}/0", 0.25
    for known in (redis_client, failures._limiter):
        known.cache_clear()
    yield server
    for known in (redis_client, failures._limiter):
        known.cache_clear()
    server.close()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(common.ops.circuit_breaker, "monotonic", lambda: now[0])
    return now


@pytest.mark.django_db
def test_neither_wrong_credentials_nor_right_ones_wait_for_it_again_until_some_seconds_have_passed(hanging, clock, caplog):
    def fail(number: int) -> None:
        assert note_failure(credentials=Credentials("ada", f"secret {number}"), address="192.0.2.1") is None

    fail(0)
    assert hanging.connections() > 0
    for number in range(3):
        fail(number)
        note_token_use(AccessTokenFactory())
    assert hanging.connections() == 0
    assert caplog.text.count("Redis away") == 1

    clock[0] += OPEN_SECONDS
    note_token_use(AccessTokenFactory())
    assert hanging.connections() > 0
    fail(0)
    assert hanging.connections() == 0


def test_a_redis_that_answers_is_asked_each_time_whatever_it_answers():
    for _ in range(2):
        with pytest.raises(ResponseError), unless_away("nothing"):
            redis_client().execute_command("NO SUCH COMMAND")


def test_an_address_that_was_away_says_nothing_of_another(hanging, settings):
    with pytest.raises(RedisError), unless_away("nothing"):
        raise REDIS_AWAY[0]
    settings.REDIS_URL = "redis://192.0.2.1/0"

    with unless_away("nothing"):
        pass


PLAIN = [route for route in site_routes() if route.name and not route.parameters and route.name != "account_logout"]


@pytest.fixture
def shop_beside(hanging: Hanging, clock, settings, monkeypatch) -> Hanging:
    """The whole shop beside a Redis that hangs: cache, limits, notes and queue. The clock stands: the time alone does not end."""
    address = f"redis://127.0.0.1:{hanging.port}/0"
    options = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), settings.LAYERSTORE_REDIS_SECONDS)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address, "OPTIONS": options}}
    queue = Celery(broker=address, set_as_current=False)
    queue.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(current_app, "send_task", queue.send_task)
    return hanging


def ask_every_address(route: Route, client: Client) -> None:
    for ask in (client.get, client.post):
        with suppress(StripeAway):
            assert ask(reverse(route.name)).status_code < 500, route


@pytest.mark.django_db(transaction=True)
def test_pages_forms_and_api_wait_for_a_redis_that_hangs_once_and_then_no_more(shop_beside, client: Client):
    product, token = ProductFactory(), AccessTokenFactory(scopes=["api"])
    stranger, reader, program = Client(), client, Client(headers={"Authorization": f"Bearer {token.secret}"})
    reader.force_login(token.user)

    new = {"email": "new@example.com", "username": "somebody-new", "password1": "a long enough secret"}
    assert stranger.post("/account/signup/", new).status_code == 302
    assert stranger.post("/account/login/", {"login": "nobody", "password": "wrong"}).status_code == 200
    assert stranger.get(f"/{product.namespace.name}/{product.slug}").status_code == 200
    assert OutgoingMail.objects.filter(to="new@example.com").exists()
    for route in PLAIN:
        for asker in (stranger, program if route.pattern.startswith("api/") else reader):
            ask_every_address(route, asker)
    assert note_failure(credentials=Credentials("ada", "wrong"), address="192.0.2.1") is None
    queue_after_commit("nobody.registers_this")

    assert shop_beside.connections() == 1


@pytest.mark.parametrize("first", ["cache", "note", "queue"])
@pytest.mark.django_db(transaction=True)
def test_whoever_waited_for_it_first_spares_all_others(shop_beside, first: str):
    token: AccessToken = AccessTokenFactory()
    asks = {
        "cache": lambda: cache.get("x"),
        "note": lambda: note_token_use(token),
        "queue": lambda: queue_after_commit("nobody.registers_this"),
    }

    asks[first]()
    assert shop_beside.connections() == 1
    for ask in asks.values():
        ask()

    assert shop_beside.connections() == 0

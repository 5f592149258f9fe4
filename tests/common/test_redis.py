"""Redis that hangs: it takes connections and never answers."""

import socket
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError, ResponseError

import common.redis
from accounts.selectors.tokens import note_token_use
from common.redis import LEFT_ALONE_SECONDS, REDIS_AWAY, redis_client, unless_away
from registry_auth import failures
from registry_auth.credentials import Credentials
from registry_auth.failures import note_failure
from tests.factories.accounts import AccessTokenFactory


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
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}/0"
    for known in (redis_client, failures._limiter):
        known.cache_clear()
    yield server
    for known in (redis_client, failures._limiter):
        known.cache_clear()
    server.close()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(common.redis, "monotonic", lambda: now[0])
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

    clock[0] += LEFT_ALONE_SECONDS
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

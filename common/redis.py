"""Redis beside the cache, for counts and notes on their way to PostgreSQL. It may be away or emptied at any moment."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic
from typing import Final

from django.conf import settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisTooSlow

logger = logging.getLogger(__name__)
REDIS_AWAY: Final = (RedisUnreachable, RedisTooSlow)  # it did not answer; any other RedisError is an answer
LEFT_ALONE_SECONDS = 5.0
_TIMEOUT_SECONDS = 0.25  # nothing that is merely noted may slow an answer for longer
_away_until: dict[str, float] = {}  # address → when it may be asked again


@cache
def redis_client() -> Redis:
    """Return this process's client; its calls raise `redis.exceptions.RedisError` soon when Redis is away."""
    return _client(decode_responses=True)


@cache
def raw_redis_client() -> Redis:
    """Return a client as above whose answers are bytes: for what is no text."""
    return _client(decode_responses=False)


def _client(*, decode_responses: bool) -> Redis:
    timeouts = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
    return Redis.from_url(settings.REDIS_URL, decode_responses=decode_responses, **timeouts)


@contextmanager
def unless_away(what: str) -> Iterator[None]:
    """Ask Redis inside this, where a client waits for the answer. Once it was away, this process leaves it alone for some seconds.

    So a Redis that hangs takes a moment of a few threads, and not of each request.

    Args:
        what: is lost then, for the log.

    Raises:
        RedisError: Redis is away, or was a moment ago.
    """
    if monotonic() < _away_until.get(settings.REDIS_URL, 0.0):
        raise RedisUnreachable("Redis was away a moment ago.")
    try:
        yield
    except REDIS_AWAY:
        _away_until[settings.REDIS_URL] = monotonic() + LEFT_ALONE_SECONDS
        logger.warning("%s for some seconds: Redis away", what)
        raise


def redis_key(name: str) -> str:
    """Return a name of ours, apart from what other stacks and tests keep in the same Redis."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:{name}"

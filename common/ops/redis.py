"""Redis for what is not the cache: counts, and notes on their way to PostgreSQL. It may be away or emptied at any moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from django.conf import settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisTooSlow

from common.ops.circuit_breaker import CircuitBreaker

REDIS_AWAY: Final = (RedisUnreachable, RedisTooSlow)  # it did not answer; any other RedisError is an answer
REDIS: Final = CircuitBreaker("Redis", timeouts=REDIS_AWAY, refusal=lambda: RedisUnreachable("Redis was away a moment ago."))


@cache
def redis_client() -> Redis:
    """Return this process's client; its calls soon raise `redis.exceptions.RedisError` when Redis is away."""
    return _client(decode_responses=True)


@cache
def raw_redis_client() -> Redis:
    """Return a client as above whose answers are bytes: for data that is not text."""
    return _client(decode_responses=False)


def _client(*, decode_responses: bool) -> Redis:
    timeouts = {"socket_timeout": settings.LAYERSTORE_REDIS_SECONDS, "socket_connect_timeout": settings.LAYERSTORE_REDIS_SECONDS}
    return Redis.from_url(settings.REDIS_URL, decode_responses=decode_responses, **timeouts)


@contextmanager
def unless_away(what: str) -> Iterator[None]:
    """Call our Redis inside this block, where a client waits for the answer. Once it was away, calls fail at once for some seconds.

    Args:
        what: what is lost then, for the log.

    Raises:
        RedisError: Redis is away, or was a moment ago.
    """
    with REDIS.call(settings.REDIS_URL, lost=what):
        yield


def redis_key(name: str) -> str:
    """Return a key with our prefix, apart from what other stacks and tests keep in the same Redis."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:{name}"

"""Redis beside the cache, for counts and notes on their way to PostgreSQL. It may be away or emptied at any moment."""

from functools import cache

from django.conf import settings
from redis import Redis

_TIMEOUT_SECONDS = 0.25  # nothing that is merely noted may slow an answer for longer


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


def redis_key(name: str) -> str:
    """Return a name of ours, apart from what other stacks and tests keep in the same Redis."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:{name}"

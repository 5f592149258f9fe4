"""Counting wrong credentials. Right ones are never counted and never locked out; while Redis is away nothing is counted.

A client sends one wrong credential many times (POST, then GET, then once for each layer, then at every retry of a kubelet), and a whole
cluster shares one address. So an address is charged once for each different wrong credential in a window, and a credential each time that
it is sent. A limit that is reached stays reached until its window ends, so each process remembers it and does not ask Redis again.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from time import time

from django.utils.crypto import salted_hmac
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from common.ops.answer_cache import AnswerCache
from common.ops.redis import redis_client, redis_key, unless_away
from common.web.client import network_of
from registry_auth.client.credentials import Credentials

WINDOW_MINUTES = 5
REPEATS = RateLimitItemPerMinute(60, WINDOW_MINUTES, namespace="repeats")  # of one wrong credential
DIFFERENT = RateLimitItemPerMinute(30, WINDOW_MINUTES, namespace="different")  # wrong credentials from one address
_REACHED = AnswerCache[float](most=10_000)  # limit and what it applies to → when its window ends
_FIRST = RateLimitItemPerMinute(1, WINDOW_MINUTES, namespace="first")


def note_failure(*, credentials: Credentials, address: str | None) -> int | None:
    """Count a wrong credential. Return after how many seconds its sender may try again; None while within the limits.

    Args:
        address: the client's, None if unknown. IPv6 counts by /64, which is what one customer has.
    """
    pair = f"{credentials.username}\0{credentials.secret}".encode(errors="surrogatepass")  # a header may hold anything
    credential = salted_hmac("registry_auth.token.failures", pair, algorithm="sha256").hexdigest()
    source = None if address is None else network_of(address)
    ends_at = [_REACHED.get((REPEATS.namespace, credential), now=time()), _REACHED.get((DIFFERENT.namespace, source), now=time())]
    if wait := _longest(None if ends is None else max(1, round(ends - time())) for ends in ends_at):
        return wait
    try:
        with unless_away("failures not counted"):
            return _longest(_count(credential, source))
    except RedisError:
        return None


def _count(credential: str, source: str | None) -> Iterator[int | None]:
    yield _charge(REPEATS, credential)
    if source is not None:
        new = _limiter().hit(_FIRST, credential, source)
        yield _charge(DIFFERENT, source) if new else _wait_if_reached(DIFFERENT, source)


def _longest(waits: Iterable[int | None]) -> int | None:
    return max((wait for wait in waits if wait), default=None)


def _charge(limit: RateLimitItem, key: str) -> int | None:
    return None if _limiter().hit(limit, key) else _seconds_left(limit, key)


def _wait_if_reached(limit: RateLimitItem, key: str) -> int | None:
    return None if _limiter().test(limit, key) else _seconds_left(limit, key)


def _seconds_left(limit: RateLimitItem, key: str) -> int:
    ends = _limiter().get_window_stats(limit, key).reset_time
    _REACHED.put((limit.namespace, key), ends, until=ends)
    return max(1, round(ends - time()))


@cache
def _limiter() -> FixedWindowRateLimiter:
    storage = RedisStorage("redis://", connection_pool=redis_client().connection_pool, key_prefix=redis_key("failures"))
    return FixedWindowRateLimiter(storage)

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache

from common.ops.cache import ForgivingRedisCache


@pytest.fixture
def away() -> ForgivingRedisCache:
    """A cache whose Redis is not there."""
    return ForgivingRedisCache("redis://127.0.0.1:9/0", {"OPTIONS": {"socket_connect_timeout": 1}})


def test_the_shop_runs_on_the_forgiving_cache() -> None:
    assert isinstance(cache._connections[cache._alias], RedisCache)  # type: ignore[attr-defined]  # the class that the proxy stands for
    cache.set("key", "value")
    assert cache.get("key") == "value"


def test_a_cache_that_is_away_is_an_empty_one(away: ForgivingRedisCache) -> None:
    away.set("key", "value")
    away.set_many({"key": "value"})

    assert away.get("key", "otherwise") == "otherwise"
    assert away.get_many(["key"]) == {}
    assert away.delete("key") is False
    assert away.touch("key") is False


def test_counters_pause_while_the_cache_is_away(away: ForgivingRedisCache) -> None:
    assert away.add("counter", 0) is True
    assert away.incr("counter") == 1
    assert away.incr("counter") == 1

"""The cache may be emptied or away at any moment: then it is simply empty, and pages go on."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from common.ops.redis import REDIS, REDIS_AWAY

logger = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache that answers "not there" when Redis is away, and says so in the log."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._address = server

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._or(default, super().get, key, default, version)

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        return self._or({}, super().get_many, keys, version)

    def set(self, key: str, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._or(None, super().set, key, value, timeout, version)

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> Any:
        return self._or([], super().set_many, data, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(self._or(True, super().add, key, value, timeout, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._or(delta, super().incr, key, delta, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._or(False, super().delete, key, version))

    def touch(self, key: str, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(self._or(False, super().touch, key, timeout, version))

    def _or(self, otherwise: Any, call: Any, *args: Any) -> Any:
        try:
            with REDIS.call(self._address, lost="cache empty"):
                return call(*args)
        except REDIS_AWAY:
            return otherwise
        except RedisError:
            logger.warning("cache refuses", exc_info=True)
            return otherwise

"""What the tests of accounts stand on."""

import pytest

from accounts.tokens.selectors import NOTED_USES
from common.ops.redis import redis_client, redis_key


@pytest.fixture(autouse=True)
def _no_noted_uses() -> None:
    """Start each test without token uses of another one in Redis."""
    redis_client().delete(redis_key(NOTED_USES), redis_key(f"{NOTED_USES}:taken"))

"""The worker's tasks for access tokens."""

from uuid import UUID

from redis.exceptions import RedisError, ResponseError

from accounts.tokens import services
from accounts.tokens.selectors import NOTED_USES
from common.jobs import periodic
from common.ops.redis import redis_client, redis_key


@periodic(every=30, lane="default", limit=60)
def write_token_uses() -> int:
    """Move noted token uses from Redis to the database. Returns how many tokens changed; none while Redis is away."""
    try:
        return _move_token_uses()
    except RedisError:
        return 0


def _move_token_uses() -> int:
    client, taken = redis_client(), redis_key(f"{NOTED_USES}:taken")
    if not client.exists(taken):  # else a worker died before it had written them all
        try:
            client.rename(redis_key(NOTED_USES), taken)
        except ResponseError:  # nothing was noted since
            return 0
    noted = client.hgetall(taken)
    changed = services.write_token_uses(uses={UUID(str(token_id)): float(seconds) for token_id, seconds in noted.items()})
    client.delete(taken)
    return changed

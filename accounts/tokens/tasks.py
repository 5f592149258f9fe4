"""What the worker does with access tokens."""

from uuid import UUID

from celery import shared_task
from redis.exceptions import RedisError, ResponseError

from accounts.tokens.selectors import NOTED_USES
from accounts.tokens.services import write_token_uses
from common.db.leases import lease_of_job
from common.ops.redis import redis_client, redis_key


@shared_task(name="accounts.write_token_uses")
def write_noted_token_uses() -> int:
    """Bring noted token uses from Redis to the database. Returns how many tokens changed; with Redis away, none."""
    with lease_of_job("accounts.write_token_uses") as held:
        if not held:
            return 0
        try:
            return _move_token_uses()
        except RedisError:
            return 0


def _move_token_uses() -> int:
    client, taken = redis_client(), redis_key(f"{NOTED_USES}:taken")
    if not client.exists(taken):  # else a worker died before it was done with them
        try:
            client.rename(redis_key(NOTED_USES), taken)
        except ResponseError:  # nothing was noted since
            return 0
    noted = client.hgetall(taken)
    changed = write_token_uses(uses={UUID(str(token_id)): float(seconds) for token_id, seconds in noted.items()})
    client.delete(taken)
    return changed

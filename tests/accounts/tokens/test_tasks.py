from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisAway

from accounts.tokens import tasks
from accounts.tokens.models import AccessToken
from accounts.tokens.selectors import NOTED_USES, note_token_use
from accounts.tokens.tasks import write_token_uses
from common.db.leases.holding import lease
from common.ops.redis import redis_client, redis_key
from tests.factories.accounts import AccessTokenFactory

pytestmark = pytest.mark.django_db


def test_noted_uses_reach_the_database_once() -> None:
    used, unused = AccessTokenFactory(), AccessTokenFactory()
    note_token_use(used)
    note_token_use(used)

    assert write_token_uses() == 1
    assert write_token_uses() == 0

    assert AccessToken.objects.get(pk=used.pk).last_used_at is not None
    assert AccessToken.objects.get(pk=unused.pk).last_used_at is None
    assert not redis_client().exists(redis_key(NOTED_USES), redis_key(f"{NOTED_USES}:taken"))


def test_uses_taken_by_a_worker_that_died_are_written_by_the_next() -> None:
    token, later = AccessTokenFactory(), AccessTokenFactory()
    note_token_use(token)
    redis_client().rename(redis_key(NOTED_USES), redis_key(f"{NOTED_USES}:taken"))
    note_token_use(later)

    assert [write_token_uses(), write_token_uses()] == [1, 1]
    assert not AccessToken.objects.filter(last_used_at=None).exists()


def test_while_one_worker_writes_another_leaves_it_alone() -> None:
    note_token_use(AccessTokenFactory())

    with lease("accounts.write_token_uses", lasting=timedelta(minutes=1)):
        assert write_token_uses() is None

    assert write_token_uses() == 1


def test_with_redis_away_uses_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    note_token_use(AccessTokenFactory())

    def away() -> None:
        raise RedisAway

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "redis_client", away)
        assert write_token_uses() == 0

    assert write_token_uses() == 1

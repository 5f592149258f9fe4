"""What every test stands on."""

import gc
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings as shop
from hypothesis import settings
from pytest_django import DjangoDbBlocker

import common.ops.redis
from common.ops.redis import redis_client, redis_key
from tests.support.database import TEMPLATE, end_other_sessions, keep_what_migrations_made, migrated_once
from tests.support.lock_order import rows_are_locked_in_order
from tests.support.marks import mark_what_it_starts
from tests.support.whole_rows import rows_are_saved_by_field
from tools.bench.mock_kafka import MockKafka

__all__ = ["rows_are_locked_in_order", "rows_are_saved_by_field"]

# Collecting tests makes much and drops nearly nothing: looking for garbage meanwhile took a fifth of the time.
gc.set_threshold(500_000, 20, 20)
# How long an example takes says more of the machine's other work than of ours.
settings.register_profile("layerstore", deadline=None)
settings.load_profile("layerstore")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark each test by what it starts."""
    if isinstance(item, pytest.Function):
        mark_what_it_starts(item)


def pytest_collection_finish() -> None:
    """Keep what has been loaded out of garbage collections: it stays to the end, and looking through all of it takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Let script/test's server take the database with it, which ends with the run: dropping one costs seconds."""
    return TEMPLATE is not None


@pytest.fixture(scope="session")
def django_db_createdb() -> bool:
    """Begin with a new database all the same."""
    return True


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make the database, and keep what tests that commit shall leave it as."""
    with django_db_blocker.unblock(), migrated_once():
        request.getfixturevalue("django_db_setup")  # pytest-django's
        keep_what_migrations_made()
    yield
    if TEMPLATE is None:
        with django_db_blocker.unblock():
            end_other_sessions()


def pytest_unconfigure() -> None:
    """Take this run's keys and pictures away."""
    shutil.rmtree(shop.MEDIA_ROOT.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka_cluster() -> Iterator[MockKafka]:
    """Start a Kafka cluster for all tests that ask for one. Each uses topics of its own."""
    with MockKafka() as cluster:
        yield cluster


@pytest.fixture
def kafka(kafka_cluster: MockKafka) -> Iterator[MockKafka]:
    """Return the cluster, all of it there; whatever a test takes down comes back at its end."""
    yield kafka_cluster
    kafka_cluster.bring_all_up()


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Start each test with nothing in Redis: counters of one test must not limit the next.

    Only what this run put there goes: others test beside us, and `cache.clear()` would empty their Redis as well.
    """
    for key in redis_client().scan_iter(redis_key("*"), count=1000):
        redis_client().delete(key)
    common.ops.redis.REDIS.close()

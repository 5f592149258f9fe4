"""Distinct pullers: near the truth, and nobody lost whatever becomes of Redis or of the worker."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import count, takewhile
from unittest import mock
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import ConnectionPool, Redis
from redis.exceptions import ConnectionError as RedisAway

from common.db.leases.holding import lease
from common.ops.redis import raw_redis_client, redis_key
from marketplace.images.models import Image
from marketplace.insights.models import SKETCHES_KEPT, PullerSketch
from marketplace.insights.services import CountedPull, Pull, count_pulls
from registry_auth.inbox import pullers as service
from registry_auth.inbox import tasks
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.models import WaitingPuller
from registry_auth.inbox.pullers import count_pullers, note_pullers
from registry_auth.inbox.tasks import prune_registry_events
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import ImageFactory, PullerSketchFactory, digest_of

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
DENSE = 12_304  # bytes: 16384 registers of six bits and a header (Redis, hyperloglog.c)


@pytest.fixture
def image() -> Image:
    return ImageFactory()


_people = count(1)


@pytest.fixture(autouse=True)
def _the_same_people() -> None:
    """Begin with the same ids each time: a sketch is wrong about the same sets in the same way."""
    global _people  # noqa: PLW0603  a counter for the whole module
    _people = count(1)


def somebody() -> UUID:
    return UUID(int=next(_people))


@pytest.fixture
def redis():
    return raw_redis_client()


def pulled(image: Image, *pullers: str | UUID, day: date = MONDAY) -> None:
    """Note pulls: by accounts given as UUID, by clients given as addresses."""
    counted = []
    for puller in pullers:
        buyer, client = (puller, "") if isinstance(puller, UUID) else (None, client_hash(puller))
        pull = Pull(repository=image.repository, digest=digest_of("x"), tag="", day=day, subject="", clients=(client,) if client else ())
        counted.append(CountedPull(pull, image.pk, "", "", buyer))
    note_pullers(counted=counted)


def figures(image: Image) -> dict[tuple[str, date], int]:
    return {(sketch.period, sketch.begins): sketch.distinct for sketch in PullerSketch.objects.filter(image=image)}


def forget(redis) -> None:
    for key in redis.scan_iter(redis_key("pullers:*")):
        redis.delete(key)


def test_a_day_a_week_and_a_month_are_counted(image, redis):
    ada, bob = somebody(), somebody()
    pulled(image, ada, ada, "10.0.0.7:1", "10.0.0.7:2")
    pulled(image, ada, bob, day=MONDAY + timedelta(days=6))
    pulled(image, bob, day=MONDAY + timedelta(days=8))
    pulled(ImageFactory(), somebody())

    assert count_pullers(redis=redis) == 6

    assert figures(image) == {
        ("day", MONDAY): 2,
        ("day", MONDAY + timedelta(days=6)): 2,
        ("day", MONDAY + timedelta(days=8)): 1,
        ("week", MONDAY): 3,
        ("week", MONDAY + timedelta(days=7)): 1,
        ("month", date(2026, 11, 1)): 3,
        ("month", date(2026, 12, 1)): 1,
    }
    assert not WaitingPuller.objects.exists()
    assert count_pullers(redis=redis) == 0


def test_the_account_counts_before_the_client_and_who_is_neither_does_not(image, redis):
    ada = UserFactory(username="ada")
    pull = {"repository": image.repository, "digest": digest_of("x"), "tag": "", "day": MONDAY}
    counted = count_pulls(
        pulls=[
            Pull(**pull, subject="ada", clients=(client_hash("10.0.0.7"),)),
            Pull(**pull, subject="ada", clients=(client_hash("10.0.0.8"),)),
            Pull(**pull, subject="", clients=(client_hash("10.0.0.9"),)),
            Pull(**pull, subject=""),
        ]
    )

    note_pullers(counted=counted)
    note_pullers(counted=counted)
    note_pullers(counted=counted[3:])

    assert str(WaitingPuller.objects.get(puller=ada.account.pk)) == f"{ada.account.pk} pulled {image.pk} on 2026-11-23"
    assert set(WaitingPuller.objects.values_list("puller", flat=True)) == {ada.account.pk, UUID(client_hash("10.0.0.9"))}


def test_repeated_pullers_change_nothing(image, redis):
    ada = somebody()
    for _ in range(3):
        pulled(image, ada, "10.0.0.7")
        count_pullers(redis=redis)

    assert figures(image)["day", MONDAY] == 2


class TestRecordedOnce:
    def test_who_is_in_a_sketch_gets_no_row_again(self, image, redis, django_capture_on_commit_callbacks, django_assert_num_queries):
        with django_capture_on_commit_callbacks(execute=True):
            pulled(image, one := somebody())
        count_pullers(redis=redis)

        with django_assert_num_queries(0):  # the lock timeout is set already: a test is one transaction
            pulled(image, one)
        pulled(image, one, somebody())

        assert WaitingPuller.objects.count() == 1
        count_pullers(redis=redis)
        assert figures(image)["day", MONDAY] == 2

    def test_what_was_rolled_back_is_recorded_the_next_time(self, image, django_capture_on_commit_callbacks):
        one = somebody()
        with django_capture_on_commit_callbacks(execute=True), suppress(ValueError), transaction.atomic():
            pulled(image, one)
            raise ValueError

        pulled(image, one)

        assert WaitingPuller.objects.count() == 1

    def test_it_remembers_a_bounded_number(self, image, monkeypatch, django_capture_on_commit_callbacks):
        monkeypatch.setattr(service, "MOST_REMEMBERED", 3)
        monkeypatch.setattr(service, "_recorded", set())
        for _ in range(3):
            with django_capture_on_commit_callbacks(execute=True):
                pulled(image, somebody(), somebody())

        assert len(service._recorded) == 2
        assert WaitingPuller.objects.count() == 6


def test_an_emptied_redis_is_given_back_what_it_had(image, redis):
    first, later, next_day = ([somebody() for _ in range(50)] for _ in range(3))
    pulled(image, *first)
    count_pullers(redis=redis)
    before = figures(image)["day", MONDAY]
    forget(redis)
    pulled(image, *later, *first[:10])
    pulled(image, *next_day, day=MONDAY + timedelta(days=1))

    count_pullers(redis=redis)

    now = figures(image)
    assert before == pytest.approx(50, abs=2)
    assert now["day", MONDAY] == pytest.approx(100, abs=3)
    assert now["week", MONDAY] == now["month", date(2026, 11, 1)] == pytest.approx(150, abs=4)


# Those before are the processes' of a run, four for each group of tests.
LAST_DATABASE = 15


@pytest.fixture
def redis_alone(redis) -> Iterator[Redis]:
    """A database of Redis that nobody else asks: the last one. On a socket, MONITOR tells all clients apart by nothing but that."""
    pool = redis.connection_pool
    alone = Redis(
        connection_pool=ConnectionPool(connection_class=pool.connection_class, **(pool.connection_kwargs | {"db": LAST_DATABASE}))
    )
    yield alone
    for key in alone.scan_iter(redis_key("*")):
        alone.delete(key)
    alone.connection_pool.disconnect()


def test_restoring_adding_and_reading_are_one_transaction_for_redis(image, redis_alone):
    """Emptied in between, Redis would give less than PostgreSQL has."""
    redis = redis_alone
    pulled(image, somebody())
    count_pullers(redis=redis)
    pulled(image, somebody())

    with redis.monitor() as monitor:
        count_pullers(redis=redis)
        redis.set(redis_key("the end"), image.pk.hex)
        told = list(takewhile(lambda told: image.pk.hex not in told["command"], monitor.listen()))

    words = [each["command"].split()[0] for each in told if each["db"] == LAST_DATABASE]
    inside = words[words.index("MULTI") : words.index("EXEC")]
    assert {"SET", "PFMERGE", "PFADD", "GET", "PFCOUNT"} <= set(inside)
    assert (words.count("MULTI"), words[-1]) == (1, "EXEC")


def test_what_redis_knows_more_of_is_not_lost_to_the_copy(image, redis):
    pulled(image, somebody())
    count_pullers(redis=redis)
    redis.pfadd(redis_key(f"pullers:{image.pk}:day:{MONDAY}"), b"added, and the worker died before it was kept")
    pulled(image, somebody())

    count_pullers(redis=redis)

    assert set(figures(image).values()) == {3}


def test_with_redis_away_everybody_waits_and_is_counted_later(image, redis, no_redis, caplog):
    pulled(image, somebody(), somebody())

    tasks.count_pullers()

    assert (WaitingPuller.objects.count(), PullerSketch.objects.count()) == (2, 0)
    assert "pullers not counted until Redis is back" in caplog.text
    assert count_pullers(redis=redis) == 2
    assert figures(image)["day", MONDAY] == 2


def test_a_day_of_long_ago_keeps_its_number_alone_and_late_news_leave_it_so(image, redis):
    long_ago, recent = (timezone.now().date() - SKETCHES_KEPT - timedelta(days=days) for days in (1, 0))
    for day in (long_ago, recent):
        pulled(image, somebody(), somebody(), day=day)
    count_pullers(redis=redis)
    forget(redis)

    prune_registry_events()
    prune_registry_events()

    empty = PullerSketch.objects.filter(sketch=b"")
    assert [(sketch.period, sketch.begins, sketch.distinct) for sketch in empty] == [("day", long_ago, 2)]
    pulled(image, somebody(), day=long_ago)
    assert count_pullers(redis=redis) == 1
    assert (empty.count(), figures(image)["day", long_ago]) == (1, 2)
    assert figures(image)["month", long_ago.replace(day=1)] > 2


def test_a_broken_sketch_stops_no_other_image(redis, caplog):
    images = sorted((ImageFactory() for _ in range(3)), key=lambda image: image.pk)
    PullerSketchFactory(image=images[0], begins=MONDAY, sketch=b"no sketch")
    for each in images:
        pulled(each, somebody())
    pulled(images[0], somebody(), day=MONDAY + timedelta(days=1))

    assert count_pullers(redis=redis) == 2

    assert [figures(each)["day", MONDAY] for each in images[1:]] == [1, 1]
    assert WaitingPuller.objects.filter(image=images[0]).count() == WaitingPuller.objects.count() == 2
    assert [(record.levelname, str(images[0].pk) in record.getMessage()) for record in caplog.records] == [("ERROR", True)]


def test_a_worker_that_dies_before_the_sketch_is_kept_leaves_them_waiting(image, redis, monkeypatch):
    pulled(image, somebody(), somebody())
    monkeypatch.setattr(PullerSketch.objects, "bulk_create", mock.Mock(side_effect=DatabaseError))
    with pytest.raises(DatabaseError):
        count_pullers(redis=redis)
    monkeypatch.undo()
    forget(redis)

    assert count_pullers(redis=redis) == 2
    assert figures(image)["day", MONDAY] == 2


def test_many_are_taken_in_parts_and_a_long_run_leaves_the_rest_to_the_next(image, redis, monkeypatch):
    monkeypatch.setattr(service, "AT_ONCE", 4)
    pulled(image, *[somebody() for _ in range(10)])
    monkeypatch.setattr(service, "LONGEST_RUN", timedelta(seconds=-1))
    assert count_pullers(redis=redis) == 0
    monkeypatch.setattr(service, "LONGEST_RUN", timedelta(minutes=1))

    assert count_pullers(redis=redis) == 10
    assert figures(image)["day", MONDAY] == 10


def test_ten_thousand_are_counted_within_four_standard_errors_in_twelve_kilobytes(image, redis):
    pulled(image, *[somebody() for _ in range(10_000)])

    count_pullers(redis=redis)

    assert figures(image)["day", MONDAY] == pytest.approx(10_000, rel=4 * 0.0081)
    assert {len(bytes(sketch.sketch)) for sketch in PullerSketch.objects.all()} == {DENSE}


def test_redis_forgets_what_nobody_pulls(image, redis):
    pulled(image, somebody())

    count_pullers(redis=redis)

    keys = list(redis.scan_iter(redis_key("pullers:*")))
    assert len(keys) == 3
    assert all(0 < redis.ttl(key) <= service.REDIS_EXPIRY.total_seconds() for key in keys)


@pytest.mark.django_db(transaction=True)
def test_one_worker_counts_at_a_time(image):
    pulled_once = mock.Mock(return_value=0)
    with (
        mock.patch("registry_auth.inbox.pullers.count_pullers", pulled_once),
        lease("registry_auth.count_pullers", lasting=timedelta(minutes=1)),
    ):
        tasks.count_pullers()

    assert pulled_once.call_count == 0


@settings(max_examples=30)
@given(
    rounds=st.lists(
        st.tuples(st.sets(st.integers(0, 40), max_size=20), st.integers(0, 9), st.sampled_from(["count", "empty", "away", "nothing"])),
        max_size=8,
    )
)
def test_whatever_happens_the_sketches_say_what_a_set_says(rounds):
    image, redis = ImageFactory(), raw_redis_client()
    model: dict[tuple[str, date], set[int]] = {}
    for who, ago, event in rounds:
        day = MONDAY + timedelta(days=ago)
        if who:
            pulled(image, *[UUID(int=number + 1) for number in who], day=day)
        for period in PullerSketch.Period:
            model.setdefault((period, period.of(day)), set()).update(who)
        if event == "count":
            count_pullers(redis=redis)
        elif event == "empty":
            forget(redis)
        elif event == "away":
            with pytest.raises(RedisAway) if WaitingPuller.objects.exists() else mock.MagicMock():
                count_pullers(redis=mock.Mock(pipeline=mock.Mock(side_effect=RedisAway)))
    count_pullers(redis=redis)

    assert figures(image) == {key: told_at_once(redis, who) for key, who in model.items() if who}


def told_at_once(redis, who: set[int]) -> int:
    """What a sketch says that got them all at once and knows of no trouble."""
    key = redis_key("pullers:at once")
    redis.delete(key)
    redis.pfadd(key, *[UUID(int=number + 1).bytes for number in who])
    return int(redis.pfcount(key))

"""What is due when a scheduler starts: with its file, without it, and without Redis."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.beat import Service
from redis.exceptions import ConnectionError as RedisUnreachable

from common.ops import last_runs
from common.ops.last_runs import note_run
from common.ops.redis import redis_client, redis_key
from config.celery import all_jobs, app
from config.schedule import ScheduleOfLastRuns

NOTED = "jobs:ended"
DAILY = "common.clear_sessions"
AHEAD = str(time.time() + 3_600)  # nothing here waits for an interval to pass
PERIODS = {name: job.every for name, job in all_jobs().items() if job.every}


@pytest.fixture(autouse=True)
def nothing_is_noted() -> Iterator[None]:
    redis_client().delete(redis_key(NOTED))
    yield
    redis_client().delete(redis_key(NOTED))


def due_at_a_start(file: Path) -> set[str]:
    app.loader.import_default_modules()  # which makes the schedule anew
    scheduler = Service(app, scheduler_cls=app.conf.beat_scheduler, schedule_filename=str(file)).scheduler
    assert isinstance(scheduler, ScheduleOfLastRuns)
    try:
        assert set(scheduler.schedule) >= set(PERIODS)
        return {name for name, entry in scheduler.schedule.items() if entry.is_due()[0]}
    finally:
        scheduler.close()


def test_without_a_file_everything_that_never_ran_is_due_at_each_start(tmp_path: Path) -> None:
    assert due_at_a_start(tmp_path / "first") == set(PERIODS)
    assert due_at_a_start(tmp_path / "second") == set(PERIODS)


def test_without_a_file_a_job_that_ended_within_its_interval_is_not_due(tmp_path: Path) -> None:
    note_run(DAILY)

    assert due_at_a_start(tmp_path / "schedule") == set(PERIODS) - {DAILY}


def test_without_a_file_a_job_that_ended_before_its_interval_is_due(tmp_path: Path) -> None:
    redis_client().hset(redis_key(NOTED), mapping=dict.fromkeys(PERIODS, AHEAD))
    redis_client().hset(redis_key(NOTED), DAILY, str(time.time() - PERIODS[DAILY]))

    assert due_at_a_start(tmp_path / "schedule") == {DAILY}


def test_what_the_file_knows_is_not_asked_for_again(tmp_path: Path) -> None:
    redis_client().hset(redis_key(NOTED), mapping=dict.fromkeys(PERIODS, AHEAD))
    assert due_at_a_start(tmp_path / "schedule") == set()
    redis_client().delete(redis_key(NOTED))

    assert due_at_a_start(tmp_path / "schedule") == set()


def test_without_redis_everything_is_due_and_nothing_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise RedisUnreachable

    monkeypatch.setattr(last_runs, "redis_client", away)
    note_run(DAILY)

    assert due_at_a_start(tmp_path / "schedule") == set(PERIODS)

"""Every task has a lane, a limit and, if it is a sweep, a time after which it is not begun any more."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from common.db.leases import lease_of_job
from common.db.models import JobLease
from config.celery import app
from config.jobs import JOBS, LANES
from config.worker import lanes_of
from tests.deploy.test_compose import SERVICES
from tools.stack import parts

app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_each_task_is_a_job_and_each_job_a_task() -> None:
    assert set(JOBS) == set(TASKS)


def test_each_lane_has_jobs_and_each_job_a_lane() -> None:
    assert {job.lane for job in JOBS.values()} == set(LANES)


@pytest.mark.parametrize("name", JOBS)
def test_a_task_goes_to_its_lane_whoever_calls_it(name: str) -> None:
    assert app.amqp.router.route({}, name)["queue"].name == JOBS[name].lane


@pytest.mark.parametrize("name", JOBS)
def test_a_task_ends_by_an_exception_and_if_it_goes_on_by_force(name: str) -> None:
    task = TASKS[name]

    assert (task.soft_time_limit, task.time_limit) == (JOBS[name].limit - 5, JOBS[name].limit)


def test_what_was_not_begun_runs_out_when_it_is_due_again() -> None:
    periods = {name: job.every for name, job in JOBS.items() if job.every}

    assert {entry["task"]: entry["schedule"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == periods
    assert {entry["task"]: entry["options"]["expires"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} == periods


@pytest.mark.django_db
def test_a_lease_lasts_as_long_as_its_job_may_run() -> None:
    with lease_of_job("outbox.send_due_mail") as held:
        left = JobLease.objects.get(name="outbox.send_due_mail").held_until - timezone.now()

    assert held
    assert timedelta(seconds=JOBS["outbox.send_due_mail"].limit - 5) < left <= timedelta(seconds=JOBS["outbox.send_due_mail"].limit)


def test_the_local_stack_and_compose_run_every_lane() -> None:
    assert set(parts.LANES) == set(LANES)
    assert SERVICES["worker"]["command"][-1] == "config.worker"
    assert all(f"{lane}@$$(hostname)" in SERVICES["worker"]["healthcheck"]["test"][1] for lane in LANES)


def test_a_worker_runs_all_lanes_unless_some_are_named() -> None:
    assert lanes_of([]) == {name: lane.slots for name, lane in LANES.items()}
    assert lanes_of(["mail=4", "money"]) == {"mail": 4, "money": LANES["money"].slots}


@pytest.mark.parametrize("word", ["post", "mail=", "mail=0", "mail=many"])
def test_a_lane_that_nobody_has_is_refused(word: str) -> None:
    with pytest.raises(SystemExit, match="say LANE or LANE=SLOTS"):
        lanes_of([word])

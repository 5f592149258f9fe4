"""Every task has a lane, a limit and, if it is a sweep, a time after which it is not begun any more."""

import json
import subprocess
import sys

import pytest
from celery.apps.beat import Beat
from django.conf import settings

from config.celery import all_jobs, app
from config.jobs import LANES
from tests.support.token_process import shop_environment

JOBS = all_jobs()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def test_each_task_is_a_job_and_each_job_a_task() -> None:
    assert set(JOBS) == set(TASKS)


def test_each_lane_has_jobs_and_each_job_a_lane() -> None:
    assert {job.lane for job in JOBS.values()} == set(LANES)


def test_nothing_that_takes_minutes_is_in_the_lanes_of_what_changes_pages() -> None:
    assert {name for name, job in JOBS.items() if job.lane in {"drawing", "default"} and job.limit > 120} == set()


@pytest.mark.parametrize("lane", LANES)
def test_jobs_that_may_take_more_than_ten_minutes_leave_a_slot_of_their_lane(lane: str) -> None:
    assert len([name for name, job in JOBS.items() if job.lane == lane and job.limit > 600]) < LANES[lane].slots


@pytest.mark.parametrize("name", JOBS)
def test_a_task_is_called_like_its_function_and_its_app(name: str) -> None:
    task = TASKS[name]

    assert name == f"{task.__module__.partition('.')[0]}.{task.__name__}"


@pytest.mark.parametrize("name", JOBS)
def test_a_task_goes_to_its_lane_whoever_calls_it(name: str) -> None:
    assert app.amqp.router.route({}, name)["queue"].name == JOBS[name].lane


ROUTE = """
import json, sys
import django
from django.core import checks
from config.celery import app
django.setup()
checks.run_checks = None  # calling it fails: a request would wait for it
loaded = sorted(name for name in sys.modules if name.endswith("tasks") and name.split(".")[0] in ("billing", "marketplace", "outbox"))
print(json.dumps([loaded, *(app.amqp.router.route({}, name)["queue"].name for name in sys.argv[1:])]))
"""


def test_a_process_that_only_queues_finds_a_tasks_lane_by_its_name() -> None:
    names = ["billing.settle_order", "outbox.send_due_mail", "marketplace.draw_cover_of_image", "nobody.registers_this"]
    environment = shop_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings.local"}
    command = [sys.executable, "-c", ROUTE, *names]
    done = subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[], "money", "mail", "drawing", "default"]


@pytest.mark.parametrize("name", JOBS)
def test_a_task_is_ended_by_an_exception_and_then_by_force(name: str) -> None:
    task = TASKS[name]

    assert (task.soft_time_limit, task.time_limit) == (JOBS[name].limit - 5, JOBS[name].limit)


def test_a_call_that_has_not_begun_expires_when_the_job_is_due_again() -> None:
    app.conf.beat_schedule = {}
    Beat(app=app).init_loader()
    periods = {name: job.every for name, job in JOBS.items() if job.every}

    assert len(periods) > 20
    assert {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()} == periods
    assert {entry["task"]: entry["options"]["expires"] for entry in app.conf.beat_schedule.values()} == periods

"""SIGTERM while something is under way: it is finished, or given back, and the process ends with status 0."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from celery import Celery
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from common.db.models import JobLease, RateLimitCount
from config.settings.celery import broker_url
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from tests.support.registry import wait_until
from tests.support.slow_wsgi import ENDS
from tests.support.threads import run_in_threads
from tests.support.token_process import shop_environment
from tools.stack import parts
from tools.stack.probes import listens_on

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'common_ratelimitcount'::regclass"
SLOW = "tests.support.slow_wsgi"
MAIL = "LAYERSTORE_EMAIL_URL"
JOB = "common.forget_rate_limit_counts"
IMPATIENT = "import sys, config.processes.worker as worker; worker._TASKS_SECONDS, worker._KILL_SECONDS = {seconds}; sys.exit(worker.main(['{lane}=1']))"


@contextmanager
def shop_process(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        environment = shop_environment() | {name: os.environ[name] for name in (ENDS, MAIL) if name in os.environ}
        process = subprocess.Popen([sys.executable, *command], env=environment, cwd=settings.BASE_DIR, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def queue(name: str, *, lane: str = "default") -> None:
    with Celery(broker=broker_url(settings.REDIS_URL), set_as_current=False) as app:
        app.send_task(name, queue=lane)


def waits_for_the_table() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return bool(cursor.fetchone() == (1,))


@contextmanager
def task_under_way(log: Path, worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let a task of the worker wait for a table that we hold, and tell the worker to end meanwhile."""
    wait_until(lambda: worker.poll() is not None or "ready" in log.read_text(), seconds=60)
    RateLimitCount.objects.create(key="over", act="search", count=1, ends_at=timezone.now())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE common_ratelimitcount")
        queue(JOB)
        wait_until(lambda: run_in_threads(1, waits_for_the_table) == [True], seconds=30)
        worker.send_signal(signal.SIGTERM)
        yield


@pytest.mark.django_db(transaction=True)
def test_a_worker_finishes_its_task(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with shop_process(log, "-m", "config.processes.worker", "default=1") as worker:
        with task_under_way(log, worker):
            wait_until(lambda: "Warm shutdown" in log.read_text(), seconds=30)
            assert worker.poll() is None

        assert worker.wait(timeout=60) == 0
    assert not RateLimitCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_does_not_end_is_killed_before_the_container_is_and_changed_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with shop_process(log, "-c", IMPATIENT.format(seconds=(0.0, 0.0), lane="default")) as worker, task_under_way(log, worker):
        assert worker.wait(timeout=60) == 0

    assert RateLimitCount.objects.count() == 1
    assert "tasks are still running at the end" in log.read_text()


@pytest.mark.django_db(transaction=True)
def test_a_task_that_waits_for_others_is_interrupted_and_gives_back_its_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    queue_mail(to="ada@layerstore.test", template="unknown_account", context={}, key="a mail")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv(MAIL, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        with shop_process(log, "-c", IMPATIENT.format(seconds=(0.0, 60.0), lane="mail")) as worker:
            wait_until(lambda: worker.poll() is not None or "ready" in log.read_text(), seconds=60)
            queue("outbox.send_due_mail", lane="mail")
            silent.settimeout(60)
            with silent.accept()[0]:  # and it says nothing
                worker.terminate()

                assert worker.wait(timeout=60) == 0
    assert "SoftTimeLimitExceeded" in log.read_text()
    assert OutgoingMail.objects.filter(sent_at=None, given_up_at=None).count() == 1
    assert not JobLease.objects.filter(held_until__gt=timezone.now()).exists()


def web(path: Path) -> tuple[str, ...]:
    return tuple(parts.gunicorn("web", "wsgi", "config.settings.local", bind=f"unix:{path}", workers=1, threads=2)[1:-1])


def granian(path: Path) -> tuple[str, ...]:
    return ("-m", "config.processes.token_server", "--socket", str(path), "--workers", "1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("server", "application"),
    [
        pytest.param(web, (f"{SLOW}:application",), id="web"),
        pytest.param(granian, ("--application", f"{SLOW}.application"), id="token and inner"),
    ],
)
def test_a_server_answers_what_has_come_and_takes_nothing_new(
    server: Callable[[Path], tuple[str, ...]], application: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ends, log = tmp_path / "socket", tmp_path / "ends", tmp_path / "log"
    monkeypatch.setenv(ENDS, str(ends))
    with shop_process(log, *server(path), *application) as process, ThreadPoolExecutor(1) as beside:
        wait_until(lambda: process.poll() is not None or listens_on(path)(), seconds=60)
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, timeout=60) as client:
            answer = beside.submit(client.get, "http://layerstore/")
            wait_until(ends.with_suffix(".begun").exists, seconds=30)
            process.terminate()
            wait_until(lambda: not listens_on(path)(), seconds=30)
            ends.touch()

            assert answer.result(timeout=60).text == "finished"
        assert process.wait(timeout=60) == 0
    assert [line for line in log.read_text().splitlines() if not line.startswith("{")] == []


@pytest.mark.django_db
def test_a_scheduler_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = (
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "beat",
        "--loglevel",
        "INFO",
        "--schedule",
        str(tmp_path / "schedule"),
        "--pidfile",
        "",
    )
    with shop_process(log, *command) as scheduler:
        # Celery says that it starts before it has opened its schedule, which its handler of SIGTERM then closes.
        wait_until(lambda: scheduler.poll() is not None or "Sending due task" in log.read_text(), seconds=60)
        scheduler.terminate()

        assert scheduler.wait(timeout=30) == 0
    assert [line for line in log.read_text().splitlines() if not line.startswith("{")] == []

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery import Celery, current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from common.ops.queue import queue_after_commit, run_in_place
from common.tasks import clear_sessions


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(clear_sessions, "apply_async", lambda args, *, retry: calls.append((*args, retry)))
    return calls


@pytest.mark.django_db(transaction=True)
def test_a_task_is_queued_only_after_the_commit(sent: list[tuple[object, ...]]) -> None:
    with transaction.atomic():
        queue_after_commit(clear_sessions, "id")
        assert sent == []
    assert sent == [("id", False)]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_queues_nothing(sent: list[tuple[object, ...]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue_after_commit(clear_sessions, "id")
        raise ZeroDivisionError
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_does_not_fail_the_change(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(args: object, **options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(clear_sessions, "apply_async", refuse)

    with caplog.at_level(logging.WARNING):
        queue_after_commit(clear_sessions)

    assert "queue away" in caplog.text


@pytest.mark.django_db
def test_old_sessions_are_cleared() -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=timezone.now() + timedelta(days=1))

    clear_sessions()

    assert list(Session.objects.values_list("session_key", flat=True)) == ["new"]


def test_who_queues_while_redis_is_away_asks_once_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default kombu tries again for seconds: a sale would hang after each commit."""
    asked: list[object] = []

    def refuse(connection: object) -> None:
        asked.append(connection)
        raise ConnectionRefusedError

    monkeypatch.setattr("redis.connection.Connection._connect", refuse)
    shop = Celery(broker="redis://127.0.0.1:9/0", set_as_current=False)
    shop.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS

    with pytest.raises(OperationalError):
        shop.send_task("common.clear_sessions", retry=False)

    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_service_names_the_task_that_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, *_, **__: named.append(name))

    queue_after_commit("nobody.registers_this")

    assert named == ["nobody.registers_this"]


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_is_forgiven_for_a_named_task_too(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", refuse)

    with caplog.at_level(logging.WARNING):
        queue_after_commit("nobody.registers_this")

    assert "queue away" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_is_called_early_runs_out_and_what_has_an_id_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that hung for an hour would run each call of that hour."""
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(current_app, "send_task", lambda *_, **options: sent.append(options))

    queue_after_commit("nobody.registers_this")
    queue_after_commit("nobody.registers_this", "id")

    assert sent == [{"retry": False, "expires": 60}, {"retry": False}]


@pytest.mark.django_db(transaction=True)
def test_who_stands_in_for_the_queue_runs_what_has_an_id_at_once_and_leaves_the_rest_to_the_sweeps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[object] = []

    def fail(name: object) -> None:
        ran.append(name)
        raise ZeroDivisionError

    monkeypatch.setattr("common.ops.queue._in_place", None)
    monkeypatch.setattr("common.ops.queue.current_app", SimpleNamespace(tasks={"own": fail, "another's": ran.append}))
    run_in_place(["own"])

    queue_after_commit("own", "id")
    queue_after_commit("another's", "id")

    assert ran == ["id"]
    assert "task failed, the sweep will run it" in caplog.text

"""/healthz and /readyz."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

import httpx
import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from common.db.outages import begin_outage
from config.processes import health
from config.processes.health import HealthMiddleware, NotReady, Readiness
from registry_auth.keys.store import KeyStore
from tests.support.registry import wait_until


@pytest.fixture
def keys(settings: Settings, tmp_path: Path) -> KeyStore:
    settings.LAYERSTORE_KEYS_DIR = tmp_path / "keys"
    return KeyStore(settings.LAYERSTORE_KEYS_DIR)


def well() -> None:
    pass


def broken() -> None:
    raise OSError("postgresql://layerstore:the-password@db.internal/layerstore refused")


def ask(path: str, noticed: tuple[str, ...] = (), **parts: health.Check) -> HttpResponse:
    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("the page")

    return HealthMiddleware(page, parts=parts, dependencies=lambda: list(noticed))(RequestFactory().get(path))


def test_alive_under_any_host_name() -> None:
    answer = Client().get("/healthz", headers={"host": "10.1.2.3:8000"})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


def test_alive_while_every_part_is_away() -> None:
    assert ask("/healthz", database=broken).content == b"ok\n"


def test_a_ready_answer_says_only_ok(keys: KeyStore) -> None:
    keys.init(now=datetime.now(UTC))

    answer = ask("/readyz", database=well, redis=well)

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_an_unready_answer_names_the_parts_and_nothing_else() -> None:
    answer = ask("/readyz", database=broken, redis=well, registry=broken)

    assert (answer.status_code, answer.content) == (503, b"away: database, registry\n")
    assert answer["Retry-After"] == "5"


def test_a_registry_that_answers_here_and_fails_for_its_sellers_is_away() -> None:
    answer = ask("/readyz", noticed=("mail", "registry"), database=well, registry=well)

    assert (answer.status_code, answer.content) == (503, b"away: registry, mail\n")


def test_a_dependency_that_pages_can_do_without_is_named_and_keeps_us_ready(keys: KeyStore) -> None:
    keys.init(now=datetime.now(UTC) - timedelta(days=80))

    answer = ask("/readyz", noticed=("mail", "stripe"), database=well)

    assert (answer.status_code, answer.content) == (200, b"ok, away: mail, stripe, renew: signing key\n")


@pytest.mark.django_db
def test_outages_are_noticed_and_forgotten_with_the_database() -> None:
    begin_outage("mail", reason="hangs")
    assert health.noticed_away() == ["mail"]

    with mock.patch("config.processes.health.outages", side_effect=OperationalError):
        assert health.noticed_away() == []


def test_other_addresses_are_passed_on() -> None:
    assert ask("/readyz/", database=broken).content == b"the page"


def test_the_parts_are_asked_once_in_two_seconds() -> None:
    asked, now = [], [100.0]
    readiness = Readiness({"redis": lambda: asked.append(now[0])}, dependencies=list, clock=lambda: now[0])

    for moment in (100.0, 101.9, 102.0, 103.0):
        now[0] = moment
        assert readiness.away() == ([], [])

    assert asked == [100.0, 102.0]


def test_parts_that_hang_are_asked_concurrently_once_and_are_away() -> None:
    never, asked = threading.Event(), list[str]()

    def hang(name: str) -> None:
        asked.append(name)
        never.wait()

    parts: dict[str, health.Check] = {"database": partial(hang, "database"), "token process": partial(hang, "token process"), "redis": well}
    now = [100.0]
    readiness = Readiness(parts, dependencies=list, within=0.1, clock=lambda: now[0])

    assert readiness.away() == (["database", "token process"], [])
    now[0] += health.CACHE_SECONDS
    assert readiness.away() == (["database", "token process"], [])
    assert sorted(asked) == ["database", "token process"]

    never.set()
    now[0] += health.CACHE_SECONDS
    wait_until(lambda: all_answer(readiness, now))


def all_answer(readiness: Readiness, now: list[float]) -> bool:
    now[0] += health.CACHE_SECONDS
    return readiness.away() == ([], [])


def test_while_one_thread_asks_the_others_get_the_previous_answer() -> None:
    begun, never, hung = threading.Event(), threading.Event(), [False]

    def slow() -> None:
        if hung[0]:
            begun.set()
            never.wait()

    now = [100.0]
    readiness = Readiness({"registry": slow}, dependencies=list, within=30, clock=lambda: now[0])
    assert readiness.away() == ([], [])

    hung[0], now[0] = True, 200.0
    asking = threading.Thread(target=readiness.away)
    asking.start()
    begun.wait()
    assert readiness.away() == ([], [])
    never.set()
    asking.join()


def test_a_key_that_ends_soon_is_announced_before_it_ends(keys: KeyStore) -> None:
    keys.init(now=datetime.now(UTC) - timedelta(days=80))

    answer = ask("/readyz", key=health.ask_signing_key)

    assert (answer.status_code, answer.content) == (200, b"ok, renew: signing key\n")


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "warned"), [(80, True), (1, False), (None, False)], ids=["ends soon", "new", "no keys yet"])
def test_the_index_of_the_admin_warns_staff_of_a_key_that_ends_soon(
    keys: KeyStore, admin_client: Client, age: int | None, warned: object
) -> None:
    if age is not None:
        keys.init(now=datetime.now(UTC) - timedelta(days=age))

    page = admin_client.get("/admin/")

    assert page.status_code == 200
    assert ("token signing key" in page.content.decode()) is warned


def test_a_key_that_has_expired_is_away(keys: KeyStore) -> None:
    keys.init(now=datetime.now(UTC) - timedelta(days=91))

    with pytest.raises(NotReady, match="signing_keys renew"):
        health.ask_signing_key()


def test_without_keys_the_key_is_away(keys: KeyStore) -> None:
    assert ask("/readyz", key=health.ask_signing_key).content == b"away: key\n"


def test_the_registry_is_ready_when_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(200))

    health.ask_registry()


def test_a_registry_whose_storage_is_away_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(503))

    with pytest.raises(NotReady, match="503"):
        health.ask_registry()


def test_the_token_process_is_ready_when_it_shows_its_keys(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.LAYERSTORE_TOKEN_URL = "http://token:8000"
    asked: list[str] = []

    def answer(url: str, **_: object) -> httpx.Response:
        asked.append(url)
        return httpx.Response(200)

    monkeypatch.setattr(httpx, "get", answer)

    health.ask_token_process()
    assert asked == ["http://token:8000/auth/jwks.json"]


def test_a_token_process_that_cannot_read_its_keys_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(503))

    with pytest.raises(NotReady, match="503"):
        health.ask_token_process()


@pytest.mark.django_db
def test_the_database_and_redis_of_the_tests_answer() -> None:
    health.ask_database()
    health.ask_redis()


@pytest.mark.django_db
def test_a_version_whose_migrations_have_not_run_is_not_ready_until_they_have() -> None:
    tables = health.Tables()
    applied = MigrationRecorder.Migration.objects.filter(app="common").order_by("-id").first()
    assert applied
    MigrationRecorder.Migration.objects.filter(pk=applied.pk).delete()

    with pytest.raises(NotReady, match=r"run `manage\.py migrate`"):
        tables.ask()

    applied.save(force_insert=True)
    tables.ask()
    with mock.patch.object(health, "MigrationExecutor", side_effect=AssertionError):  # it is asked no more
        tables.ask()


def test_while_the_database_is_away_nothing_is_said_of_its_tables() -> None:
    with mock.patch.object(health, "MigrationExecutor", side_effect=OperationalError):
        health.Tables().ask()

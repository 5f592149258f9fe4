"""/healthz: this process answers. /readyz: the parts it depends on answer too; a stranger learns only which of them is away.

Load balancers call them by address, under any host name and very often. So both are answered before the Host header is checked, and
the parts are asked at most once in two seconds, however many requests come.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

import httpx
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from common.db.outages import outages
from common.ops.redis import redis_client
from config.processes.questions import Questions
from registry_auth.keys.index import endings, read_index

logger = logging.getLogger(__name__)
Check = Callable[[], None]
CACHE_SECONDS = 2.0
TIMEOUT_SECONDS = 2
WITHIN_SECONDS = 3.0  # a part that has not answered by then is away, whatever the reason
OK = 200


class NotReady(Exception):
    """A part answers, but not well enough."""


def ask_database() -> None:
    """Ask PostgreSQL the simplest question there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class Tables:
    """Whether the migrations of this version have run. Once they have, they have."""

    def __init__(self) -> None:
        self._there = False

    def ask(self) -> None:
        """Make sure of it. While the database is away, that is its own fault and is told as such.

        Raises:
            NotReady: some are missing; processes never run them.
        """
        if self._there:
            return
        try:
            executor = MigrationExecutor(connection)
            missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return
        if missing:
            raise NotReady(f"{len(missing)} migrations have not run: run `manage.py migrate`")
        self._there = True


def ask_redis() -> None:
    """Ping Redis."""
    redis_client().ping()


def ask_signing_key() -> None:
    """Make sure that a key is active and has not expired. Reads certificates, no private key.

    Raises:
        NotReady: registries would refuse what is signed now.
    """
    active = read_index(settings.LAYERSTORE_KEYS_DIR).active
    if active is None or active.not_after <= timezone.now():
        raise NotReady("no token signing key is active, or it has run out: run `signing_keys renew`")


def ask_token_process() -> None:
    """Make sure that the token process can read its private keys: only then does it show the public halves.

    Raises:
        NotReady: it cannot, or something else answers.
    """
    answer = httpx.get(f"{settings.LAYERSTORE_TOKEN_URL}/auth/jwks.json", timeout=TIMEOUT_SECONDS, trust_env=False)
    if answer.status_code != OK:
        raise NotReady(f"the token process answers {answer.status_code}")


def ask_registry() -> None:
    """Make sure that the registry answers and reaches its storage; its root needs no token, so it logs no refusal.

    Raises:
        NotReady: it answers with an error of its own.
    """
    answer = httpx.get(f"{settings.LAYERSTORE_REGISTRY_URL}/", timeout=TIMEOUT_SECONDS, trust_env=False)
    if answer.status_code != OK:
        raise NotReady(f"the registry answers {answer.status_code}")


def noticed_away() -> list[str]:
    """Return the dependencies that sweeps found away (`common.db.outages`); none while the database itself is away."""
    try:
        return [outage.dependency for outage in outages()]
    except DatabaseError:
        return []


PARTS: Mapping[str, Check] = {
    "database": ask_database,
    "tables": Tables().ask,
    "redis": ask_redis,
    "signing key": ask_signing_key,
    "token process": ask_token_process,
    "registry": ask_registry,
}


class Readiness:
    """Which parts are away, as of at most two seconds ago."""

    def __init__(
        self,
        parts: Mapping[str, Check],
        *,
        dependencies: Callable[[], list[str]] = noticed_away,
        within: float = WITHIN_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = Questions({name: partial(_answers, name, ask) for name, ask in parts.items()})
        self._dependencies = Questions({"noticed": dependencies})
        self._names = tuple(parts)
        self._within = within
        self._clock = clock
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._away: tuple[list[str], list[str]] | None = None

    def away(self) -> tuple[list[str], list[str]]:
        """Return the parts that are away, and the dependencies that we go on without.

        One thread asks all of them at once, for a few seconds at most. Meanwhile other threads get the previous answer; before
        there is one, they wait.
        """
        before = self._away
        if not self._lock.acquire(blocking=before is None) and before is not None:
            return before
        try:
            if self._away is None or self._clock() - self._asked_at >= CACHE_SECONDS:
                self._away = self._ask()
                self._asked_at = self._clock()
            return self._away
        finally:
            self._lock.release()

    def _ask(self) -> tuple[list[str], list[str]]:
        answers = self._parts.ask(within=self._within)
        noticed = self._dependencies.ask(within=self._within).get("noticed", [])
        parts = [name for name in self._names if not answers.get(name) or name in noticed]
        return parts, [name for name in noticed if name not in self._names]


def _answers(name: str, ask: Check) -> bool:
    try:
        ask()
    except Exception:  # whatever a part's client raises, the part is away; the log says why
        logger.warning("not ready", extra={"part": name}, exc_info=True)
        return False
    return True


def _renewal_due() -> bool:
    return bool(endings(settings.LAYERSTORE_KEYS_DIR, now=timezone.now()))


class HealthMiddleware:
    """Answers the two addresses itself and passes everything else on."""

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponse],
        *,
        parts: Mapping[str, Check] = PARTS,
        dependencies: Callable[[], list[str]] = noticed_away,
    ) -> None:
        self.get_response = get_response
        self._readiness = Readiness(parts, dependencies=dependencies)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return _plain("ok")
        if request.path == "/readyz":
            return self._ready()
        return self.get_response(request)

    def _ready(self) -> HttpResponse:
        away, dependencies = self._readiness.away()
        if away:
            return _plain(f"away: {', '.join([*away, *dependencies])}", status=503)
        # Without mail or Stripe there is an alert, but pages, tokens and pulls go on: no reason to send requests elsewhere.
        notes = [f"away: {', '.join(dependencies)}"] * bool(dependencies) + ["renew: signing key"] * _renewal_due()
        return _plain(", ".join(["ok", *notes]))


def _plain(text: str, *, status: int = OK) -> HttpResponse:
    response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if status != OK:
        response["Retry-After"] = "5"
    return response

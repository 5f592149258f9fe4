"""A thousand random interleavings of three holders and contenders, step by step, half of them on each store. The clock is the test's own.

Whatever the order: the numbers of grants only grow, no two believe in a lease at the same time, nobody who has a successor writes anything,
and once all of them have died, somebody else is granted the lease.
"""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from common.db.leases.dynamodb import DynamoDBLeases
from common.db.leases.fence import Fence
from common.db.leases.postgresql import PostgreSQLLeases
from common.db.leases.protocol import Grant, LeaseLost, LeaseStore
from common.db.models import RateLimitCount
from tests.support.dynamodb import ModelOfDynamoDB
from tests.support.threads import run_in_threads

pytestmark = pytest.mark.django_db(transaction=True)
INTERLEAVINGS = 500  # on each store
ACTORS = range(3)
ACTS = 5  # of each actor
SECONDS = 6.0
# PostgreSQL's own clock, in sessions that look here first.
VIRTUAL_CLOCK = """
CREATE SCHEMA IF NOT EXISTS virtual;
CREATE SEQUENCE IF NOT EXISTS virtual.milliseconds MINVALUE 0;
CREATE OR REPLACE FUNCTION virtual.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT to_timestamp(last_value / 1000.0) FROM virtual.milliseconds';
"""


class World:
    """One interleaving: who may go on, what time it is, and what was granted and written so far."""

    def __init__(self, seed: int) -> None:
        self.name = f"sweep-{seed}"
        self.chance = random.Random(seed)
        self.now = 0.0
        self.items: dict[str, dict[str, Any]] = {}  # in the model of DynamoDB
        self.alive = set(ACTORS)
        self.numbers: list[int] = []
        self.believed: dict[int, Grant] = {}
        self.until: dict[int, float] = {}
        self.refused = 0
        self.written = 0
        self.faults: list[str] = []

    def clock(self) -> float:
        return self.now

    def note_grant(self, actor: int, grant: Grant) -> None:
        if self.numbers and grant.number <= max(self.numbers):
            self.faults.append(f"{grant.number} granted after {max(self.numbers)}")
        if others := [other for other, until in self.until.items() if other != actor and until > self.now]:
            self.faults.append(f"granted to {actor} while {others} believe in it")
        self.numbers.append(grant.number)
        self.believed[actor], self.until[actor] = grant, grant.until

    def note_write(self, number: int) -> None:
        self.written += 1
        if number != max(self.numbers):
            self.faults.append(f"{number} wrote after {max(self.numbers)} was granted")


class Turns:
    """One of the threads runs at a time, and chance says which."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self._go = [threading.Semaphore(0) for _ in ACTORS]
        self._back = threading.Semaphore(0)
        self.world = World(0)
        self._over = False
        self.refused = self.written = 0

    def pause(self, actor: int) -> None:
        """Let others have their turns."""
        self._back.release()
        self._go[actor].acquire()

    def conduct(self) -> None:
        """Let the actors live through all interleavings; raise at the first fault."""
        try:
            for seed in range(INTERLEAVINGS):
                self.world = world = World(seed)
                self._set_clock()
                while world.alive:
                    self._go[world.chance.choice(sorted(world.alive))].release()
                    self._back.acquire()
                    self.advance(world.chance.choice([0.0, 0.0, 0.1, 1.0, 3.0]))
                self._let_a_successor_begin()
                assert world.faults == [], f"interleaving {seed}: {world.faults}"
                self.refused += world.refused
                self.written += world.written
        finally:
            self._over = True
            for go in self._go:
                go.release()

    def advance(self, seconds: float) -> None:
        if seconds:
            self.world.now += seconds
            self._set_clock()

    def live(self, actor: int) -> None:
        """Act at random, in each interleaving."""
        on_virtual_time()
        while True:
            self._go[actor].acquire()
            if self._over:
                return
            world = self.world
            store = self._store(world, pause=lambda: self.pause(actor))
            try:
                for _ in range(ACTS):
                    self._act(actor, world, store)
                    self.pause(actor)
            except Exception as error:  # noqa: BLE001  the conductor tells of it
                world.faults.append(repr(error))
            world.alive.discard(actor)
            self._back.release()

    def _act(self, actor: int, world: World, store: LeaseStore) -> None:
        grant = world.believed.get(actor)
        if grant is None:
            if grant := store.acquire([world.name], seconds=SECONDS):
                world.note_grant(actor, grant)
            return
        match world.chance.choice(["write", "write", "renew", "renew", "release", "die"]):
            case "write":
                self._write(actor, world, grant)
            case "renew":
                asked = world.now
                if store.renew(grant, seconds=SECONDS):
                    world.until[actor] = asked + SECONDS
                else:
                    del world.believed[actor], world.until[actor]
            case "release":
                del world.until[actor]  # whoever releases it has ended
                store.release(grant)
                del world.believed[actor]
            case "die":
                del world.believed[actor], world.until[actor]

    def _write(self, actor: int, world: World, grant: Grant) -> None:
        """Write in a transaction that others may act in the middle of. The writer never looks at its own clock: it may have been stopped."""
        fence = Fence(name=grant.name, number=grant.number, seconds=SECONDS, check=lambda: None)
        try:
            with connection.execute_wrapper(fence):
                with transaction.atomic():
                    values = {"act": world.name, "count": grant.number, "ends_at": timezone.now()}
                    RateLimitCount.objects.create(key=f"{world.name}:{actor}:{world.written}:{world.now}", **values)
                    for _ in range(world.chance.randrange(3)):
                        self.pause(actor)
                world.note_write(grant.number)
        except LeaseLost:
            world.refused += 1

    def _let_a_successor_begin(self) -> None:
        world = self.world
        self.advance(2 * SECONDS)
        store = self._store(world, pause=lambda: self.advance(1.0))
        grant = store.acquire([world.name], seconds=SECONDS)
        world.until.clear()
        if grant is None:
            world.faults.append("nobody can have it any more")
        else:
            world.note_grant(-1, grant)

    def _store(self, world: World, *, pause: Callable[[], None]) -> LeaseStore:
        if self._backend == "postgresql":
            return PostgreSQLLeases(clock=world.clock)

        def sleep(seconds: float) -> None:
            end = world.now + seconds
            while world.now < end:
                pause()

        return DynamoDBLeases(ModelOfDynamoDB(world.items, before=pause), table="leases", clock=world.clock, sleep=sleep)  # type: ignore[arg-type]  # the model has what leases ask of a client

    def _set_clock(self) -> None:
        if self._backend == "dynamodb":
            return  # it has none
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('virtual.milliseconds', %s)", [round(self.world.now * 1000)])


def on_virtual_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = virtual, public, pg_catalog")


@pytest.fixture(autouse=True)
def virtual_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in ("postgresql", "fence"):
        monkeypatch.setattr(f"common.db.leases.{module}.WAIT_MS", 1)  # nothing is timed: who waits for an open transaction waits in vain
    with connection.cursor() as cursor:
        cursor.execute(VIRTUAL_CLOCK)
        yield
        cursor.execute("DROP SCHEMA virtual CASCADE")


@pytest.mark.parametrize("backend", ["postgresql", "dynamodb"])
def test_whatever_the_order_one_acts_and_its_predecessors_write_nothing(backend: str) -> None:
    turns = Turns(backend)

    results = run_in_threads(1 + len(ACTORS), lambda number: turns.live(number - 1) if number else turns.conduct())

    assert results == [None] * (1 + len(ACTORS))
    assert turns.written > INTERLEAVINGS
    assert turns.refused > INTERLEAVINGS / 20  # else nothing was put to the test

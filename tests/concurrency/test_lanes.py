"""With each dependency hung in turn, a payment becomes effective and the other lanes' work is done while that one still hangs.

For real: PostgreSQL, Redis, the worker as a shop runs it, the sandbox in Stripe's place. Nothing here is timed; what is awaited is awaited while
the gate is shut.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from celery import Celery
from django.conf import settings as shop
from django.db import connection, connections
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from common.ids import new_id
from common.web.markdown import RENDERER
from config.celery import all_jobs
from config.celery import app as shop_queue
from config.jobs import LANES
from marketplace.images.models import Manifest
from marketplace.products.models import Product
from marketplace.products.search_entry import SearchEntry
from outbox.mail.models import OutgoingMail
from outbox.mail.services import queue_mail
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.transports.postgresql import store_events
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.marketplace import ManifestFactory, NamespaceFactory, ProductFactory
from tests.support.dependencies import MANIFEST_DIGEST, Gate, gated_mail_server, gated_registry
from tests.support.registry import wait_until
from tests.support.sandbox import Sandbox, sandbox, sandbox_process
from tests.support.token_process import shop_environment

__all__ = ["sandbox", "sandbox_process"]
pytestmark = pytest.mark.django_db(transaction=True)
CALLS = 12  # of the lane that hangs, before the others are called
PATIENCE = 60  # until a test that waits for what never comes is given up


@dataclass
class Worker:
    """The worker with its own Redis, and the gates before its dependencies."""

    process: subprocess.Popen[bytes]
    queue: Celery
    redis: subprocess.Popen[bytes]
    log: Path
    gates: Mapping[str, Gate] = field(default_factory=dict)

    def call(self, task: str, *args: str) -> None:
        self.queue.send_task(task, args=args, retry=False)

    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]


@contextmanager
def running_redis(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    path = folder / "redis"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: path.exists() and redis.Redis(unix_socket_path=str(path)).ping())
        yield process, str(path)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def gates(sandbox_process: Sandbox) -> Iterator[dict[str, Gate]]:
    stripe = Gate(urlsplit(sandbox_process.url).port or 0)
    with gated_mail_server() as mail, gated_registry() as registry:
        yield {"mail": mail, "registry": registry, "stripe": stripe}
    stripe.close()


@pytest.fixture(scope="module")
def worker(gates: dict[str, Gate], tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Worker]:
    folder = tmp_path_factory.mktemp("lanes")
    with running_redis(folder) as (server, path):
        environment = shop_environment() | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "LAYERSTORE_REDIS_URL": f"unix://{path}",
            "LAYERSTORE_EMAIL_URL": f"smtp://127.0.0.1:{gates['mail'].port}",
            "LAYERSTORE_REGISTRY_URL": f"http://127.0.0.1:{gates['registry'].port}",
            "LAYERSTORE_TOKEN_URL": f"http://127.0.0.1:{gates['registry'].port}",
            "STRIPE_API_BASE": f"http://127.0.0.1:{gates['stripe'].port}",
            "STRIPE_SECRET_KEY": shop.STRIPE_SECRET_KEY,
            "STRIPE_WEBHOOK_SECRET": shop.STRIPE_WEBHOOK_SECRET,
        }
        queue = Celery(broker=f"redis+socket://{path}", set_as_current=False)
        queue.conf.task_routes = shop.CELERY_TASK_ROUTES
        log = folder / "worker.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "config.processes.worker"]
            process = subprocess.Popen(command, env=environment, cwd=shop.BASE_DIR, stdout=output, stderr=output)
        running = Worker(process, queue, server, log, gates)
        try:
            wait_until(lambda: process.poll() is not None or all(f"{lane}@" in log.read_text() for lane in LANES), seconds=PATIENCE)
            assert process.poll() is None, log.read_text()
            yield running
        finally:
            server.send_signal(signal.SIGCONT)
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0


@dataclass(frozen=True)
class Work:
    """One piece of work for each lane, and how to tell that it is done."""

    calls: Mapping[str, tuple[str, ...]]
    done: Mapping[str, Callable[[], bool]]

    def is_done(self, *lanes: str) -> Callable[[], bool]:
        return lambda: all(self.done[lane]() for lane in lanes)


@pytest.fixture
def work(sandbox: Sandbox) -> Work:
    seller: SellerProfile = SellerFactory(stripe_account_id=sandbox.account())
    product = ProductFactory(namespace=NamespaceFactory(owner=seller.account))
    Product.objects.filter(pk=product.pk).update(description_renderer=0)
    SearchEntry.objects.filter(product=product).delete()
    order = place_order(product=product, user=UserFactory())
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    event = StripeEvent.objects.create(
        id=f"evt_{order.pk}",
        type="checkout.session.completed",
        object_id=order.checkout_session_id or "",
        livemode=False,
    )
    key = f"unknown:{new_id()}"
    queue_mail(to="reader@example.test", template="unknown_account", context={"signup_url": "http://shop.test/"}, key=key)
    manifest = ManifestFactory(digest=MANIFEST_DIGEST, platforms=[], described_at=None)
    pull = RegistryEvent(id=str(new_id()), action=EventAction.PULL, at=timezone.now(), repository="nobody/s", digest=MANIFEST_DIGEST)
    envelope = store_events(events=[pull])
    return Work(
        calls={
            "money": ("billing.handle_stripe_event", event.pk),
            "mail": ("outbox.send_due_mail",),
            "registry": ("registry_auth.describe_manifests",),
            "drawing": ("marketplace.refresh_search_entries",),
            "default": ("registry_auth.drain_registry_events",),
            "batch": ("marketplace.render_descriptions",),
        },
        done={
            "money": lambda: Order.objects.get(pk=order.pk).state == Order.State.PAID,
            "mail": lambda: OutgoingMail.objects.get(key=key).sent_at is not None,
            "registry": lambda: Manifest.objects.get(pk=manifest.pk).described_at is not None,
            "drawing": lambda: SearchEntry.objects.filter(product=product).exists(),
            "default": lambda: RegistryEnvelope.objects.get(pk=envelope.pk).drained_at is not None,
            "batch": lambda: Product.objects.get(pk=product.pk).description_renderer == RENDERER,
        },
    )


@pytest.mark.parametrize(("dependency", "lane"), [("mail", "mail"), ("registry", "registry"), ("stripe", "money")])
def test_a_dependency_that_hangs_keeps_only_those_waiting_who_need_it(worker: Worker, work: Work, dependency: str, lane: str) -> None:
    gate, others = worker.gates[dependency], [name for name in LANES if name != lane]
    gate.shut()
    try:
        for _ in range(CALLS):
            worker.call(*work.calls[lane])
        wait_until(lambda: gate.waiting, seconds=PATIENCE)
        for other in others:
            worker.call(*work.calls[other])

        wait_until(work.is_done(*others), seconds=PATIENCE)
        assert not work.done[lane]()
        assert gate.waiting < CALLS  # they were called later and did not wait for those before them
    finally:
        gate.open()

    wait_until(lambda: settled_after(worker, work, lane), seconds=PATIENCE)


def settled_after(worker: Worker, work: Work, lane: str) -> bool:
    """Bring the turn of what was put off forward, and tell whether it is done."""
    now = timezone.now() - timedelta(seconds=1)
    StripeEvent.objects.update(due_at=now)
    OutgoingMail.objects.update(due_at=now)
    Manifest.objects.update(due_at=now)
    if not work.done[lane]():
        worker.call(*work.calls[lane])
    return work.done[lane]()


@pytest.mark.parametrize(
    ("lane", "slow"),
    [
        pytest.param("default", {"registry_auth_registryenvelope": "registry_auth.drain_registry_events"}, id="the inbox"),
        pytest.param(
            "batch",
            {
                "marketplace_growth": "marketplace.grow_products",
                "accounts_dataexport": "accounts.make_data_exports",
                "django_session": "common.clear_sessions",
            },
            id="all that takes minutes",
        ),
    ],
)
def test_a_database_that_is_slow_in_one_place_keeps_only_those_waiting_who_need_it(
    worker: Worker, work: Work, lane: str, slow: Mapping[str, str]
) -> None:
    beside = connections.create_connection("default")
    beside.set_autocommit(False)
    with closing(beside), beside.cursor() as cursor:  # whatever fails, nobody is left waiting for the tables
        cursor.execute(f"LOCK TABLE {', '.join(slow)} IN ACCESS EXCLUSIVE MODE")
        for task in slow.values():
            worker.call(task)
        tables = ", ".join(f"'{table}'::regclass" for table in slow)
        waits = f"SELECT count(DISTINCT relation) FROM pg_locks WHERE NOT granted AND relation IN ({tables})"
        wait_until(lambda: scalar(waits) == len(slow), seconds=PATIENCE)
        for name in LANES:
            worker.call(*work.calls[name])
        others = [name for name in LANES if name != lane]

        wait_until(work.is_done(*others), seconds=PATIENCE)
        assert scalar(waits) == len(slow)
        beside.rollback()

    wait_until(work.is_done(lane), seconds=PATIENCE)


def scalar(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def test_a_redis_that_hangs_stops_no_lane(worker: Worker, work: Work) -> None:
    worker.redis.send_signal(signal.SIGSTOP)
    try:
        wait_until(work.is_done(*LANES), seconds=PATIENCE)
    finally:
        worker.redis.send_signal(signal.SIGCONT)
    assert "sweeps run without a queue" in worker.log.read_text()

    wait_until(lambda: "Redis is back" in worker.log.read_text(), seconds=PATIENCE)


def test_a_job_at_its_limit_is_ended_and_its_lane_goes_on(worker: Worker, work: Work) -> None:
    gate = worker.gates["mail"]
    gate.shut()
    try:
        worker.queue.send_task("outbox.send_due_mail", soft_time_limit=1, time_limit=30, retry=False)
        wait_until(lambda: "SoftTimeLimitExceeded" in worker.log.read_text(), seconds=PATIENCE)
        asked = gate.waiting
        worker.call(*work.calls["mail"])

        wait_until(lambda: gate.waiting > asked, seconds=PATIENCE)
    finally:
        gate.open()
    wait_until(lambda: settled_after(worker, work, "mail"), seconds=PATIENCE)


def test_a_worker_that_dies_is_replaced_and_its_lane_goes_on(worker: Worker, work: Work) -> None:
    before = worker.children()
    os.kill(before[0], signal.SIGKILL)  # the first that was started: money's
    wait_until(lambda: worker.children() and set(worker.children()) - set(before), seconds=PATIENCE)
    worker.call(*work.calls["money"])

    wait_until(work.is_done("money"), seconds=PATIENCE)


def test_what_a_hung_lane_was_called_for_meanwhile_runs_once(worker: Worker, work: Work) -> None:
    """Each call runs out when the sweep would come again."""
    jobs = all_jobs()
    shop_queue.loader.import_default_modules()
    assert shop_queue.conf.beat_schedule
    assert all(entry["options"]["expires"] == jobs[name].every for name, entry in shop_queue.conf.beat_schedule.items())
    for _ in range(20):
        worker.queue.send_task("outbox.send_due_mail", expires=-1, retry=False)
    worker.call(*work.calls["mail"])

    wait_until(work.is_done("mail"), seconds=PATIENCE)
    assert worker.log.read_text().count("Discarding revoked task: outbox.send_due_mail") >= 20


def test_a_worker_that_may_not_begin_ends_and_says_why() -> None:
    unsafe = shop_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings.production", "STRIPE_SECRET_KEY": "sk_test_1"}
    unsafe |= {"STRIPE_WEBHOOK_SECRET": "whsec_1", "LAYERSTORE_REDIS_URL": "redis://127.0.0.1:9/0"}

    done = subprocess.run(
        [sys.executable, "-m", "config.processes.worker", "mail"], env=unsafe, cwd=shop.BASE_DIR, capture_output=True, check=False
    )

    assert done.returncode == 1
    assert b"Layerstore does not start like this" in done.stderr

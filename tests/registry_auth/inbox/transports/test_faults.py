"""Faults on the whole path, from the listener over the brokers and the consumers to PostgreSQL: nothing is lost, nothing counted twice.

Events go on being told while it happens, and in the end each counter is compared with what was told.
"""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from django.conf import settings as django_settings

from marketplace.images.models import Image
from marketplace.insights.models import PullCount
from registry_auth.inbox.drain import drain_envelopes
from registry_auth.inbox.models import RegistryEnvelope, StreamPartition
from registry_auth.inbox.transports.brokers import group
from tests.factories.marketplace import ImageFactory
from tests.registry_auth.inbox.conftest import registry_event
from tests.support.registry import wait_until
from tests.support.stream import StreamProcesses, stream_processes

pytestmark = pytest.mark.django_db(transaction=True)
_ids = count(1)
TAGS = ("1.0", "2.0", "3.0")


@pytest.fixture(scope="module")
def processes(django_db_setup, kafka_cluster, tmp_path_factory) -> Iterator[StreamProcesses]:
    with stream_processes(kafka_cluster, tmp_path_factory.mktemp("stream")) as processes:
        yield processes
        print(processes.log.read_text())  # noqa: T201  shown beside a failure


@pytest.fixture
def shop(processes: StreamProcesses, kafka, settings) -> StreamProcesses:
    """Return the processes, and let the drain of this process know of the stream, as a worker's would."""
    settings.LAYERSTORE_EVENTS = "kafka"
    settings.LAYERSTORE_KAFKA_TOPIC = processes.topic
    return processes


class Telling:
    """Tells of pulls without a pause, and remembers of which."""

    def __init__(self, shop: StreamProcesses) -> None:
        self.images = ImageFactory.create_batch(8)
        self.told: Counter[tuple[str, str]] = Counter()
        self.notifications = 0
        self._shop = shop

    def some(self) -> None:
        """Tell of a few pulls, one of them twice."""
        keys = [(image.repository, TAGS[place % 3]) for place, image in enumerate(self.images)]
        events = [registry_event("pull", repository, event_id=f"fault-{next(_ids)}", tag=tag) for repository, tag in keys]
        assert self._shop.tell(*events, events[0]) == 202
        self.told.update(keys)
        self.notifications += 1

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Tell of more and more while the block runs."""
        ended, faults = threading.Event(), list[Exception]()

        def tell() -> None:
            try:
                while not ended.is_set():
                    self.some()
                    time.sleep(0.05)  # enough to be in the middle of it; more would only be counted
            except Exception as fault:  # noqa: BLE001  raised again by the test's own thread
                faults.append(fault)

        thread = threading.Thread(target=tell)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
        assert faults == []

    def more(self, notifications: int) -> None:
        """Wait until it has told of some more."""
        reached = self.notifications + notifications
        wait_until(lambda: self.notifications >= reached, seconds=60)

    def counted(self) -> Counter[tuple[str, str]]:
        rows = PullCount.objects.values_list("image__repository", "tag", "count")
        return Counter({(repository, tag): number for repository, tag, number in rows})

    def settle(self) -> None:
        """Wait until nothing waits any more, then compare."""

        def all_counted() -> bool:
            drain_envelopes()
            return self.counted().total() >= self.told.total()

        wait_until(all_counted, seconds=120)
        wait_until(lambda: _offset_of_all() == _offset_of_all(after=1.5), seconds=60)  # whatever would be counted twice has been
        assert self.counted() == self.told
        assert sum(Image.objects.values_list("pull_count", flat=True)) == self.told.total()
        assert not RegistryEnvelope.objects.filter(drained_at__isnull=True).exists()


def _offset_of_all(*, after: float = 0) -> int:
    time.sleep(after)
    return sum(StreamPartition.objects.filter(topic=django_settings.LAYERSTORE_KAFKA_TOPIC).values_list("next_offset", flat=True))


def a_broker_goes_down(shop: StreamProcesses) -> None:
    shop.kafka.move_coordinator(group(), to=2)
    shop.kafka.take_down(1)
    for partition in range(shop.partitions):
        shop.kafka.move_leader(shop.topic, partition, to=2 + partition % 2)


def a_leader_moves(shop: StreamProcesses) -> None:
    for broker in (1, 2, 3):
        shop.kafka.move_leader(shop.topic, 0, to=broker)


def a_consumer_is_killed(shop: StreamProcesses) -> None:
    os.kill(max(shop.consumers()), signal.SIGKILL)


def a_consumer_leaves_and_another_comes(shop: StreamProcesses) -> None:
    before = shop.consumers()
    os.kill(max(before), signal.SIGTERM)
    wait_until(lambda: shop.consumers() - before and len(shop.consumers()) == len(before), seconds=30)


@pytest.mark.parametrize(
    "fault",
    [a_broker_goes_down, a_leader_moves, a_consumer_is_killed, a_consumer_leaves_and_another_comes],
    ids=lambda fault: fault.__name__.replace("_", " "),
)
def test_nothing_is_lost_and_nothing_counted_twice_when(shop: StreamProcesses, fault: Callable[[StreamProcesses], None]) -> None:
    telling = Telling(shop)

    with telling.going_on():
        telling.more(20)
        fault(shop)
        telling.more(20)

    telling.settle()


def test_with_all_brokers_away_the_inbox_takes_over_and_is_drained(shop: StreamProcesses) -> None:
    telling = Telling(shop)
    with telling.going_on():
        telling.more(20)
        shop.kafka.take_all_down()
        telling.more(20)
        assert RegistryEnvelope.objects.count() > 0
        shop.kafka.bring_all_up()
        waiting = RegistryEnvelope.objects.count()
        wait_until(lambda: _offset_of_all() > 0 and drain_envelopes() >= 0 and RegistryEnvelope.objects.count() >= waiting)
        telling.more(20)

    telling.settle()

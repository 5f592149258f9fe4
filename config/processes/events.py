"""python -m config.processes.events [--consumers N] [--health-file PATH]: counts the event stream, with a consumer for each core.

The shop is loaded once and each consumer is forked from it. A consumer that ends is started again, and one that says nothing for five
minutes is killed. If one fails to start, this process ends as well, so that its supervisor notices.
"""

import argparse
import gc
import logging
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import django
from django.conf import settings
from django.db import connections

from common.ops.metrics import forget_process, serve_metrics
from config.processes.children import AWAITED_SIGNALS, ended, fork

logger = logging.getLogger("config.processes.events")
_TICK_SECONDS: Final = 1.0
HEALTHY_SECONDS: Final = 30.0  # a consumer that said something since then is well
SILENT_SECONDS: Final = 300.0
STATEMENT_SECONDS: Final = 60
_RETRY_SECONDS: Final = 2.0
_BEAT: Final = struct.Struct("d")


class Consumers:
    """The consumers of this machine; each is a child process that says in shared memory when it was last well."""

    def __init__(self, count: int, *, health_file: Path | None) -> None:
        self._beats = mmap.mmap(-1, _BEAT.size * count)
        self._running: dict[int, int] = {}
        self._count = count
        self._health_file = health_file
        self._ending = False
        self._all_begun = False

    def run(self) -> int:
        """Run until a signal ends it. Return the exit status."""
        signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED_SIGNALS)
        for place in range(self._count):
            self._start(place)
        serve_metrics(settings.LAYERSTORE_METRICS_PORT)
        failed = False
        while self._running:
            received = signal.sigtimedwait(AWAITED_SIGNALS, _TICK_SECONDS)
            if received is not None and received.si_signo != signal.SIGCHLD:
                self._end()
            for pid in ended():
                failed = self._settle(pid) or failed
            self._look_after()
        return 1 if failed else 0

    def _start(self, place: int) -> None:
        _BEAT.pack_into(self._beats, place * _BEAT.size, 0.0)
        self._running[fork(lambda: self._work(place))] = place

    def _work(self, place: int) -> None:
        ending = False

        def end(_number: int, _frame: object) -> None:
            nonlocal ending
            ending = True

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, end)
        count_stream(ended=lambda: ending, beat=lambda: _BEAT.pack_into(self._beats, place * _BEAT.size, time.monotonic()))

    def _settle(self, pid: int) -> bool:
        """Replace a consumer that has ended; return whether it failed to start, which ends all of them."""
        place = self._running.pop(pid)
        forget_process(pid)
        if self._ending:
            return False
        if not self._beat(place):
            logger.error("consumer failed to start")
            self._end()
            return True
        logger.error("consumer ended, a new one takes its place")
        self._start(place)
        return False

    def _look_after(self) -> None:
        now = time.monotonic()
        if not self._all_begun and all(map(self._beat, range(self._count))):
            self._all_begun = True
            logger.info("the event stream is counted", extra={"consumers": self._count})
        silent = {pid: now - beat for pid, place in self._running.items() if (beat := self._beat(place))}
        for pid, seconds in silent.items():
            if seconds > SILENT_SECONDS:
                logger.error("consumer says nothing any more and is killed", extra={"seconds": int(seconds)})
                os.kill(pid, signal.SIGKILL)
        well = len(silent) == self._count and max(silent.values()) < HEALTHY_SECONDS
        if self._health_file is not None and well:
            self._health_file.touch()

    def _beat(self, place: int) -> float:
        return float(_BEAT.unpack_from(self._beats, place * _BEAT.size)[0])

    def _end(self) -> None:
        self._ending = True
        for pid in self._running:
            os.kill(pid, signal.SIGTERM)


def count_stream(*, ended: Callable[[], bool], beat: Callable[[], None]) -> None:
    """Count the stream in this process. While Kafka is away at the start, wait: the inbox takes what comes.

    Raises:
        SystemExit: the topic is missing and could not be made.
    """
    from confluent_kafka import KafkaException  # noqa: PLC0415  only where the stream is switched on

    from registry_auth.inbox.errors import TopicMissing  # noqa: PLC0415  once Django is set up
    from registry_auth.inbox.transports.brokers import require_topics  # noqa: PLC0415  the same
    from registry_auth.inbox.transports.consumer import consume_stream  # noqa: PLC0415  the same

    while not ended():
        try:
            require_topics()
        except TopicMissing as missing:
            raise SystemExit(str(missing)) from missing
        except KafkaException as error:
            logger.warning("Kafka does not answer yet: %s", error)
            beat()
            time.sleep(_RETRY_SECONDS)
        else:
            break
    beat()
    consume_stream(ended=ended, beat=beat)


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the shop, then run the consumers."""
    parser = argparse.ArgumentParser(prog="config.processes.events", description=__doc__)
    parser.add_argument("--consumers", type=int, default=len(os.sched_getaffinity(0)), help="how many; one for each core if left out")
    parser.add_argument("--health-file", type=Path, help="touched each second while all consumers are well")
    options = parser.parse_args(arguments)
    from config.celery import app, end_if_unsafe  # noqa: PLC0415  it names the settings, which Django then reads

    django.setup()
    app.loader.import_default_modules()
    end_if_unsafe()
    from common.db.statements import limit_statements  # noqa: PLC0415  once Django is set up

    if settings.LAYERSTORE_EVENTS != "kafka" or not settings.LAYERSTORE_KAFKA["bootstrap.servers"]:
        sys.exit("There is no stream to count: set LAYERSTORE_EVENTS to kafka, and LAYERSTORE_KAFKA to its brokers.")
    limit_statements(STATEMENT_SECONDS)
    connections.close_all()  # none is shared with a child
    gc.collect()
    gc.freeze()  # the collector touches no object from before the forks, so their memory stays shared
    return Consumers(options.consumers, health_file=options.health_file).run()


if __name__ == "__main__":
    sys.exit(main())

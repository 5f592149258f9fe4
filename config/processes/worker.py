"""python -m config.processes.worker [LANE[=SLOTS] …]: a Celery worker for each lane, all lanes unless some are named.

The shop is loaded once and each worker is forked from it, so that they share its memory and start together. A worker that ends is started
again. If one fails to start, this process ends as well, so that its supervisor notices.
"""

import gc
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module

import django
from django.conf import settings
from django.db import connections

from common.ops.metrics import serve_metrics
from config.jobs import LANES
from config.processes.children import AWAITED_SIGNALS, children_of, ended, fork
from config.processes.stand_in import StandIns

logger = logging.getLogger("config.processes.worker")
# Loaded before the fork: otherwise each worker would load them into memory of its own.
_PRELOADED = (
    "celery.bin.worker",
    "celery.apps.worker",
    "celery.worker.consumer",
    "celery.concurrency.prefork",
    "kombu.transport.redis",
    "config.urls",
)
_BROKER_TIMEOUT_SECONDS = 5
_TICK_SECONDS = 1.0
# A container is killed 30 seconds after SIGTERM: until then tasks end by themselves, are interrupted, and what is left is killed. What a
# killed task claimed is due again later.
_TASKS_SECONDS = 18.0
_KILL_SECONDS = 25.0
_START_SECONDS = 3.0  # a worker that ends sooner than this after our own start has failed to start


class Workers:
    """The workers of some lanes, and their stand-ins while Redis is away; each is a child process."""

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self._lanes = lanes
        self._running: dict[int, str] = {}
        self._stand_ins = StandIns(lanes)
        self._began = time.monotonic()
        self._ending = False
        self._patience: list[tuple[float, signal.Signals]] = []

    def run(self) -> int:
        """Run until a signal ends it. Return the exit status."""
        signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED_SIGNALS)
        for lane in self._lanes:
            self._start(lane)
        serve_metrics(settings.LAYERSTORE_METRICS_PORT)
        failed = False
        while self._running:
            received = signal.sigtimedwait(AWAITED_SIGNALS, _TICK_SECONDS)
            if received is not None and received.si_signo != signal.SIGCHLD:
                self._end(received.si_signo)
            for pid in ended():
                failed = self._settle(pid) or failed
            if self._ending:
                self._hurry()
            else:
                self._stand_ins.tick()
        return 1 if failed else 0

    def _start(self, lane: str) -> None:
        self._running[fork(lambda: _work(lane, self._lanes[lane]))] = lane

    def _settle(self, pid: int) -> bool:
        """Replace a worker that has ended; return whether it failed to start, which ends all of them."""
        if self._stand_ins.note_ended(pid) or self._ending:
            self._running.pop(pid, None)
            return False
        lane = self._running.pop(pid)
        if time.monotonic() - self._began < _START_SECONDS:
            logger.error("worker failed to start", extra={"lane": lane})
            self._end(signal.SIGTERM)
            return True
        logger.error("worker ended, a new one takes its place", extra={"lane": lane})
        self._start(lane)
        return False

    def _end(self, signal_number: int) -> None:
        if not self._ending:
            now = time.monotonic()
            self._patience = [(now + _TASKS_SECONDS, signal.SIGUSR1), (now + _KILL_SECONDS, signal.SIGKILL)]
        self._ending = True
        self._stand_ins.end()
        for pid in self._running:
            os.kill(pid, signal_number)

    def _hurry(self) -> None:
        """Interrupt tasks that do not end by themselves, as their time limit would: they give back their lease and what they claimed."""
        while self._patience and time.monotonic() >= self._patience[0][0]:
            _, sent = self._patience.pop(0)
            logger.warning("tasks are still running at the end", extra={"lanes": sorted(self._running.values()), "sent": sent.name})
            for pid in list(self._running):
                for process in [*children_of(pid), *([pid] if sent is signal.SIGKILL else [])]:
                    with suppress(ProcessLookupError):
                        os.kill(process, sent)


def _work(lane: str, slots: int) -> None:
    from common.db.statements import limit_statements  # noqa: PLC0415  once Django is set up
    from config.celery import app  # noqa: PLC0415  once Django is set up

    limit_statements(LANES[lane].statement)
    # A process that only queues tasks gives up on a slow Redis sooner; a worker that loses its connection has to start again.
    app.conf.broker_transport_options = app.conf.broker_transport_options | {"socket_timeout": _BROKER_TIMEOUT_SECONDS}
    options = ("--loglevel", "INFO", "--without-gossip", "--without-mingle")
    app.worker_main(["worker", "--queues", lane, "--hostname", f"{lane}@%h", "--concurrency", str(slots), *options])


def lanes_of(words: Sequence[str]) -> dict[str, int]:
    """Return the lanes that the arguments name, with the slots of each.

    Raises:
        SystemExit: there is no such lane, or the slots are not a number.
    """
    wanted: dict[str, int] = {}
    for word in words:
        lane, equals, slots = word.partition("=")
        if lane not in LANES or (equals and not re.fullmatch("[1-9][0-9]{0,2}", slots)):
            sys.exit(f"{word}: say LANE or LANE=SLOTS, with one of the lanes {', '.join(LANES)}.")
        wanted[lane] = int(slots or LANES[lane].slots)
    return wanted or {name: lane.slots for name, lane in LANES.items()}


def main(words: Sequence[str]) -> int:
    """Load the shop, then run the workers of the lanes."""
    from config.celery import app, end_if_unsafe  # noqa: PLC0415  it names the settings, which Django then reads

    lanes = lanes_of(words)
    django.setup()
    app.loader.import_default_modules()
    app.finalize()
    for module in _PRELOADED:
        import_module(module)
    end_if_unsafe()
    connections.close_all()  # none is shared with a child
    gc.collect()
    gc.freeze()  # the collector touches no object from before the forks, so their memory stays shared
    return Workers(lanes).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

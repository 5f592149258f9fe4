"""python -m config.worker [LANE[=SLOTS] …]: a Celery worker for each lane, all lanes unless some are named.

The shop is loaded once and every worker forked from it, so that they share its memory and start together. A worker that ends is started
again; one that cannot even begin ends us, for whoever supervises us to see.
"""

import ctypes
import gc
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NoReturn

import django

from config.jobs import LANES

logger = logging.getLogger("config.worker")
# What each worker would load for itself after the fork, into memory of its own.
_LATER = (
    "celery.bin.worker",
    "celery.apps.worker",
    "celery.worker.consumer",
    "celery.concurrency.prefork",
    "kombu.transport.redis",
    "config.urls",
)
_OURS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD)
_PATIENCE_SECONDS = 5
_TICK_SECONDS = 1.0
_BEGINNING_SECONDS = 3.0  # a worker that ends sooner after our own start could not begin
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Workers:
    """The workers of some lanes, each a child of ours."""

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self._lanes = lanes
        self._running: dict[int, str] = {}
        self._began = time.monotonic()
        self._ending = False

    def run(self) -> int:
        """Run until told to end. Return the exit status."""
        # Blocked, and taken one by one: no handler can come between a fork and its bookkeeping.
        signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        for lane in self._lanes:
            self._start(lane)
        failed = False
        while self._running:
            told = signal.sigtimedwait(_OURS, _TICK_SECONDS)
            if told is not None and told.si_signo != signal.SIGCHLD:
                self._end(told.si_signo)
            for lane in self._ended():
                failed = failed or self._could_not_begin(lane)
                if failed:
                    self._end(signal.SIGTERM)
                if not self._ending:
                    logger.error("worker ended, a new one takes its place", extra={"lane": lane})
                    self._start(lane)
        return 1 if failed else 0

    def _start(self, lane: str) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _die_with(parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
            _work(lane, self._lanes[lane])
        self._running[pid] = lane

    def _ended(self) -> list[str]:
        lanes = []
        while self._running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            lanes.append(self._running.pop(pid))
        return lanes

    def _could_not_begin(self, lane: str) -> bool:
        too_soon = not self._ending and time.monotonic() - self._began < _BEGINNING_SECONDS
        if too_soon:
            logger.error("worker could not begin", extra={"lane": lane})
        return too_soon

    def _end(self, signal_number: int) -> None:
        self._ending = True
        for pid in self._running:
            os.kill(pid, signal_number)


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _work(lane: str, slots: int) -> NoReturn:
    from common.statements import limit_statements  # noqa: PLC0415  once Django is set up
    from config.celery import app  # noqa: PLC0415

    limit_statements(LANES[lane].statement)
    # Who only queues leaves a slow Redis alone sooner; a worker that loses its connection has to begin anew.
    app.conf.broker_transport_options = app.conf.broker_transport_options | {"socket_timeout": _PATIENCE_SECONDS}
    options = ("--loglevel", "INFO", "--without-gossip", "--without-mingle")
    app.worker_main(["worker", "--queues", lane, "--hostname", f"{lane}@%h", "--concurrency", str(slots), *options])
    sys.exit(0)


def lanes_of(words: Sequence[str]) -> dict[str, int]:
    """Return which lanes are wanted with how many slots each.

    Raises:
        SystemExit: there is no such lane, or the slots are no number.
    """
    wanted: dict[str, int] = {}
    for word in words:
        lane, told, slots = word.partition("=")
        if lane not in LANES or (told and not re.fullmatch("[1-9][0-9]{0,2}", slots)):
            sys.exit(f"{word}: say LANE or LANE=SLOTS, with one of the lanes {', '.join(LANES)}.")
        wanted[lane] = int(slots or LANES[lane].slots)
    return wanted or {name: lane.slots for name, lane in LANES.items()}


def main(words: Sequence[str]) -> int:
    """Load the shop, then run the workers of the lanes."""
    from config.celery import app  # noqa: PLC0415  it names the settings, which Django then reads

    lanes = lanes_of(words)
    django.setup()
    app.loader.import_default_modules()
    app.finalize()
    for module in _LATER:
        import_module(module)
    gc.collect()
    gc.freeze()  # the collector touches no object from before the forks, so their memory stays shared
    return Workers(lanes).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

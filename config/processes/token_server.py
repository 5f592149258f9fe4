"""python -m config.processes.token_server: the token process on granian, whose workers share the application that was loaded once."""

import argparse
import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from common.ops.logging import log_through_a_queue
from common.ops.metrics import serve_metrics
from common.ops.tracing import begin_tracing

SETTINGS = "config.settings.token"
APPLICATION = "config.wsgi_token.application"
KILL_SECONDS = 8  # after SIGTERM, for requests that are being answered
IDLE_THREAD_SECONDS = 600  # a thread that ends closes its database connection, so it stays for as long as that is kept
_PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM, then answer what has begun. A worker that dies is replaced; SIGHUP replaces them all, one by one."""
    serve("token", options_of(arguments, prog="config.processes.token_server", about=__doc__), django_settings=SETTINGS)


def serve(process: str, options: argparse.Namespace, *, django_settings: str) -> None:
    """Serve the application of one kind of process on granian, with these settings of Django's."""
    os.environ["DJANGO_SETTINGS_MODULE"] = django_settings
    # Here and not in the workers: if it cannot be loaded, we end before anybody connects; if it can, it is in memory only once.
    application = import_string(options.application)
    server = Granian(
        options.application,
        address=options.host,
        port=options.port,
        uds=options.socket,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=options.workers,
        blocking_threads=options.threads,
        blocking_threads_idle_timeout=IDLE_THREAD_SECONDS,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
        log_dictconfig=_logging(),
    )
    if options.socket:
        options.socket.unlink(missing_ok=True)  # left behind by a master that was killed
    serve_metrics(settings.LAYERSTORE_METRICS_PORT)
    server.serve(target_loader=partial(_begin_worker, process, application, os.getpid()), wrap_loader=False)


def options_of(
    arguments: Sequence[str] | None, *, prog: str, about: str | None, application: str = APPLICATION, workers: int = 2, threads: int = 2
) -> argparse.Namespace:
    """Read a server's command line, whose defaults are these."""
    parser = argparse.ArgumentParser(prog=prog, description=about)
    parser.add_argument("--socket", type=Path, help="a Unix socket instead of host and port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=workers)
    parser.add_argument("--threads", type=int, default=threads, help="of each worker (ADR 0017)")
    parser.add_argument("--application", default=application)
    return parser.parse_args(arguments)


def _logging() -> dict[str, Any]:
    """Send the server's own log where ours goes. It writes no access log: the edge writes one, without any header."""
    ours: dict[str, Any] = settings.LOGGING
    return ours | {"loggers": ours["loggers"] | {"_granian": {"handlers": []}, "granian.access": {"handlers": []}}}


def _begin_worker(process: str, application: Callable[..., Any], master: int) -> Callable[..., Any]:
    """Make a new worker end with its master, however that ends, and let it log without waiting."""
    # Not SIGTERM: one that comes just after a worker has started can hang granian's handler of it, and the worker would stay for ever.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != master:  # the master ended before prctl was called
        raise SystemExit(1)
    begin_tracing(process)
    Finalize(None, log_through_a_queue(), exitpriority=0)  # a process of multiprocessing runs no atexit functions
    return application


if __name__ == "__main__":
    main()

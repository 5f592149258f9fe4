"""gunicorn --config python:config.processes.gunicorn: how a web process runs. Its command says where it listens, and with how many workers.

What it logs are JSON lines beside ours; the edge writes the access log.
"""

import gc
from typing import Any

from config.settings.logging import LOGGING

worker_class = "gthread"
threads = 4
preload_app = True  # loaded once for all workers, and what cannot be loaded ends the process at once
timeout = 60
graceful_timeout = 20
# Longer than the edge keeps an idle connection: else one ends just as a form is sent on it, which the edge must not send twice.
keepalive = 75
worker_tmp_dir = "/dev/shm"  # noqa: S108  in memory, so that a slow disk is no hang
control_socket_disable = True
_OURS: dict[str, Any] = LOGGING
logconfig_dict = _OURS | {
    "loggers": _OURS["loggers"]
    | {
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    }
}


def when_ready(_: object) -> None:
    """Take what was loaded out of the collector's sight, before workers are forked: going through all of it holds up a request."""
    gc.collect()
    gc.freeze()

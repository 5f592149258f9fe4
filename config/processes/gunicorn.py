"""gunicorn --config python:config.processes.gunicorn: its own words are JSON lines beside ours; the edge writes the access log."""

import gc
from typing import Any

from config.settings.logging import LOGGING

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

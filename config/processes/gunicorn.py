"""gunicorn --config python:config.processes.gunicorn: its own words are JSON lines beside ours; the edge writes the access log."""

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

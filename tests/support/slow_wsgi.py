"""A WSGI application whose answers wait for a file: a request that is under way for as long as a test wants."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ENDS = "LAYERSTORE_TEST_ENDS"


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Say that a request has come by making one file, then wait for another."""
    ends = Path(os.environ[ENDS])
    ends.with_suffix(".begun").touch()
    while not ends.exists():
        time.sleep(0.05)
    start_response("200 OK", [("Content-Length", "8")])
    return [b"finished"]

"""How to tell that a part is ready: each probe asks once and answers at once."""

import http.client
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Probe = Callable[[], bool]
TIMEOUT = 5


def listens_on(path: Path) -> Probe:
    """Ready when something accepts connections on the Unix socket."""

    def ask() -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(TIMEOUT)
            try:
                probe.connect(str(path))
            except OSError:
                return False
            return True

    return ask


def answers(url: str, *, statuses: range = range(200, 500)) -> Probe:
    """Ready when a GET is answered with one of the statuses."""
    address = urlsplit(url)

    def ask() -> bool:
        connection = http.client.HTTPConnection(address.netloc, timeout=TIMEOUT)
        try:
            connection.request("GET", address.path or "/")
            return connection.getresponse().status in statuses
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def says(log: Path, words: str) -> Probe:
    """Ready when the log, from its present end on, has the words: for parts that listen nowhere."""
    start = log.stat().st_size if log.exists() else 0

    def ask() -> bool:
        try:
            with log.open("rb") as lines:
                lines.seek(start)
                return words.encode() in lines.read()
        except OSError:
            return False

    return ask


def at_once() -> bool:
    """Ready as soon as it runs."""
    return True

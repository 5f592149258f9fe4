"""Logs: one JSON object a line, and no secret in any of them."""

import logging
import re
from collections.abc import Callable
from logging.handlers import QueueHandler, QueueListener
from queue import Full, Queue

from pythonjsonlogger.json import JsonFormatter as _JsonFormatter

# Access and identity tokens, secrets of programs and invitations, Stripe keys, JWTs, and what follows a header that carries credentials.
_SECRETS = re.compile(
    r"lsp_[0-9A-Za-z]{6,}|ls[rsig]_[0-9A-Za-z_-]{6,}|\b(?:sk|rk|whsec)_[0-9A-Za-z_]{6,}"
    r"|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+|(?i:(?:basic|bearer)\s+)[0-9A-Za-z+/=._~-]{8,}"
)
QUEUED_LINES = 10_000


class RedactSecrets(logging.Filter):
    """Replace everything that looks like one of our credentials by `[secret]`."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message, fits = record.getMessage(), True
        except Exception:  # noqa: BLE001  whatever does not fit: it would be printed uncleaned, and would end a queue's thread
            message, fits = f"{record.msg} {record.args}", False
        cleaned = _SECRETS.sub("[secret]", message)
        if cleaned != message or not fits:
            record.msg, record.args = cleaned, None
        return True


class WakeNobody(logging.Filter):
    """Lower what any stranger can cause to a warning: Django logs a refused request as an error, and errors wake operators."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        return True


class JsonFormatter(_JsonFormatter):
    """Time in UTC, level, logger, message, and what `extra` carries."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )

    def format(self, record: logging.LogRecord) -> str:
        # A traceback is text that no argument list can be cleaned of before.
        return _SECRETS.sub("[secret]", super().format(record))


class BoundedQueueHandler(QueueHandler):
    """Hands records to another thread and never waits for it.

    What finds the queue full is dropped, and the next line that fits says how many were.
    """

    def __init__(self, queue: "Queue[logging.LogRecord]") -> None:
        super().__init__(queue)
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record  # it stays in this process, so the other thread can format it

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self.dropped:
                self.queue.put_nowait(_dropped(self.dropped))
                self.dropped = 0
            self.queue.put_nowait(record)
        except Full:
            self.dropped += 1


def log_through_a_queue(*, most: int = QUEUED_LINES) -> Callable[[], None]:
    """Let a thread write what the root logger's handlers write now.

    Returns:
        What ends that: it writes all that is waiting, and then everything is as before.
    """
    root = logging.getLogger()
    handlers = root.handlers[:]
    queue: Queue[logging.LogRecord] = Queue(most)
    listener = QueueListener(queue, *handlers, respect_handler_level=True)
    listener.start()
    root.handlers[:] = [BoundedQueueHandler(queue)]

    def end() -> None:
        root.handlers[:] = handlers
        queue.join()  # else a full queue has no room for the word that ends the thread
        listener.stop()

    return end


def _dropped(count: int) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.WARNING, __file__, 0, "%d lines of log were dropped: the queue was full", (count,), None)

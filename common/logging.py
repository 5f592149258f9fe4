"""Logs: one JSON object a line, and no secret in any of them."""

import logging
import re

from pythonjsonlogger.json import JsonFormatter as _JsonFormatter

# Access and identity tokens, our own programs' secrets, Stripe keys, JWTs, and whatever follows a header that carries credentials.
_SECRETS = re.compile(
    r"lsp_[0-9A-Za-z]{6,}|ls[rs]_[0-9A-Za-z_-]{6,}|\b(?:sk|rk|whsec)_[0-9A-Za-z_]{6,}"
    r"|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+|(?i:(?:basic|bearer)\s+)[0-9A-Za-z+/=._~-]{8,}"
)


class RedactSecrets(logging.Filter):
    """Replace everything that looks like one of our credentials by `[secret]`."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = _SECRETS.sub("[secret]", message)
        if cleaned != message:
            record.msg, record.args = cleaned, None
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

"""`/registry/events` as a WSGI application, without Django's request handling, which costs more than storing a notification (ADR 0017)."""

import hmac
import json
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from common.errors import RetryLater
from common.ops.tracing import span
from registry_auth.inbox.envelopes import read_envelope
from registry_auth.inbox.errors import MalformedEnvelope
from registry_auth.inbox.metrics import note_envelope
from registry_auth.inbox.transports.switch import accept_events

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)
ADDRESS: Final = "/registry/events"
_STATUS_LINES: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class _Refused(Exception):
    """The notification is not taken."""

    def __init__(self, outcome: str, status: int, message: str) -> None:
        super().__init__(message)
        self.outcome, self.status, self.message = outcome, status, message


def before(django: "WSGIApplication") -> "WSGIApplication":
    """Return an application that takes notifications itself and passes everything else on."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return application(environ, start_response) if environ.get("PATH_INFO") == ADDRESS else django(environ, start_response)

    return answer


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Take one notification (PEP 3333): what is answered with 2xx is never lost."""
    headers = {"Content-Type": "text/plain", "Content-Length": "0"}
    try:
        _accept(environ)
    except _Refused as refusal:
        outcome, status = refusal.outcome, refusal.status
        content = json.dumps({"message": refusal.message}).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        headers |= {"Allow": "POST"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
    else:
        outcome, status, content = "accepted", HTTPStatus.ACCEPTED.value, b""
    note_envelope(outcome=outcome)
    start_response(_STATUS_LINES[status], list(headers.items()))
    return [content]


def _accept(environ: "WSGIEnvironment") -> None:
    if environ["REQUEST_METHOD"] != "POST":
        raise _Refused("not_allowed", 405, "Use POST.")
    if not _is_the_registry(environ):
        raise _Refused("unauthorized", 401, "The shared secret is missing or wrong.")
    try:
        if events := read_envelope(_body(environ), received_at=timezone.now()):
            with span("registry events", events=len(events)):
                accept_events(events=events)
    except MalformedEnvelope as error:
        raise _Refused("malformed", error.status, error.message) from error
    except (OperationalError, InterfaceError, RetryLater) as error:
        logger.warning("notification not stored, the registry sends it again", exc_info=True)
        raise _Refused("failed", RetryLater.status, "It could not be stored. Send it again.") from error
    except _Refused:
        raise
    except Exception as error:
        logger.exception("notification not stored, the registry sends it again")
        raise _Refused("failed", 500, "Something went wrong on our side. Send it again.") from error


def _body(environ: "WSGIEnvironment") -> bytes:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    declared = environ.get("CONTENT_LENGTH") or "0"
    length = int(declared[:20]) if declared.isascii() and declared.isdigit() else 0  # int() fails at thousands of digits
    in_chunks = "HTTP_TRANSFER_ENCODING" in environ and environ.get("wsgi.input_terminated", False)
    if length > most:
        raise _Refused("too_large", 413, f"At most {most} bytes.")
    try:
        body: bytes = environ["wsgi.input"].read(most + 1 if in_chunks else length)
    except OSError as error:
        raise _Refused("malformed", 400, "The notification did not arrive whole.") from error
    if len(body) > most:
        raise _Refused("too_large", 413, f"At most {most} bytes.")
    if len(body) < length:
        raise _Refused("malformed", 400, "The notification did not arrive whole.")
    return body


def _is_the_registry(environ: "WSGIEnvironment") -> bool:
    header = environ.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
    expected = f"Bearer {settings.LAYERSTORE_EVENTS_SECRET}".encode()
    # Without a secret the listener is off, not open.
    return bool(settings.LAYERSTORE_EVENTS_SECRET) and hmac.compare_digest(header, expected)

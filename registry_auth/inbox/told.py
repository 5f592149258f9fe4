"""What a registry writes into a notification (distribution, "Notifications"): the fields that we read, and nothing of the rest.

msgspec reads events many times faster than json and dictionaries do, but refuses a whole envelope for one field of another type than
expected. Such an envelope is read a second time, slowly, and a field that is none counts as missing.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from registry_auth.inbox.errors import MalformedEnvelope


class Target(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What was pushed, pulled or deleted."""

    media_type: str = ""
    size: int = 0
    digest: str = ""
    repository: str = ""
    tag: str = ""


class Request(msgspec.Struct, frozen=True, gc=False):
    """How it was asked for, with what, and from where: an address with its port, or without it where a proxy named the client."""

    method: str = ""
    addr: str = ""
    useragent: str = ""


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Who did it: the token's subject."""

    name: str = ""


class ToldEvent(msgspec.Struct, frozen=True, gc=False):
    """One event as it was told; what is missing is empty."""

    id: str = ""
    timestamp: str = ""
    action: str = ""
    target: Target = Target()
    request: Request = Request()
    actor: Actor = Actor()


class _Envelope(msgspec.Struct):
    events: list[ToldEvent]


_decoder = msgspec.json.Decoder(_Envelope)


def read_told(content: bytes) -> list[ToldEvent]:
    """Return the events of a notification, whatever is wrong with some of them.

    Raises:
        MalformedEnvelope: this is not a notification at all.
    """
    try:
        return _decoder.decode(content.decode()).events  # msgspec does not look into what it skips
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return read_slowly(content)


def read_slowly(content: bytes) -> list[ToldEvent]:
    """Do the same field by field.

    Raises:
        MalformedEnvelope: this is not a notification at all.
    """
    try:
        envelope = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedEnvelope("This is not JSON.") from error
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(events, list):
        raise MalformedEnvelope("A notification is an object with a list of events.")
    return [_told(_mapping(event)) for event in events]


def _told(event: Mapping[str, Any]) -> ToldEvent:
    target, request, actor = (_mapping(event.get(part)) for part in ("target", "request", "actor"))
    size = target.get("size")
    return ToldEvent(
        **_texts(event, "id", "timestamp", "action"),
        target=Target(
            **_texts(target, "digest", "repository", "tag"),
            media_type=_text(target.get("mediaType")),
            size=size if type(size) is int else 0,
        ),
        request=Request(**_texts(request, "method", "addr", "useragent")),
        actor=Actor(**_texts(actor, "name")),
    )


def _texts(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: _text(mapping.get(name)) for name in names}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

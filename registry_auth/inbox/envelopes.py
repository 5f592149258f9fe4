"""Reading a notification: which of its events can have an effect here (distribution, "Notifications"; tested with 2.8.2).

Left out are events about blobs, HEAD requests (docker checks before it pulls), GETs of indexes (the way to a platform's manifest), and our
worker's own reads.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.utils.dateparse import parse_datetime

from marketplace.images.oci import DOCKER_SIGNED_MANIFEST, INDEX_TYPES, MANIFEST_TYPES, TAG, is_digest
from registry_auth.client.identity import SERVICE_SUBJECT
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.errors import MalformedEnvelope

_MANIFESTS = frozenset({*MANIFEST_TYPES, DOCKER_SIGNED_MANIFEST})
_ID = re.compile(r"[\x21-\x7e]{1,100}")
_REPOSITORY = re.compile(r"[a-z0-9._/-]{1,255}")
_TAG = re.compile(TAG)
_SUBJECT = re.compile(r"[a-z0-9._+-]{1,120}")  # a user name, or a robot's: its organisation's handle, a plus, its own name


class EventAction(StrEnum):
    """What can have happened to a manifest or tag."""

    PUSH = "push"
    PULL = "pull"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """One event with an effect. A deletion names a manifest by digest or, from distribution 3 on, a tag alone.

    Attributes:
        subject: who pulled, as the token says; empty for anonymous clients, and for pushes and deletions.
        client: from where, as a `client_hash`; empty for pushes and deletions.
    """

    id: str
    action: EventAction
    at: datetime
    repository: str
    digest: str = ""
    tag: str = ""
    media_type: str = ""
    size: int = 0
    subject: str = ""
    client: str = ""

    def to_json(self) -> dict[str, object]:
        return asdict(self) | {"at": self.at.isoformat()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RegistryEvent":
        """Read what `to_json` wrote."""
        return cls(**{**stored, "action": EventAction(stored["action"]), "at": datetime.fromisoformat(stored["at"])})


def read_envelope(content: bytes, *, received_at: datetime) -> list[RegistryEvent]:
    """Return the events that can have an effect; a malformed event is left out and does not affect the others.

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
    return [event for entry in events if (event := _read_event(entry, received_at)) is not None]


def _read_event(entry: object, received_at: datetime) -> RegistryEvent | None:
    event = _mapping(entry)
    target, request, actor = (_mapping(event.get(part)) for part in ("target", "request", "actor"))
    action, media_type = _text(event.get("action")), _text(target.get("mediaType"))
    if action not in set(EventAction) or (action != EventAction.DELETE and media_type not in _MANIFESTS):
        return None
    if action == EventAction.PULL and (request.get("method") != "GET" or actor.get("name") == SERVICE_SUBJECT or media_type in INDEX_TYPES):
        return None
    size, pulled = target.get("size"), action == EventAction.PULL
    read = RegistryEvent(
        id=_matching(_ID, event.get("id")),
        action=EventAction(action),
        at=_moment(event.get("timestamp"), received_at),
        repository=_matching(_REPOSITORY, target.get("repository")),
        digest=_digest(target.get("digest")),
        tag=_matching(_TAG, target.get("tag")),
        media_type=media_type if action != EventAction.DELETE else "",
        size=size if isinstance(size, int) else 0,
        subject=_matching(_SUBJECT, actor.get("name")) if pulled else "",
        client=client_hash(_text(request.get("addr"))) if pulled else "",
    )
    named = read.digest or (read.tag and action == EventAction.DELETE)
    return read if read.id and read.repository and named else None


def _moment(value: object, received_at: datetime) -> datetime:
    """Return when it happened, never later than now: a clock that is ahead must not keep later pushes from moving a tag."""
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
        return received_at if moment is None or moment.tzinfo is None else min(moment.astimezone(UTC), received_at)
    except (ValueError, OverflowError):  # the 31st of February, or before year 1 in UTC
        return received_at


def _matching(pattern: re.Pattern[str], value: object) -> str:
    text = _text(value)
    return text if pattern.fullmatch(text) else ""


def _digest(value: object) -> str:
    text = _text(value)
    return text if is_digest(text) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

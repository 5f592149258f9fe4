"""Messages of the event stream: one event each, as JSON, with what a consumer needs and no address of a client.

Of a pull a consumer reads neither the id, for which its mark stands, nor the time beyond the day: what is not in the class is skipped.
"""

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Final

import msgspec

from registry_auth.inbox.envelopes import EventAction, RegistryEvent, decode_events
from registry_auth.inbox.errors import UnreadableMessage
from registry_auth.inbox.marks import LARGEST, mark_of

Mark = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
_RAW: Final = "message"


class StreamedPull(msgspec.Struct, tag_field="action", tag="pull", gc=False):
    """A pull, as a consumer reads it."""

    mark: Mark
    day: date
    repository: str
    digest: str
    tag: str = ""
    subject: str = ""
    client: str = ""


class _ToldPull(StreamedPull, tag_field="action", tag="pull", kw_only=True, omit_defaults=True):
    id: str


class StreamedChange(msgspec.Struct, omit_defaults=True):
    """A push or a deletion: all of the event."""

    id: str
    at: datetime
    repository: str
    digest: str = ""
    tag: str = ""
    media_type: str = ""
    size: int = 0


class StreamedPush(StreamedChange, tag_field="action", tag="push", omit_defaults=True):
    """A push."""


class StreamedDeletion(StreamedChange, tag_field="action", tag="delete", omit_defaults=True):
    """A deletion of a manifest or a tag."""


Streamed = StreamedPull | StreamedPush | StreamedDeletion
_encode: Final = msgspec.json.Encoder().encode
# Raises msgspec.MsgspecError, whatever the bytes are.
decode: Final[Callable[[bytes], Streamed]] = msgspec.json.Decoder(Streamed).decode


def encode(event: RegistryEvent) -> bytes:
    """Return the message of an event."""
    if event.action is not EventAction.PULL:
        kind = StreamedPush if event.action is EventAction.PUSH else StreamedDeletion
        return _encode(kind(event.id, event.at, event.repository, event.digest, event.tag, event.media_type, event.size))
    day, mark = event.at.astimezone(UTC).date(), mark_of(event.id)
    return _encode(_ToldPull(mark, day, event.repository, event.digest, event.tag, event.subject, event.client, id=event.id))


def change_of(streamed: StreamedPush | StreamedDeletion) -> RegistryEvent:
    """Return the push or the deletion as the inbox knows it."""
    action = EventAction.PUSH if isinstance(streamed, StreamedPush) else EventAction.DELETE
    return RegistryEvent(
        id=streamed.id,
        action=action,
        at=streamed.at,
        repository=streamed.repository,
        digest=streamed.digest,
        tag=streamed.tag,
        media_type=streamed.media_type,
        size=streamed.size,
    )


def as_entry(message: bytes) -> dict[str, object]:
    """Return how an envelope keeps a message that could not be read, so that a later version may read it."""
    return {_RAW: base64.b64encode(message).decode()}


def events_of(body: str) -> list[RegistryEvent]:
    """Read an envelope's body: events, or a message that could not be read when it came.

    Raises:
        MsgspecError: neither.
        UnreadableMessage: this version cannot read that message either.
    """
    if not body.startswith(f'[{{"{_RAW}":'):
        return decode_events(body)
    (entry,) = msgspec.json.decode(body)
    message = base64.b64decode(entry[_RAW])
    try:
        streamed = decode(message)
    except msgspec.MsgspecError as error:
        raise UnreadableMessage(f"This is no message of ours: {error}") from error
    return [change_of(streamed) if not isinstance(streamed, StreamedPull) else _pull_of(streamed)]


def _pull_of(streamed: StreamedPull) -> RegistryEvent:
    return RegistryEvent(
        id=f"mark-{streamed.mark}",
        action=EventAction.PULL,
        at=datetime.combine(streamed.day, time(), UTC),
        repository=streamed.repository,
        digest=streamed.digest,
        tag=streamed.tag,
        subject=streamed.subject,
        client=streamed.client,
    )

"""Which events of a notification can have an effect here (distribution, "Notifications"; tested with 2.8.2).

Left out are events about blobs, HEAD requests (docker checks before it pulls), GETs of indexes (the way to a platform's manifest), and our
worker's own reads.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec
from django.utils.dateparse import parse_datetime

from marketplace.images.oci import DOCKER_SIGNED_MANIFEST, INDEX_TYPES, MANIFEST_TYPES, TAG, is_digest
from registry_auth.client.identity import SERVICE_SUBJECT
from registry_auth.inbox.client_hash import client_hash
from registry_auth.inbox.told import ToldEvent, read_told

_MANIFESTS = frozenset({*MANIFEST_TYPES, DOCKER_SIGNED_MANIFEST})
_ID = re.compile(r"[\x21-\x7e]{1,100}")
_REPOSITORY = re.compile(r"[a-z0-9._/-]{1,255}")
_TAG = re.compile(TAG)
_SUBJECT = re.compile(r"[a-z0-9._+-]{1,120}")  # a user name, or a robot's: its organisation's handle, a plus, its own name
_LARGEST: Final = 2**63 - 1  # of PostgreSQL's bigint
_LONGEST_ADDRESS: Final = 60  # an IPv6 address in brackets with its port
_LONGEST_AGENT: Final = 200


class EventAction(StrEnum):
    """What can have happened to a manifest or tag."""

    PUSH = "push"
    PULL = "pull"
    DELETE = "delete"


class RegistryEvent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One event with an effect. A deletion names a manifest by digest or, from distribution 3 on, a tag alone.

    Attributes:
        subject: who pulled, as the token says; empty for anonymous clients, and for pushes and deletions.
        client: from where, as a `client_hash`; empty for pushes and deletions.
        address, agent: from where and with what somebody with an account pulled, for what they have bought; else empty.
        times: how many pulls it stands for, which differ in nothing that is counted.
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
    address: str = ""
    agent: str = ""
    times: int = 1


_ACTIONS = {action.value: action for action in EventAction}
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[RegistryEvent])


def read_envelope(content: bytes, *, received_at: datetime) -> list[RegistryEvent]:
    """Return the events that can have an effect; a malformed event is left out and does not affect the others.

    Raises:
        MalformedEnvelope: this is not a notification at all.
    """
    return [event for told in read_told(content) if (event := _effective(told, received_at)) is not None]


def encode_events(events: Sequence[RegistryEvent]) -> bytes:
    """Return the JSON in which events wait until they have had their effect."""
    return _encoder.encode(events)


def decode_events(content: bytes | str) -> list[RegistryEvent]:
    """Read what `encode_events` wrote, or an earlier version."""
    return _decoder.decode(content)


def _effective(told: ToldEvent, received_at: datetime) -> RegistryEvent | None:
    action, target = _ACTIONS.get(told.action), told.target
    if action is None or (action is not EventAction.DELETE and target.media_type not in _MANIFESTS):
        return None
    pulled = action is EventAction.PULL
    if pulled and (told.request.method != "GET" or told.actor.name == SERVICE_SUBJECT or target.media_type in INDEX_TYPES):
        return None
    digest = target.digest if is_digest(target.digest) else ""
    tag = _matching(_TAG, target.tag)
    if not (_ID.fullmatch(told.id) and _REPOSITORY.fullmatch(target.repository) and (digest or (tag and action is EventAction.DELETE))):
        return None
    subject = _matching(_SUBJECT, told.actor.name) if pulled else ""
    return RegistryEvent(
        id=told.id,
        action=action,
        at=_moment(told.timestamp, received_at),
        repository=target.repository,
        digest=digest,
        tag=tag,
        media_type=target.media_type if action is not EventAction.DELETE else "",
        size=target.size if 0 <= target.size <= _LARGEST else 0,
        subject=subject,
        client=client_hash(told.request.addr) if pulled else "",
        address=told.request.addr[:_LONGEST_ADDRESS] if subject else "",
        agent=_printable(told.request.useragent)[:_LONGEST_AGENT] if subject else "",
    )


def _printable(text: str) -> str:
    """Leave out what PostgreSQL or a reader could not take."""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _moment(text: str, received_at: datetime) -> datetime:
    """Return when it happened, never later than now: a clock that is ahead must not keep later pushes from moving a tag."""
    try:
        moment = parse_datetime(text)
        return received_at if moment is None or moment.tzinfo is None else min(moment.astimezone(UTC), received_at)
    except (ValueError, OverflowError):  # the 31st of February, or before year 1 in UTC
        return received_at


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""

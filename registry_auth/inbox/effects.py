"""What an event does to manifests, tags and counts. Each event has its effect once, however often the registry sends it."""

import logging
from collections.abc import Sequence

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection
from msgspec import MsgspecError

from common.db.locking import locked_transaction
from common.errors import RetryLater
from marketplace.images.services.manifests import record_push, remove_manifest, remove_tag
from marketplace.insights.buyer_pulls import note_buyer_pulls
from marketplace.insights.services import count_pulls
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.errors import UnreadableMessage
from registry_auth.inbox.messages import events_of
from registry_auth.inbox.metrics import note_events
from registry_auth.inbox.models import RegistryEnvelope
from registry_auth.inbox.pullers import note_pullers
from registry_auth.inbox.selectors import bodies_of
from registry_auth.inbox.streamed import not_streamed
from registry_auth.inbox.tally import add_up, seen_with_account

logger = logging.getLogger(__name__)
PULLS_AT_ONCE = 25_000  # in one transaction: they are looked up in one query, and their images are locked at its end only


def apply_envelopes(envelopes: Sequence[RegistryEnvelope]) -> dict[int, Exception]:
    """Apply the events of the envelopes; return what went wrong, by the envelope's primary key.

    An event that fails stops no other. What an event does is committed together with its id, so applying it again changes nothing.

    Args:
        envelopes: their bodies are read here, as text.

    Raises:
        OperationalError, InterfaceError: the database is away.
        SoftTimeLimitExceeded: the task has reached its time limit.
    """
    faults: dict[int, Exception] = {}
    pulls: list[tuple[int, RegistryEvent]] = []
    for pk, body in bodies_of(envelopes):
        try:
            events = events_of(body)
        except (MsgspecError, UnreadableMessage) as error:
            faults[pk] = error
            continue
        for event in events:
            if event.action is EventAction.PULL:
                pulls.append((pk, event))
            elif fault := apply_events([event]):
                faults[pk] = fault
    for start in range(0, len(pulls), PULLS_AT_ONCE):
        faults |= _apply_pulls(pulls[start : start + PULLS_AT_ONCE])
    return faults


def _apply_pulls(pulls: Sequence[tuple[int, RegistryEvent]]) -> dict[int, Exception]:
    """Count pulls together. Where that fails, halve them until the failing ones are alone; on a lock timeout retry them all later."""
    fault = apply_events([event for _, event in pulls])
    if fault is None:
        return {}
    if len(pulls) == 1 or isinstance(fault, RetryLater):
        return {pk: fault for pk, _ in pulls}
    half = len(pulls) // 2
    return _apply_pulls(pulls[:half]) | _apply_pulls(pulls[half:])


def apply_events(events: list[RegistryEvent]) -> Exception | None:
    """Apply those of the events that had no effect before, in one transaction; return what went wrong.

    Raises:
        OperationalError, InterfaceError: the database is away.
        SoftTimeLimitExceeded: the task has reached its time limit.
    """
    try:
        with locked_transaction():
            _have_effect(_new_among(not_streamed(events)))
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the database is away, or the task's time is over: nothing here can go on, and the claim runs out by itself
    except Exception as error:
        logger.exception("registry event failed", extra={"events": [event.id for event in events[:10]]})
        return error
    return None


def _new_among(events: list[RegistryEvent]) -> list[RegistryEvent]:
    """Return the events that had no effect yet, and record their ids in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_auth_seenregistryevent (id, seen_at) SELECT unnest(%s::text[]), now()"
            " ON CONFLICT DO NOTHING RETURNING id",
            [sorted({event.id for event in events})],  # all workers insert in the same order, so none can deadlock with another
        )
        new = {row[0] for row in cursor.fetchall()}
    first = {event.id: event for event in reversed(events)}
    return [event for event in events if event.id in new and first[event.id] is event]


def _have_effect(events: list[RegistryEvent]) -> None:
    for event in events:
        if event.action is not EventAction.PULL:
            change_tags(event)
    if pulls := [event for event in events if event.action is EventAction.PULL]:
        counted = count_pulls(pulls=add_up(pulls))
        note_pullers(counted=counted)
        note_buyer_pulls(seen=seen_with_account(pulls), counted=counted)
        note_events(action=EventAction.PULL, count=sum(event.times for event in pulls))


def change_tags(event: RegistryEvent) -> None:
    """Do what a push or a deletion does to manifests and tags. Doing it again changes nothing.

    Raises:
        LockTimeout: somebody else holds the image for too long.
    """
    if event.action is EventAction.PUSH:
        record_push(
            repository=event.repository,
            digest=event.digest,
            media_type=event.media_type,
            size=event.size,
            tag=event.tag or None,
            at=event.at,
        )
    elif event.digest:
        remove_manifest(repository=event.repository, digest=event.digest)
    else:
        remove_tag(repository=event.repository, tag=event.tag)
    note_events(action=event.action, count=1)

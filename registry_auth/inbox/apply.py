"""The inbox of the registry's notifications: stored before the answer, drained by any number of workers, each event once in effect."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models
from django.db.models import F
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.locking import locked_transaction
from common.errors import RetryLater
from marketplace.images.services.manifests import record_push, remove_manifest, remove_tag
from marketplace.insights.services import Pull, count_pulls
from registry_auth.inbox.envelopes import EventAction, RegistryEvent
from registry_auth.inbox.locks import is_free, lock_envelope, lock_waiting_envelopes
from registry_auth.inbox.metrics import note_events
from registry_auth.inbox.models import RegistryEnvelope, SeenRegistryEvent
from registry_auth.inbox.pullers import note_pullers
from registry_auth.upkeep.models import Reconciliation

logger = logging.getLogger(__name__)
BATCH = 500  # envelopes claimed at once
MOST_EVENTS = 5_000  # in them together, unless one alone has more
PULLS_AT_ONCE = 5_000  # in one transaction: what they are is looked up once for all, and their images are locked at its end only
CLAIM = timedelta(minutes=1)  # a batch that takes longer may be taken twice, which the ids of its events make harmless
PRUNED_AT_ONCE = 5_000
MOST_ATTEMPTS = 10
ALONE_FROM = 5  # attempts: from then on nothing else is claimed with it, so that what kills its worker takes nothing else along
LONGEST_RUN = timedelta(seconds=20)  # a worker that has more to do than this lets other tasks have their turn


def store_events(*, events: Sequence[RegistryEvent]) -> RegistryEnvelope:
    """Keep a notification until its events have had their effect: one INSERT."""
    return RegistryEnvelope.objects.create(body=[event.to_json() for event in events], event_count=len(events))


def drain_envelopes() -> int:
    """Apply waiting envelopes, all of them unless they take longer than 20 s: then the next run goes on. Return how many were taken.

    A worker that dies in the middle loses nothing and repeats nothing: what an event does is committed together with its id, and an
    envelope waits until all its events are done. An event that fails stops no other; its envelope comes again, at most ten times, and so
    does one that its worker dies of.
    """
    taken, end = 0, monotonic() + LONGEST_RUN.total_seconds()
    while envelopes := _claim():
        taken += len(envelopes)
        _settle(envelopes, _apply(envelopes))
        if monotonic() > end:
            break
    return taken


def has_waiting_envelopes() -> bool:
    """Tell whether a drain would find something now."""
    return RegistryEnvelope.objects.filter(is_free(timezone.now()), drained_at__isnull=True).exists()


def retry_envelope(*, envelope: RegistryEnvelope, reason: str, actor: User) -> None:
    """Let an envelope wait again, also one that was given up.

    Raises:
        ReasonMissing: no reason.
    """
    require_reason(reason)
    with locked_transaction():
        locked = lock_envelope(envelope_id=envelope.pk)
        locked.attempts, locked.last_error, locked.claimed_until, locked.drained_at = 0, "", None, None
        locked.save(update_fields=["attempts", "last_error", "claimed_until", "drained_at"])
        record_audit(actor=actor, action="registry_envelope.retried", target=locked, reason=reason)


def prune_events() -> None:
    """Remove what has had its time: drained envelopes, ids of events that the registry repeats no more, runs that repaired nothing."""
    before = timezone.now() - settings.LAYERSTORE_EVENTS_KEPT
    _delete_bit_by_bit(RegistryEnvelope.objects.filter(drained_at__lt=before))
    _delete_bit_by_bit(SeenRegistryEvent.objects.filter(seen_at__lt=before))
    Reconciliation.objects.filter(started_at__lt=before, written=0, removed=0).delete()


def _delete_bit_by_bit(rows: "models.QuerySet[Any]") -> None:
    """Delete rows by some thousands, for no statement may take long."""
    while some := list(rows.values_list("pk", flat=True)[:PRUNED_AT_ONCE]):
        rows.model._default_manager.filter(pk__in=some).delete()  # noqa: SLF001 - Django, "Default managers": its name for generic code


def _claim() -> list[RegistryEnvelope]:
    now = timezone.now()
    with locked_transaction():
        waiting = lock_waiting_envelopes(now=now, limit=BATCH)
        _give_up([envelope.pk for envelope in waiting if envelope.attempts >= MOST_ATTEMPTS], now)
        claimed = _as_many_as_fit(envelope for envelope in waiting if envelope.attempts < MOST_ATTEMPTS)
        RegistryEnvelope.objects.filter(pk__in=claimed).update(claimed_until=now + CLAIM, attempts=F("attempts") + 1)
    return list(RegistryEnvelope.objects.filter(pk__in=claimed).order_by("pk"))


def _give_up(killers: list[int], now: datetime) -> None:
    """Take envelopes out whose last attempt nobody came back from: a worker that dies settles nothing."""
    if killers:
        died = "No worker came to the end of the last attempt."
        RegistryEnvelope.objects.filter(pk__in=killers).update(last_error=died, drained_at=now, claimed_until=None)
        logger.error("registry envelopes given up, their workers died of them", extra={"envelopes": killers})


def _as_many_as_fit(envelopes: Iterable[RegistryEnvelope]) -> list[int]:
    """Return the first envelope, and those after it while their events stay below the limit: a worker's memory is as large as its batch."""
    fitting, events = list[int](), 0
    for envelope in envelopes:
        events += envelope.event_count
        alone = envelope.attempts >= ALONE_FROM
        if fitting and (alone or events > MOST_EVENTS):
            break
        fitting.append(envelope.pk)
        if alone:
            break
    return fitting


def _apply(envelopes: Iterable[RegistryEnvelope]) -> dict[int, Exception]:
    """Apply the events of the envelopes; return what went wrong, by envelope."""
    faults: dict[int, Exception] = {}
    pulls: list[tuple[int, RegistryEvent]] = []
    for envelope in envelopes:
        for event in map(RegistryEvent.from_json, envelope.body):
            if event.action is EventAction.PULL:
                pulls.append((envelope.pk, event))
            elif fault := _fault_of([event]):
                faults[envelope.pk] = fault
    for start in range(0, len(pulls), PULLS_AT_ONCE):
        faults |= _faults_of_pulls(pulls[start : start + PULLS_AT_ONCE])
    return faults


def _faults_of_pulls(pulls: Sequence[tuple[int, RegistryEvent]]) -> dict[int, Exception]:
    """Count pulls together; where they fail, half by half, until those that fail are alone. Who waits for a row waits all together."""
    fault = _fault_of([event for _, event in pulls])
    if fault is None:
        return {}
    if len(pulls) == 1 or isinstance(fault, RetryLater):
        return {pk: fault for pk, _ in pulls}
    half = len(pulls) // 2
    return _faults_of_pulls(pulls[:half]) | _faults_of_pulls(pulls[half:])


def _fault_of(events: list[RegistryEvent]) -> Exception | None:
    """Let the events have their effect, unless they had it before; return what went wrong."""
    try:
        with locked_transaction():
            _have_effect(_new_among(events))
    except (OperationalError, InterfaceError):
        raise  # the database is away: nothing here can go on, and the claim runs out by itself
    except Exception as error:
        logger.exception("registry event failed", extra={"events": [event.id for event in events[:10]]})
        return error
    return None


def _new_among(events: list[RegistryEvent]) -> list[RegistryEvent]:
    """Return the events that had no effect yet, and remember them in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_auth_seenregistryevent (id, seen_at) SELECT unnest(%s::text[]), now()"
            " ON CONFLICT DO NOTHING RETURNING id",
            [sorted({event.id for event in events})],  # in one order for all workers: none waits for another in a circle
        )
        new = {row[0] for row in cursor.fetchall()}
    first = {event.id: event for event in reversed(events)}
    return [event for event in events if event.id in new and first[event.id] is event]


def _have_effect(events: list[RegistryEvent]) -> None:
    for event in events:
        match event.action:
            case EventAction.PUSH:
                record_push(
                    repository=event.repository,
                    digest=event.digest,
                    media_type=event.media_type,
                    size=event.size,
                    tag=event.tag or None,
                    at=event.at,
                )
            case EventAction.DELETE if event.digest:
                remove_manifest(repository=event.repository, digest=event.digest)
            case EventAction.DELETE:
                remove_tag(repository=event.repository, tag=event.tag)
    if pulls := [event for event in events if event.action is EventAction.PULL]:
        note_pullers(counted=count_pulls(pulls=[_pull(event) for event in pulls]))
    for action, count in Counter(event.action for event in events).items():
        note_events(action=action, count=count)


def _pull(event: RegistryEvent) -> Pull:
    return Pull(
        repository=event.repository, digest=event.digest, tag=event.tag, day=event.at.date(), subject=event.subject, client=event.client
    )


def _settle(envelopes: list[RegistryEnvelope], faults: dict[int, Exception]) -> None:
    now = timezone.now()
    done = [envelope.pk for envelope in envelopes if envelope.pk not in faults]
    RegistryEnvelope.objects.filter(pk__in=done).update(last_error="", drained_at=now, claimed_until=None)
    for envelope in envelopes:
        if envelope.pk in faults:
            _settle_fault(envelope, faults[envelope.pk], now)


def _settle_fault(envelope: RegistryEnvelope, fault: Exception, now: datetime) -> None:
    over = envelope.attempts >= MOST_ATTEMPTS
    envelope.last_error = f"{type(fault).__name__}: {fault}"[:500]
    envelope.drained_at = now if over else None
    envelope.claimed_until = None if over else now + timedelta(seconds=10 * envelope.attempts)
    envelope.save(update_fields=["last_error", "drained_at", "claimed_until"])
    if over:
        logger.error("registry envelope given up, reconciliation repairs what it told of", extra={"envelope": envelope.pk})

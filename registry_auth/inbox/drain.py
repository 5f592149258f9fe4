"""Draining the inbox: any number of workers claim envelopes, apply them, and retry or give up those that fail.

Envelopes are attempts as all others (`common.db.claims`), but for the claim itself: `claim_due` would load five hundred bodies and update
row by row, where one UPDATE claims what fits into memory, and what its worker may die of is claimed alone.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from time import monotonic

from django.db.models import F
from django.utils import timezone

from common.db.claims import Backoff, note_failure
from common.db.locking import locked_transaction
from registry_auth.inbox.dead_letters import note_given_up
from registry_auth.inbox.effects import apply_envelopes
from registry_auth.inbox.locks import due_envelopes, lock_due_envelopes
from registry_auth.inbox.models import RegistryEnvelope

logger = logging.getLogger(__name__)
BATCH = 5_000  # envelopes claimed at once
MOST_EVENTS = 25_000  # in them together, unless one alone has more
CLAIM = timedelta(minutes=1)  # a batch that takes longer may be taken twice, which the ids of its events make harmless
MOST_ATTEMPTS = 10
PATIENCE = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=2), most=MOST_ATTEMPTS)
ALONE_FROM = 5  # attempts: from then on an envelope is claimed alone, so that if its worker dies of it, no other envelope suffers
LONGEST_RUN = timedelta(seconds=20)  # a worker that has more to do than this lets other tasks have their turn


def drain_envelopes() -> int:
    """Apply the due envelopes, all of them unless that takes longer than 20 s: then the next run goes on. Return how many were taken.

    A worker that dies in the middle loses nothing and repeats nothing: what an event does is committed together with its id, and an
    envelope stays due until all its events are done. An event that fails stops no other. Its envelope is tried again, at most ten times,
    and so is one whose worker dies.
    """
    taken, end = 0, monotonic() + LONGEST_RUN.total_seconds()
    while envelopes := _claim():
        taken += len(envelopes)
        _settle(envelopes, apply_envelopes(envelopes))
        if monotonic() > end:
            break
    return taken


def has_due_envelopes() -> bool:
    """Return whether a drain would find something now."""
    return due_envelopes(timezone.now()).exists()


def _claim() -> list[RegistryEnvelope]:
    now = timezone.now()
    with locked_transaction():
        due = lock_due_envelopes(now=now, limit=BATCH)
        _give_up([envelope for envelope in due if envelope.attempts >= MOST_ATTEMPTS])
        claimed = _as_many_as_fit(envelope for envelope in due if envelope.attempts < MOST_ATTEMPTS)
        RegistryEnvelope.objects.filter(pk__in=claimed).update(due_at=now + CLAIM, attempts=F("attempts") + 1)
    return list(RegistryEnvelope.objects.filter(pk__in=claimed).defer("body").order_by("pk"))


def _give_up(unfinished: list[RegistryEnvelope]) -> None:
    """Give up envelopes whose last attempt never ended: a worker that dies settles nothing."""
    for envelope in unfinished:
        note_failure(envelope, "No worker came to the end of the last attempt.", backoff=PATIENCE)
        note_given_up(envelope)
    if unfinished:
        logger.error("registry envelopes given up, their workers died of them", extra={"envelopes": [each.pk for each in unfinished]})


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


def _settle(envelopes: list[RegistryEnvelope], faults: dict[int, Exception]) -> None:
    done = [envelope.pk for envelope in envelopes if envelope.pk not in faults]
    RegistryEnvelope.objects.filter(pk__in=done).update(last_error="", drained_at=timezone.now())
    for envelope in envelopes:
        if envelope.pk in faults:
            settle_fault(envelope, faults[envelope.pk])


def settle_fault(envelope: RegistryEnvelope, fault: Exception) -> None:
    """Let an envelope wait for its next attempt, or give it up after the last."""
    envelope.due_at = timezone.now() + PATIENCE.wait(envelope.attempts)
    envelope.save(update_fields=["due_at"])
    if note_failure(envelope, fault, backoff=PATIENCE):
        note_given_up(envelope)
        logger.error("registry envelope given up, reconciliation repairs what its events did not", extra={"envelope": envelope.pk})

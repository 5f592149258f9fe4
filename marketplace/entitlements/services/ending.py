"""Pull access that was given for a time: its holder is told before it ends, and afterwards it is marked as ended, with the reason.

The policy itself looks at the time: what has ended opens nothing, whether it is marked or not.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Value, When

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import people_of
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from marketplace.entitlements.locks import lock_ended_entitlements, lock_entitlements_of_source
from marketplace.entitlements.models import TIME_OVER, TRIAL_OVER, Entitlement
from outbox.mail.services import queue_mail

REMINDED_BEFORE: Final = timedelta(days=3)
_TRIAL: Final = Entitlement.Source.TRIAL
_BATCH: Final = 500
_AT_ONCE: Final = 1000  # a run stays far below the time limit; the next one goes on


def end_entitlements(*, now: datetime) -> int:
    """Mark what has ended, at the moment at which it did; return how many rows."""
    ended = 0
    while batch := _end_some(now):
        ended += batch
    return ended


def remind_of_ends(*, now: datetime) -> int:
    """Tell holders once of what ends within three days, one mail for all images of a source; return how many sources.

    Not of what was given for no longer than that: whoever got it has just read so. Trials have a mail of their own.
    """
    same = _due(now).filter(**{name: OuterRef(name) for name in ("holder", "source_kind", "source_id")})
    first = _due(now).exclude(Exists(same.filter(pk__lt=OuterRef("pk"))))
    return act_on_each(first, partial(_remind, now=now), most=_AT_ONCE)


def _end_some(now: datetime) -> int:
    with locked_transaction():
        rows = lock_ended_entitlements(now=now, most=_BATCH)
        reason = Case(When(source_kind=_TRIAL, then=Value(TRIAL_OVER)), default=Value(TIME_OVER))
        return Entitlement.objects.filter(pk__in=[row.pk for row in rows]).update(revoked_at=F("ends_at"), revocation_reason=reason)


def _due(now: datetime) -> QuerySet[Entitlement]:
    soon = Entitlement.objects.live().filter(ends_at__gt=now, ends_at__lte=now + REMINDED_BEFORE, end_reminded_at__isnull=True)
    return soon.filter(ends_at__gt=F("granted_at") + REMINDED_BEFORE).exclude(source_kind=_TRIAL)


def _remind(entitlement_id: UUID, *, now: datetime) -> bool:
    """Remind the holder of its source, unless another worker has done so or it has ended meanwhile."""
    one = Entitlement.objects.get(pk=entitlement_id)
    with locked_transaction():
        lock_entitlements_of_source(source_kind=one.source_kind, source_id=one.source_id)
        same = _due(now).filter(holder=one.holder_id, source_kind=one.source_kind, source_id=one.source_id)
        rows = list(same.select_related("holder__user", "image").order_by("pk"))
        Entitlement.objects.filter(pk__in=[row.pk for row in rows]).update(end_reminded_at=now)
        for reader in people_of(rows[0].holder, roles=MANAGING_ROLES) if rows else ():
            context = {"holder": rows[0].holder, "images": [row.image for row in rows], "ends_at": rows[0].ends_at}
            queue_mail(to=reader.email, template="access_ending", context=context, key=f"access-ending:{rows[0].pk}:{reader.pk}")
    return bool(rows)

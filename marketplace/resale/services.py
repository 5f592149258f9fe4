"""Pushes are compared with what others sell, and flagged; staff decide."""

from datetime import timedelta
from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.people.models import User
from audit.services import record_audit, require_reason
from common.db.claims import Backoff
from common.db.locking import locked_transaction
from common.db.row_failures import isolate_failure
from marketplace.images.models import Manifest, UncheckedLayers
from marketplace.images.ownership import require_staff
from marketplace.resale.errors import FlagIsClosed
from marketplace.resale.locks import lock_flag
from marketplace.resale.models import ResaleFlag
from marketplace.resale.selectors import Finding, find_resale

CHECKED_AT_ONCE: Final = 500
PATIENCE: Final = Backoff(first=timedelta(minutes=5), longest=timedelta(days=1))


def check_layers() -> int:
    """Compare what has been described since the last run, and flag what holds another seller's paid image. Return how many were flagged.

    One that fails, or that a run does not survive, is tried again later and later, after those that were not tried as often.

    Raises:
        OperationalError, InterfaceError, SoftTimeLimitExceeded: as `isolate_failure` says.
    """
    waiting = list(_due().order_by("attempts", "pk")[:CHECKED_AT_ONCE])
    return sum(isolate_failure(partial(_check, one), row=one.pk) or 0 for one in waiting)


def has_unchecked_layers() -> bool:
    """Whether a run would find something to compare."""
    return _due().exists()


def _due() -> QuerySet[UncheckedLayers]:
    return UncheckedLayers.objects.filter(due_at__lte=timezone.now())


def _check(waiting: UncheckedLayers) -> int:
    """Compare one manifest, and forget that it waits. What is flagged already, and not decided on, is not flagged again.

    It is put off before it is begun, so that one that ends the run keeps nothing else waiting.
    """
    flagged, manifest_id, attempts = 0, waiting.pk, waiting.attempts + 1
    UncheckedLayers.objects.filter(pk=manifest_id).update(attempts=attempts, due_at=timezone.now() + PATIENCE.wait(attempts))
    with locked_transaction():
        manifest = Manifest.objects.select_related("image").filter(pk=manifest_id).first()
        if manifest is not None:
            flagged = sum(_flag(manifest, finding) for finding in find_resale(manifest))
        UncheckedLayers.objects.filter(pk=manifest_id).delete()
    return flagged


def _flag(manifest: Manifest, finding: Finding) -> int:
    origin = finding.origin
    found = {"digest": manifest.digest, "origin_digest": origin.digest, "size": finding.size}
    _, created = ResaleFlag.objects.get_or_create(
        image=manifest.image,
        origin=origin.image,
        closed_at=None,
        defaults={**found, "layers": [layer.digest for layer in finding.layers]},
    )
    if created:
        record_audit(actor=None, action="image.resale_flagged", target=manifest.image, origin=origin.image.repository, size=finding.size)
    return int(created)


def close_flag(*, flag: ResaleFlag, outcome: ResaleFlag.Outcome, reason: str, actor: User) -> ResaleFlag:
    """Decide on a flag. Dismissed: its layers are not flagged for this seller again. Upheld: it leaves the queue, and nothing else happens.

    Raises:
        NotYours: the actor is not staff.
        ReasonMissing: no reason.
        FlagIsClosed: somebody has decided already.
    """
    require_staff(actor)
    require_reason(reason)
    with locked_transaction():
        locked = lock_flag(flag_id=flag.pk)
        if locked.closed_at is not None:
            raise FlagIsClosed(outcome=locked.outcome)
        locked.closed_at, locked.outcome, locked.closing_reason = timezone.now(), outcome, reason[:500]
        locked.save(update_fields=["closed_at", "outcome", "closing_reason"])
        record_audit(actor=actor, action=f"resale_flag.{outcome}", target=locked, reason=reason)
    return locked

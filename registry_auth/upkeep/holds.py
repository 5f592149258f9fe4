"""Holds: while a backup copies the registry or garbage is collected in it, its content must not change under their hands."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.tokens.lifetimes import push_ends_after
from audit.services import record_audit
from common.db.locking import locked_transaction, translate_violation
from registry_auth.upkeep.errors import DeletionsHeld, HoldInForce, NoHold
from registry_auth.upkeep.models import RegistryHold

logger = logging.getLogger(__name__)
LONGEST = timedelta(hours=24)  # of a hold that nobody ends
_MARGIN = timedelta(seconds=5)  # a token that was being issued as the hold began


def hold_in_force() -> RegistryHold | None:
    """Return the hold that lasts now, if there is one. One query."""
    return RegistryHold.objects.filter(ended_at__isnull=True, ends_at__gt=timezone.now()).first()


def last_successes() -> list[RegistryHold]:
    """Return the newest hold of each kind that reached its end, read from an index."""
    ended = RegistryHold.objects.filter(ended_at__isnull=False, problem="")
    return [hold for kind in RegistryHold.Kind if (hold := ended.filter(kind=kind).order_by("-began_at").first())]


def require_deletions() -> None:
    """Make sure that content may be deleted from the registry now.

    Raises:
        DeletionsHeld: a backup may not have copied it yet.
    """
    if hold_in_force() is not None:
        raise DeletionsHeld


def begin_hold(*, kind: RegistryHold.Kind, lasting: timedelta = LONGEST) -> RegistryHold:
    """Hold back deletions from now on, and pushes too while garbage is collected.

    No new token pushes or deletes then; one that was issued before works until `quiet_after`.

    Raises:
        HoldInForce: there is one already.
    """
    now = timezone.now()
    with locked_transaction():
        over = RegistryHold.objects.filter(ended_at__isnull=True, ends_at__lte=now)
        if over.update(ended_at=F("ends_at"), problem="Whoever began it never ended it."):
            logger.warning("a hold on the registry had run out")
        if (other := hold_in_force()) is not None:
            raise HoldInForce(what=other.get_kind_display(), until=other.ends_at)
        with translate_violation("registry_hold_alone", HoldInForce(what="backup or garbage collection", until=now + LONGEST)):
            hold = RegistryHold.objects.create(kind=kind, began_at=now, ends_at=now + lasting)
        record_audit(actor=None, action=f"registry.{kind.value}_began", target=hold)
    return hold


def quiet_after() -> timedelta:
    """Return how long after a hold's beginning the last token that was issued before it has run out."""
    return push_ends_after() + _MARGIN


def end_hold(*, problem: str = "", checked: int = 0, removed_blobs: int = 0, freed: int = 0) -> RegistryHold:
    """End the hold that lasts, and record what came of it.

    Args:
        problem: why it did not reach its end; empty if it did.
        checked: sold manifests that were found whole.
        removed_blobs: by a collection.
        freed: bytes.

    Raises:
        NoHold: none lasts, or it has run out: what was done meanwhile may have met a push or a deletion.
    """
    outcome: dict[str, Any] = {"problem": problem[:500], "checked": checked, "removed_blobs": removed_blobs, "freed": freed}
    with locked_transaction():
        hold = hold_in_force()
        if hold is None or not RegistryHold.objects.filter(pk=hold.pk, ended_at__isnull=True).update(ended_at=timezone.now(), **outcome):
            raise NoHold
        hold.refresh_from_db()
        record_audit(actor=None, action=f"registry.{hold.kind}_ended", target=hold, **outcome)
    log = logger.error if problem else logger.info
    log("hold on the registry ended", extra={"kind": hold.kind, **outcome})
    return hold

"""The only place where trials are locked."""

from datetime import datetime
from uuid import UUID

from common.db.locking import locked
from marketplace.trials.models import Trial


def lock_trial(*, trial_id: UUID) -> Trial:
    """Lock one trial for this transaction."""
    return locked(Trial.objects.filter(pk=trial_id)).get()


def lock_trial_of_holder(*, product_id: UUID, account_id: UUID) -> Trial:
    """Lock the trial that the account has had of the product; there is one, and trials are never deleted."""
    return locked(Trial.objects.filter(product=product_id, holder=account_id)).get()


def lock_trials_that_are_over(*, now: datetime, most: int) -> list[Trial]:
    """Lock some of the trials whose time is over and which nobody has marked yet; those that somebody else has locked are left out."""
    over = Trial.objects.filter(ended_at__isnull=True, ends_at__lte=now).order_by("ends_at").values("pk")[:most]
    return list(locked(Trial.objects.filter(pk__in=over, ended_at__isnull=True).order_by("pk"), skip_locked=True))

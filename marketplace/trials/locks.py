"""The only place where trials are locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.trials.models import Trial


def lock_trial(*, trial_id: UUID) -> Trial:
    """Lock one trial for this transaction."""
    return locked(Trial.objects.filter(pk=trial_id)).get()


def lock_trial_of_holder(*, product_id: UUID, account_id: UUID) -> Trial:
    """Lock the trial that the account has had of the product; there is one, and trials are never deleted."""
    return locked(Trial.objects.filter(product=product_id, holder=account_id)).get()

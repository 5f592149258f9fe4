"""The only place where gifts are locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.gifts.models import Gift


def lock_gift(*, gift_id: UUID) -> Gift:
    """Lock the gift for this transaction: whoever claims, renews or ends it holds it."""
    return locked(Gift.objects.filter(pk=gift_id)).get()


def lock_gift_of_source(*, source_kind: Gift.Source, source_id: UUID) -> Gift | None:
    """Lock the gift that a source paid for, if there is one."""
    return locked(Gift.objects.filter(source_kind=source_kind, source_id=source_id)).first()

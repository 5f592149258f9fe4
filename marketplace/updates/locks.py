"""The only place where the state of a product's mails is locked."""

from uuid import UUID

from common.db.locking import locked
from marketplace.updates.models import ProductUpdates


def lock_updates(*, product_id: UUID) -> ProductUpdates:
    """Lock what a product's subscribers were told. Whoever queues a mail about its versions must hold this lock."""
    return locked(ProductUpdates.objects.filter(pk=product_id)).get()

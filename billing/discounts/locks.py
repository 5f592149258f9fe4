"""The only place where discounts are locked."""

from uuid import UUID

from billing.discounts.models import Discount
from common.db.locking import locked


def lock_discount(*, discount_id: UUID) -> Discount:
    """Lock the discount for this transaction: whoever takes a use of it, pauses it or ends it holds it."""
    return locked(Discount.objects.filter(pk=discount_id)).get()

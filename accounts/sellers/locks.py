"""The only place where sellers are locked."""

from uuid import UUID

from accounts.sellers.models import SellerProfile
from common.db.locking import locked


def lock_seller(*, account_id: UUID) -> SellerProfile:
    """Lock the seller for this transaction: whoever counts or adds their namespaces, or changes whether they may sell, needs the lock."""
    return locked(SellerProfile.objects.filter(pk=account_id)).get()

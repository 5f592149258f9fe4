"""The only place where sellers are locked."""

from uuid import UUID

from accounts.sellers.models import SellerProfile
from common.db.locking import require_atomic


def lock_seller(*, account_id: UUID) -> SellerProfile:
    """Lock the seller for this transaction: whoever counts or adds their namespaces, or changes whether they may sell, holds it."""
    require_atomic()
    return SellerProfile.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)

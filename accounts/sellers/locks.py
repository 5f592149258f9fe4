"""The only place where sellers are locked."""

from collections.abc import Iterable
from uuid import UUID

from accounts.sellers.models import SellerProfile
from common.db.locking import locked


def lock_seller(*, account_id: UUID) -> SellerProfile:
    """Lock the seller for this transaction: whoever counts or adds their namespaces, or changes whether they may sell, needs the lock."""
    return locked(SellerProfile.objects.filter(pk=account_id)).get()


def lock_sellers(*, account_ids: Iterable[UUID]) -> list[SellerProfile]:
    """Lock several sellers, in primary-key order."""
    return list(locked(SellerProfile.objects.filter(pk__in=set(account_ids)).order_by("pk")))

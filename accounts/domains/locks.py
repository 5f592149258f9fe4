"""The only place where domains of sellers are locked: by their seller."""

from uuid import UUID

from accounts.domains.models import ShopDomain
from accounts.sellers.locks import lock_seller


def lock_domain(*, seller_id: UUID) -> ShopDomain | None:
    """Lock the seller for this transaction, and return their domain: whoever names, removes or checks it anew holds this lock."""
    lock_seller(account_id=seller_id)
    return ShopDomain.objects.filter(seller=seller_id).first()

"""How much sellers store in the registry, and how much they may."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from accounts.sellers.models import SellerProfile
from common.text import MEGABYTE
from marketplace.images.models import StoredBlob

_WHOLE = 100


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes that a seller uses, and that they may use. What was pushed a few seconds ago may not be counted yet."""

    used: int
    quota: int

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be pushed."""
        return self.used >= self.quota

    @property
    def percent(self) -> int:
        """How much of the quota is used, from 0 to 100; 100 only if it is full."""
        return _WHOLE if self.is_full else self.used * _WHOLE // self.quota


def storage_of(account_id: UUID) -> Storage:
    """Return what an account stores. Two queries; the sum is read from an index, a row for each blob.

    `registry_auth.token.writes` asks the same for a push, in SQL; a test compares.
    """
    used = StoredBlob.objects.filter(owner=account_id).aggregate(used=Sum("size"))["used"]
    quota = SellerProfile.objects.filter(pk=account_id).values_list("storage_quota", flat=True).first()
    return Storage(int(used or 0), settings.LAYERSTORE_MEGABYTES_PER_SELLER * MEGABYTE if quota is None else quota)


def known_blobs(*, owner_id: UUID, digests: Iterable[str]) -> dict[str, int]:
    """Return the sizes of those blobs that are counted for the seller already, by digest."""
    return dict(StoredBlob.objects.filter(owner=owner_id, digest__in=list(digests)).values_list("digest", "size"))

"""What sellers store in the registry: each blob counts once for a seller, however many of their manifests need it."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import F

from marketplace.images.locks import lock_stored_blobs
from marketplace.images.models import StoredBlob

# All transactions insert and lock in the order of the digests, so none waits for another in a circle.
_COUNT = """
INSERT INTO marketplace_storedblob (owner_id, digest, size, uses)
SELECT %s, digest, size, 1 FROM unnest(%s::text[], %s::bigint[]) AS named (digest, size) ORDER BY digest
    ON CONFLICT (owner_id, digest) DO UPDATE SET uses = marketplace_storedblob.uses + 1
RETURNING id
"""


def count_blobs(*, owner_id: UUID, sizes: dict[str, int]) -> list[int]:
    """Count one more manifest that needs these blobs; return the rows' ids, to be kept for `release_blobs`.

    Args:
        sizes: bytes by digest; a blob that is known keeps the size that it has.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [owner_id, list(sizes), list(sizes.values())])
        return sorted(row[0] for row in cursor.fetchall())


def release_blobs(ids: Iterable[int]) -> None:
    """Count one manifest less that needs these blobs; what nothing needs any more gives room. In the caller's transaction."""
    held = StoredBlob.objects.filter(pk__in=[blob.pk for blob in lock_stored_blobs(ids=ids)])
    held.filter(uses__lte=1).delete()
    held.update(uses=F("uses") - 1)

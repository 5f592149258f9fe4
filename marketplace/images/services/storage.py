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


_NEEDED = """
SELECT blob.id, blob.digest, blob.size, count(*)
  FROM marketplace_manifest manifest
  JOIN marketplace_image image ON image.id = manifest.image_id AND image.namespace_id = %s
 CROSS JOIN unnest(manifest.blobs) AS needed (id)
  JOIN marketplace_storedblob blob ON blob.id = needed.id
 GROUP BY blob.id ORDER BY blob.digest
"""
_TAKE = """
INSERT INTO marketplace_storedblob (owner_id, digest, size, uses)
SELECT %s, digest, size, uses FROM unnest(%s::text[], %s::bigint[], %s::int[]) AS moved (digest, size, uses) ORDER BY digest
    ON CONFLICT (owner_id, digest) DO UPDATE SET uses = marketplace_storedblob.uses + excluded.uses
"""
_RENAME = """
UPDATE marketplace_manifest manifest
   SET blobs = ARRAY(SELECT taken.id FROM unnest(manifest.blobs) AS needed (id)
                       JOIN marketplace_storedblob given ON given.id = needed.id
                       JOIN marketplace_storedblob taken ON taken.owner_id = %s AND taken.digest = given.digest
                      ORDER BY taken.id)
  FROM marketplace_image image
 WHERE image.id = manifest.image_id AND image.namespace_id = %s AND manifest.blobs IS NOT NULL
"""
_GIVE = """
WITH moved AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS moved (id, uses)),
     gone AS (DELETE FROM marketplace_storedblob blob USING moved WHERE blob.id = moved.id AND blob.uses <= moved.uses)
UPDATE marketplace_storedblob blob SET uses = blob.uses - moved.uses FROM moved WHERE blob.id = moved.id AND blob.uses > moved.uses
"""


def move_blobs(*, namespace_id: UUID, to: UUID) -> None:
    """Count what the manifests of a namespace need for another seller instead of its owner. The caller holds the locks of its images."""
    with connection.cursor() as cursor:
        cursor.execute(_NEEDED, [namespace_id])
        needed = cursor.fetchall()
        if not needed:
            return
        ids, digests, sizes, uses = ([*column] for column in zip(*needed, strict=True))
        lock_stored_blobs(ids=ids)
        cursor.execute(_TAKE, [to, digests, sizes, uses])
        cursor.execute(_RENAME, [to, namespace_id])
        cursor.execute(_GIVE, [ids, uses])

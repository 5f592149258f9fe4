"""Pulls are counted, and added up for the order of search results."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.people.selectors import accounts_of_subjects
from common.db.locking import locked_transaction
from common.ids import new_id
from marketplace.images.locks import lock_images
from marketplace.images.models import Image
from marketplace.images.oci import SIGNATURE_PREFIX
from marketplace.insights.pulled_manifests import Key, PulledManifest, pulled_manifests_of
from marketplace.products.models import Product, ProductImage

_UNKNOWN: Final = PulledManifest()
_ADD_TO_IMAGES = """
UPDATE marketplace_image SET pull_count = pull_count + added.count
  FROM unnest(%s::uuid[], %s::bigint[]) AS added (id, count) WHERE marketplace_image.id = added.id
"""
_ADD_TO_ROWS = """
INSERT INTO marketplace_pullcount AS stored (id, image_id, day, tag, platform, buyer_id, count)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])
    ON CONFLICT (image_id, day, tag, platform, buyer_id) DO UPDATE SET count = stored.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Pull:
    """A GET of an image manifest, never of an index; or several of them that are counted in one row.

    Attributes:
        tag: as asked for; empty for a pull by digest.
        subject: the registry token's; empty for the anonymous.
        clients: identify where they came from without revealing the address; empty if that is unknown.
        times: how many GETs.
    """

    repository: str
    digest: str
    tag: str
    day: date
    subject: str
    clients: Collection[str] = ()
    times: int = 1


@dataclass(frozen=True, slots=True)
class CountedPull:
    """A pull, and the row in which it was counted."""

    pull: Pull
    image_id: UUID
    tag: str
    platform: str
    buyer_id: UUID | None


def count_pulls(*, pulls: Sequence[Pull]) -> list[CountedPull]:
    """Add pulls to the counters, except those of names that nobody holds and of what is no image. Return what was counted.

    The images are locked in primary-key order, so that any number of workers may count at the same time.
    """
    with locked_transaction():
        found = Image.objects.occupying().filter(repository__in={pull.repository for pull in pulls})
        images = dict(found.order_by().values_list("repository", "pk"))
        counted = _resolve([pull for pull in pulls if pull.repository in images], images)
        _add(counted)
    return counted


def _resolve(pulls: Sequence[Pull], images: Mapping[str, UUID]) -> list[CountedPull]:
    manifests = pulled_manifests_of(image_ids={images[pull.repository] for pull in pulls}, digests={pull.digest for pull in pulls})
    accounts = accounts_of_subjects({pull.subject for pull in pulls} - {""})
    return [
        counted for pull in pulls if (counted := _counted(pull, images[pull.repository], manifests, accounts.get(pull.subject))) is not None
    ]


def _counted(pull: Pull, image_id: UUID, manifests: Mapping[Key, PulledManifest], buyer_id: UUID | None) -> CountedPull | None:
    manifest = manifests.get((image_id, pull.digest), _UNKNOWN)
    tag = pull.tag or manifest.tag
    if tag.startswith(SIGNATURE_PREFIX) or (manifest.artifact and not tag):
        return None
    return CountedPull(pull, image_id, tag, manifest.platform, buyer_id)


def _add(counted: Sequence[CountedPull]) -> None:
    images, rows = Counter[UUID](), Counter[tuple[object, ...]]()
    for each in counted:
        images[each.image_id] += each.pull.times
        rows[each.image_id, each.pull.day, each.tag, each.platform, each.buyer_id] += each.pull.times
    if rows:
        lock_images(image_ids=images)
        with connection.cursor() as cursor:
            cursor.execute(_ADD_TO_IMAGES, [list(images), list(images.values())])
            cursor.execute(_ADD_TO_ROWS, [[new_id() for _ in rows], *map(list, zip(*rows, strict=True)), list(rows.values())])


def add_up_pulls() -> int:
    """Write for each product how often it was pulled: the least of its images' counts. Return how many numbers have changed.

    Whoever uses a bundle pulls all of it, but its images are pulled by others, too: a sum would put a bundle of one free image
    that everybody pulls before all that sell.
    """
    parts = ProductImage.objects.filter(product=OuterRef("pk")).order_by().values("product").annotate(least=Min("image__pull_count"))
    pulls = Coalesce(Subquery(parts.values("least")), 0)
    return Product.objects.annotate(now=pulls).exclude(pulls=F("now")).update(pulls=pulls)

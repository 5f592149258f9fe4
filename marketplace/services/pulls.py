"""Counting pulls by image, day, tag, platform and buyer.

What a pull is, and what it is counted under (ADR 0018):

- A pull is one GET of an image's own manifest. The index above it is the way there, and signatures and attestations lie beside it: neither
  counts, so an index and its platform manifest are one pull, in whatever order and however far apart the registry tells of them.
- Its platform is the manifest's.
- Its tag is the one that was asked for. docker and containerd ask by digest: then it is a tag that points at the digest, or at an index
  that names it, when the pull is counted, seconds after it happened; of several the one that pages show first.
- Its buyer is the account that the token was signed for: a person's, or for a robot its organisation's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from accounts.people.selectors import accounts_of_subjects
from common.db.locking import locked_transaction
from common.ids import new_id
from marketplace.locks import lock_images
from marketplace.models import Image
from marketplace.selectors.pulled import Content, Key, contents_of

_SIGNATURE = "sha256-"
_ADD_TO_IMAGES = """
UPDATE marketplace_image SET pull_count = pull_count + added.count
  FROM unnest(%s::uuid[], %s::bigint[]) AS added (id, count) WHERE marketplace_image.id = added.id
"""
_ADD_TO_ROWS = """
INSERT INTO marketplace_pullcount AS kept (id, image_id, day, tag, platform, buyer_id, count)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::date[], %s::text[], %s::text[], %s::uuid[], %s::bigint[])
    ON CONFLICT (image_id, day, tag, platform, buyer_id) DO UPDATE SET count = kept.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Pull:
    """A GET of an image manifest, never of an index.

    Attributes:
        tag: as asked for; empty for a pull by digest.
        subject: the registry token's; empty for the anonymous.
        client: names where it came from without giving the address away; empty if that is not known.
    """

    repository: str
    digest: str
    tag: str
    day: date
    subject: str
    client: str = ""


@dataclass(frozen=True, slots=True)
class CountedPull:
    """A pull and the row that it was counted in."""

    pull: Pull
    image_id: UUID
    tag: str
    platform: str
    buyer_id: UUID | None


def count_pulls(*, pulls: Sequence[Pull]) -> list[CountedPull]:
    """Add pulls to the counters; those of names that nobody holds, and of what is no image, are left out. Return what was counted.

    Whoever counts pulls of an image holds its lock, images in primary-key order, so any number of workers may count at once.
    """
    with locked_transaction():
        found = Image.objects.occupying().filter(repository__in={pull.repository for pull in pulls})
        images = dict(found.order_by().values_list("repository", "pk"))
        counted = _resolve([pull for pull in pulls if pull.repository in images], images)
        _add(counted)
    return counted


def _resolve(pulls: Sequence[Pull], images: Mapping[str, UUID]) -> list[CountedPull]:
    contents = contents_of(image_ids={images[pull.repository] for pull in pulls}, digests={pull.digest for pull in pulls})
    accounts = accounts_of_subjects({pull.subject for pull in pulls} - {""})
    return [
        counted for pull in pulls if (counted := _counted(pull, images[pull.repository], contents, accounts.get(pull.subject))) is not None
    ]


def _counted(pull: Pull, image_id: UUID, contents: Mapping[Key, Content], buyer_id: UUID | None) -> CountedPull | None:
    content = contents.get((image_id, pull.digest), Content())
    tag = pull.tag or content.tag
    if tag.startswith(_SIGNATURE) or (content.artifact and not tag):
        return None
    return CountedPull(pull, image_id, tag, content.platform, buyer_id)


def _add(counted: Sequence[CountedPull]) -> None:
    images = Counter(each.image_id for each in counted)
    rows = Counter((each.image_id, each.pull.day, each.tag, each.platform, each.buyer_id) for each in counted)
    if rows:
        lock_images(image_ids=images)
        with connection.cursor() as cursor:
            cursor.execute(_ADD_TO_IMAGES, [list(images), list(images.values())])
            cursor.execute(_ADD_TO_ROWS, [[new_id() for _ in rows], *map(list, zip(*rows, strict=True)), list(rows.values())])

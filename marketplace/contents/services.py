"""What is inside a manifest is recorded with its description; which free images others may be built on, by a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from common.db.locking import locked_transaction
from marketplace.contents.bases import chains
from marketplace.contents.facts import Evidence, ImageFacts
from marketplace.contents.models import LONGEST_HIDDEN, KnownBase, ManifestContents
from marketplace.contents.selectors.bases import public_images
from marketplace.images.locks import lock_image
from marketplace.images.models import Image, Layer, LayerList, Manifest
from marketplace.images.selectors.tags import tag_rows_of

TAGS_OF_A_BASE: Final = 20  # newest ones of each image
_IMAGES_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read of a manifest and its configuration; `ManifestContents` has the same."""

    facts: ImageFacts | None = None
    evidence: Sequence[Evidence] = ()
    subject: str = ""
    attestations: Sequence[tuple[str, str]] = ()
    hidden: Sequence[str] = ()


def record_contents(*, manifest: Manifest, contents: Contents) -> None:
    """Record what is inside a manifest. If it has been deleted in the meantime, nothing is recorded."""
    with locked_transaction():
        lock_image(image_id=manifest.image_id)
        if not Manifest.objects.filter(pk=manifest.pk).exists():
            return
        values = {
            "image_id": manifest.image_id,
            "facts": msgspec.to_builtins(contents.facts),
            "evidence": [[one.kind, one.form] for one in contents.evidence],
            "subject": contents.subject,
            "attestations": [list(pair) for pair in contents.attestations],
            "hidden": [where[:LONGEST_HIDDEN] for where in contents.hidden],
        }
        ManifestContents.objects.update_or_create(manifest=manifest, defaults=values)


def note_known_bases() -> int:
    """Note by their layers the images that everybody may pull, and forget those that not everybody may any more. Return how many there are.

    Of two images with the same layers, the one that was noted first stays for as long as it is public.
    """
    KnownBase.objects.exclude(manifest__image__in=public_images()).delete()
    public = public_images().order_by("pk").iterator(chunk_size=1_000)
    while batch := list(islice(public, _IMAGES_AT_ONCE)):
        KnownBase.objects.bulk_create(_bases_of(batch), ignore_conflicts=True)
    return KnownBase.objects.count()


def _bases_of(images: Sequence[Image]) -> list[KnownBase]:
    """Return the bases that the newest tags of these images name, those that were pushed first in front. Five queries."""
    rows = [row for several in tag_rows_of(images, most=TAGS_OF_A_BASE).values() for row in several]
    named = {row.manifest.pk: (row.name, row.manifest) for row in rows}
    naming = {(row.manifest.image_id, digest): row.name for row in reversed(rows) for digest in row.manifest.children}
    children = Manifest.objects.filter(image__in=images, digest__in={digest for _, digest in naming}, kind=Manifest.Kind.IMAGE)
    for child in children.defer("blobs"):
        tag = naming.get((child.image_id, child.digest))
        if tag is not None:
            named.setdefault(child.pk, (tag, child))
    lists = [(*named[found.manifest_id], found.layers) for found in LayerList.objects.filter(manifest__in=named)]
    lists.sort(key=lambda one: one[1].pushed_at)
    return [_base(tag, manifest, layers) for tag, manifest, layers in lists if layers and all(layer.merged == 1 for layer in layers)]


def _base(tag: str, manifest: Manifest, layers: Sequence[Layer]) -> KnownBase:
    chain = chains(layer.digest for layer in layers)[-1]
    return KnownBase(chain=chain, manifest=manifest, tag=tag, layers=len(layers), size=sum(layer.size for layer in layers))

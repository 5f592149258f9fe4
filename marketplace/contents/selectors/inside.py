"""What is inside the image that a tag leads to, as its product's page and the API tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from marketplace.contents.facts import ImageFacts
from marketplace.contents.models import HIDES, ManifestContents
from marketplace.contents.selectors.attachments import Attachment, attachments_of
from marketplace.contents.selectors.bases import Base, base_of
from marketplace.contents.selectors.history import Move, Step, history_of, steps_of
from marketplace.images.models import Image, Layer, LayerList, Manifest, Tag

HIDING_LISTED: Final = 10
_HIDING_LOOKED_AT: Final = 100
_TAGS_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Platform:
    """What runs on a platform: an image of an index, or the image itself."""

    name: str
    manifest: Manifest
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Hiding:
    """A manifest in whose configuration values look like secrets: where they are, and some tags that point at it."""

    manifest: Manifest
    hidden: Sequence[str]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """What is inside an image.

    Attributes:
        tag: the leading one, which the rest is about; None while there is nothing to pull.
        manifest: of the tag: an index, or the image that is shown.
        shown: the image whose configuration is told; None while it has not been read.
        platforms: those of an index without its attestations, in its order.
        facts: None while the configuration has not been read.
        layers: of the shown image, base first.
    """

    image: Image
    tag: Tag | None = None
    manifest: Manifest | None = None
    shown: Manifest | None = None
    platforms: tuple[Platform, ...] = ()
    facts: ImageFacts | None = None
    layers: tuple[Layer, ...] = ()
    base: Base | None = None
    attachments: tuple[Attachment, ...] = ()
    history: tuple[Move, ...] = ()

    @property
    def steps(self) -> list[Step]:
        """The history, a push under several tags in one."""
        return steps_of(self.history)


def inside_of(image: Image, tag: Tag | None, *, platform: str = "") -> Inside:
    """Tell what is inside an image. At most sixteen queries, whatever was pushed.

    Args:
        tag: its leading one, with its manifest.
        platform: which image of an index is shown; the first if the index has none for it.
    """
    if tag is None:
        return Inside(image, history=tuple(history_of(image)))
    manifest = tag.manifest
    images = _images_of(manifest)
    shown = next((one for one in images if platform in one.platforms), images[0] if images else None)
    contents = ManifestContents.objects.in_bulk([one.pk for one in (manifest, shown) if one])
    facts = contents[shown.pk].facts if shown and shown.pk in contents else None
    layers = _layers_of(shown)
    attestations = contents[manifest.pk].attestations if manifest.pk in contents else ()
    digests = {one.digest for one in (manifest, shown) if one}
    return Inside(
        image=image,
        tag=tag,
        manifest=manifest,
        shown=shown,
        platforms=tuple(Platform(name, one, one is shown) for one in images for name in one.platforms),
        facts=msgspec.convert(facts, ImageFacts) if facts else None,
        layers=tuple(layers),
        base=base_of(image, layers),
        attachments=tuple(attachments_of(image, digests, attestations)),
        history=tuple(history_of(image)),
    )


def hiding_manifests(image: Image) -> list[Hiding]:
    """List the newest manifests that buyers pull by tag, or by the index of one, and in which values look like secrets. Three queries."""
    newest = ManifestContents.objects.filter(HIDES, image=image).order_by("-recorded_at")[:_HIDING_LOOKED_AT]
    hidden = dict(newest.values_list("manifest", "hidden"))
    names = ArraySubquery(Tag.objects.filter(manifest=OuterRef("pk")).values("name")[:_TAGS_NAMED])
    manifests = Manifest.objects.filter(pk__in=hidden).annotate(named=names).in_bulk()
    indexes = Manifest.objects.filter(Exists(Tag.objects.filter(manifest=OuterRef("pk"))), image=image, kind=Manifest.Kind.INDEX)
    naming = indexes.filter(children__overlap=[manifest.digest for manifest in manifests.values()]) if manifests else indexes.none()
    named = {digest for children in naming.values_list("children", flat=True)[:_HIDING_LOOKED_AT] for digest in children}
    found = [Hiding(manifests[pk], where, tuple(manifests[pk].named)) for pk, where in hidden.items() if pk in manifests]
    return [one for one in found if one.tags or one.manifest.digest in named][:HIDING_LISTED]


def _images_of(manifest: Manifest) -> list[Manifest]:
    """Return the described images of an index, in its order; of an image, itself."""
    if not manifest.children:
        return [manifest] if manifest.kind == Manifest.Kind.IMAGE and manifest.described_at else []
    described = Manifest.objects.filter(
        image=manifest.image_id, digest__in=manifest.children, kind=Manifest.Kind.IMAGE, described_at__isnull=False
    )
    children = {child.digest: child for child in described.defer("blobs")}
    return [children[digest] for digest in manifest.children if digest in children]


def _layers_of(shown: Manifest | None) -> Sequence[Layer]:
    found = LayerList.objects.filter(manifest=shown).first() if shown else None
    return found.layers if found else ()

"""Covers of images and products: found with a fixed number of queries, drawn once per manifest, kept in the cache."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from django.core.cache import cache

from marketplace.models import Image, Layer, Manifest, Tag
from marketplace.strata import Drawing, draw
from marketplace.strata import Layer as Stratum

_KEPT = 30 * 24 * 3600  # seconds; a drawing never gets stale, for its key is made of what it shows
_VERSION = 1  # raise it when the drawing changes


class Shape(Enum):
    """The sizes that pages ask for: width, height, and whether bands carry texture (small covers do not)."""

    CARD = (320, 200, True)
    LINE = (320, 200, False)
    TALL = (320, 240, True)
    WIDE = (640, 260, True)
    MARK = (60, 60, False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a cover is drawn from.

    Attributes:
        seed: repository, or a bundle's slug.
        manifests: image manifests, one for each image, in order.
    """

    seed: str
    manifests: tuple[Manifest, ...]

    def key(self, shape: Shape) -> str:
        text = "|".join((self.seed, *(manifest.digest for manifest in self.manifests)))
        return f"cover:{_VERSION}:{shape.name}:{hashlib.sha256(text.encode()).hexdigest()}"


def covers_of_images(images: Iterable[Image], tags: Mapping[UUID, Tag], shape: Shape) -> dict[UUID, Drawing]:
    """Draw each image with a tag to show; the others are left out. At most two queries, none for what the cache has but indexes."""
    shown = shown_manifests(tags)
    return _drawings({image.pk: Ground(image.repository, (shown[image.pk],)) for image in images if image.pk in shown}, shape)


def covers_of_products(
    images: Mapping[UUID, Sequence[Image]], slugs: Mapping[UUID, str], tags: Mapping[UUID, Tag], shape: Shape
) -> dict[UUID, Drawing]:
    """Draw each product with a pushed image, by product id; a bundle has the layers of its images in turn, and the face of its slug."""
    shown = shown_manifests(tags)
    grounds = {
        pk: Ground(several[0].repository if len(several) == 1 else slugs[pk], found)
        for pk, several in images.items()
        if (found := tuple(shown[image.pk] for image in several if image.pk in shown))
    }
    return _drawings(grounds, shape)


def shown_manifests(tags: Mapping[UUID, Tag]) -> dict[UUID, Manifest]:
    """Give for each image the manifest whose layers stand for it: its tag's, or for an index the first child that is described."""
    shown = {image_id: tag.manifest for image_id, tag in tags.items()}
    indexes = {image_id: manifest for image_id, manifest in shown.items() if manifest.children}
    if indexes:
        wanted = {digest for manifest in indexes.values() for digest in manifest.children}
        children = {(child.image_id, child.digest): child for child in Manifest.objects.filter(image__in=indexes, digest__in=wanted)}
        for image_id, index in indexes.items():
            shown[image_id] = next((children[image_id, digest] for digest in index.children if (image_id, digest) in children), index)
    return shown


def layers_of(manifest_ids: Iterable[UUID]) -> dict[UUID, list[Layer]]:
    """Give the layers of each manifest, base first. One query."""
    layers: dict[UUID, list[Layer]] = {}
    for layer in Layer.objects.filter(manifest__in=set(manifest_ids)).order_by("manifest", "position"):
        layers.setdefault(layer.manifest_id, []).append(layer)
    return layers


def strata_of(layers: Sequence[Layer]) -> list[Stratum]:
    """Say what is drawn as stone: the layer that everything else was built on."""
    return [
        Stratum(layer.digest.rpartition(":")[2], layer.size, own=position > 0 or len(layers) == 1) for position, layer in enumerate(layers)
    ]


def _drawings(grounds: Mapping[UUID, Ground], shape: Shape) -> dict[UUID, Drawing]:
    keys = {pk: ground.key(shape) for pk, ground in grounds.items()}
    kept: dict[str, Drawing] = cache.get_many(keys.values())
    missing = {pk: grounds[pk] for pk, key in keys.items() if key not in kept}
    drawn = {keys[pk]: drawing for pk, drawing in _draw(missing, shape).items()}
    if drawn:
        cache.set_many(drawn, timeout=_KEPT)
    found = kept | drawn
    return {pk: found[key] for pk, key in keys.items() if key in found}


def _draw(grounds: Mapping[UUID, Ground], shape: Shape) -> dict[UUID, Drawing]:
    """Draw what the cache does not have. A manifest that only an event has told of has no layers yet, and no cover."""
    layers = layers_of(manifest.pk for ground in grounds.values() for manifest in ground.manifests) if grounds else {}
    width, height, textured = shape.value
    drawings = {}
    for pk, ground in grounds.items():
        strata = [stratum for manifest in ground.manifests for stratum in strata_of(layers.get(manifest.pk, []))]
        if strata:
            drawings[pk] = draw(ground.seed, strata, width=width, height=height, textured=textured)
    return drawings

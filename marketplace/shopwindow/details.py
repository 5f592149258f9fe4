"""An image as its product's page shows it: its tags, and the layers of its leading tag in the colours of its cover.

A page of one image lists them in full. A page of several lists the newest tags of each, and its layers in the few rows that were made when
its cover was drawn.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from marketplace.contents.selectors.bases import Base
from marketplace.contents.selectors.inside import Inside
from marketplace.covers.layer_rows import SUMMARY, LayerRow, layer_rows
from marketplace.covers.selectors import fills_of_images, layers_of, leading_manifests, summaries_of_images
from marketplace.images.models import MOST_LAYERS, Image, Layer, Tag
from marketplace.images.selectors import tags as tags_selectors
from marketplace.images.selectors.tags import TagRow, pull_reference, stops_at, tag_rows_of

BRIEF_TAGS: Final = 5  # newest tags of each image beside others, and its leading one
_TAGS, _LAYERS = 48, 64  # rows of a page, which its images share if there are many
_FEWEST = 2  # of each image


@dataclass(frozen=True, slots=True)
class ImageDetail:
    """An image on a product's page.

    Attributes:
        tag: the leading one (`Image.leading_tag`); None while nothing has been pushed.
        rows: its tags, the newest first: at most `listed`, and the leading one.
        layers: those of the leading tag, the newest first.
        base: what these layers are built on, if the shop knows it.
    """

    image: Image
    tag: Tag | None
    rows: list[TagRow]
    layers: list[LayerRow]
    listed: int
    base: Base | None = None

    @property
    def reference(self) -> str:
        return pull_reference(self.image, self.tag)

    @property
    def stops_at(self) -> int | None:
        return stops_at(self.rows, most=self.listed)

    @property
    def layer_count(self) -> int:
        return sum(row.layer.merged for row in self.layers)

    @property
    def is_merged(self) -> bool:
        """Whether there are more layers than rows."""
        return self.layer_count > len(self.layers)

    @property
    def base_rows(self) -> list[LayerRow]:
        """The layers that are the base's; empty if the shop knows no base."""
        return self.layers[len(self.layers) - self.base.layers :] if self.base else []

    @property
    def rows_above_base(self) -> list[LayerRow]:
        """The other layers: all, if the shop knows no base."""
        return self.layers[: len(self.layers) - len(self.base_rows)]

    @property
    def size(self) -> int:
        """Compressed bytes of all layers."""
        return sum(row.layer.size for row in self.layers)

    @property
    def own_size(self) -> int:
        """Compressed bytes above the base; where the shop knows none, above the lowest layer."""
        return sum(row.layer.size for row in (self.rows_above_base if self.base else self.layers) if row.own)


_Coloured = tuple[Sequence[Layer], Mapping[str, str]]  # base first, and their colours by the beginning of the digest


def image_details(images: Sequence[Image], tags: Mapping[UUID, Tag], inside: Inside | None = None) -> list[ImageDetail]:
    """Load what a product's page shows of these images with these leading tags, in the given order.

    At most six queries for any number of images.

    Args:
        inside: of the only image, where it has been read: its layers are shown then.
    """
    if len(images) == 1:
        layers = _layers_inside(inside) if inside and inside.layers else _read_layers(tags)
        (detail,) = _details(images, tags, layers, (tags_selectors.LISTED, MOST_LAYERS))
        return [replace(detail, base=inside.base if inside else None)]
    layers = summaries_of_images(tags.keys())
    layers |= _read_layers({pk: tag for pk, tag in tags.items() if pk not in layers})
    return _details(images, tags, layers, (_share(_TAGS, images, BRIEF_TAGS), _share(_LAYERS, images, SUMMARY)))


def _details(
    images: Sequence[Image], tags: Mapping[UUID, Tag], layers: Mapping[UUID, _Coloured], most: tuple[int, int]
) -> list[ImageDetail]:
    most_tags, most_layers = most
    rows = tag_rows_of(images, most=most_tags)
    return [
        ImageDetail(
            image,
            tags.get(image.pk),
            rows[image.pk],
            layer_rows(*layers.get(image.pk, ([], {})), most_layers)[::-1],
            most_tags,
        )
        for image in images
    ]


def _layers_inside(inside: Inside) -> dict[UUID, _Coloured]:
    """Colour the layers of the image that is shown, which is one of an index's."""
    return {inside.image.pk: (inside.layers, fills_of_images([inside.image.pk]).get(inside.image.pk, {}))}


def _read_layers(tags: Mapping[UUID, Tag]) -> dict[UUID, _Coloured]:
    """Read all layers of each image's leading tag. At most three queries; none without tags."""
    if not tags:
        return {}
    shown = leading_manifests(tags)
    layers, fills = layers_of(manifest.pk for manifest in shown.values()), fills_of_images(tags.keys())
    return {pk: (layers[manifest.pk], fills.get(pk, {})) for pk, manifest in shown.items() if manifest.pk in layers}


def _share(whole: int, images: Collection[Image], most: int) -> int:
    """Divide the rows of a page among its images; each gets a few at least, and no more than are asked for."""
    return max(_FEWEST, min(most, whole // max(len(images), 1)))

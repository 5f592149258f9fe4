"""What cards and list rows show of products and images. The number of queries does not depend on how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import ngettext

from accounts.domains.selectors import verified_among
from marketplace.covers.drawing import Drawing
from marketplace.covers.selectors import Shape, covers_of_images, covers_of_products
from marketplace.images.models import Image, Tag
from marketplace.images.selectors.tags import leading_tags, platforms_of_each, pull_reference
from marketplace.products.models import Price, Product
from marketplace.products.selectors.offers import has_choice, price_shown
from marketplace.products.selectors.pages import images_of, product_url, with_parts


@dataclass(frozen=True, slots=True)
class Listing:
    """What a card or a list row shows of a product.

    Attributes:
        price: the one that the reader is shown.
        cover: None while nothing has been pushed.
        platforms: those on which all of its images run.
        tags: the leading tag of each image that has one.
        verified: whether the seller has a verified domain.
    """

    product: Product
    price: Price | None
    images: tuple[Image, ...]
    cover: Drawing | None
    platforms: tuple[str, ...]
    pushed_at: datetime | None
    tags: Mapping[UUID, Tag]
    verified: bool

    @property
    def label(self) -> str:
        """The image's name, or what the bundle holds."""
        if len(self.images) == 1:
            return self.images[0].repository
        name, count = f"{self.product.namespace.name}/{self.product.slug}", len(self.images)
        return ngettext("{name}, {count} image", "{name}, {count} images", count).format(name=name, count=count)

    @property
    def has_choice(self) -> bool:
        """Whether it is sold in several editions: then its price is the one from which on it can be had."""
        return has_choice(self.product)

    @property
    def url(self) -> str:
        return product_url(self.product)

    @property
    def references(self) -> tuple[str, ...]:
        """What docker pulls, for each of its images."""
        return tuple(pull_reference(image, self.tags.get(image.pk)) for image in self.images)

    @property
    def pulls(self) -> int:
        """How often it was pulled, as counted from the registry's events; of a bundle, the image that was pulled least often."""
        return min((image.pull_count for image in self.images), default=0)


def list_products(products: QuerySet[Product] | Sequence[Product], shape: Shape = Shape.CARD) -> list[Listing]:
    """Make listings of products, in their order. A query set gets `with_parts` here; a sequence must have been loaded through it."""
    found = list(with_parts(products) if isinstance(products, QuerySet) else products)
    images = {product.pk: images_of(product) for product in found}
    tags = leading_tags([image.pk for several in images.values() for image in several])
    covers = covers_of_products(images, shape)
    sellers = verified_among(product.seller_id for product in found)
    return [_listing(product, images[product.pk], tags, covers.get(product.pk), product.seller_id in sellers) for product in found]


def _listing(product: Product, images: tuple[Image, ...], tags: dict[UUID, Tag], cover: Drawing | None, verified: bool) -> Listing:  # noqa: FBT001  one of five facts
    own = {image.pk: tags[image.pk] for image in images if image.pk in tags}
    pushed = own.values()
    return Listing(
        product=product,
        price=price_shown(product),
        images=images,
        cover=cover,
        platforms=tuple(platforms_of_each(own.get(image.pk) for image in images)),
        pushed_at=max((tag.pushed_at for tag in pushed), default=None),
        tags=own,
        verified=verified,
    )


@dataclass(frozen=True, slots=True)
class ImageListing:
    """What a list row shows of an image: its leading tag (`Image.leading_tag`) and its cover; both None while nothing has been pushed."""

    image: Image
    tag: Tag | None
    cover: Drawing | None

    @property
    def reference(self) -> str:
        return pull_reference(self.image, self.tag)


def list_images(images: Sequence[Image] | QuerySet[Image], shape: Shape = Shape.LINE) -> list[ImageListing]:
    """Make listings of images, in their order."""
    found = list(images)
    tags = leading_tags([image.pk for image in found])
    covers = covers_of_images([image.pk for image in found], shape)
    return [ImageListing(image, tags.get(image.pk), covers.get(image.pk)) for image in found]

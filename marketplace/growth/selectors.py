"""Who has a product, whatever brought it to them, and which of its images they lack."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift, GiftImage
from marketplace.growth.models import Growth
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.updates.models import UpdateSubscription
from marketplace.updates.selectors import held_by_subscriber, subscribers_of

SHOWN: Final = 5  # of what has reached earlier buyers, the latest
SourceFinder = Callable[[UUID], Q]
LateFinder = Callable[[UUID, UUID | OuterRef], QuerySet[Any]]
_finders: list[SourceFinder] = []
_late: list[LateFinder] = []


@dataclass(frozen=True, slots=True)
class Reach:
    """What the editor says of earlier buyers.

    Attributes:
        lacking: images of the product that somebody who has it lacks, and that nobody is giving to them: `images_lacked`.
        growths: what has reached earlier buyers, or is about to; the latest.
    """

    lacking: list[Image]
    growths: list[Growth]


def source_finder(function: SourceFinder) -> SourceFinder:
    """Have this function asked which sources of entitlements and gifts are a product's: whoever sells registers here."""
    _finders.append(function)
    return function


def late_finder(function: LateFinder) -> LateFinder:
    """Have this function asked who has nothing of a product at this moment, and is to get one of its images once they have paid."""
    _late.append(function)
    return function


def owners_lacking(product_id: UUID, image: UUID | OuterRef) -> QuerySet[Entitlement]:
    """Return the entitlements of those who have the product and never had an image because of the same source, in a fixed order.

    A holder appears once for each image that they have of it. What was taken from somebody alone is not given to them again.
    """
    of_product = Q(source_kind=Entitlement.Source.FREE, source_id=product_id)
    given = Gift.objects.filter(product=product_id, source_kind=Gift.Source.SELLER, title="").values("source_id")  # not of an edition
    of_product |= Q(source_kind=Entitlement.Source.SELLER, source_id__in=given)
    for finder in _finders:
        of_product |= finder(product_id)
    has_it = Entitlement.objects.filter(
        holder=OuterRef("holder"), source_kind=OuterRef("source_kind"), source_id=OuterRef("source_id"), image=image
    )
    lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now())
    return Entitlement.objects.filter(of_product, lasting, ~Exists(has_it), revoked_at__isnull=True).order_by("pk")


def gifts_lacking(product_id: UUID, image: UUID | OuterRef) -> QuerySet[Gift]:
    """Return the gifts of the product that nobody has claimed and that do not give the image.

    Of those that somebody paid for only what whoever sells says is of the product: it may be of one of its editions, as a seller's may.
    """
    of_product = Q(source_kind=Gift.Source.SELLER, title="")
    for finder in _finders:
        of_product |= Q(source_kind=Gift.Source.ORDER) & finder(product_id)
    unclaimed = Gift.objects.filter(of_product, product=product_id, claimed_at=None, revoked_at=None)
    return unclaimed.filter(~Exists(GiftImage.objects.filter(gift=OuterRef("pk"), image=image))).order_by("pk")


def images_lacked(product_id: UUID) -> QuerySet[Image]:
    """Return the images of a product that can be given to somebody: who has it, may claim it, or is to have it again, lacks them."""
    each = OuterRef(OuterRef("pk"))
    lacked = Q(Exists(owners_lacking(product_id, each))) | Q(Exists(gifts_lacking(product_id, each)))
    for finder in _late:
        lacked |= Q(Exists(finder(product_id, each)))
    return Image.objects.filter(lacked, product_images__product=product_id, taken_down_at__isnull=True)


def reach_of(product: Product) -> Reach:
    """Return what the editor of a product that is for sale says of its earlier buyers. Two queries."""
    if product.state != Product.State.PUBLISHED:
        return Reach([], [])
    growths = list(Growth.objects.filter(product=product).select_related("image")[:SHOWN])
    under_way = {growth.image_id for growth in growths if growth.given_at is None}
    return Reach(list(images_lacked(product.pk).exclude(pk__in=under_way).order_by("product_images__position")), growths)


def to_mail(growth: Growth) -> QuerySet[UpdateSubscription]:
    """Return the subscriptions to mail about the product of those who can pull the image, and have got it since it was asked for."""
    given = held_by_subscriber().filter(image=growth.image_id, granted_at__gte=growth.created_at)
    return subscribers_of(growth.product_id).filter(Exists(given))

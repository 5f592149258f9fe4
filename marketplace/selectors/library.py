"""What somebody has bought or got for free, and whether docker would be let in now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User
from marketplace.models import Entitlement, Image, Product
from marketplace.selectors.access import Action, Subject, allowed_actions
from marketplace.selectors.listings import ImageListing, list_images, product_url
from marketplace.selectors.tags import short_platforms


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One image in a library.

    Attributes:
        entitlement: the one that counts: in force before suspended before revoked, then the oldest.
        product: one that offers the image now, if there is one.
        may_pull: what the policy says at this moment.
    """

    listing: ImageListing
    entitlement: Entitlement
    product: Product | None
    may_pull: bool

    @property
    def image(self) -> Image:
        return self.listing.image

    @property
    def title(self) -> str:
        return self.product.title if self.product else self.image.name

    @property
    def url(self) -> str:
        return product_url(self.product) if self.product else ""

    @property
    def reference(self) -> str:
        """What docker pulls; empty while there is no tag."""
        return self.listing.reference if self.listing.tag else ""

    @property
    def platforms(self) -> list[str]:
        return short_platforms(self.listing.tag.manifest.platforms) if self.listing.tag else []

    @property
    def suspended(self) -> bool:
        return self.entitlement.revoked_at is None and self.entitlement.suspended_at is not None

    @property
    def state(self) -> str:
        """The state in one or two words."""
        if self.may_pull:
            return "May pull"
        if self.image.taken_down_at is not None:
            return "Taken down"
        return "Resting" if self.suspended else "Ended"

    @property
    def reason(self) -> str:
        """Why it may not be pulled, in a sentence."""
        if self.image.taken_down_at is not None:
            return "We took this image down; nobody can pull it at the moment."
        if self.suspended:
            return "The payment is disputed. Pull rests until the bank has decided."
        return self.entitlement.revocation_reason

    @property
    def since(self) -> datetime:
        return self.entitlement.granted_at

    @property
    def order_id(self) -> UUID | None:
        """The order that brought it, if one did."""
        return self.entitlement.source_id if self.entitlement.source_kind == Entitlement.Source.ORDER else None


def library_of(user: User) -> list[LibraryEntry]:
    """List every image the user's account holds or held, the newest first. A fixed number of queries."""
    entitlements = _deciding(Entitlement.objects.filter(holder=user.account).select_related("image"))
    listings = list_images([entitlement.image for entitlement in entitlements])
    allowed = allowed_actions(subject=Subject.of(user), repositories=[listing.image.repository for listing in listings])
    products = _offers(entitlement.image_id for entitlement in entitlements)
    return [
        LibraryEntry(listing, entitlement, products.get(listing.image.pk), Action.PULL in allowed[listing.image.repository])
        for listing, entitlement in zip(listings, entitlements, strict=True)
    ]


def _deciding(entitlements: Iterable[Entitlement]) -> list[Entitlement]:
    """Keep one entitlement for each image: the one that lets its holder in, if there is one."""
    best: dict[UUID, Entitlement] = {}
    for entitlement in sorted(entitlements, key=lambda one: (one.revoked_at is not None, one.suspended_at is not None, one.granted_at)):
        best.setdefault(entitlement.image_id, entitlement)
    return sorted(best.values(), key=lambda one: one.granted_at, reverse=True)


def _offers(image_ids: Iterable[UUID]) -> dict[UUID, Product]:
    """Give for each image a published product that contains it, one that sells it alone before a bundle."""
    offers: dict[UUID, Product] = {}
    products = Product.objects.published().filter(images__in=set(image_ids)).distinct()
    for product in sorted(products.select_related("namespace").prefetch_related("product_images"), key=_size):
        for part in product.product_images.all():
            offers.setdefault(part.image_id, product)
    return offers


def _size(product: Product) -> tuple[int, str]:
    return len(product.product_images.all()), product.slug

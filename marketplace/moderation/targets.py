"""What can be reported: what the reader can see, and whose it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.organisations.selectors import account_ids_of
from accounts.people.models import Account, User
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Namespace
from marketplace.moderation.labels import IMAGE, PRODUCT, REVIEW, SHOP, in_words
from marketplace.moderation.models import Report
from marketplace.products.models import Product
from marketplace.products.selectors.pages import product_url
from marketplace.reviews.models import Review

About = Report.About


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is reported.

    Attributes:
        label: what it is called, in words that stay true when it is gone; English, as it is stored.
        concerned: whose it is.
        url: where it can be seen.
    """

    about: Report.About
    pk: UUID
    label: str
    concerned: Account
    url: str

    @property
    def translated_label(self) -> str:
        """The label in the reader's language."""
        return in_words(self.label)


def find_target(about: str, target_id: UUID, reader: User | None) -> Target | None:
    """Return what the reader can see of this kind and key: what is public, and images that they hold; None if there is none."""
    find = _FINDERS.get(about)
    return find(target_id, reader) if find else None


def _product(key: UUID, _: User | None) -> Target | None:
    found = Product.objects.visible().select_related("namespace", "seller__account__user").filter(pk=key).first()
    if found is None:
        return None
    return Target(About.PRODUCT, key, PRODUCT.format(name=found.title), found.seller.account, product_url(found))


def _image(key: UUID, reader: User | None) -> Target | None:
    public = Exists(Product.objects.visible().filter(images=OuterRef("pk")))
    accounts = account_ids_of(reader) if reader else ()
    held = Exists(Entitlement.objects.live().filter(holder__in=accounts, image=OuterRef("pk")))
    found = Image.objects.occupying().filter(public | held, pk=key).select_related("namespace", "owner__user").first()
    if found is None:
        return None
    return Target(
        About.IMAGE, key, IMAGE.format(name=found.repository), found.owner, reverse("marketplace:shop", args=[found.namespace.name])
    )


def _shop(key: UUID, _: User | None) -> Target | None:
    namespaces = Namespace.objects.filter(owner=key, owner__seller__suspended_at__isnull=True).order_by("name")
    found = namespaces.select_related("owner__user", "owner__seller").first()
    if found is None:
        return None
    return Target(
        About.SHOP, key, SHOP.format(name=found.owner.seller.display_name), found.owner, reverse("marketplace:shop", args=[found.name])
    )


def _review(key: UUID, _: User | None) -> Target | None:
    shown = Review.objects.shown().filter(pk=key, product__in=Product.objects.visible())
    found = shown.select_related("product__namespace", "buyer__user").first()
    if found is None:
        return None
    return Target(About.REVIEW, key, REVIEW.format(name=found.product.title), found.buyer, product_url(found.product) + "#reviews")


_FINDERS: Final[Mapping[str, Callable[[UUID, User | None], Target | None]]] = {
    About.PRODUCT: _product,
    About.IMAGE: _image,
    About.SHOP: _shop,
    About.REVIEW: _review,
}

"""Gifts: by their link, of who gave them, of who has them."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.organisations.models import MANAGING_ROLES
from accounts.organisations.selectors import organisations_of
from accounts.people.models import User
from accounts.tokens import secrets
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.images.models import Image
from marketplace.products.models import Product
from marketplace.products.selectors.pages import LONG_TEXTS


def find_gift(secret: str) -> Gift | None:
    """Return the gift whose link carries the secret, in whatever state it is; None if there is none, or a newer link has replaced it."""
    if not secrets.is_gift_secret(secret):
        return None
    return Gift.objects.filter(secret_hash__in=secrets.secret_hashes(secret)).first()


def gifts_of_seller(account_id: UUID) -> QuerySet[Gift]:
    """Return what the seller has given, the newest first, with what a list shows."""
    given = Gift.objects.filter(giver=account_id, source_kind=Gift.Source.SELLER)
    return given.select_related("product__namespace", "holder", "given_by").order_by("-created_at", "pk")


def gifts_managed_by(user: User) -> QuerySet[Gift]:
    """Return what the sellers have given for whom the user decides."""
    sellers = [user.account.pk, *organisations_of(user, roles=MANAGING_ROLES).values_list("pk", flat=True)]
    given = Gift.objects.filter(giver__in=sellers, source_kind=Gift.Source.SELLER)
    return given.select_related("product__namespace", "giver", "holder").order_by("-created_at", "pk")


def images_left(gift: Gift) -> QuerySet[Image]:
    """Return the images that can still be pulled because of a gift that was claimed."""
    given = Entitlement.objects.live().filter(source_kind=gift.source_kind, source_id=gift.source_id)
    return Image.objects.filter(pk__in=given.values("image")).select_related("namespace").order_by("repository")


def gift_of_order(order_id: UUID) -> Gift | None:
    """Return the gift that an order paid for, if it is one and was paid."""
    found = Gift.objects.filter(source_kind=Gift.Source.ORDER, source_id=order_id)
    return found.select_related("product__namespace", "holder").first()


def unclaimed_gift_with(image_id: UUID, giver_ids: Collection[UUID]) -> Gift | None:
    """Return a gift with the image that one of the accounts has paid for and nobody has claimed, the newest."""
    paid = Gift.objects.unclaimed().filter(source_kind=Gift.Source.ORDER, giver__in=giver_ids, gift_images__image=image_id)
    return paid.order_by("-created_at").first()


def orders_given_away(order_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the orders that paid for a gift."""
    given = Gift.objects.filter(source_kind=Gift.Source.ORDER, source_id__in=order_ids)
    return set(given.values_list("source_id", flat=True))


def products_named(account_id: UUID, names: Iterable[str]) -> dict[str, Product]:
    """Return those of the seller's products that can be given, by `namespace/name` as in their addresses: all but what staff stopped."""
    askable = {name for name in names if name.isascii() and name.isprintable()}  # never query for what PostgreSQL cannot store
    slugs = {name.partition("/")[2] for name in askable}
    found = Product.objects.filter(seller=account_id, slug__in=slugs).exclude(state=Product.State.SUSPENDED).select_related("namespace")
    by_name = {
        f"{product.namespace.name}/{product.slug}": product for product in found.defer("search_document", "search_words", *LONG_TEXTS)
    }
    return {name: product for name, product in by_name.items() if name in askable}

"""What the marketplace holds of a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from accounts.people.models import User
from accounts.privacy.handlers import PersonalDataHandler
from marketplace.entitlements.locks import lock_entitlements_of_holder
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image, Namespace
from marketplace.insights.models import PullCount
from marketplace.products.models import Product, UnsavedText
from marketplace.updates.models import UpdateSubscription

_OF_PRODUCT = ("title", "slug", "summary", "description", "licence_text", "state", "created_at")
_OF_ENTITLEMENT = ("image__repository", "source_kind", "granted_at", "revoked_at", "revocation_reason")
_REASON = "The account was deleted."


def export_marketplace(user: User) -> Mapping[str, Any]:
    """Return names, products, library and pulls."""
    account = user.account
    return {
        "namespaces": list(Namespace.objects.filter(owner=account).values("name", "created_at")),
        "images": list(Image.objects.filter(owner=account).values("repository", "reserved_at", "first_pushed_at", "ended_at")),
        "products": list(
            Product.objects.filter(seller=account.pk).values(
                "title", "slug", "summary", "description", "licence_text", "state", "created_at"
            )
        ),
        "unsaved_texts": list(UnsavedText.objects.filter(seller=account.pk).values("product__slug", "typed", "kept_at")),
        "library": list(
            Entitlement.objects.filter(holder=account).values(
                "image__repository", "source_kind", "granted_at", "revoked_at", "revocation_reason"
            )
        ),
        "mail_about_new_versions": list(UpdateSubscription.objects.filter(user=user).values("product__title", "created_at")),
        "pulls": list(PullCount.objects.filter(buyer=account).values("image__repository", "day", "tag", "platform", "count")),
    }


def obstacles_of_seller(user: User) -> Iterable[str]:
    """Yield what is still on sale: whoever buys it tomorrow must find somebody."""
    titles = list(Product.objects.published().filter(seller=user.account.pk).values_list("title", flat=True)[:10])
    if titles:
        yield f"Still on sale: {', '.join(titles)}. Withdraw what you sell first."


def forget_library(user: User) -> None:
    """End what the person may pull and mail about it, and delete what they never saved. Names and products stay: others bought them."""
    UpdateSubscription.objects.filter(user=user).delete()
    UnsavedText.objects.filter(seller=user.account.pk).delete()
    held = lock_entitlements_of_holder(account_id=user.account.pk)
    Entitlement.objects.filter(pk__in=[one.pk for one in held]).update(revoked_at=timezone.now(), revocation_reason=_REASON)


HANDLER = PersonalDataHandler(export=export_marketplace, obstacles=obstacles_of_seller, forget=forget_library)

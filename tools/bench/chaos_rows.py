"""Makes buyers for `script/bench chaos`, and says what became of their purchases and pulls, as JSON. argv: `fill NUMBER` or `counted`."""

import json
import sys
from typing import Any

import django

django.setup()

from allauth.account.models import EmailAddress
from django.db.models import Count, QuerySet, Sum

from accounts.people.models import User
from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Tag
from marketplace.insights.models import PullCount
from marketplace.products.models import Product
from registry_auth.inbox.models import RegistryEnvelope
from tools.bench.rows import make_access_token


def fill(number: int) -> dict[str, object]:
    """Make that many people who may buy, and name the product of one image that they buy."""
    product = Product.objects.offered().annotate(images_in=Count("images")).filter(images_in=1, prices__amount__gt=0).distinct()[0]
    tag = Tag.objects.filter(image__in=product.images.all())[0]
    buyers = [_buyer() for _ in range(number)]
    return {"product": str(product.pk), "repository": tag.image.repository, "digest": tag.manifest.digest, "buyers": buyers}


def _buyer() -> tuple[str, str]:
    user, secret = make_access_token()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user.username, secret


def counted() -> dict[str, object]:
    """Return the orders of these people by state, what they hold, how many pulls are counted and how much still waits."""
    people = User.objects.filter(email__endswith="@example.test")
    orders = Order.objects.filter(placed_by__in=people)
    held = Entitlement.objects.filter(holder__user__in=people, revoked_at__isnull=True).values_list("holder__user__username")
    return {
        "orders": [[str(order.pk), order.placed_by.username, order.state] for order in orders.select_related("placed_by")],
        "held": [username for (username,) in held],
        "pulls": PullCount.objects.aggregate(total=Sum("count"))["total"] or 0,
        "waiting": sum(rows.filter(given_up_at__isnull=True).count() for rows in _unfinished()),
        "given_up": sum(rows.filter(given_up_at__isnull=False).count() for rows in _unfinished()),
    }


def _unfinished() -> list["QuerySet[Any]"]:
    return [RegistryEnvelope.objects.filter(drained_at__isnull=True), StripeEvent.objects.filter(handled_at__isnull=True)]


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[2])) if sys.argv[1] == "fill" else counted()))

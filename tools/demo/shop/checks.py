"""Whether the full shop is what it says: found by the search, pulled by a buyer, refunded by staff, and nothing failed on the way."""

import hashlib
from collections.abc import Iterator
from typing import Final

import httpx
from django.conf import settings
from django.db.models import Q

from accounts.people.models import User
from accounts.tokens.models import TokenScope
from billing.discounts.models import Discount
from billing.inbox.models import StripeEvent
from billing.orders.models import Order
from billing.refunds.services import request_refund
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from common.db.claims import Attempt
from marketplace.credentials.services import make_access_token
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.growth.models import Growth
from marketplace.images.models import Manifest
from marketplace.products.models import Price, Product
from marketplace.trials.models import Trial
from outbox.mail.models import OutgoingMail
from registry_auth.inbox.models import RegistryEnvelope
from tools.demo.shop.people import BUYER, STAFF
from tools.demo.shop.present import await_true
from tools.demo.shop.registry import Pusher
from tools.stack.problems import Problem

_TRIED: Final[tuple[type[Attempt], ...]] = (RegistryEnvelope, StripeEvent, OutgoingMail, Manifest)


def check(base: str) -> Iterator[str]:
    """Yield what was found right, in a line each.

    Raises:
        Problem: something is not as it should be.
    """
    buyer = User.objects.get(username=BUYER)
    secret = make_access_token(user=buyer, name="check of the demo", scopes=[TokenScope.PULL, TokenScope.API]).secret
    yield _check_search(base, secret)
    yield _check_pull(base, buyer, secret)
    yield _check_refund()
    yield _check_ways()
    yield _check_rows()


def _check_search(base: str, secret: str) -> str:
    expected = Product.objects.offered().count()
    headers = {"Authorization": f"Bearer {secret}"}
    answer = httpx.get(f"{base}/api/v1/products/", params={"page_size": 100}, headers=headers, trust_env=False, timeout=30)
    found = len(answer.raise_for_status().json()["results"])
    if found != expected:
        raise Problem(f"The search finds {found} products of {expected}.", do="look at var/log/worker.log.")
    return f"the search finds all {found} products"


def _check_pull(base: str, buyer: User, secret: str) -> str:
    """Let a buyer pull what they bought, by its digest alone."""
    bought = Entitlement.objects.in_force().filter(holder=buyer.account, source_kind=Entitlement.Source.ORDER).select_related("image")
    image = bought.order_by("granted_at", "pk")[0].image
    manifest = Manifest.objects.filter(image=image, kind__in=(Manifest.Kind.IMAGE, Manifest.Kind.INDEX)).order_by("pushed_at", "pk")[0]
    pusher = Pusher(base, settings.LAYERSTORE_SERVICE)
    content = pusher.pull(image.repository, manifest.digest, username=buyer.username, secret=secret)
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != manifest.digest:
        raise Problem(f"{image.repository}@{manifest.digest} is not what was pulled.", do="look at var/log/registry.log.")
    return f"{BUYER} pulls {image.repository} by the digest of its oldest version"


def _check_refund() -> str:
    """Let staff refund the oldest order that is still paid."""
    clerk = User.objects.get(username=STAFF[1][0])
    order = Order.objects.filter(state=Order.State.PAID).exclude(placed_by__username=BUYER).order_by("paid_at", "pk")[0]
    request_refund(order=order, amount=None, reason="The check of the demo shop.", actor=clerk)
    await_true(lambda: Order.objects.filter(pk=order.pk, state=Order.State.REFUNDED).exists(), f"The refund of order {order.pk}")
    return f"an order of {order.created_at:%d %B} is refunded"


def _check_ways() -> str:
    """Each way to sell has somebody for whom it counts, and what grew has reached its earlier buyers."""
    await_true(lambda: Growth.objects.filter(given_at__isnull=False, given__gt=0).exists(), "What earlier buyers of a bundle are given")
    running = Subscription.objects.filter(state=Subscription.State.ACTIVE)
    there = {
        "an edition": Order.objects.filter(state=Order.State.PAID, price__edition__isnull=False),
        "a subscription by the month": running.filter(price__interval=Price.Interval.MONTH),
        "one by the year": running.filter(price__interval=Price.Interval.YEAR),
        "an announced price": PriceChange.objects.ahead(),
        "a trial": Trial.objects.running(),
        "an offer": Discount.objects.filter(kind=Discount.Kind.PRICE),
        "a claimed gift": Gift.objects.filter(claimed_at__isnull=False),
    }
    if lacking := [name for name, rows in there.items() if not rows.exists()]:
        raise Problem(f"The shop lacks {', '.join(lacking)}.", do="look at var/log/shop.log.")
    return "there is " + ", ".join(there)


def _check_rows() -> str:
    failed = {model.__name__: model.objects.filter(Q(given_up_at__isnull=False) | ~Q(last_error="")).count() for model in _TRIED}  # type: ignore[attr-defined]  # abstract: each has a manager
    if any(failed.values()):
        raise Problem(f"Rows have failed: {failed}.", do="read their last error in the admin.")
    return "no row of an inbox or the outbox has failed"

"""What happens today, through the services and the sandbox: purchases, refunds, a dispute, and reports for staff."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx
from django.conf import settings

from accounts.people.models import Account, User
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.orders.selectors import holds_all
from billing.payments.reconcile import reconcile_order
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from common.money import Money
from marketplace.moderation.services import decide_report, make_report, take_report
from marketplace.moderation.targets import find_target
from marketplace.products.models import Product
from marketplace.reviews.models import Review
from tools.demo.shop.clock import Clock
from tools.stack.problems import Problem
from tools.stack.sale.waiting import awaited

_SECONDS: Final = 60
_BOUGHT: Final = (
    "northgrid/postgres-ha", "saltmarsh/embeddings", "foliant/pdf-render", "wardstone/secret-scanner", "copperline/edge-proxy",
    "northgrid/wal-archiver", "saltmarsh/ocr",
)  # fmt: skip


def sell_today(products: Mapping[str, Product], buyers: Sequence[User]) -> list[Order]:
    """Let buyers buy, each another product, and pay on Stripe's page. Return the orders, paid."""
    orders: list[Order] = []
    for key in _BOUGHT:
        product = products[key]
        images = [image.pk for image in product.images.all()]
        buyer = next(user for user in buyers if user not in [order.placed_by for order in orders] and not _has(user.account, images))
        orders.append(buy(product, buyer))
    return orders


def _has(account: Account, images: list[UUID]) -> bool:
    return holds_all(account=account, image_ids=images)


def buy(product: Product, user: User) -> Order:
    """Let somebody buy a product at its leading price, and pay on Stripe's page. Return the order, paid."""
    order = place_order(product=product, user=user)
    open_checkout(order=order)
    order.refresh_from_db()
    ask_sandbox(f"/sessions/{order.checkout_session_id}/pay")
    return reconcile_order(order_id=order.pk)


def refund_and_dispute(orders: Sequence[Order], clerk: User) -> None:
    """Have one order of today refunded, a part of another, and a third disputed by its buyer's bank.

    Raises:
        Problem: Stripe did not confirm the refunds in time.
    """
    whole, partly, disputed = orders[-1], orders[-2], orders[-3]
    refunds = [
        request_refund(order=whole, amount=None, reason="It was meant for another team, who had it already.", actor=clerk),
        request_refund(
            order=partly, amount=Money(partly.amount // 500 * 100, partly.currency), reason="The price fell a day later.", actor=clerk
        ),
    ]
    ask_sandbox(f"/charges/{disputed.payment_intent_id}/dispute", reason="product_not_received")
    reconcile_order(order_id=disputed.pk)
    keys = [refund.pk for refund in refunds]
    await_true(lambda: Refund.objects.filter(pk__in=keys, state=Refund.State.SUCCEEDED).count() == len(keys), "The refunds")


def report(products: Mapping[str, Product], *, visitor: str, reader: User, staff: User, clock: Clock, when: datetime) -> None:
    """Fill staff's queue: one report that nobody has taken, one that somebody looks at, and one that was decided."""
    copied = products["foliant/pdf-render"]
    shop = find_target("shop", products["kumoworks/job-queue"].seller_id, None)
    product = find_target("product", products["copperline/mail-relay"].pk, reader)
    review = Review.objects.filter(product=copied, rating__lt=4).first()
    if shop is not None:
        words = "The name and the logo on their pages are close to those of a company that I work for. Please compare."
        make_report(target=shop, kind="impersonation", details=words, reporter=None, email=visitor)
    if product is not None:
        words = "The page says MIT for the relay's code, but the image contains GPL programs without their sources."
        taken = make_report(target=product, kind="licence", details=words, reporter=reader)
        take_report(report=taken, reason="I know the licences of mail servers.", actor=staff)
    said = find_target("review", review.pk, None) if review is not None else None
    if said is not None:
        with clock.at(when):
            words = "This review is about our price, not about the image."
            made = make_report(target=said, kind="other", details=words, reporter=copied.seller.account.user)
            decide_report(
                report=made,
                upheld=False,
                answer="A review may speak of the price. We leave it where it is; you can answer it below.",
                decision="",
                reason="The price is part of the product.",
                actor=staff,
            )


def await_true(condition: Callable[[], bool], what: str) -> None:
    """Wait until something has come about.

    Raises:
        Problem: it has not within a minute.
    """
    if not awaited(condition, seconds=_SECONDS):
        raise Problem(f"{what} did not come about within {_SECONDS} s.", do="look at var/log/worker.log.")


def ask_sandbox(path: str, **words: object) -> dict[str, Any]:
    """Give the sandbox one of its commands, and return its answer."""
    url = f"{settings.STRIPE_API_BASE}/sandbox/api{path}"
    answer = httpx.post(url, json=words, trust_env=False, timeout=30).raise_for_status()
    return dict(answer.json())

"""Rows of what was sold: orders, entitlements, refunds and their trail, dated as when it happened.

These are the rows that `place_order`, `reconcile_order`, `grant_entitlements` and `record_refunds` leave, in the states that they leave
them in. What those do besides is not missed: receipts were sent and forgotten long ago, and nothing is due to Stripe for an order that is
no longer pending. The sandbox takes them in as its own past (`tell_sandbox`), so that staff can refund any of them, and what it moved
for them is posted (`books`), so that the nightly reconciliation finds nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.people.models import Account, User
from audit.models import AuditEvent
from billing.checkout.opening import sale_of
from billing.orders.models import Order, OrderImage
from billing.payments.refunding import request_for
from billing.refunds.models import Refund
from billing.stripe.checkout import session_params
from billing.stripe.refunds import refund_params
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Price, Product
from tools.demo.shop.books import book
from tools.demo.shop.images import Version
from tools.demo.shop.plan import Outcome, Sale
from tools.demo.shop.present import ask_sandbox

LATER: Final = timedelta(hours=1)  # after that the worker asks about whatever did not get into the books
_BATCH: Final = 1_000
_TOLD_AT_ONCE: Final = 500
_STATES: Final = {
    Outcome.KEPT: Order.State.PAID,
    Outcome.REFUNDED: Order.State.REFUNDED,
    Outcome.PARTLY_REFUNDED: Order.State.PARTIALLY_REFUNDED,
    Outcome.EXPIRED: Order.State.EXPIRED,
}
_WHY: Final = ("Bought by mistake.", "It does not run on the machine that they have.", "They bought the bundle instead.")
_WHY_PARTLY: Final = "They were promised the price of the week before."
_CARDS: Final = ("4242", "1881", "5556", "0004", "3184")


@dataclass(frozen=True, slots=True)
class Sold:
    """A product as orders need it: its row, its prices, and its images with their versions."""

    product: Product
    prices: Sequence[Price]
    images: Sequence[tuple[Image, Sequence[Version]]]

    def price_of(self, sale: Sale) -> Price:
        """Return the row under which a sale was made."""
        return next(price for price in self.prices if price.money == sale.price)


@dataclass(slots=True)
class Rows:
    """What is written, by table."""

    orders: list[Order] = field(default_factory=list)
    images: list[OrderImage] = field(default_factory=list)
    entitlements: list[Entitlement] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)


def rows_of(sales: Sequence[Sale], sold: Mapping[str, Sold], buyers: Mapping[str, tuple[Account, User]], clerk: User) -> Rows:
    """Return the rows of all sales.

    Args:
        sold: by the key of the product.
        buyers: who buys, and who of them places the order, by the key of the buyer.
        clerk: the member of staff who asked for refunds.
    """
    rows = Rows()
    for sale in sales:
        what, (account, user) = sold[sale.product.key], buyers[sale.buyer.key]
        order = _order(sale, what, account, user)
        rows.orders.append(order)
        rows.images += (_order_image(order, image, versions, sale) for image, versions in what.images)
        rows.events += _trail(order, user)
        if sale.is_paid:
            rows.entitlements += (_entitlement(order, image, sale) for image, _ in what.images)
        if sale.returned:
            rows.refunds.append(_refund(order, sale, clerk))
    return rows


def write(rows: Rows) -> None:
    """Write the rows, all or none, and since when each image has been sold."""
    with transaction.atomic():
        Order.objects.bulk_create(rows.orders, batch_size=_BATCH)
        OrderImage.objects.bulk_create(rows.images, batch_size=_BATCH)
        Entitlement.objects.bulk_create(rows.entitlements, batch_size=_BATCH)
        Refund.objects.bulk_create(rows.refunds, batch_size=_BATCH)
        AuditEvent.objects.bulk_create(rows.events, batch_size=_BATCH)
        first = Entitlement.objects.filter(image=OuterRef("pk")).order_by().values("image").annotate(at=Min("granted_at"))
        Image.objects.filter(entitlements__isnull=False).update(first_sold_at=Subquery(first.values("at")))


def tell_sandbox(orders: QuerySet[Order]) -> tuple[int, int]:
    """Let the sandbox take in every payment and refund of these orders that it does not know, and post what it says that was moved.

    Returns:
        How many orders it took in, and how many of them are in the books.
    """
    paid = orders.filter(payment_intent_id__isnull=False).select_related("seller").prefetch_related("images", "refunds")
    sales = [_history(order) for order in paid.order_by("paid_at", "pk")]
    parts = [sales[begin : begin + _TOLD_AT_ONCE] for begin in range(0, len(sales), _TOLD_AT_ONCE)]
    taken = booked = 0
    for part in parts:
        answer = ask_sandbox("/history", sales=part)
        taken, booked = taken + int(answer["taken"]), booked + book(answer["moved"])
    return taken, booked


def _history(order: Order) -> dict[str, Any]:
    """Return a sale as the sandbox takes it in."""
    return {
        "session": order.checkout_session_id,
        "intent": order.payment_intent_id,
        "at": int((order.paid_at or order.created_at).timestamp()),
        "last4": order.paid_with[-4:],
        "params": session_params(sale_of(order)),
        "refunds": [
            {
                "id": refund.stripe_refund_id,
                "at": int((refund.settled_at or refund.created_at).timestamp()),
                "params": refund_params(request_for(refund, refund.money)),
            }
            for refund in order.refunds.all()
        ],
    }


def _order(sale: Sale, what: Sold, account: Account, user: User) -> Order:
    price = what.price_of(sale)
    order = Order(
        buyer=account,
        placed_by=user,
        email=user.email,
        seller_id=what.product.seller_id,
        product=what.product,
        price=price,
        product_title=what.product.title,
        amount=price.amount,
        currency=price.currency,
        application_fee=price.money.share(percent=settings.LAYERSTORE_APPLICATION_FEE_PERCENT).minor,
        destination_account_id=str(what.product.seller.stripe_account_id),
        state=_STATES[sale.outcome],
        created_at=sale.at,
        checkout_expires_at=(sale.at + timedelta(hours=1)).replace(microsecond=0),
        due_at=timezone.now() + LATER,
        revision=1,
    )
    order.checkout_session_id = f"cs_test_{_token(order.pk, 'session')}"
    if sale.is_paid:
        order.paid_at, order.payment_intent_id = sale.paid_at, f"pi_{_token(order.pk, 'intent')[:24]}"
        order.paid_with = f"card ending {_CARDS[sale.at.second % len(_CARDS)]}"
    if sale.returned:
        order.refunded_amount = order.refund_requested_amount = sale.returned.minor
        order.revision = 2
    if sale.outcome is Outcome.REFUNDED:
        order.closed_at = sale.returned_at
    if sale.outcome is Outcome.EXPIRED:
        order.closed_at = order.checkout_expires_at
    return order


def _order_image(order: Order, image: Image, versions: Sequence[Version], sale: Sale) -> OrderImage:
    out = [version for version in versions if version.at <= sale.at] or list(versions[:1])
    digests = {tag: version.digest for version in out for tag in version.tags}
    return OrderImage(
        order=order,
        image=image,
        repository=image.repository,
        featured_tag=out[-1].name,
        tag_count=len(digests),
        digests=digests,
    )


def _entitlement(order: Order, image: Image, sale: Sale) -> Entitlement:
    gone = sale.outcome is Outcome.REFUNDED
    return Entitlement(
        holder_id=order.buyer_id,
        image=image,
        source_kind=Entitlement.Source.ORDER,
        source_id=order.pk,
        granted_at=sale.paid_at,
        revoked_at=sale.returned_at if gone else None,
        revocation_reason="The order was refunded." if gone else "",
    )


def _refund(order: Order, sale: Sale, clerk: User) -> Refund:
    why = _WHY[order.pk.int % len(_WHY)] if sale.outcome is Outcome.REFUNDED else _WHY_PARTLY
    return Refund(
        order=order,
        payment_intent_id=order.payment_intent_id or "",
        amount=order.refunded_amount,
        reason=why,
        requested_by=clerk,
        state=Refund.State.SUCCEEDED,
        stripe_refund_id=f"re_{_token(order.pk, 'refund')[:24]}",
        attempts=1,
        created_at=(sale.returned_at or sale.at) - timedelta(seconds=9),
        settled_at=sale.returned_at,
    )


def _trail(order: Order, user: User) -> Iterator[AuditEvent]:
    """Yield what the audit trail says of an order."""
    yield _event(order, "order.placed", at=order.created_at, actor=user, price=str(order.price_id), buyer=str(order.buyer_id))
    if order.paid_at:
        yield _event(order, "order.paid", at=order.paid_at)
    if order.closed_at or order.refunded_amount:
        at = order.closed_at or (order.paid_at or order.created_at) + timedelta(days=2)
        yield _event(order, f"order.{order.state}", at=at)


def _event(order: Order, action: str, *, at: Any, actor: User | None = None, **details: str) -> AuditEvent:
    target = {"target_type": order._meta.label_lower, "target_id": str(order.pk), "target_label": str(order)[:300]}
    return AuditEvent(actor=actor, action=action, at=at, details=details, **target)


def _token(key: UUID, what: str) -> str:
    """Return what looks like an id of Stripe's, the same for the same order."""
    return hashlib.sha256(f"{what} {key}".encode()).hexdigest()

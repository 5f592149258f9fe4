"""Locks of orders that are connected by credits: together, in primary-key order."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from billing.credits.models import Credit
from billing.orders.models import Order
from common.db.locking import locked


def lock_orders(*, order_ids: Collection[UUID]) -> list[Order]:
    """Lock orders that are about to be credited. Whoever credits an order, refunds it or moves its credit holds this lock."""
    return list(locked(Order.objects.filter(pk__in=order_ids).order_by("pk")))


def lock_order_with_credits(*, order_id: UUID) -> Order:
    """Lock an order with those that were credited for it and those that it was credited for, and return it."""
    pairs = Credit.objects.filter(Q(order=order_id) | Q(earlier=order_id)).values_list("order_id", "earlier_id")
    concerned = {order_id}.union(*pairs)
    later = next((order for order, earlier in pairs if earlier == order_id), None)
    while later is not None:
        concerned.add(later)
        later = Credit.objects.filter(earlier=later).values_list("order_id", flat=True).first()
    return next(order for order in lock_orders(order_ids=concerned) if order.pk == order_id)

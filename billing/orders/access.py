"""Pull access that an order gives, paused and resumed: its buyer's, with a gift its link and its recipient's; its subscription's."""

from uuid import UUID

from billing.orders.models import Order
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import resume_entitlements, suspend_entitlements
from marketplace.gifts.services.ending import resume_gift_of_order, suspend_gift_of_order


def pause_access(order: Order) -> None:
    """Let nobody pull because of the order, nor claim it if it is a gift. Under the order's lock."""
    suspend_gift_of_order(order_id=order.pk)
    kind, key = _source_of(order)
    suspend_entitlements(source_kind=kind, source_id=key)


def resume_access(order: Order) -> None:
    """Let what was paused go on. Under the order's lock."""
    resume_gift_of_order(order_id=order.pk)
    kind, key = _source_of(order)
    resume_entitlements(source_kind=kind, source_id=key)


def _source_of(order: Order) -> tuple[Entitlement.Source, UUID]:
    """What grants access: the order itself, or the subscription of whose periods it is one."""
    return (Entitlement.Source.SUBSCRIPTION, order.subscription_id) if order.subscription_id else (Entitlement.Source.ORDER, order.pk)

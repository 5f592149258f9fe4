"""Pull access that an order gives, paused and resumed: its buyer's, or with a gift its link and its recipient's."""

from uuid import UUID

from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import resume_entitlements, suspend_entitlements
from marketplace.gifts.services.ending import resume_gift_of_order, suspend_gift_of_order

_ORDER = Entitlement.Source.ORDER


def pause_access(*, order_id: UUID) -> None:
    """Let nobody pull because of the order, nor claim it if it is a gift. Under the order's lock."""
    suspend_gift_of_order(order_id=order_id)
    suspend_entitlements(source_kind=_ORDER, source_id=order_id)


def resume_access(*, order_id: UUID) -> None:
    """Let what was paused go on. Under the order's lock."""
    resume_gift_of_order(order_id=order_id)
    resume_entitlements(source_kind=_ORDER, source_id=order_id)

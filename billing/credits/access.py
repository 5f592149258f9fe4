"""Pull access that an order gives, paused, resumed and ended: its buyer's, or with a gift its link and its recipient's; its subscription's.

What an order's images were credited for follows it: their money went into the later purchase (docs/adr, 0076).
"""

from collections.abc import Callable, Iterator
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_noop

from billing.credits.models import Credit
from billing.orders.models import Order
from billing.orders.selectors import image_ids_given_by, image_ids_of_order, source_of
from billing.orders.state import GONE_STATES, HOLDING_STATES, RELEASED
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import grant_entitlements, resume_entitlements, revoke_entitlements, suspend_entitlements
from marketplace.gifts.services.ending import end_gift_of_order, resume_gift_of_order, suspend_gift_of_order
from marketplace.images.models import Image

_ORDER = Entitlement.Source.ORDER
CREDIT_GONE: Final = gettext_noop("An earlier purchase, which was credited for this one, was refunded or charged back.")


def pause_access(order: Order) -> None:
    """Let nobody pull because of the order, nor claim it if it is a gift. Under the order's lock."""
    suspend_gift_of_order(order_id=order.pk)
    kind, key = source_of(order)
    suspend_entitlements(source_kind=kind, source_id=key)
    for later, images in _reached(order):
        suspend_entitlements(source_kind=_ORDER, source_id=later.pk, image_ids=images)


def resume_access(order: Order) -> None:
    """Let what was paused go on, but for what another order that is connected by a credit keeps paused. Under the order's lock."""
    resume_gift_of_order(order_id=order.pk)
    kind, key = source_of(order)
    resume_entitlements(source_kind=kind, source_id=key, besides=_kept_paused(order, resumed=order.pk))
    for later, images in _reached(order):
        if _stands(later):
            kept = _kept_paused(later, resumed=order.pk)
            resume_entitlements(source_kind=_ORDER, source_id=later.pk, image_ids=images - kept)


def end_access(*, order: Order, reason: str) -> None:
    """End for good what the order gave, and its images in the purchases that it was credited for. Under the order's lock."""
    end_gift_of_order(order_id=order.pk, reason=reason)
    revoke_entitlements(source_kind=_ORDER, source_id=order.pk, reason=reason)
    for later, images in _reached(order):
        revoke_entitlements(source_kind=_ORDER, source_id=later.pk, reason=CREDIT_GONE, image_ids=images)


def end_what_went_back(order: Order) -> None:
    """End in a purchase that has just been granted what earlier ones were credited for whose money is gone already.

    A payment whose credit is gone is given back, unless its own bank has asked for it meanwhile: then that decides about the rest of it.
    Under the order's lock.
    """
    gone = _images_without(order, lambda earlier: earlier.state in GONE_STATES) if order.credit_amount else set()
    if gone:
        revoke_entitlements(source_kind=_ORDER, source_id=order.pk, reason=CREDIT_GONE, image_ids=gone)


def give_access_again(*, order: Order, ended_by: str) -> None:
    """Let the buyer pull again what ended with the order, also in the purchases that it was credited for. Under the order's lock.

    Args:
        ended_by: the reason with which it ended: what was taken for another one stays taken.
    """
    _grant_again(order, ended_by, image_ids_given_by(order))
    for later, images in _reached(order):
        if _stands(later):
            _grant_again(later, CREDIT_GONE, images - _kept_paused(later, resumed=order.pk))


def _grant_again(order: Order, ended_by: str, image_ids: set[UUID]) -> None:
    ended = Entitlement.objects.filter(source_kind=_ORDER, source_id=order.pk, revocation_reason=ended_by, image__in=image_ids)
    images = Image.objects.filter(pk__in=ended.values("image"))
    grant_entitlements(holder=order.buyer, images=images, source_kind=_ORDER, source_id=order.pk)


def later_orders(order_id: UUID) -> Iterator[Order]:
    """Yield what the order was credited for, what that was credited for, and so on, as far as it is paid or being paid."""
    while (
        credit := Credit.objects.select_related("order").filter(earlier=order_id).exclude(order__state__in=RELEASED).first()
    ) is not None:
        yield credit.order
        order_id = credit.order_id


def _reached(order: Order) -> Iterator[tuple[Order, set[UUID]]]:
    """Yield each later purchase with the images in it that follow the order: its own, and all of a later one for which nothing was paid."""
    images = image_ids_of_order(order.pk)
    for later in later_orders(order.pk):
        if not later.amount:
            images = images | image_ids_given_by(later)
        yield later, images


def _kept_paused(order: Order, *, resumed: UUID) -> set[UUID]:
    """Return the images of an order that stay paused because of what was credited for it; `resumed` is the one that goes on now."""
    return _images_without(order, lambda earlier: earlier.pk != resumed and not _stands(earlier))


def _images_without(order: Order, is_without: Callable[[Order], bool]) -> set[UUID]:
    """Return the images of an order that follow those earlier ones of which this is so: all, if nothing was paid for it."""
    found: set[UUID] = set()
    for credit in Credit.objects.select_related("earlier").filter(order=order):
        if is_without(credit.earlier):
            found |= image_ids_of_order(credit.earlier_id)
        found |= _images_without(credit.earlier, is_without)
    return found | image_ids_given_by(order) if found and not order.amount else found


def _stands(order: Order) -> bool:
    return order.state in HOLDING_STATES and not order.refunds.filter(state="waiting", origin="buyer").exists()

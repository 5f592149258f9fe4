"""Buyers are told of the gifts that nobody has claimed in time."""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.organisations.buying import addresses_of_buyers
from common.db.locking import locked_transaction
from common.db.row_failures import act_on_each
from marketplace.gifts.locks import lock_gift
from marketplace.gifts.models import Gift
from outbox.mail.services import queue_mail

_AT_ONCE: Final = 1000  # a run stays far below the time limit; the next one goes on


def tell_of_unclaimed_gifts(*, now: datetime) -> int:
    """Tell whoever paid for a gift, once for each time that it ran out, that nobody has claimed it; return how many gifts.

    Nobody is told of what a seller gave: the seller sees it in the list.
    """
    return act_on_each(_due(now), partial(_tell, now=now), most=_AT_ONCE)


def _due(now: datetime) -> QuerySet[Gift]:
    unclaimed = Gift.objects.unclaimed().filter(expires_at__lte=now, expiry_told_at__isnull=True)
    return unclaimed.filter(source_kind=Gift.Source.ORDER, suspended_at__isnull=True)


def _tell(gift_id: UUID, *, now: datetime) -> bool:
    """Tell of one gift, unless another worker has done so or it has changed meanwhile."""
    with locked_transaction():
        lock_gift(gift_id=gift_id)
        gift = _due(now).select_related("giver", "given_by", "product").filter(pk=gift_id).first()
        if gift is None:
            return False
        gift.expiry_told_at = now
        gift.save(update_fields=["expiry_told_at"])
        payer = [gift.given_by.email] if gift.given_by.is_active else []
        for address in [*payer, *addresses_of_buyers(gift.giver, besides=payer)]:
            key = f"gift-unclaimed:{gift.pk}:{gift.expires_at.timestamp():.0f}:{address}"[:200]
            queue_mail(to=address, template="gift_unclaimed", context={"gift": gift}, key=key)
    return True

"""Taking credits for a new order."""

from billing.credits.errors import CreditChanged
from billing.credits.locks import lock_orders
from billing.credits.models import Credit
from billing.credits.selectors import MOST_CREDITED, Credited, Purchase, credit_of, creditable
from billing.orders.models import Order
from billing.orders.state import RELEASED
from common.db.locking import translate_violation


def reserve_credit(purchase: Purchase) -> Credited:
    """Return what a buyer is credited, and keep it theirs until this transaction ends: the earlier orders are locked.

    Of two purchases at once, one gets the credit.
    """
    found = creditable(purchase)
    candidates = list(found.values_list("pk", flat=True)[:MOST_CREDITED]) if purchase.may_be_credited else []
    if not candidates:
        return credit_of((), purchase)
    lock_orders(order_ids=candidates)
    return credit_of(found.filter(pk__in=candidates), purchase)


def note_credits(credited: Credited, *, order: Order) -> None:
    """Write what was reserved in this transaction for an order; it is released by the order's own end.

    Raises:
        CreditChanged: one of them was credited already.
    """
    if not credited.parts:
        return
    Credit.objects.filter(earlier__in=credited.parts, order__state__in=RELEASED).delete()
    with translate_violation("order_credited_once", CreditChanged()):
        Credit.objects.bulk_create([Credit(order=order, earlier_id=earlier, amount=minor) for earlier, minor in credited.parts.items()])

"""The rule of credit: what somebody has paid for what is contained in what they buy (docs/adr, 0076)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_noop

from accounts.people.models import Account
from billing.credits.models import Credit
from billing.orders.models import Order, OrderImage
from billing.orders.selectors import stopped_by_dispute
from billing.orders.state import HOLDING_STATES, RELEASED
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Price
from marketplace.products.services.prices import smallest_price

MOST_CREDITED: Final = 50  # earlier orders of one purchase, the oldest first: they are locked together


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is about to be bought.

    Attributes:
        money: what is to be paid under the price without a credit.
        image_ids: of the images that the buyer gets; none if it is for somebody else.
    """

    buyer: Account
    price: Price
    money: Money
    image_ids: frozenset[UUID]

    @property
    def may_be_credited(self) -> bool:
        """Whether anything counts towards it: not where it is paid by the period or the buyer decides."""
        return bool(self.image_ids) and not self.price.interval and not self.price.buyer_decides


@dataclass(frozen=True, slots=True)
class Credited:
    """What is taken off a price because of earlier orders.

    Attributes:
        parts: minor units of each earlier order, by its id; the oldest first, and none of nothing.
    """

    money: Money
    parts: Mapping[UUID, int]


def creditable(purchase: Purchase, *, besides: Order | None = None, buyers: Collection[Account] = ()) -> QuerySet[Order]:
    """Return the orders that count towards a purchase, the oldest first.

    They are purchases of the same account from the same seller in the same currency, paid once and not by the period, all of whose images
    are among these and can still be pulled because of them for good: so they were not refunded, disputed, given away or taken back.

    Args:
        besides: an order whose own credits count as free, because it is compared or replaced.
        buyers: who may buy it, where that is not decided yet.
    """
    return creditable_to_any([purchase], buyers=buyers or [purchase.buyer], besides=besides)


def creditable_to_any(purchases: Sequence[Purchase], *, buyers: Collection[Account], besides: Order | None = None) -> QuerySet[Order]:
    """Return the orders that may count towards one of these purchases, as `creditable` says of a single one."""
    image_ids = {image_id for purchase in purchases for image_id in purchase.image_ids}
    sold = OrderImage.objects.filter(order=OuterRef("pk"))
    standing = Entitlement.objects.filter(
        holder=OuterRef("order__buyer"),
        image=OuterRef("image"),
        source_kind=Entitlement.Source.ORDER,
        source_id=OuterRef("order"),
        revoked_at=None,
        suspended_at=None,
        ends_at=None,
    )
    taken = Credit.objects.filter(earlier=OuterRef("pk")).exclude(order__state__in=RELEASED).exclude(order=besides)
    own = Order.objects.filter(
        buyer__in=buyers,
        seller__in={purchase.price.product.seller_id for purchase in purchases},
        currency__in={purchase.money.currency for purchase in purchases},
        state__in=HOLDING_STATES,
        subscription=None,
    )
    own = own.filter(Exists(sold), ~Exists(sold.exclude(image__in=image_ids)), ~Exists(sold.exclude(Exists(standing))))
    return own.exclude(Exists(taken)).order_by("paid_at", "pk").prefetch_related("disputes")


def credit_now(purchase: Purchase, *, besides: Order | None = None) -> Credited:
    """Return what a buyer would be credited at this moment, without taking it. Two queries; none where nothing is ever credited."""
    if not purchase.may_be_credited:
        return credit_of((), purchase)
    return credit_of(creditable(purchase, besides=besides)[:MOST_CREDITED], purchase)


def worth(order: Order) -> int:
    """Return for how much an order counts, in minor units: what was paid and not given back, and what was credited for it itself."""
    return order.refundable.minor + order.credit_amount


def credits_now(purchase: Purchase, *, buyers: Collection[Account]) -> dict[UUID, Money]:
    """Return what each of these accounts would be credited at this moment, by its id. Two queries, however many they are."""
    found: dict[UUID, list[Order]] = {account.pk: [] for account in buyers}
    if purchase.may_be_credited:
        for order in creditable(purchase, buyers=buyers):
            found[order.buyer_id].append(order)
    return {account: credit_of(orders[:MOST_CREDITED], purchase).money for account, orders in found.items()}


def credit_of(orders: Iterable[Order], purchase: Purchase) -> Credited:
    """Return what orders take off what is to be paid. What is left to pay is nothing, or at least the smallest price."""
    money = purchase.money
    counting = {order.pk: worth(order) for order in orders if worth(order) and not stopped_by_dispute(order)}
    whole = min(sum(counting.values()), money.minor)
    paid = Money(money.minor - whole + whole % money.step.minor, money.currency)
    if paid.minor:
        paid = min(money, max(paid, smallest_price(money.currency)))
    credit = money - paid
    return Credited(credit, _parts(counting, credit.minor))


def _parts(counting: Mapping[UUID, int], left: int) -> dict[UUID, int]:
    parts = {}
    for order_id, minor in counting.items():
        if part := min(minor, left):
            parts[order_id] = part
            left -= part
    return parts


def why_credit_is_gone(order: Order) -> str:
    """Return why an order that becomes paid only now has no right to what was credited for it any more; empty if it has.

    Its checkout had ended, and another order took the credit; or what it came from was refunded or disputed while it was being paid.
    The earlier orders are locked.
    """
    if not order.credit_amount:
        return ""
    rows = list(order.credits.select_related("earlier"))
    stand = all(row.earlier.state in HOLDING_STATES and worth(row.earlier) >= row.amount for row in rows)
    if stand and sum(row.amount for row in rows) == order.credit_amount:
        return ""
    return gettext_noop("What was credited for it went back or was credited for another order meanwhile.")

"""What a seller's days add up to: the one answer that the page, the CSV file, the API and staff get.

Weeks and months are sums of days. Distinct pullers are no sum: the estimate for a part of a week or month is that of its last day.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Min, Q, QuerySet, Sum
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from common.money import Money
from marketplace.insights.models import DailyFigures
from marketplace.insights.periods import DAY, Unit

_SUMMED = ("orders", "refunds", "checkouts", "renewals", "first_pulls", "pulls", "views")
_READ = ("day", "currency", "paid", "refunded", *_SUMMED, "pullers", "pullers_of_week", "pullers_of_month")


@dataclass(slots=True)
class PeriodFigures:
    """The figures of a day, a week or a month, or of a part of it.

    Attributes:
        begins, ends: the first and the last day, in UTC.
        paid, refunded: minor units, by currency.
        pullers: approximately how many different accounts and clients pulled.
    """

    begins: date
    ends: date
    paid: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    refunds: int = 0
    checkouts: int = 0
    renewals: int = 0
    first_pulls: int = 0
    pulls: int = 0
    views: int = 0
    pullers: int = 0

    def revenue(self, currency: str) -> Money:
        """Return what was paid less what went back in these days; it may be below zero."""
        return Money(self.paid[currency] - self.refunded[currency], currency)

    @property
    def purchases(self) -> int:
        """How many orders somebody went to checkout for: all but those for later periods of subscriptions."""
        return self.orders - self.renewals

    def went_back(self, currency: str) -> Money:
        """Return what went back in these days."""
        return Money(self.refunded[currency], currency)

    def add(self, row: DailyFigures, unit: Unit) -> None:
        """Add a day; days come in their order."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + (getattr(row, name) or 0))
        if row.currency:
            self.paid[row.currency] += row.paid
            self.refunded[row.currency] += row.refunded
        elif row.pullers:
            self.pullers = {Unit.DAY: row.pullers, Unit.WEEK: row.pullers_of_week, Unit.MONTH: row.pullers_of_month}[unit]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a seller or a product.

    Attributes:
        periods: oldest first; the last one is the current one, so far.
        before: the same days of the period before the current one; of a day, the same day of the week before.
        currencies: those that anything was paid in, the one with the most orders first.
    """

    unit: Unit
    periods: Sequence[PeriodFigures]
    before: PeriodFigures
    currencies: Sequence[str]

    @property
    def current(self) -> PeriodFigures:
        return self.periods[-1]


def last_whole_day() -> date:
    """Return yesterday: no figure is of a day that is not over."""
    return timezone.now().date() - DAY


def figures_of(*, seller_id: UUID | None, product_id: UUID | None = None, unit: Unit, until: date) -> Figures:
    """Add up the days of a seller, of one of the seller's products, or of the whole shop, from the first one with a figure on. Two queries.

    Args:
        seller_id: None for the whole shop.
        until: the last day that counts.
    """
    every = _rows(seller_id, product_id)
    days = unit.periods(until, every.aggregate(first=Min("day"))["first"])
    rows = list(every.filter(day__range=(days[0][0], until)).order_by("day", "currency").only(*_READ))
    orders = Counter[str]()
    for row in rows:
        if row.currency:
            orders[row.currency] += row.orders
    return Figures(
        unit,
        [_added_up(rows, begins, ends, unit) for begins, ends in days],
        _added_up(rows, *unit.same_days_before(until), unit),
        [currency for currency, _ in sorted(orders.items(), key=lambda item: (-item[1], item[0]))],
    )


def top_shops(*, unit: Unit, until: date, most: int = 5) -> list[tuple[SellerProfile, PeriodFigures]]:
    """Return who has the most orders in the current period, most first, with the figures of that period. Three queries.

    Args:
        until: the last day that counts.
        most: how many.
    """
    begins = unit.of(until)
    within = DailyFigures.objects.filter(seller__isnull=False, product__isnull=True, day__range=(begins, until)).order_by()
    sums = within.values("seller").annotate(sum=Sum("orders")).filter(sum__gt=0).order_by("-sum", "seller")
    best = [row["seller"] for row in sums[:most]]
    sellers = SellerProfile.objects.in_bulk(best)
    rows = list(within.filter(seller__in=sellers).order_by("day", "currency").only("seller", *_READ))
    return [(sellers[pk], _added_up([row for row in rows if row.seller_id == pk], begins, until, unit)) for pk in best]


def _rows(seller_id: UUID | None, product_id: UUID | None) -> QuerySet[DailyFigures]:
    seller = Q(seller=seller_id) if seller_id else Q(seller__isnull=True)
    product = Q(product=product_id) if product_id else Q(product__isnull=True)
    return DailyFigures.objects.filter(seller, product).order_by()


def _added_up(rows: Iterable[DailyFigures], begins: date, ends: date, unit: Unit) -> PeriodFigures:
    found = PeriodFigures(begins, ends)
    for row in rows:
        if begins <= row.day <= ends:
            found.add(row, unit)
    return found

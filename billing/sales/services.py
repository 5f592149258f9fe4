"""The daily series of sales, derived from orders and refunds. Deriving days again gives the same rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from billing.orders.models import Order
from billing.refunds.models import Refund
from marketplace.insights.models import DailyFigures
from marketplace.insights.rollup import months_within, replace_figures
from marketplace.insights.selectors import pulls_of_purchase

Key = tuple[UUID | None, UUID | None, str, date]
Sums = tuple[tuple[UUID, UUID, str, date], dict[str, int]]


def roll_up_sales(*, first: date, last: date) -> int:
    """Derive orders, payments and refunds of whole days, for each product, each seller and the whole shop. Return how many rows.

    A payment counts on the day when it was seen, a refund on the day when it was made, and what a bank took back on the day when the
    dispute was lost. Currencies are never mixed. What a subscription is charged later was bought when it began: a sale, and no checkout.

    Args:
        first, last: in UTC; what is not over yet is left out.
    """
    written = 0
    for begins, ends in months_within(first, last):
        rows = _rows(begins, ends)
        written += replace_figures(rows, of=Q(day__range=(begins, ends)) & ~Q(currency=""))
    return written


def first_day_without_renewals() -> date | None:
    """Return the first day that was derived before renewals were told apart from other orders; None if there is none."""
    found: date | None = DailyFigures.objects.filter(renewals=None).exclude(currency="").aggregate(first=Min("day"))["first"]
    return found


def _rows(begins: date, ends: date) -> list[DailyFigures]:
    """Add up what was sold for the product, for the seller and for the shop."""
    found: defaultdict[Key, Counter[str]] = defaultdict(Counter)
    for (seller, product, currency, day), sums in _sums(begins, ends):
        for whose in ((seller, product), (seller, None), (None, None)):
            found[(*whose, currency, day)].update(sums)
    return [
        DailyFigures(seller_id=seller, product_id=product, currency=currency, day=day, **sums)
        for (seller, product, currency, day), sums in found.items()
    ]


def _sums(begins: date, ends: date) -> Iterator[Sums]:
    """Yield the sums of each kind of event by seller, product, currency and day."""
    orders, refunds = Order.objects.order_by(), Refund.objects.filter(state=Refund.State.SUCCEEDED).order_by()
    charged_back = orders.filter(state=Order.State.CHARGED_BACK)
    later = Exists(orders.filter(subscription=OuterRef("subscription"), created_at__lt=OuterRef("created_at")))
    pulled = Exists(pulls_of_purchase(Coalesce(OuterRef("subscription"), OuterRef("pk"))))
    renewals, first_pulls = Count("pk", filter=later), Count("pk", filter=~later & pulled)
    days = (begins, ends)
    yield from _by_day(orders.filter(~later), "created_at", days, checkouts=Count("pk"))
    yield from _by_day(orders, "paid_at", days, paid=Sum("amount"), orders=Count("pk"), renewals=renewals, first_pulls=first_pulls)
    yield from _by_day(charged_back, "closed_at", days, refunded=Sum(F("amount") - F("refunded_amount")), refunds=Count("pk"))
    yield from _by_day(refunds, "settled_at", days, of="order__", refunded=Sum("amount"), refunds=Count("pk"))


def _by_day(rows: QuerySet[Any], at: str, days: tuple[date, date], *, of: str = "", **sums: Aggregate) -> Iterator[Sums]:
    """Yield the sums over the rows whose moment lies in these days.

    Args:
        at: the field with the moment.
        of: the lookup from a row to its order.
    """
    key = (f"{of}seller", f"{of}product", f"{of}currency", "on")
    within = rows.filter(**{f"{at}__date__range": days}).annotate(on=TruncDate(at))
    for row in within.values_list(*key).annotate(**{f"sum_{name}": value for name, value in sums.items()}):
        yield row[: len(key)], dict(zip(sums, row[len(key) :], strict=True))

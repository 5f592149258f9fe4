"""What pages show of who is subscribed at which price."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing.renewals.announcing import at_another_price
from billing.subscriptions.models import Subscription
from billing.subscriptions.price_models import PriceChange
from common.money import Money
from marketplace.products.models import Price


@dataclass(frozen=True, slots=True)
class Group:
    """Running subscriptions to one product, or one edition of it, that cost the same in the period that runs.

    Attributes:
        title: the product's, and the edition's name.
        ending: how many of them are not renewed.
        told: how many of them were told that their seller has another price for them, which does not count yet.
        price: the current one of the same in their currency, paid as often, if it is another; None if there is nothing to announce.
    """

    title: str
    money: Money
    interval: str
    running: int
    ending: int
    told: int
    price: Price | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What it means that a price counts for those who are subscribed: how many pay more or less then, and who is told how early."""

    more: int
    less: int
    notice_days: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What one subscription costs now, and from which renewals on something else.

    Attributes:
        money: of the period that runs, without what a code takes off.
        changes: what it costs later, in the order in which that counts.
        chosen: the smaller edition that its buyer has chosen, which can be taken back; `changes` are of it then.
    """

    money: Money
    changes: list[PriceChange]
    chosen: PriceChange | None


def ahead_of(subscription: Subscription) -> Ahead:
    """Return what is ahead of one of `subscriptions_seen_by`, by the rules of `terms_now` and `planned_edition`. No query."""
    found: list[PriceChange] = subscription.changes_ahead  # type: ignore[attr-defined]  # the selector has put it there
    newest_first = sorted(found, key=lambda one: one.announced_at, reverse=True)
    at_stripe = [one for one in newest_first if one.state == PriceChange.State.SET]
    own = next((one for one in newest_first if one.announcement_id is None), None)
    of_day: dict[datetime, PriceChange] = {}
    for one in found:
        of_day.setdefault(one.counts_from, one)
    return Ahead(
        money=at_stripe[-1].was_money if at_stripe else subscription.money,
        changes=[one for one in of_day.values() if one.changes],
        chosen=own if own is not None and own.chosen else None,
    )


def groups_of(seller_id: UUID) -> "QuerySet[Subscription, Any]":
    """Return the seller's running subscriptions by product, edition and price of now, as values with how many they are.

    What counts from a later period on, announced or chosen, is not what they cost now: the rule of `terms_now`.
    """
    ahead = PriceChange.objects.ahead().filter(subscription=OuterRef("pk"))
    first = ahead.filter(state=PriceChange.State.SET).order_by("announced_at")
    running = Subscription.objects.running().filter(seller=seller_id).alias(ahead=Exists(ahead.exclude(announcement=None)))
    paid = running.alias(paid_price=Coalesce(Subquery(first.values("was_price")[:1]), F("price_id")))
    of_now = Price.objects.filter(pk=OuterRef("paid_price"))
    by_price = paid.values(
        "product_id",
        "product__title",
        "currency",
        edition_id=Subquery(of_now.values("edition")),
        edition=Subquery(of_now.values("edition__name")),
        interval=Subquery(of_now.values("interval")),
        paid=Coalesce(Subquery(first.values("was_amount")[:1]), F("amount")),
    )
    ending = Q(ends_with_period=True) | Q(end_wanted_at__isnull=False)
    counted = by_price.annotate(count=Count("pk"), ending=Count("pk", filter=ending), told=Count("pk", filter=Q(ahead=True)))
    edition = F("edition").asc(nulls_first=True)
    return counted.order_by("product__title", "product_id", edition, "edition_id", "currency", "paid", "interval")


def with_prices(groups: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Return the groups with the price that could count for them. One query."""
    found = list(groups)
    current = Price.objects.current().filter(product__in={row["product_id"] for row in found})
    prices = {(price.product_id, price.edition_id, price.currency, price.interval): price for price in current}
    return [_group(row, prices.get((row["product_id"], row["edition_id"], row["currency"], row["interval"]))) for row in found]


def _group(row: Mapping[str, Any], price: Price | None) -> Group:
    another = price is not None and price.amount != row["paid"]
    interval = Price.Interval(row["interval"])
    return Group(
        title=", ".join(filter(None, (row["product__title"], row["edition"]))),
        money=Money(row["paid"], row["currency"]),
        interval=str(interval.label),
        running=row["count"],
        ending=row["ending"],
        told=row["told"],
        price=price if another else None,
    )


def effect_of(price: Price) -> Effect:
    """Return what announcing a price means now. One query."""
    found = at_another_price(price)
    sums = found.aggregate(more=Count("pk", filter=Q(amount__lt=price.amount)), less=Count("pk", filter=Q(amount__gte=price.amount)))
    return Effect(**sums, notice_days=settings.LAYERSTORE_PRICE_NOTICE_DAYS)

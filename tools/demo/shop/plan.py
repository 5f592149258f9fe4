"""What was sold in the last 120 days: planned before any row is written, the same for the same seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from common.money import Money
from tools.demo.shop.goods import Goods
from tools.demo.shop.layers import SEED
from tools.demo.shop.series import Trend, count, days_until, expected, second_of

_STOPPED_AT_CHECKOUT: Final = 0.24  # for each purchase that was paid
_REFUNDED, _PARTLY = 0.03, 0.01
_OF_ORGANISATIONS: Final = 0.07
_PRICE_ROSE: Final = 60  # days ago, where goods.toml has an earlier price
_LEAST_FOR_PARTIAL: Final = 1_000  # minor units


class Outcome(StrEnum):
    """What came of a checkout."""

    KEPT = "kept"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly refunded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OnSale:
    """A product and since when it is on sale: how many days ago."""

    key: str
    goods: Goods
    since: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who may buy: how many days ago they signed up, and whether they are an organisation."""

    key: str
    since: int
    organisation: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """A checkout and what came of it.

    Attributes:
        returned: how much went back, and when.
    """

    product: OnSale
    buyer: Buyer
    at: datetime
    price: Money
    outcome: Outcome
    returned: Money | None = None
    returned_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        return self.outcome is not Outcome.EXPIRED

    @property
    def paid_at(self) -> datetime:
        """The moment at which it was paid, if it was: a minute or two after the checkout began, on the same day."""
        begun = self.at + timedelta(seconds=40 + self.at.second * 2)
        return min(begun, datetime.combine(self.at.date(), time.max, UTC))


def plan_sales(products: Sequence[OnSale], buyers: Sequence[Buyer], today: date) -> list[Sale]:
    """Return all checkouts before today, oldest first. Nobody buys twice what they have."""
    chance = random.Random(f"{SEED} sales")
    owned: set[tuple[str, str]] = set()
    sales = []
    for day in days_until(today)[:-1]:
        ago = (today - day).days
        there = [buyer for buyer in buyers if buyer.since >= ago]
        for product in products:
            if product.goods.is_free or product.since <= ago:
                continue
            mean = expected(Trend(product.goods.trend), day, today, mean=product.goods.sold)
            for paid, number in ((True, count(chance, mean)), (False, count(chance, mean * _STOPPED_AT_CHECKOUT))):
                for _ in range(number):
                    buyer = _choose(chance, there, product.key, owned)
                    if buyer is not None:
                        sales.append(_sale(chance, product, buyer, day, today, paid=paid))
                        owned |= {(buyer.key, product.key)} if paid else set()
    return sorted(sales, key=lambda sale: sale.at)


def _choose(chance: random.Random, there: Sequence[Buyer], product: str, owned: set[tuple[str, str]]) -> Buyer | None:
    """Return somebody who does not have the product; now and then an organisation."""
    wants_organisation = chance.random() < _OF_ORGANISATIONS
    pool = [buyer for buyer in there if buyer.organisation == wants_organisation] or there
    for _ in range(20):
        buyer = chance.choice(pool)
        if (buyer.key, product) not in owned:
            return buyer
    return None


def _sale(chance: random.Random, product: OnSale, buyer: Buyer, day: date, today: date, *, paid: bool) -> Sale:
    at = datetime.combine(day, time(tzinfo=UTC)) + timedelta(seconds=second_of(chance, day))
    goods = product.goods
    price = goods.earlier if goods.earlier and (today - day).days > _PRICE_ROSE else goods.price
    if not paid:
        return Sale(product, buyer, at, price, Outcome.EXPIRED)
    drawn, wait = chance.random(), chance.randint(1, 9)
    if drawn > _REFUNDED + _PARTLY or (today - day).days <= wait:
        return Sale(product, buyer, at, price, Outcome.KEPT)
    returned_at = at + timedelta(days=wait, hours=chance.randint(0, 3) - at.hour // 8)
    returned_at = min(returned_at, datetime.combine(today, time(tzinfo=UTC)) - timedelta(minutes=10))
    if drawn < _PARTLY and price.minor >= _LEAST_FOR_PARTIAL:
        step = 100 * price.step.minor
        return Sale(product, buyer, at, price, Outcome.PARTLY_REFUNDED, Money(price.minor // 2 // step * step, price.currency), returned_at)
    return Sale(product, buyer, at, price, Outcome.REFUNDED, price, returned_at)

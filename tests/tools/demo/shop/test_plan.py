"""The sales, pulls and days that the full demo shop is given: the same each time, believable, and adding up."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import Sum

from accounts.people.models import Account, User
from billing.orders.models import Order
from billing.sales.services import roll_up_sales
from marketplace.entitlements.models import Entitlement
from marketplace.insights.models import DailyFigures
from marketplace.products.models import Product
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import PriceFactory, ProductFactory
from tools.demo.shop.clock import set_clock
from tools.demo.shop.goods import read_shops
from tools.demo.shop.images import Version
from tools.demo.shop.plan import Buyer, OnSale, Outcome, Sale, plan_sales
from tools.demo.shop.sales import Sold, rows_of, write
from tools.demo.shop.series import DAYS, Trend, count, days_until, expected, level

TODAY = date(2026, 11, 29)
BUYERS = [Buyer(f"buyer-{number}", 200 - number) for number in range(150)]


def plan(*slugs: str) -> list[Sale]:
    goods = {goods.slug: goods for shop in read_shops() for goods in shop.products}
    return plan_sales([OnSale(slug, goods[slug], 115) for slug in slugs], BUYERS, TODAY)


def test_the_same_day_brings_the_same_sales() -> None:
    assert plan("postgres-ha", "resolver") == plan("postgres-ha", "resolver")


def test_nobody_buys_what_they_have_and_nothing_happens_outside_the_days() -> None:
    sales = plan("postgres-ha", "edge-proxy", "mail-relay")
    paid = [sale for sale in sales if sale.is_paid]

    assert set(Counter((sale.buyer.key, sale.product.key) for sale in paid).values()) == {1}
    assert all(sale.at.date() < TODAY <= sale.at.date() + timedelta(days=DAYS) for sale in sales)
    assert {sale.outcome for sale in sales} >= {Outcome.KEPT, Outcome.REFUNDED, Outcome.EXPIRED}
    assert all(sale.at < sale.returned_at < datetime(2026, 11, 29, tzinfo=UTC) for sale in sales if sale.returned_at)
    assert max(sale.at.date() for sale in paid if sale.product.key == "mail-relay") < TODAY - timedelta(days=45)


def test_trends_go_where_their_names_say_and_work_is_done_on_weekdays() -> None:
    assert level(Trend.GROWING, 1) > 2 * level(Trend.GROWING, DAYS)
    assert level(Trend.DECLINING, DAYS) > 2 * level(Trend.DECLINING, 1)
    assert level(Trend.LAUNCHED, 60) == level(Trend.DEAD, 10) == 0
    tuesday, sunday = date(2026, 11, 24), date(2026, 11, 22)
    assert expected(Trend.STEADY, tuesday, TODAY, mean=10) > 2 * expected(Trend.STEADY, sunday, TODAY, mean=10)
    assert len(days_until(TODAY)) == DAYS + 1


@pytest.mark.parametrize("mean", [0.0, 0.5, 12.0, 90.0])
def test_counts_scatter_around_their_mean(mean: float) -> None:
    chance = random.Random(5)

    drawn = [count(chance, mean) for _ in range(2_000)]

    assert sum(drawn) / len(drawn) == pytest.approx(mean, rel=0.1)


@pytest.mark.django_db
def test_what_was_paid_and_went_back_is_what_the_daily_figures_say() -> None:
    sales = plan("postgres-ha", "edge-proxy")
    products = {key: sold(key, sales) for key in ("postgres-ha", "edge-proxy")}
    people = {sale.buyer.key: sale.buyer for sale in sales}
    buyers = {key: account() for key in people}

    write(rows_of(sales, products, buyers, UserFactory()))
    roll_up_sales(first=TODAY - timedelta(days=DAYS), last=TODAY)

    for key, what in products.items():
        own = [sale for sale in sales if sale.product.key == key]
        figures = DailyFigures.objects.filter(product=what.product).aggregate(*map(Sum, ("paid", "refunded", "orders", "checkouts")))
        assert figures == {
            "paid__sum": sum(sale.price.minor for sale in own if sale.is_paid),
            "refunded__sum": sum(sale.returned.minor for sale in own if sale.returned),
            "orders__sum": sum(sale.is_paid for sale in own),
            "checkouts__sum": len(own),
        }
    kept = Order.objects.filter(state__in=(Order.State.PAID, Order.State.PARTIALLY_REFUNDED)).count()
    assert Entitlement.objects.in_force().count() == kept
    assert Entitlement.objects.filter(revoked_at__isnull=False).count() == Order.objects.filter(state=Order.State.REFUNDED).count()


@pytest.mark.django_db
def test_what_services_write_is_dated_by_the_clock() -> None:
    past = datetime(2026, 8, 1, 9, tzinfo=UTC)

    with set_clock() as clock:
        with clock.at(past):
            user = User.objects.create_user("past", "past@example.test")
        now = User.objects.create_user("now", "now@example.test")

    assert (user.date_joined, user.account.created_at) == (past, past)
    assert now.date_joined > past
    assert User._meta.get_field("date_joined").default().year >= 2026


def account() -> tuple[Account, User]:
    user = UserFactory()
    return user.account, user


def sold(key: str, sales: list[Sale]) -> Sold:
    product: Product = ProductFactory()
    own = sorted({(sale.price.minor, sale.price.currency) for sale in sales if sale.product.key == key})
    product.prices.all().delete()
    prices = [
        PriceFactory(product=product, amount=amount, currency=currency, retired_at=datetime(2026, 9, 30, tzinfo=UTC) if rest else None)
        for (amount, currency), rest in zip(own, [True] * (len(own) - 1) + [False], strict=True)
    ]
    version = Version("1.0.0", datetime(2026, 7, 1, tzinfo=UTC), digest=f"sha256:{'a' * 64}")
    return Sold(product, prices, [(image, [version]) for image in product.images.all()])

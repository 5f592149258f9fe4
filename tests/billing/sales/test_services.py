"""The daily series of sales: what was paid and what went back, by day and currency, the same however often it is derived."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.organisations.models import Role
from billing.orders.models import Order
from billing.refunds.models import Refund
from billing.sales import services, tasks
from marketplace.entitlements.models import Entitlement
from marketplace.insights.models import DailyFigures
from marketplace.insights.outlook import outlooks_of
from marketplace.products.models import Product
from registry_auth.why.stuck import stuck_purchases
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory, SubscriptionFactory
from tests.factories.marketplace import EntitlementFactory, ProductFactory, PullCountFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 29)
FIRST = date(2026, 9, 1)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 29, 12, tzinfo=UTC))


@pytest.fixture
def product() -> Product:
    return ProductFactory()


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def sold(product: Product, day: date, **fields: object) -> Order:
    return PaidOrderFactory(product=product, **({"created_at": at(day), "paid_at": at(day)} | fields))


def derive(first: date = FIRST, last: date = TODAY) -> int:
    return services.roll_up_sales(first=first, last=last)


def rows(**whose: object) -> list[tuple]:
    found = DailyFigures.objects.filter(**whose).order_by("day", "currency")
    return list(found.values_list("day", "currency", "paid", "orders", "refunded", "refunds", "checkouts", "renewals", "first_pulls"))


def test_currencies_are_never_mixed_and_each_sale_counts_for_product_seller_and_shop(product):
    day = date(2026, 11, 20)
    sold(product, day)
    sold(product, day)
    sold(ProductFactory(namespace=product.namespace), day, amount=700, currency="usd")
    other = ProductFactory()
    sold(other, day)

    assert derive() == 3 + 3 + 2

    assert rows(product=product) == [(day, "eur", 1000, 2, 0, 0, 2, 0, 0)]
    assert rows(product=None, seller=product.seller) == [(day, "eur", 1000, 2, 0, 0, 2, 0, 0), (day, "usd", 700, 1, 0, 0, 1, 0, 0)]
    assert rows(product=None, seller=None) == [(day, "eur", 1500, 3, 0, 0, 3, 0, 0), (day, "usd", 700, 1, 0, 0, 1, 0, 0)]


def test_a_day_is_one_of_utc_and_an_order_counts_where_it_was_placed_and_where_it_was_paid(product):
    first, second = date(2026, 10, 31), date(2026, 11, 1)
    sold(product, first, created_at=at(first, 23), paid_at=datetime(2026, 11, 1, 0, 0, 0, tzinfo=UTC))
    OrderFactory(product=product, created_at=datetime(2026, 10, 31, 23, 59, 59, 999_999, tzinfo=UTC))

    derive()

    assert rows(product=product) == [(first, "eur", 0, 0, 0, 0, 2, 0, 0), (second, "eur", 500, 1, 0, 0, 0, 0, 0)]


def test_what_went_back_counts_on_its_own_day(product):
    sale, refund, lost = date(2026, 11, 2), date(2026, 11, 10), date(2026, 11, 12)
    refunded = sold(product, sale)
    RefundFactory(order=refunded, state=Refund.State.SUCCEEDED, settled_at=at(refund))
    RefundFactory(order=refunded, state=Refund.State.FAILED, settled_at=at(refund))
    RefundFactory(order=refunded)
    sold(product, sale, state=Order.State.CHARGED_BACK, refunded_amount=100, closed_at=at(lost))

    derive()

    assert rows(product=product) == [
        (sale, "eur", 1000, 2, 0, 0, 2, 0, 0),
        (refund, "eur", 0, 0, 100, 1, 0, 0, 0),
        (lost, "eur", 0, 0, 400, 1, 0, 0, 0),
    ]


def test_a_first_pull_counts_once_on_the_day_of_its_purchase_whoever_pulls_for_the_buyer(product):
    day, image = date(2026, 11, 2), product.images.get()
    alone, idle = sold(product, day), sold(product, day)
    membership = MembershipFactory(role=Role.MEMBER)
    sold(product, day, placed_by=membership.user, buyer=membership.account)
    for account in (alone.buyer, membership.user.account):
        PullCountFactory(image=image, day=day + timedelta(days=9), buyer=account)
        PullCountFactory(image=image, day=day + timedelta(days=10), buyer=account)
    PullCountFactory(image=image, day=day - timedelta(days=1), buyer=idle.buyer)
    PullCountFactory(day=day, buyer=idle.buyer)

    derive()

    assert rows(product=product) == [(day, "eur", 1500, 3, 0, 0, 3, 0, 2)]


def test_a_gift_counts_as_pulled_once_who_claimed_it_pulls_and_not_when_its_giver_does(product):
    day, image, friend = date(2026, 11, 2), product.images.get(), UserFactory().account
    order = sold(product, day)
    Entitlement.objects.filter(source_id=order.pk).update(holder=friend, granted_at=at(day + timedelta(days=3)))
    PullCountFactory(image=image, day=day + timedelta(days=4), buyer=order.buyer)
    PullCountFactory(image=image, day=day + timedelta(days=2), buyer=friend)
    derive()
    assert rows(product=product) == [(day, "eur", 500, 1, 0, 0, 1, 0, 0)]
    assert [one.holder for one in stuck_purchases(product.seller_id)] == [friend]

    PullCountFactory(image=image, day=day + timedelta(days=3), buyer=friend)
    derive()

    assert rows(product=product) == [(day, "eur", 500, 1, 0, 0, 1, 0, 1)]
    assert not stuck_purchases(product.seller_id).exists()


def test_a_renewal_is_an_order_that_nobody_went_to_checkout_for_and_none_to_pull(product):
    first, later, last = date(2026, 9, 5), date(2026, 10, 5), date(2026, 11, 5)
    subscription = SubscriptionFactory(product=product)
    for day in (first, later, last):
        sold(product, day, placed_by=subscription.placed_by, subscription=subscription)
    Entitlement.objects.all().delete()
    source = {"source_kind": Entitlement.Source.SUBSCRIPTION, "source_id": subscription.pk}
    EntitlementFactory(holder=subscription.buyer, image=product.images.get(), granted_at=at(first), **source)
    sold(product, last)
    derive()
    assert [row[-3:] for row in rows(product=product)] == [(1, 0, 0), (0, 1, 0), (1, 1, 0)]

    PullCountFactory(image=product.images.get(), day=last, buyer=subscription.buyer)
    derive()

    assert rows(product=product) == [
        (first, "eur", 500, 1, 0, 0, 1, 0, 1),
        (later, "eur", 500, 1, 0, 0, 0, 1, 0),
        (last, "eur", 1000, 2, 0, 0, 1, 1, 0),
    ]


def test_days_that_were_derived_before_renewals_were_told_apart_are_derived_again(product):
    day = date(2026, 3, 3)
    sold(product, day)
    derive(day)
    DailyFigures.objects.create(seller=product.seller, day=day - timedelta(days=1), pulls=1, renewals=None)
    assert tasks.roll_up_late_sales() == 0

    DailyFigures.objects.exclude(currency="").update(renewals=None, checkouts=7)
    assert services.first_day_without_renewals() == day
    assert tasks.roll_up_late_sales() == 3

    assert rows(product=product) == [(day, "eur", 500, 1, 0, 0, 1, 0, 0)]
    assert services.first_day_without_renewals() is None


def test_any_range_is_derived_again_with_the_same_result(product):
    for place in range(40):
        day = FIRST + timedelta(days=2 * place)
        order = sold(product, day, amount=500 + place, currency=("eur", "usd")[place % 2])
        RefundFactory(order=order, state=Refund.State.SUCCEEDED, settled_at=at(day + timedelta(days=3)))
        PullCountFactory(image=product.images.get(), day=day, buyer=order.buyer)
    derive()
    before = rows()
    assert len(before) == 3 * 80

    for first, last in ((FIRST, TODAY), (date(2026, 9, 20), date(2026, 10, 7)), (date(2026, 9, 30), date(2026, 9, 30))):
        derive(first, last)
        assert rows() == before
    DailyFigures.objects.filter(day__gte=date(2026, 10, 1)).delete()
    derive(date(2026, 10, 1))

    assert rows() == before


def test_a_day_that_is_not_over_has_no_figures_and_rows_of_pulls_stay(product):
    sold(product, TODAY)
    DailyFigures.objects.create(seller=product.seller, product=product, day=TODAY - timedelta(days=1), pulls=4)

    assert derive() == 0
    assert DailyFigures.objects.get().pulls == 4


def test_the_jobs_derive_the_last_days_and_once_a_day_weeks(product):
    sold(product, TODAY - timedelta(days=39))
    sold(product, TODAY - timedelta(days=1))

    assert tasks.roll_up_sales() == 3
    assert tasks.roll_up_late_sales() == 6


def test_the_hourly_job_then_works_trends_and_forecasts_out_that_know_yesterday(product):
    yesterday = TODAY - timedelta(days=1)
    sold(product, yesterday)

    tasks.roll_up_sales()

    found = [*outlooks_of(seller_id=product.seller_id), *outlooks_of(seller_id=product.seller_id, product_id=product.pk)]
    assert [(one.until, one.days) for one in found] == [(yesterday, [(yesterday, 500)])] * 2

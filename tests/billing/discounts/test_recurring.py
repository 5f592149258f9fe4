"""Codes of what is paid by the month or the year: which payments they reduce, by how much, and what the page says of it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.people.models import User
from billing.checkout.opening import sale_of
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountLeavesNothing, DiscountNotForSubscriptions, DiscountUsedUp, InvalidDiscount
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.recurring import _months_left, payments_reduced, taken_off
from billing.discounts.services import Terms, make_discount
from billing.orders.models import Order
from billing.payments.reconcile import close_checkout
from billing.subscriptions.months import months_after, months_past
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import product_url
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory, SubscriptionFactory
from tests.factories.marketplace import ProductFactory
from tests.support.clients import api_of, client_of

pytestmark = pytest.mark.django_db
MONTH, YEAR = Price.Interval.MONTH, Price.Interval.YEAR


@pytest.fixture
def monthly() -> Product:
    return ProductFactory(price__interval=MONTH, price__amount=1900)


@pytest.fixture
def buyer() -> User:
    return UserFactory()


def code_of(product: Product, duration: str = "once", months: int | None = None, **terms: object) -> Discount:
    return DiscountFactory(seller=product.seller, code="AUTUMN", duration=duration, months=months, **terms)


@pytest.mark.parametrize(
    ("duration", "months", "interval", "payments"),
    [
        pytest.param("once", None, MONTH, 1, id="the first"),
        pytest.param("repeating", 3, MONTH, 3, id="three months"),
        pytest.param("repeating", 3, YEAR, 1, id="three months of a year"),
        pytest.param("repeating", 13, YEAR, 2, id="a month more than a year"),
        pytest.param("forever", None, YEAR, None, id="every one"),
    ],
)
def test_a_code_reduces_so_many_payments(duration: str, months: int | None, interval: str, payments: int | None) -> None:
    assert payments_reduced(Discount(duration=duration, months=months), interval) == payments


@pytest.mark.parametrize(
    ("begun", "reduced", "interval", "told", "months"),
    [
        pytest.param("2027-01-31T12", 3, MONTH, "2027-03-01T09", 1, id="begun on a 31st, told after a short month"),
        pytest.param("2027-01-31T12", 4, MONTH, "2027-02-28T13", 3, id="two payments left, and the last of them on a 30th"),
        pytest.param("2027-01-15T12", 3, MONTH, "2027-01-15T12", 3, id="told as it begins"),
        pytest.param("2027-01-15T12", 24, YEAR, "2027-03-01T09", 11, id="the second year of two"),
        pytest.param("2027-01-15T12", None, MONTH, "2027-02-01T09", None, id="for good"),
    ],
)
def test_stripe_is_told_months_that_end_after_the_last_payment_that_is_reduced(
    begun: str, reduced: int | None, interval: str, told: str, months: int | None
) -> None:
    began, told_at = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (begun, told))
    until = None if reduced is None else months_after(began, reduced)
    subscription = SubscriptionFactory(product__price__interval=interval, created_at=began, reduced_until=until)

    assert _months_left(subscription, told_at) == months


def test_whenever_stripe_is_told_no_payment_less_is_reduced_and_one_more_only_at_the_end_of_a_month() -> None:
    more = set()
    for began in (datetime(2027, month, day, 12, tzinfo=UTC) for month in (1, 12) for day in (15, 28, 29, 30, 31)):
        for payments in (2, 3, 5):
            last, until = (months_after(began, months) for months in (payments - 1, payments))
            told = began
            while told < last:
                ends = months_after(told, months_past(told, last))
                assert ends > last
                if ends > until:
                    more.add(told.day)
                told += timedelta(hours=7)

    assert more <= {29, 30, 31}


def test_at_least_the_smallest_price_is_paid_each_time() -> None:
    off = Discount(kind=Discount.Kind.AMOUNT, amount=1900, currency="eur")

    assert [taken_off(off, Money(minor, "eur")).minor for minor in (5_000, 2_000, 1_900, 300)] == [1900, 1700, 1600, 0]


def test_an_order_copies_the_reduced_payment_and_stripe_is_told_price_percentage_and_coupon(monthly: Product, buyer: User) -> None:
    code = code_of(monthly, "repeating", 3)

    order = place_order(product=monthly, user=buyer, discount=code)

    assert (order.list_price, order.discount, order.money) == (Money(1900, "eur"), Money(380, "eur"), Money(1520, "eur"))
    assert (order.discount_code, order.fee, order.discount_use.discount) == ("AUTUMN", Money(152, "eur"), code)
    sale = sale_of(order)
    assert (sale.price, sale.fee, sale.interval) == (Money(1900, "eur"), Money(190, "eur"), "month")
    assert sale.coupon is not None
    assert (sale.coupon.key, sale.coupon.name, sale.coupon.months) == (f"{code.pk.hex}-380eur-3m", "AUTUMN", 3)


def test_a_seller_without_our_fee_has_none_of_a_reduced_payment_either(monthly: Product, buyer: User, settings: Any) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = Decimal(0)

    order = place_order(product=monthly, user=buyer, discount=code_of(monthly))

    assert (order.money, order.fee, sale_of(order).fee) == (Money(1520, "eur"), Money(0, "eur"), Money(0, "eur"))


def test_without_a_code_nothing_is_taken_off(monthly: Product, buyer: User) -> None:
    sale = sale_of(place_order(product=monthly, user=buyer))

    assert (sale.price, sale.fee, sale.coupon) == (Money(1900, "eur"), Money(190, "eur"), None)


def test_a_code_that_would_leave_nothing_is_refused(monthly: Product, buyer: User) -> None:
    code = code_of(monthly, kind=Discount.Kind.AMOUNT, percent=0, amount=1900, currency="eur")

    with pytest.raises(DiscountLeavesNothing) as refused:
        place_order(product=monthly, user=buyer, discount=code)

    assert "has to be €3.00 or more" in refused.value.message
    assert not Order.objects.exists()


def test_an_offer_of_what_is_paid_by_the_month_by_now_is_refused(monthly: Product, buyer: User) -> None:
    offer = OfferFactory(seller=monthly.seller, email=buyer.email, account=None)
    offer.products.set([monthly])

    with pytest.raises(DiscountNotForSubscriptions) as refused:
        place_order(product=monthly, user=buyer, discount=offer)

    assert refused.value.message.startswith("This offer does not count any more")


def test_a_code_of_the_shops_own_is_for_single_purchases() -> None:
    with pytest.raises(InvalidDiscount) as refused:
        make_discount(seller=None, terms=Terms(percent=10, duration="once"), actor=UserFactory(staff=True), reason="A sale.")

    assert (refused.value.field, Discount.objects.exists()) == ("duration", False)
    with pytest.raises(IntegrityError, match="discount_of_subscriptions_is_a_sellers"):
        DiscountFactory(of_shop=True, duration="once")


def test_a_code_of_subscriptions_counts_for_single_purchases_too(buyer: User) -> None:
    product = ProductFactory()

    assert place_order(product=product, user=buyer, discount=code_of(product, "forever")).amount == 400


def test_the_use_of_a_subscription_that_is_not_paid_comes_back(monthly: Product, buyer: User) -> None:
    code = code_of(monthly, most_uses=1)
    order = place_order(product=monthly, user=buyer, discount=code)
    with pytest.raises(DiscountUsedUp):
        place_order(product=monthly, user=UserFactory(), discount=code)

    close_checkout(order_id=order.pk)

    assert place_order(product=monthly, user=UserFactory(), discount=code).amount == 1520
    assert DiscountUse.objects.count() == 2


@pytest.mark.parametrize(
    ("duration", "months", "box", "bar", "sentence"),
    [
        pytest.param(
            "once",
            None,
            "first payment",
            "first payment, then €19.00 each month",
            "for the first payment; then €19.00 each month.",
            id="the first",
        ),
        pytest.param(
            "repeating",
            3,
            "each of the first 3 payments",
            "each of 3 payments, then €19.00 each month",
            "for the first 3 payments; then €19.00 each month.",
            id="some",
        ),
        pytest.param("forever", None, "each month", "each month", "instead of <s>€19.00</s>.", id="every one"),
    ],
)
def test_the_page_says_what_is_paid_with_a_code_and_what_afterwards(
    monthly: Product, buyer: User, duration: str, months: int | None, box: str, bar: str, sentence: str
) -> None:
    code_of(monthly, duration, months)

    page = client_of(buyer).get(product_url(monthly), {"code": "autumn"}).content.decode()

    said = " ".join(page.split())
    assert f"€15.20 <small>{box}</small>" in said.partition('<p class="amount">')[2].partition("</p>")[0]
    assert f"<strong>€15.20 <small>{bar}</small>" in said.partition('<div class="buybar">')[2].partition("</p>")[0]
    assert f'With the code <span class="mono">AUTUMN</span> {sentence}' in page


def test_a_seller_makes_such_a_code_on_the_page_and_by_the_api(monthly: Product) -> None:
    seller = monthly.seller.account.user
    assert seller is not None
    client_of(seller).post(
        "/selling/discounts/new/", {"code": "page", "percent": "10", "currency": "eur", "duration": "repeating", "months": "3"}
    )
    answer = api_of(seller).post(
        "/api/v1/discounts/", {"code": "API", "percent": 10, "duration": "forever"}, content_type="application/json"
    )

    made = answer.json()
    assert (answer.status_code, made["duration"], made["months"]) == (201, "forever", None)
    stored = list(Discount.objects.order_by("code").values_list("code", "duration", "months"))
    assert stored == [("API", "forever", None), ("PAGE", "repeating", 3)]
    page = client_of(seller).get("/selling/discounts/").content.decode()
    assert ("subscriptions: every payment" in page, "subscriptions: 3 months" in page) == (True, True)

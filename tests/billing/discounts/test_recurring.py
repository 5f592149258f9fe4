"""Codes of what is paid by the month or the year: which payments they reduce, by how much, and what the page says of it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.people.models import User
from billing.checkout.opening import sale_of
from billing.checkout.placing import place_order
from billing.discounts.errors import DiscountLeavesNothing, DiscountNotForSubscriptions, DiscountUsedUp, InvalidDiscount
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.recurring import _payments_left, payments_reduced, taken_off
from billing.discounts.services import Terms, make_discount
from billing.orders.models import Order
from billing.payments.reconcile import close_checkout
from billing.subscriptions.models import Subscription
from billing.subscriptions.months import months_after
from common.money import Money
from marketplace.products.models import Price, Product
from marketplace.products.selectors.pages import product_url
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory, OfferFactory
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
    ("begun", "months", "interval", "renewal", "left"),
    [
        pytest.param("2027-01-31", 3, MONTH, "2027-02-28", 2, id="begun on a 31st, from a short month"),
        pytest.param("2027-01-29", 3, MONTH, "2027-02-28", 2, id="begun on a 29th, from a short month"),
        pytest.param("2027-01-15", 3, MONTH, "2027-02-15", 2, id="the second of three"),
        pytest.param("2027-01-15", 24, YEAR, "2028-01-15", 1, id="the second year of two"),
        pytest.param("2027-01-31", 1, MONTH, "2027-02-01", 1, id="never none, while it counts"),
        pytest.param("2027-01-15", None, MONTH, "2027-02-15", None, id="for good"),
    ],
)
def test_so_many_payments_are_left_to_be_reduced_from_a_renewal_on(
    begun: str, months: int | None, interval: str, renewal: str, left: int | None
) -> None:
    at, then = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (begun, renewal))
    until = None if months is None else months_after(at, months)

    assert _payments_left(Subscription(price=Price(interval=interval), reduced_until=until), then) == left


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
    ("duration", "months", "sentence"),
    [
        pytest.param("once", None, "for the first payment; then €19.00 each month.", id="the first"),
        pytest.param("repeating", 3, "for the first 3 payments; then €19.00 each month.", id="some"),
        pytest.param("forever", None, "instead of <s>€19.00</s>.", id="every one"),
    ],
)
def test_the_page_says_what_is_paid_with_a_code_and_what_afterwards(
    monthly: Product, buyer: User, duration: str, months: int | None, sentence: str
) -> None:
    code_of(monthly, duration, months)

    page = client_of(buyer).get(product_url(monthly), {"code": "autumn"}).content.decode()

    assert "€15.20 <small>each month</small>" in page
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

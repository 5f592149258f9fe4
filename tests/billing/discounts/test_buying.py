"""Buying with a code: whether it counts, what the order copies, and when its use comes back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from audit.models import AuditEvent
from billing.checkout.placing import place_order
from billing.discounts.errors import (
    DiscountInOtherCurrency,
    DiscountIsOver,
    DiscountIsPaused,
    DiscountNotBegun,
    DiscountNotForProduct,
    DiscountRefused,
    DiscountUsedByBuyer,
    DiscountUsedUp,
    UnknownCode,
)
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.selectors import find_discount, require_left, uses_of
from billing.orders.errors import OrderIsNotFree
from billing.orders.models import Order
from billing.orders.selectors import holds_all
from billing.orders.services import add_up_sales
from billing.orders.state import RELEASED
from billing.payments.free import take_back_free_order
from billing.payments.reconcile import close_checkout
from common.money import Money
from marketplace.entitlements.errors import EntitlementIsBought
from marketplace.entitlements.services.staff_grants import take_back_entitlement
from marketplace.products.models import Product
from marketplace.products.services.prices import set_price
from marketplace.trials.models import BOUGHT
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory, OrderFactory, PaidOrderFactory
from tests.factories.marketplace import ProductFactory, TrialFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def product() -> Product:
    """A product of €5.00."""
    return ProductFactory()


@pytest.fixture
def buyer() -> User:
    return UserFactory()


def of_seller(product: Product, **terms: Any) -> Discount:
    return DiscountFactory(seller=product.seller, **terms)


def test_an_order_copies_price_discount_and_code_and_our_fee_is_of_what_is_paid(product: Product, buyer: User) -> None:
    code = of_seller(product, code="AUTUMN")

    order = place_order(product=product, user=buyer, discount=code)

    assert (order.money, order.discount, order.list_price) == (Money(400, "eur"), Money(100, "eur"), Money(500, "eur"))
    assert (order.discount_code, order.fee) == ("AUTUMN", Money(40, "eur"))
    assert (order.discount_use.discount, order.discount_use.buyer) == (code, buyer.account)
    assert str(order.discount_use) == f"AUTUMN for {order}"


def test_a_discount_of_the_shops_own_comes_out_of_our_fee_and_takes_no_more_than_that(buyer: User) -> None:
    product = ProductFactory(price__amount=2_000)

    order = place_order(product=product, user=buyer, discount=DiscountFactory(of_shop=True, percent=20))

    assert (order.money, order.discount, order.fee) == (Money(1_800, "eur"), Money(200, "eur"), Money(0, "eur"))
    assert order.money - order.fee == Money(1_800, "eur")  # what the seller gets without it


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        pytest.param({"ends_at": NOW - DAY, "starts_at": NOW - 2 * DAY}, DiscountIsOver, id="its time is over"),
        pytest.param({"ended_at": NOW}, DiscountIsOver, id="ended"),
        pytest.param({"paused_at": NOW}, DiscountIsPaused, id="paused"),
        pytest.param({"starts_at": NOW + 2 * DAY}, DiscountNotBegun, id="not begun"),
        pytest.param({"off": True, "currency": "usd"}, DiscountInOtherCurrency, id="in another currency"),
    ],
)
def test_a_code_that_does_not_count_buys_nothing(
    product: Product, buyer: User, terms: dict[str, Any], refusal: type[DiscountRefused]
) -> None:
    code = of_seller(product, **terms)

    with pytest.raises(refusal):
        place_order(product=product, user=buyer, discount=code)

    assert (Order.objects.count(), DiscountUse.objects.count()) == (0, 0)


@pytest.mark.parametrize("whose", ["of another product", "of another seller"])
def test_a_code_is_for_its_own_products(product: Product, buyer: User, whose: str) -> None:
    code = of_seller(product) if whose == "of another product" else DiscountFactory()
    code.products.add(ProductFactory(namespace=product.namespace) if whose == "of another product" else product)

    with pytest.raises(DiscountNotForProduct):
        place_order(product=product, user=buyer, discount=code)

    assert not Order.objects.exists()


def test_a_code_for_chosen_products_counts_for_them(product: Product, buyer: User) -> None:
    code = of_seller(product)
    code.products.add(product)

    assert place_order(product=product, user=buyer, discount=code).amount == 400


@pytest.mark.parametrize("typed", ["AUTUMN", "autumn", " Au tumn\t"])
def test_a_code_is_found_however_it_is_typed(product: Product, typed: str) -> None:
    code = of_seller(product, code="AUTUMN")
    DiscountFactory(code="AUTUMN")  # of another seller

    assert find_discount(typed, product=product) == code


@pytest.mark.parametrize("typed", ["", "X", "AUTUMN%", "ＡＵＴＵＭＮ", "A\x00TUMN", "A" * 41, "WINTER"])
def test_what_is_no_code_is_unknown(product: Product, typed: str) -> None:
    of_seller(product, code="AUTUMN")

    with pytest.raises(UnknownCode):
        find_discount(typed, product=product)


def test_a_sellers_own_code_comes_before_the_shops_and_a_live_one_before_one_that_ended(product: Product) -> None:
    ended = of_seller(product, code="AUTUMN", ended_at=NOW)
    assert find_discount("AUTUMN", product=product) == ended

    shops = DiscountFactory(of_shop=True, code="AUTUMN")
    assert find_discount("AUTUMN", product=product) == shops

    own = of_seller(product, code="AUTUMN")
    assert find_discount("AUTUMN", product=product) == own


def test_the_last_use_is_taken_by_an_order_that_is_not_paid_yet_and_comes_back_when_it_expires(product: Product, buyer: User) -> None:
    code, another = of_seller(product, most_uses=1), UserFactory()
    first = place_order(product=product, user=buyer, discount=code)

    with pytest.raises(DiscountUsedUp):
        place_order(product=product, user=another, discount=code)
    assert Order.objects.count() == 1

    for _ in range(2):  # once, however often it is closed
        close_checkout(order_id=first.pk)
    assert place_order(product=product, user=another, discount=code).amount == 400
    with pytest.raises(DiscountUsedUp):
        place_order(product=product, user=buyer, discount=code)
    assert uses_of([code.pk])[code.pk].count == 1


@pytest.mark.parametrize("state", Order.State)
def test_a_use_counts_unless_its_order_expired_failed_or_was_wholly_refunded(product: Product, state: Order.State) -> None:
    code = of_seller(product, most_uses=1, most_per_customer=1)
    order = PaidOrderFactory(product=product, state=state)
    DiscountUse.objects.create(order=order, discount=code, buyer=order.buyer)

    assert (state in RELEASED) == (state.value in {"expired", "failed", "refunded"})
    assert uses_of([code.pk])[code.pk].count == (state not in RELEASED)
    if state in RELEASED:
        require_left(code, buyer=order.buyer)
    else:
        with pytest.raises(DiscountUsedUp):
            require_left(code, buyer=order.buyer)


def test_one_buyer_uses_a_code_as_often_as_one_may(product: Product, buyer: User) -> None:
    code, more = of_seller(product, most_per_customer=1), ProductFactory(namespace=product.namespace)
    place_order(product=product, user=buyer, discount=code)

    with pytest.raises(DiscountUsedByBuyer):
        place_order(product=more, user=buyer, discount=code)

    assert Order.objects.count() == 1
    assert place_order(product=more, user=UserFactory(), discount=code).amount == 400


def test_revenue_is_what_buyers_paid_and_did_not_get_back(product: Product) -> None:
    code = of_seller(product)
    for state, refunded in (
        ("paid", 0),
        ("partially_refunded", 150),
        ("refunded", 400),
        ("charged_back", 0),
        ("expired", 0),
        ("pending", 0),
    ):
        order = PaidOrderFactory(product=product, state=state, amount=400, refunded_amount=refunded)
        DiscountUse.objects.create(order=order, discount=code, buyer=order.buyer)

    found = uses_of([code.pk])[code.pk]

    assert (found.count, found.revenue) == (4, [Money(650, "eur")])


def test_buying_again_with_the_code_resumes_and_without_it_keeps_the_reduced_price(product: Product, buyer: User) -> None:
    code = of_seller(product, most_uses=1, most_per_customer=1)
    order = place_order(product=product, user=buyer, discount=code)

    assert place_order(product=product, user=buyer, discount=code) == order
    assert place_order(product=product, user=buyer) == order


def test_buying_again_with_a_code_closes_the_order_at_the_full_price(product: Product, buyer: User) -> None:
    full, code = place_order(product=product, user=buyer), of_seller(product)

    order = place_order(product=product, user=buyer, discount=code)

    full.refresh_from_db()
    assert (full.state, order.amount) == ("expired", 400)


def test_a_code_that_does_not_count_closes_no_order(product: Product, buyer: User) -> None:
    full = place_order(product=product, user=buyer)

    with pytest.raises(DiscountIsPaused):
        place_order(product=product, user=buyer, discount=of_seller(product, paused_at=NOW))

    full.refresh_from_db()
    assert full.state == "pending"


def test_a_changed_price_never_touches_what_was_bought_with_a_code(product: Product, buyer: User) -> None:
    order = place_order(product=product, user=buyer, discount=of_seller(product))

    set_price(product=product, money=Money(900, "eur"), actor=person_of(product.seller))

    order.refresh_from_db()
    assert (order.money, order.discount) == (Money(400, "eur"), Money(100, "eur"))


def test_what_costs_nothing_with_a_code_is_the_buyers_at_once_without_stripe(product: Product, buyer: User, holds: Any) -> None:
    order = place_order(product=product, user=buyer, discount=of_seller(product, percent=100, code="GIVEN"))

    assert (order.state, order.amount, order.discount_amount, order.application_fee) == ("paid", 0, 500, 0)
    assert (order.paid_at is not None, order.checkout_session_id) == (True, None)
    assert holds(buyer) == [product.images.get().repository]
    assert OutgoingMail.objects.get().key == f"receipt:{order.pk}"
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["order.paid", "order.placed"]
    assert not holds_all(account=buyer.account, image_ids=[product.images.get().pk], paid=True)
    assert add_up_sales() == 0  # nobody lifts a product by giving it away


def test_what_costs_nothing_takes_the_place_of_a_trial_and_of_no_purchase_that_waits(buyer: User) -> None:
    trial = TrialFactory(user=buyer)
    OrderFactory.create_batch(20, buyer=buyer.account, placed_by=buyer)

    order = place_order(product=trial.product, user=buyer, discount=of_seller(trial.product, percent=100))

    trial.refresh_from_db()
    assert (order.state, trial.bought_by, trial.end_reason) == ("paid", order.pk, BOUGHT)


def test_staff_take_back_what_cost_nothing_and_the_use_is_released(product: Product, buyer: User, holds: Any) -> None:
    code = of_seller(product, percent=100, most_uses=1)
    order = place_order(product=product, user=buyer, discount=code)
    staff = UserFactory(staff=True)
    with pytest.raises(EntitlementIsBought):
        take_back_entitlement(entitlement=buyer.account.entitlements.get(), reason="A mistake.", actor=staff)

    ended = take_back_free_order(order=order, reason="A mistake.", actor=staff)

    assert (ended.state, holds(buyer), uses_of([code.pk])[code.pk].count) == ("refunded", [], 0)
    with pytest.raises(OrderIsNotFree):
        take_back_free_order(order=order, reason="A mistake.", actor=staff)


def test_what_was_paid_for_is_not_taken_back_without_a_refund(holds: Any) -> None:
    order = PaidOrderFactory()

    with pytest.raises(OrderIsNotFree):
        take_back_free_order(order=order, reason="A mistake.", actor=UserFactory(staff=True))

    order.refresh_from_db()
    assert (order.state, len(holds(order.placed_by))) == ("paid", 1)

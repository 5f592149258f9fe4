"""Who buys what contains something that they own pays the difference: what counts, and once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.placing import place_order
from billing.credits.errors import CreditChanged
from billing.credits.models import Credit
from billing.credits.selectors import Credited
from billing.credits.services import note_credits
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.orders.selectors import credited_for
from billing.payments.reconcile import close_checkout
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.products.models import Price, Product
from tests.billing.credits.conftest import Shelf, held, paid
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import DiscountFactory, DisputeFactory, OfferFactory, PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import PriceFactory, ProductFactory

pytestmark = pytest.mark.django_db


def reprice(product: Product, **terms: Any) -> None:
    Price.objects.filter(product=product).update(retired_at=timezone.now())
    PriceFactory(product=product, **terms)


def parts(order: Order) -> dict[str, int]:
    return {row.earlier.product_title: row.amount for row in order.credits.all()}


def test_the_price_is_less_what_was_paid_for_what_is_in_it_and_our_fee_is_of_what_is_paid(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    order = place_order(product=shelf.both, user=buyer)

    assert (order.money, order.credit, order.list_price, order.fee) == tuple(Money(n, "eur") for n in (300, 500, 800, 30))
    assert (parts(order), order.discount_amount) == ({shelf.one.title: 500}, 0)
    assert str(order.credits.get()) == f"{earlier.number} towards {order.number}"
    assert credited_for(earlier) == order


NOT_COUNTED: dict[str, Callable[[Order, Shelf], Any]] = {
    "wholly refunded": lambda _, __: Order.objects.update(state="refunded", refunded_amount=500, refund_requested_amount=500),
    "being refunded": lambda _, __: Order.objects.update(refund_requested_amount=500),
    "disputed": lambda _, __: Order.objects.update(state="disputed"),
    "disputed, and not in its state yet": lambda order, _: DisputeFactory(order=order),
    "charged back": lambda _, __: Order.objects.update(state="charged_back"),
    "never paid": lambda _, __: Order.objects.update(state="expired"),
    "in another currency": lambda _, __: Order.objects.update(currency="usd"),
    "of another seller": lambda _, __: Order.objects.update(seller=ProductFactory().seller),
    "of another buyer": lambda _, __: Order.objects.update(buyer=UserFactory().account),
    "of an organisation": lambda _, __: Order.objects.update(buyer=OrganisationFactory()),
    "a period of a subscription": lambda order, _: Order.objects.update(subscription=SubscriptionFactory(product=order.product)),
    "taken back": lambda _, __: Entitlement.objects.update(revoked_at=timezone.now(), revocation_reason="No."),
    "paused": lambda _, __: Entitlement.objects.update(suspended_at=timezone.now()),
    "for a time": lambda _, __: Entitlement.objects.update(ends_at=timezone.now() + timedelta(days=3)),
    "claimed by somebody else": lambda _, __: Entitlement.objects.update(holder=UserFactory().account),
    "free": lambda _, __: Order.objects.update(amount=0, discount_amount=500, application_fee=0),
    "of no image": lambda order, _: order.images.all().delete(),
    "of an image that is not in it": lambda order, shelf: order.images.update(image=shelf.all.images.last()),
}


@pytest.mark.parametrize("what", NOT_COUNTED)
def test_what_does_not_stand_or_is_not_contained_is_not_credited(shelf: Shelf, buyer: User, earlier: Order, what: str) -> None:
    NOT_COUNTED[what](earlier, shelf)

    order = place_order(product=shelf.both, user=buyer)

    assert (order.amount, order.credit_amount, Credit.objects.count()) == (800, 0, 0)


@pytest.mark.parametrize("terms", [{"interval": "month"}, {"kind": "pwyw"}], ids=["paid by the month", "buyer decides"])
def test_nothing_is_credited_where_the_price_is_no_single_fixed_one(
    shelf: Shelf, buyer: User, earlier: Order, terms: dict[str, Any]
) -> None:
    reprice(shelf.both, amount=800, **terms)

    order = place_order(product=shelf.both, user=buyer, wish=Wish(amount=800))

    assert (order.amount, order.credit_amount) == (800, 0)


def test_what_is_given_to_somebody_costs_its_price(shelf: Shelf, buyer: User, earlier: Order) -> None:
    order = place_order(product=shelf.both, user=buyer, gift=GiftWish("kim@harbour.example"))

    assert (order.amount, order.credit_amount, Credit.objects.count()) == (800, 0, 0)


def test_an_organisation_is_credited_what_it_has_bought_itself(shelf: Shelf, buyer: User, earlier: Order) -> None:
    team = MembershipFactory(user=buyer, role="owner").account
    PaidOrderFactory(product=shelf.two, placed_by=buyer, buyer=team, amount=400)

    order = place_order(product=shelf.both, user=buyer, buyer=team)

    assert (order.credit_amount, parts(order)) == (400, {shelf.two.title: 400})


def test_what_went_back_in_part_is_not_credited(shelf: Shelf, buyer: User) -> None:
    PaidOrderFactory(product=shelf.one, placed_by=buyer, state="partially_refunded", refunded_amount=150, refund_requested_amount=200)

    assert place_order(product=shelf.both, user=buyer).credit_amount == 300


def test_what_a_later_purchase_was_credited_counts_with_it(shelf: Shelf, buyer: User, earlier: Order) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))

    order = place_order(product=shelf.all, user=buyer)

    assert (order.money, order.credit) == (Money(400, "eur"), Money(800, "eur"))
    assert parts(order) == {shelf.both.title: 800}
    assert sum(one.amount for one in (earlier, both, order)) == 1_200  # together, what all of it costs


def test_two_that_overlap_count_both_the_oldest_first_and_never_more_than_the_price(shelf: Shelf, buyer: User, earlier: Order) -> None:
    PaidOrderFactory(product=shelf.two, placed_by=buyer, amount=900)
    shelf.both.images.through.objects.create(
        product=shelf.both, image_id=shelf.all.images.values_list("pk", flat=True)[2], owner_id=shelf.both.seller_id, position=9
    )

    order = place_order(product=shelf.both, user=buyer)

    assert (order.state, order.amount, order.credit_amount, order.application_fee) == ("paid", 0, 800, 0)
    assert parts(order) == {shelf.one.title: 500, shelf.two.title: 300}
    assert (held(order), order.checkout_session_id) == (set(shelf.both.images.all()), None)


def test_what_is_left_to_pay_is_no_less_than_the_smallest_price(shelf: Shelf, buyer: User, earlier: Order) -> None:
    reprice(shelf.both, amount=700)

    order = place_order(product=shelf.both, user=buyer)

    assert (order.amount, order.credit_amount, parts(order)) == (300, 400, {shelf.one.title: 400})


def test_what_is_left_to_pay_keeps_to_the_steps_of_its_currency(shelf: Shelf, buyer: User) -> None:
    PaidOrderFactory(product=shelf.one, placed_by=buyer, currency="bhd", amount=5_004)
    reprice(shelf.both, amount=9_000, currency="bhd")

    order = place_order(product=shelf.both, user=buyer)

    assert (order.amount, order.credit_amount) == (4_000, 5_000)


def test_a_code_counts_for_the_rest_and_an_offer_says_what_is_paid_at_most(shelf: Shelf, buyer: User, earlier: Order) -> None:
    reprice(shelf.both, amount=1_000)
    code = DiscountFactory(seller=shelf.both.seller, percent=20)

    order = place_order(product=shelf.both, user=buyer, discount=code)

    assert (order.amount, order.credit_amount, order.discount_amount, order.list_price.minor) == (400, 500, 100, 1_000)
    close_checkout(order_id=order.pk)
    offer = OfferFactory(seller=shelf.both.seller, product=shelf.both, account=buyer.account, email="", amount=300)
    order = place_order(product=shelf.both, user=buyer, discount=offer)
    assert (order.amount, order.credit_amount, order.discount_amount) == (300, 500, 200)


def test_a_code_is_not_used_where_nothing_is_left_to_pay(shelf: Shelf, buyer: User) -> None:
    PaidOrderFactory(product=shelf.one, placed_by=buyer, amount=900)

    order = place_order(product=shelf.both, user=buyer, discount=DiscountFactory(seller=shelf.both.seller))

    assert (order.amount, order.credit_amount, order.discount_amount, order.discount_code) == (0, 800, 0, "")
    assert not hasattr(order, "discount_use")


def test_buying_again_resumes_and_what_is_credited_differently_is_placed_anew(shelf: Shelf, buyer: User, earlier: Order) -> None:
    order = place_order(product=shelf.both, user=buyer)
    assert place_order(product=shelf.both, user=buyer) == order

    Order.objects.filter(pk=earlier.pk).update(refund_requested_amount=200, refunded_amount=200, state="partially_refunded")
    another = place_order(product=shelf.both, user=buyer)

    order.refresh_from_db()
    assert (order.state, another.credit_amount, another.amount) == ("expired", 300, 500)


def test_an_order_is_credited_once_and_again_when_the_later_one_expires_or_is_wholly_refunded(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    first = place_order(product=shelf.both, user=buyer)
    assert place_order(product=shelf.all, user=buyer).credit_amount == 0
    Order.objects.filter(product=shelf.all).update(state="expired")

    close_checkout(order_id=first.pk)

    order = place_order(product=shelf.all, user=buyer)
    assert (order.credit_amount, credited_for(earlier), first.credits.count()) == (500, order, 0)
    Order.objects.filter(pk=order.pk).update(state="refunded", paid_at=timezone.now())
    assert place_order(product=shelf.both, user=buyer).credit_amount == 500


def test_the_database_refuses_a_second_credit(shelf: Shelf, buyer: User, earlier: Order) -> None:
    order, another = place_order(product=shelf.both, user=buyer), PaidOrderFactory(product=shelf.all, placed_by=buyer)

    with pytest.raises(CreditChanged):
        note_credits(Credited(Money(500, "eur"), {earlier.pk: 500}), order=another)

    assert Credit.objects.get().order == order
    with pytest.raises(IntegrityError, match="credit_of_an_earlier_order"):
        Credit.objects.update(order=earlier)

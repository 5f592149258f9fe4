"""Who buys what contains something that they own pays the difference: what counts, once, and what comes of it later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.amounts import Wish
from billing.checkout.placing import place_order
from billing.credits.errors import CreditChanged, CreditedElsewhere
from billing.credits.models import Credit
from billing.credits.selectors import Credited
from billing.credits.services import note_credits
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.orders.refund_windows import may_give_back
from billing.orders.selectors import credited_for
from billing.payments.free import take_back_free_order
from billing.payments.grants import follow_transition, reason_to_return
from billing.payments.reconcile import close_checkout
from billing.refunds.errors import PulledAlready
from billing.refunds.models import Refund
from billing.refunds.selectors import own_refund
from billing.refunds.services import give_back, request_refund
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Price, Product
from tests.billing.credits.conftest import Shelf
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import DiscountFactory, DisputeFactory, OfferFactory, PaidOrderFactory, RefundFactory, SubscriptionFactory
from tests.factories.marketplace import PriceFactory, ProductFactory, PullCountFactory

pytestmark = pytest.mark.django_db


def held(order: Order) -> set[Image]:
    """The images that the order lets somebody pull at this moment."""
    return {one.image for one in Entitlement.objects.in_force().filter(source_id=order.pk)}


def paid(order: Order) -> Order:
    """Let the order be paid, as an observation does it."""
    return moved(order, Order.State.PAID)


def moved(order: Order, to: Order.State) -> Order:
    came_from, order.state = Order.State(order.state), to
    order.paid_at, order.checkout_url = order.paid_at or timezone.now(), ""
    order.save()
    follow_transition(order, came_from=came_from, images=[sold.image for sold in order.images.all()])
    return order


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


def test_what_was_credited_elsewhere_is_not_given_back_by_its_buyer_and_is_once_the_later_one_went_back(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    Order.objects.update(unpulled_refund_days=14)
    earlier.refresh_from_db()
    order = place_order(product=shelf.both, user=buyer)

    with pytest.raises(CreditedElsewhere, match=order.number):
        give_back(order=earlier, actor=buyer)

    assert (Refund.objects.count(), held(earlier), own_refund(earlier).open) == (0, set(shelf.one.images.all()), False)
    Order.objects.filter(pk=order.pk).update(state="refunded", paid_at=timezone.now())
    assert own_refund(earlier).open
    assert give_back(order=earlier, actor=buyer).amount == 500


def test_seller_and_staff_refund_what_was_credited_and_its_images_end_in_the_later_purchases_too(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))
    everything = paid(place_order(product=shelf.all, user=buyer))
    assert request_refund(order=earlier, amount=None, reason="Asked.", actor=UserFactory(staff=True)).amount == 500

    moved(earlier, Order.State.REFUNDED)

    kept = set(shelf.all.images.all()) - set(shelf.one.images.all())
    assert (held(earlier), held(both), held(everything)) == (set(), set(shelf.two.images.all()), kept)
    ended = Entitlement.objects.filter(source_id__in=[both.pk, everything.pk], revoked_at__isnull=False)
    reason = "An earlier purchase, which was credited for this one, was refunded or charged back."
    assert set(ended.values_list("revocation_reason", flat=True)) == {reason}


def test_a_partial_refund_leaves_the_later_purchase_as_it_is(shelf: Shelf, buyer: User, earlier: Order) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))

    moved(earlier, Order.State.PARTIALLY_REFUNDED)

    assert held(both) == set(shelf.both.images.all())


def test_a_dispute_over_what_was_credited_pauses_its_images_there_too_and_its_end_decides(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))

    moved(earlier, Order.State.DISPUTED)
    assert (held(earlier), held(both)) == (set(), set(shelf.two.images.all()))

    moved(earlier, Order.State.PAID)
    assert (held(earlier), held(both)) == (set(shelf.one.images.all()), set(shelf.both.images.all()))

    moved(earlier, Order.State.DISPUTED)
    moved(earlier, Order.State.CHARGED_BACK)
    assert (held(earlier), held(both)) == (set(), set(shelf.two.images.all()))


def test_of_two_disputes_that_are_connected_each_keeps_paused_what_is_its_own(shelf: Shelf, buyer: User, earlier: Order) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))
    everything = paid(place_order(product=shelf.all, user=buyer))
    third = set(shelf.all.images.all()) - set(shelf.both.images.all())

    moved(earlier, Order.State.DISPUTED)
    moved(both, Order.State.DISPUTED)
    assert (held(both), held(everything)) == (set(), third)

    moved(both, Order.State.PAID)
    assert (held(both), held(everything)) == (set(shelf.two.images.all()), third | set(shelf.two.images.all()))

    moved(both, Order.State.DISPUTED)
    moved(earlier, Order.State.PAID)
    assert (held(earlier), held(both), held(everything)) == (set(shelf.one.images.all()), set(), third)

    moved(both, Order.State.PAID)
    assert (held(both), held(everything)) == (set(shelf.both.images.all()), set(shelf.all.images.all()))


def test_what_waits_to_be_given_back_is_not_resumed_by_the_end_of_a_dispute(shelf: Shelf, buyer: User, earlier: Order) -> None:
    both = paid(place_order(product=shelf.both, user=buyer))
    moved(earlier, Order.State.DISPUTED)
    RefundFactory(order=both, origin=Refund.Origin.BUYER, payment_intent_id="pi_1")

    moved(earlier, Order.State.PAID)

    assert held(both) == set(shelf.two.images.all())


LOST: dict[str, Callable[[Order], Any]] = {
    "refunded": lambda earlier: Order.objects.filter(pk=earlier.pk).update(state="refunded", refund_requested_amount=500),
    "refunded in part": lambda earlier: Order.objects.filter(pk=earlier.pk).update(refund_requested_amount=1),
    "disputed": lambda earlier: Order.objects.filter(pk=earlier.pk).update(state="disputed"),
    "credited for another order": lambda _: Credit.objects.all().delete(),
}


@pytest.mark.parametrize("what", LOST)
def test_a_payment_whose_credit_is_gone_meanwhile_is_returned(shelf: Shelf, buyer: User, earlier: Order, what: str) -> None:
    order = place_order(product=shelf.both, user=buyer)
    images = list(shelf.both.images.all())

    def reason() -> str:
        return reason_to_return(order, images, came_from=Order.State.EXPIRED, disputed=False, stopped="")

    assert reason() == ""
    LOST[what](earlier)
    assert reason() == "What was credited for it went back or was credited for another order meanwhile."


def test_what_was_wholly_credited_is_taken_back_and_releases_its_credit(shelf: Shelf, buyer: User) -> None:
    PaidOrderFactory(product=shelf.one, placed_by=buyer, amount=900)
    order = place_order(product=shelf.both, user=buyer)

    take_back_free_order(order=order, reason="A mistake.", actor=UserFactory(staff=True))

    assert held(order) == set()
    assert place_order(product=shelf.both, user=buyer).credit_amount == 800


@pytest.fixture
def wholly(shelf: Shelf, buyer: User) -> tuple[Order, Order, Order]:
    """An image for €9.00, the two for nothing because of it, and the three for the rest of their price."""
    first = PaidOrderFactory(product=shelf.one, placed_by=buyer, amount=900, unpulled_refund_days=14)
    return first, place_order(product=shelf.both, user=buyer), paid(place_order(product=shelf.all, user=buyer))


def third_of(shelf: Shelf) -> set[Image]:
    return set(shelf.all.images.all()) - set(shelf.both.images.all())


def test_what_cost_nothing_is_paused_resumed_and_ended_with_what_was_credited_for_it(
    shelf: Shelf, wholly: tuple[Order, Order, Order]
) -> None:
    first, nothing, rest = wholly
    assert (nothing.amount, rest.amount) == (0, 400)

    moved(first, Order.State.DISPUTED)
    assert (held(first), held(nothing), held(rest)) == (set(), set(), third_of(shelf))

    moved(rest, Order.State.DISPUTED)
    moved(rest, Order.State.PAID)  # what the first one keeps paused stays paused
    assert (held(nothing), held(rest)) == (set(), third_of(shelf))

    moved(first, Order.State.PAID)
    assert (held(nothing), held(rest)) == (set(shelf.both.images.all()), set(shelf.all.images.all()))

    moved(first, Order.State.REFUNDED)
    assert (held(first), held(nothing), held(rest)) == (set(), set(), third_of(shelf))


def test_a_later_purchase_of_nothing_keeps_nobody_from_giving_back_but_its_pulls_and_what_was_paid_after_it_do(
    shelf: Shelf, buyer: User, wholly: tuple[Order, Order, Order]
) -> None:
    first, nothing, rest = wholly
    with pytest.raises(CreditedElsewhere, match=rest.number):
        give_back(order=first, actor=buyer)
    moved(rest, Order.State.REFUNDED)
    assert (own_refund(first).open, may_give_back(first, timezone.now())) == (True, True)

    (second,) = shelf.two.images.all()
    pulled = PullCountFactory(image=second, buyer=buyer.account, day=timezone.now().date())
    with pytest.raises(PulledAlready):
        give_back(order=first, actor=buyer)
    assert (Refund.objects.count(), held(nothing)) == (0, set(shelf.both.images.all()))
    pulled.delete()

    assert give_back(order=first, actor=buyer).amount == 900
    assert (held(first), held(nothing)) == (set(), set())

"""What comes of a credit later: refunds, disputes and payments of the orders that it connects."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.placing import place_order
from billing.credits.errors import CreditedElsewhere
from billing.credits.models import Credit
from billing.orders.models import Order
from billing.orders.refund_windows import may_give_back
from billing.payments.free import take_back_free_order
from billing.payments.grants import reason_to_return
from billing.refunds.errors import PulledAlready
from billing.refunds.models import Refund
from billing.refunds.selectors import own_refund
from billing.refunds.services import give_back, request_refund
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from tests.billing.credits.conftest import Shelf, held, moved, paid
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory, RefundFactory
from tests.factories.marketplace import PullCountFactory

pytestmark = pytest.mark.django_db


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


def test_what_a_bank_took_back_before_the_later_purchase_was_heard_of_is_not_granted_by_it(
    shelf: Shelf, buyer: User, earlier: Order
) -> None:
    both = place_order(product=shelf.both, user=buyer)
    moved(earlier, Order.State.CHARGED_BACK)

    moved(both, Order.State.DISPUTED)  # its own bank has asked as well, so that it is not given back at once

    live = Entitlement.objects.live().filter(source_id=both.pk)
    assert [(one.image, one.in_force) for one in live] == [(shelf.two.images.get(), False)]
    moved(both, Order.State.PAID)
    assert held(both) == set(shelf.two.images.all())


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

"""What a purchase means for a trial: it takes its place, and its card has had its trial."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.gifts.services import GiftWish
from billing.orders.models import Order
from billing.payments.periods import follow_order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from billing.renewals.reconcile import reconcile_subscription
from billing.stripe.payments import read_payment
from billing.subscriptions.models import Subscription
from common.db.locking import locked_transaction
from common.money import Money
from marketplace.entitlements.models import TRIAL_OVER
from marketplace.entitlements.services.ending import end_entitlements
from marketplace.images.locks import lock_images
from marketplace.products.models import Price, Product
from marketplace.products.services.prices import set_price
from marketplace.trials.errors import TrialUsed
from marketplace.trials.keys import card_hashes
from marketplace.trials.models import KnownCard, Trial, TrialState
from marketplace.trials.selectors import time_left_when_bought
from marketplace.trials.services.ending import end_trials
from marketplace.trials.services.starting import start_trial
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import PaidOrderFactory, SubscriptionFactory
from tests.factories.marketplace import ProductFactory, PushedImageFactory, TrialFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
Buy = Callable[..., Order]


@pytest.fixture
def tried(product: Product, buyer: User) -> Trial:
    """The buyer's trial of the product."""
    Product.objects.filter(pk=product.pk).update(trial_days=14)
    return start_trial(product=product, user=buyer)


def sources(user: User) -> list[str]:
    """Because of what the user may pull."""
    return sorted(user.account.entitlements.in_force().values_list("source_kind", flat=True))


def test_what_is_tried_can_be_bought_and_is_kept_for_good(tried: Trial, product: Product, buyer: User, buy: Buy) -> None:
    order = reconcile_order(order_id=buy(product, buyer).pk)
    reconcile_order(order_id=order.pk)

    tried.refresh_from_db()
    assert (order.state, order.flag, sources(buyer)) == ("paid", "", ["order"])
    assert (tried.state, tried.bought_by, tried.end_reason) == (TrialState.BOUGHT, order.pk, "It was bought.")
    assert product.images.get().first_sold_at is not None


def test_a_refund_brings_no_trial_back(tried: Trial, product: Product, buyer: User, buy: Buy) -> None:
    order = reconcile_order(order_id=buy(product, buyer).pk)

    refund = request_refund(order=order, amount=order.money, reason="It does not fit.", actor=UserFactory(staff=True))
    continue_refund(refund_id=refund.pk)

    tried.refresh_from_db()
    assert (sources(buyer), tried.state) == ([], TrialState.BOUGHT)


def test_a_gift_to_somebody_ends_no_trial_of_its_buyer(tried: Trial, product: Product, buyer: User, sandbox: Sandbox) -> None:
    order = place_order(product=product, user=buyer, gift=GiftWish("kim@example.test", ""))
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)

    tried.refresh_from_db()
    assert (sources(buyer), tried.state) == (["trial"], TrialState.RUNNING)


def test_days_left_of_a_trial_are_added_at_the_end_of_a_subscription(
    tried: Trial, product: Product, buyer: User, buy: Buy, seller: SellerProfile
) -> None:
    set_price(product=product, money=Money(1900, "eur"), actor=person_of(seller), interval=Price.Interval.MONTH)
    first = reconcile_order(order_id=buy(product, buyer).pk)

    again = reconcile_subscription(subscription_id=Subscription.objects.get().pk)

    tried.refresh_from_db()
    left = tried.time_left_when_bought
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)
    assert first.period_end is not None
    assert again.access_until == first.period_end + timedelta(days=7) + left
    assert (sources(buyer), tried.bought_by) == (["subscribed"], again.pk)


def test_who_hears_late_of_a_payment_adds_the_days_that_were_left_when_it_was_paid(
    tried: Trial, product: Product, buyer: User, buy: Buy, seller: SellerProfile
) -> None:
    set_price(product=product, money=Money(1900, "eur"), actor=person_of(seller), interval=Price.Interval.MONTH)
    order = buy(product, buyer)
    assert end_trials(now=tried.ends_at) == 1  # its days have passed before anybody here hears of the payment
    end_entitlements(now=tried.ends_at)

    first = reconcile_order(order_id=order.pk)

    tried.refresh_from_db()
    assert first.period_start is not None
    assert first.period_end is not None
    left = tried.ends_at - max(first.period_start, tried.started_at)
    assert (tried.state, tried.end_reason, tried.time_left_when_bought) == (TrialState.BOUGHT, "It was bought.", left)
    assert Subscription.objects.get().access_until == first.period_end + timedelta(days=7) + left


def test_the_card_of_a_purchase_has_had_the_trials_of_its_buyer(tried: Trial, product: Product, buyer: User, buy: Buy) -> None:
    somebody, other = UserFactory(), ProductFactory(namespace=product.namespace)
    for user in (buyer, somebody):
        order = reconcile_order(order_id=buy(other, user).pk)

    fingerprint = read_payment(str(order.checkout_session_id)).card
    assert len(fingerprint) == 16
    assert set(KnownCard.objects.filter(account=somebody.account).values_list("card_hash", flat=True)) == set(card_hashes(fingerprint))
    with pytest.raises(TrialUsed, match="A card that you have paid with"):
        start_trial(product=product, user=somebody)
    tried.refresh_from_db()
    assert (tried.state, Trial.objects.count()) == (TrialState.RUNNING, 1)


def test_a_bank_debit_has_no_card(product: Product, buyer: User, buy: Buy, sandbox: Sandbox) -> None:
    order = buy(product, buyer, "pay-later")
    sandbox.press(order, "settle")
    assert reconcile_order(order_id=order.pk).state == "paid"

    assert read_payment(str(order.checkout_session_id)).card == ""
    assert not KnownCard.objects.exists()


def test_what_another_payment_of_the_subscription_has_brought_was_not_bought_while_the_trial_ran(product: Product, buyer: User) -> None:
    pro = PushedImageFactory(namespace=product.namespace)
    product.product_images.create(image=pro, owner_id=product.seller_id)
    tried = TrialFactory(product=product, user=buyer, started_at=timezone.now() - timedelta(days=30))
    Trial.objects.update(ended_at=tried.ends_at, end_reason=TRIAL_OVER)
    going_on = SubscriptionFactory(product=product, placed_by=buyer)
    began = tried.started_at + timedelta(days=4)
    part = PaidOrderFactory(
        product=product, placed_by=buyer, subscription=going_on, period_start=began, period_end=began + timedelta(days=30)
    )
    part.images.filter(image=pro).delete()

    with locked_transaction():
        images = lock_images(image_ids=product.images.values_list("pk", flat=True))
        follow_order(part, images)  # of the one payment, and of the difference that was paid since

    tried.refresh_from_db()
    assert (tried.bought_by, tried.end_reason, time_left_when_bought(going_on.pk)) == (going_on.pk, TRIAL_OVER, timedelta(0))

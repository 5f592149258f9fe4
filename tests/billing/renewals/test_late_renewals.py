"""A period is given back or charged back while nobody here has heard of the next one, which Stripe has charged."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import refund_by_seller
from billing.renewals import reconcile
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.tasks import reconcile_subscriptions
from billing.stripe.subscriptions import SubscriptionFacts, read_subscription
from billing.subscriptions.models import Subscription
from tests.billing.conftest import person_of
from tests.billing.renewals.test_money_back import at_stripe
from tests.billing.renewals.test_subscriptions import first, monthly, renew, sandbox_process, subscription, why_it_ended
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def give_back(order: Order, seller: SellerProfile) -> None:
    refund = refund_by_seller(order=order, amount=None, reason="It was away for days.", actor=person_of(seller))
    continue_refund(refund_id=refund.pk)


def test_a_period_that_is_given_back_while_the_next_is_paid_unheard_of_ends_nothing(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]], seller: SellerProfile
) -> None:
    renew(sandbox, subscription)

    give_back(first, seller)
    reconcile_subscriptions()

    after, second = Subscription.objects.get(), Order.objects.exclude(pk=first.pk).get()
    assert (Order.objects.get(pk=first.pk).state, second.state) == ("refunded", "paid")
    assert (after.state, after.end_wanted_at, at_stripe(sandbox, subscription), len(holds(buyer))) == ("active", None, "active", 1)


def test_what_a_refund_means_is_found_by_the_sweep_also_after_it_was_given_up(
    first: Order, subscription: Subscription, sandbox: Sandbox, seller: SellerProfile
) -> None:
    Subscription.objects.update(attempts=20, given_up_at=timezone.now())

    give_back(first, seller)
    row = Subscription.objects.get()
    assert (row.due_at <= timezone.now(), row.attempts, row.given_up_at, row.end_wanted_at) == (True, 0, None, None)

    assert reconcile_subscriptions() == 1
    assert (Subscription.objects.get().state, at_stripe(sandbox, subscription)) == ("ended", "canceled")
    assert why_it_ended() == ("A period of it was given back.", False)


def test_what_was_read_of_stripe_before_a_refund_does_not_decide_what_it_means(
    first: Order, subscription: Subscription, sandbox: Sandbox, seller: SellerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[SubscriptionFacts] = []

    def paid_and_given_back_meanwhile(key: str) -> SubscriptionFacts:
        read.append(read_subscription(key))
        if len(read) == 1:
            renew(sandbox, subscription)
            give_back(first, seller)
        return read[-1]

    monkeypatch.setattr(reconcile, "read_subscription", paid_and_given_back_meanwhile)
    after = reconcile_subscription(subscription_id=subscription.pk)

    assert [len(facts.periods) for facts in read] == [1, 2]
    assert (after.state, after.end_wanted_at, at_stripe(sandbox, subscription)) == ("active", None, "active")


def test_a_period_that_a_bank_takes_back_ends_it_though_the_next_is_paid(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    sandbox.control(f"/charges/{first.payment_intent_id}/dispute")
    renew(sandbox, subscription)  # by then nobody has answered the bank, which has decided

    assert reconcile_order(order_id=first.pk).state == "charged_back"
    assert Subscription.objects.get().end_wanted_at is not None
    reconcile_subscriptions()

    assert (Subscription.objects.get().state, at_stripe(sandbox, subscription)) == ("ended", "canceled")
    assert (Order.objects.exclude(pk=first.pk).get().state, len(holds(buyer))) == ("paid", 1)  # what is paid can be pulled to its end

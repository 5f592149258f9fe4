"""A seller leaves Stripe, and comes back with another account: what becomes of those who have subscribed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from accounts.sellers.services.sellers import record_stripe_account
from audit.models import AuditEvent
from billing.checkout.opening import open_checkout
from billing.checkout.placing import place_order
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payouts.services import refresh_stripe_account
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.services import end_stopped_subscriptions, set_renewal
from billing.renewals.tasks import reconcile_subscriptions
from billing.subscriptions.errors import SellerNotPaid
from billing.subscriptions.models import Subscription
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.billing.renewals.conftest import fresh
from tests.billing.renewals.test_subscriptions import card, first, monthly, renew, sandbox_process, subscription, why_it_ended
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)
WHY = "Its seller cannot be paid through Stripe at present."


def leave(sandbox: Sandbox, seller: SellerProfile) -> str:
    """Have the seller's account end its connection to us."""
    account = str(SellerProfile.objects.get(pk=seller.pk).stripe_account_id)
    sandbox.control(f"/accounts/{account}/leave")
    refresh_stripe_account(stripe_account_id=account)
    return account


def connect(sandbox: Sandbox, seller: SellerProfile, **more: str) -> str:
    """Have the seller connect another account, which may charge."""
    account: str = sandbox.account(**more)
    record_stripe_account(seller=seller, stripe_account_id=account)
    refresh_stripe_account(stripe_account_id=account)
    return account


def at_stripe(sandbox: Sandbox, subscription: Subscription) -> Any:
    return sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")


def ends(subscription: Subscription) -> datetime:
    assert subscription.period_end is not None
    return subscription.period_end


def mails(template: str) -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(key__startswith=f"{template}:").order_by("created_at"))


def test_later_periods_are_paid_to_the_account_that_the_seller_connects_next(
    first: Order, subscription: Subscription, seller: SellerProfile, sandbox: Sandbox
) -> None:
    old = leave(sandbox, seller)
    assert reconcile_subscriptions() == 0  # its period is long: nothing is to be done yet
    new = connect(sandbox, seller)

    assert [reconcile_subscriptions() for _ in range(2)] == [1, 0]

    moved = fresh(subscription)
    assert (moved.destination_account_id, moved.ends_with_period, moved.attempts) == (new, False, 0)
    assert (at_stripe(sandbox, moved)["transfer_data"]["destination"], at_stripe(sandbox, moved)["on_behalf_of"]) == (new, None)
    changed = AuditEvent.objects.get(action="subscription.account_changed")
    assert (changed.details["before"], changed.details["now"]) == (old, new)
    reconcile_subscription(subscription_id=subscription.pk, now=renew(sandbox, moved))
    orders = Order.objects.order_by("created_at").values_list("destination_account_id", "state", "flag")
    assert list(orders) == [(old, "paid", ""), (new, "paid", "")]
    assert (len(sandbox.get("/transfers", destination=new)["data"]), len(mails("subscription_ending"))) == (1, 0)


def test_a_period_that_was_paid_before_keeps_the_account_that_it_was_paid_to(
    first: Order, subscription: Subscription, seller: SellerProfile, sandbox: Sandbox
) -> None:
    now = renew(sandbox, subscription)
    old, new = leave(sandbox, seller), connect(sandbox, seller)

    reconcile_subscription(subscription_id=subscription.pk, now=now)

    orders = Order.objects.order_by("created_at").values_list("destination_account_id", "state", "flag")
    assert (list(orders), fresh(subscription).destination_account_id) == ([(old, "paid", ""), (old, "paid", "")], new)


def test_the_new_account_owes_the_tax_and_settles_elsewhere_if_it_is_there(
    monthly: Product, buyer: User, seller: SellerProfile, sandbox: Sandbox, settings: Any
) -> None:
    settings.LAYERSTORE_STRIPE_TAX, settings.LAYERSTORE_STRIPE_COUNTRY = True, "NO"
    order = place_order(product=monthly, user=buyer)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.control(f"/sessions/{order.checkout_session_id}/buyer", country="SE")
    sandbox.press(order)
    reconcile_order(order_id=order.pk)
    made = Subscription.objects.get()
    leave(sandbox, seller)
    new = connect(sandbox, seller, country="US")

    reconcile_subscription(subscription_id=made.pk)

    now = at_stripe(sandbox, made)
    assert (now["automatic_tax"]["liability"]["account"], now["on_behalf_of"], now["automatic_tax"]["enabled"]) == (new, new, True)


def test_without_an_account_it_is_not_renewed_and_its_buyer_reads_why_three_days_before(
    subscription: Subscription, seller: SellerProfile, buyer: User, sandbox: Sandbox
) -> None:
    leave(sandbox, seller)
    told = [mail.body_text for mail in OutgoingMail.objects.filter(key__startswith="stripe-ended")]
    assert ["subscriptions to your products are not renewed" in " ".join(body.split()) for body in told] == [True]
    reconcile_subscription(subscription_id=subscription.pk, now=ends(subscription) - timedelta(days=3, minutes=1))
    assert (fresh(subscription).ends_with_period, at_stripe(sandbox, subscription)["cancel_at_period_end"]) == (False, False)

    for _ in range(2):
        reconcile_subscription(subscription_id=subscription.pk, now=ends(subscription) - timedelta(days=3))

    ending = fresh(subscription)
    assert (ending.ends_with_period, at_stripe(sandbox, subscription)["cancel_at_period_end"]) == (True, True)
    assert AuditEvent.objects.get(action="subscription.canceled").reason.startswith(WHY)
    assert [(mail.to, f"Why it ends: {WHY}" in " ".join(mail.body_text.split())) for mail in mails("subscription_ending")] == [
        (buyer.email, True)
    ]
    with pytest.raises(SellerNotPaid):
        set_renewal(subscription=ending, renews=True, actor=buyer)
    assert at_stripe(sandbox, subscription)["cancel_at_period_end"]
    new = connect(sandbox, seller)
    kept = set_renewal(subscription=fresh(subscription), renews=True, actor=buyer)
    assert (kept.ends_with_period, kept.destination_account_id) == (False, new)


def test_the_sweep_looks_at_once_at_what_is_renewed_soon(subscription: Subscription, seller: SellerProfile, sandbox: Sandbox) -> None:
    leave(sandbox, seller)
    Subscription.objects.update(period_end=timezone.now() + timedelta(days=2))

    assert reconcile_subscriptions() == 1

    Subscription.objects.update(period_end=timezone.now() + timedelta(days=2), attempts=3)
    assert reconcile_subscriptions() == 0  # one that has failed keeps its turn


def test_what_is_charged_for_an_account_that_is_gone_is_no_fault_of_the_card_and_ends_after_days(
    subscription: Subscription, seller: SellerProfile, sandbox: Sandbox
) -> None:
    leave(sandbox, seller)
    now = renew(sandbox, subscription)
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    (failed,) = mails("subscription_failed")
    assert ("so nothing was charged" in failed.body_text, "bank refused" in failed.body_text) == (True, False)
    connect(sandbox, seller)  # too late for the invoice that is made
    reconcile_subscription(subscription_id=subscription.pk, now=now)
    assert (end_stopped_subscriptions(), fresh(subscription).state) == (0, "past_due")
    Subscription.objects.update(failed_at=timezone.now() - timedelta(days=3))

    assert end_stopped_subscriptions() == 1
    reconcile_subscription(subscription_id=subscription.pk, now=now)

    assert fresh(subscription).state == "ended"
    assert why_it_ended() == ("Its seller cannot be paid through Stripe, so its next period was not charged.", False)


def test_a_refused_card_is_still_the_banks_word(subscription: Subscription, seller: SellerProfile, sandbox: Sandbox) -> None:
    card(sandbox, subscription, "0341")

    reconcile_subscription(subscription_id=subscription.pk, now=renew(sandbox, subscription))

    (failed,) = mails("subscription_failed")
    assert ("bank refused" in failed.body_text, "so nothing was charged" in failed.body_text) == (True, False)

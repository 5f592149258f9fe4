"""A subscription that began with a code: what each payment comes to, as Stripe charges it and as its order says, and after a new price."""

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.checkout.opening import open_checkout, sale_of
from billing.checkout.placing import place_order
from billing.discounts.models import Discount, DiscountUse
from billing.discounts.recurring import coupon_from
from billing.discounts.selectors import require_left
from billing.ledger.models import LedgerEntry
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.services import request_refund
from billing.renewals import repricing
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.repricing import apply_price_change
from billing.stripe.checkout import create_checkout
from billing.stripe.coupons import Coupon
from billing.stripe.errors import StripeRefused
from billing.stripe.subscriptions import Period
from billing.subscriptions.models import Subscription
from billing.subscriptions.months import months_after
from billing.subscriptions.terms import next_terms, reduced_terms
from common.money import Money
from marketplace.products.models import Product
from marketplace.trials.models import BOUGHT, TrialState
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import clock
from tests.billing.renewals.test_price_changes import tell
from tests.billing.renewals.test_subscriptions import monthly, renew, sandbox_process
from tests.factories.accounts import UserFactory
from tests.factories.billing import DiscountFactory
from tests.factories.marketplace import TrialFactory
from tests.support.clients import client_of
from tests.support.sandbox import Sandbox

__all__ = ["monthly", "sandbox_process"]
pytestmark = pytest.mark.django_db(transaction=True)


def begin(sandbox: Sandbox, product: Product, buyer: User, **terms: Any) -> Subscription:
    """Subscribe with a code at 19.00 a month."""
    code = DiscountFactory(seller=product.seller, code="AUTUMN", **terms)
    order = place_order(product=product, user=buyer, discount=code)
    open_checkout(order=order)
    order.refresh_from_db()
    sandbox.press(order)
    reconcile_order(order_id=order.pk)
    return Subscription.objects.get(orders=order)


def go_on(sandbox: Sandbox, subscription: Subscription, times: int = 1) -> datetime:
    for _ in range(times):
        now = renew(sandbox, subscription)
        reconcile_subscription(subscription_id=subscription.pk, now=now)
    return now


def periods(subscription: Subscription) -> list[tuple[int, int, str, int, str]]:
    listed = subscription.orders.order_by("period_end")
    return list(listed.values_list("amount", "discount_amount", "discount_code", "application_fee", "flag"))


def next_coupon(sandbox: Sandbox, subscription: Subscription, minor: int) -> Coupon:
    """What would take something off the next payment, at another price."""
    coupon = coupon_from(subscription, Money(minor, "eur"), clock(sandbox), told_at=clock(sandbox))
    assert coupon is not None
    return coupon


REDUCED, WHOLE = (1520, 380, "AUTUMN", 152, ""), (1900, 0, "", 190, "")


def test_a_code_of_the_first_payment_reduces_that_and_no_other(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="once")

    first = subscription.orders.get()
    assert (subscription.money, subscription.application_fee, subscription.next_money) == (Money(1900, "eur"), 190, Money(1900, "eur"))
    assert (subscription.discount_code, subscription.discount_amount) == ("AUTUMN", 380)
    assert subscription.reduced_until == first.period_end
    go_on(sandbox, subscription)

    assert periods(subscription) == [REDUCED, WHOLE]
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    assert DiscountUse.objects.count() == 1
    receipts = OutgoingMail.objects.filter(key__startswith="receipt:").order_by("created_at")
    assert ["AUTUMN" in mail.body_text for mail in receipts] == [True, False]


def test_a_code_of_some_months_reduces_their_payments_and_the_page_says_until_when(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="repeating", months=2)

    begun = subscription.orders.get().period_start
    assert begun is not None
    assert subscription.reduced_until == months_after(begun, 2)
    assert (subscription.next_money, subscription.money) == (Money(1520, "eur"), Money(1900, "eur"))
    assert "€15.20 with the code AUTUMN, until" in client_of(buyer).get("/subscriptions/").content.decode()
    go_on(sandbox, subscription, times=2)

    assert periods(subscription) == [REDUCED, REDUCED, WHOLE]
    assert "with the code" not in client_of(buyer).get("/subscriptions/").content.decode()


def test_a_code_counts_for_whoever_buys_what_they_try_and_the_days_left_are_added(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    trial = TrialFactory(product=monthly, user=buyer)

    subscription = begin(sandbox, monthly, buyer, duration="once")

    trial.refresh_from_db()
    assert (trial.state, trial.bought_by, trial.end_reason) == (TrialState.BOUGHT, subscription.pk, BOUGHT)
    assert [held.source_kind for held in buyer.account.entitlements.in_force()] == ["subscribed"]
    assert trial.time_left_when_bought > timedelta(days=13)
    assert subscription.period_end is not None
    assert subscription.access_until == subscription.period_end + timedelta(days=7) + trial.time_left_when_bought
    go_on(sandbox, subscription)

    assert periods(subscription) == [REDUCED, WHOLE]
    subscription.refresh_from_db()
    assert subscription.access_until == subscription.period_end + timedelta(days=7) + trial.time_left_when_bought


def test_a_percentage_for_good_is_taken_of_a_new_price_too_and_the_mail_says_so(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="forever")
    page = client_of(buyer).get("/subscriptions/").content.decode()
    assert ("€15.20 with the code AUTUMN" in page, "AUTUMN, until" in page) == (True, False)

    change = tell(monthly, 1000, now=clock(sandbox))
    assert (change.discount_amount, change.reduced_money) == (200, Money(800, "eur"))
    mail = OutgoingMail.objects.get(key=f"price_change:{change.pk}:0")
    assert "Your code AUTUMN goes on counting: you pay €8.00 each time." in mail.body_text
    apply_price_change(change_id=change.pk)
    subscription.refresh_from_db()
    assert (subscription.amount, subscription.discount_amount) == (1000, 200)
    go_on(sandbox, subscription, times=2)

    assert periods(subscription) == [REDUCED, (800, 200, "AUTUMN", 80, ""), (800, 200, "AUTUMN", 80, "")]


def test_what_is_left_of_some_months_goes_on_at_a_new_price(
    sandbox: Sandbox, monthly: Product, buyer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repricing, "timezone", SimpleNamespace(now=lambda: clock(sandbox)))
    subscription = begin(sandbox, monthly, buyer, duration="repeating", months=2)
    sandbox.control("/clock/advance", seconds=3600)  # told in the second in which it began, Stripe may reduce one payment more

    change = tell(monthly, 1000, now=clock(sandbox))
    assert "you pay €8.00 each time" in OutgoingMail.objects.get(key=f"price_change:{change.pk}:0").body_text
    apply_price_change(change_id=change.pk)
    go_on(sandbox, subscription, times=2)

    assert periods(subscription) == [REDUCED, (800, 200, "AUTUMN", 80, ""), (1000, 0, "", 100, "")]


def test_an_amount_stays_the_same_at_a_new_price(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    off = {"kind": Discount.Kind.AMOUNT, "percent": 0, "amount": 400, "currency": "eur"}
    subscription = begin(sandbox, monthly, buyer, duration="forever", **off)

    change = tell(monthly, 1000, now=clock(sandbox))
    assert next_coupon(sandbox, subscription, 1000).off == Money(400, "eur")
    assert next_coupon(sandbox, subscription, 600).off == Money(300, "eur")  # the smallest price is left
    apply_price_change(change_id=change.pk)
    go_on(sandbox, subscription)

    assert periods(subscription) == [(1500, 400, "AUTUMN", 150, ""), (600, 400, "AUTUMN", 60, "")]


def test_a_new_price_that_is_the_smallest_is_paid_whole(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="forever", percent=50)

    change = tell(monthly, 300, now=clock(sandbox))
    apply_price_change(change_id=change.pk)
    subscription.refresh_from_db()
    assert (subscription.discount_amount, subscription.next_money) == (0, Money(300, "eur"))
    assert sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["discounts"] == []
    go_on(sandbox, subscription)

    assert periods(subscription) == [(950, 950, "AUTUMN", 95, ""), (300, 0, "", 30, "")]
    assert next_coupon(sandbox, subscription, 2000).off == Money(1000, "eur")  # it counts again


def test_a_new_price_that_comes_after_the_code_has_ended_is_paid_whole(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="once")

    change = tell(monthly, 1000, now=clock(sandbox))
    apply_price_change(change_id=change.pk)
    go_on(sandbox, subscription)

    assert (change.discount_amount, change.reduced_money) == (0, Money(1000, "eur"))
    assert periods(subscription) == [REDUCED, (1000, 0, "", 100, "")]


def test_the_use_comes_back_once_the_first_payment_is_wholly_refunded(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="forever", most_uses=1)
    first: Order = subscription.orders.get()
    code = first.discount_use.discount

    refund = request_refund(order=first, actor=person_of(monthly.seller), amount=first.money, reason="Asked for it.")
    continue_refund(refund_id=refund.pk)
    reconcile_order(order_id=first.pk)

    first.refresh_from_db()
    assert (first.state, first.refunded) == ("refunded", Money(1520, "eur"))
    require_left(code, buyer=None)


def test_an_order_never_says_less_than_nothing_where_stripe_took_more_off_than_it_costs(
    sandbox: Sandbox, monthly: Product, buyer: User
) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="once")
    period = Period("in_1", "pi_1", Money(1, "eur"), timezone.now(), timezone.now(), off=5_000)

    found = reduced_terms(subscription, next_terms(subscription), period.off)

    assert (found["amount"], found["discount_amount"], found["application_fee"]) == (0, 1900, 0)


def test_a_coupon_is_made_once_for_everybody_who_subscribes_with_a_code(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    subscription = begin(sandbox, monthly, buyer, duration="once")
    code = subscription.orders.get().discount_use.discount
    another = place_order(product=monthly, user=UserFactory(), discount=code)

    open_checkout(order=another)

    another.refresh_from_db()
    session = sandbox.get(f"/checkout/sessions/{another.checkout_session_id}")
    assert (session["amount_subtotal"], session["amount_total"]) == (1900, 1520)
    assert session["discounts"] == [{"coupon": f"{code.pk.hex}-380eur-once", "promotion_code": None}]
    assert sandbox.get(f"/coupons/{code.pk.hex}-380eur-once")["times_redeemed"] == 1


def test_a_coupon_that_stripe_does_not_make_opens_no_checkout(sandbox: Sandbox, monthly: Product, buyer: User) -> None:
    code = DiscountFactory(seller=monthly.seller, code="AUTUMN", duration="once")
    order = place_order(product=monthly, user=buyer, discount=code)
    sale = sale_of(order)
    assert sale.coupon is not None

    with pytest.raises(StripeRefused):
        create_checkout(replace(sale, coupon=replace(sale.coupon, name="X" * 41)))

    order.refresh_from_db()
    assert (order.state, order.checkout_session_id) == ("pending", None)

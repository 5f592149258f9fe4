"""Money back for a period: of the last one it ends the subscription, of an earlier one it changes nothing but money."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.invoices.models import Document
from billing.ledger.models import LedgerEntry
from billing.orders.models import Order
from billing.orders.refund_windows import own_refund_until, time_to_hear_of_pulls
from billing.payments.refunding import continue_refund
from billing.refunds.errors import OwnRefundNotOffered
from billing.refunds.models import Refund
from billing.refunds.services import give_back, refund_by_seller
from billing.renewals import reconcile
from billing.renewals.reconcile import reconcile_subscription
from billing.renewals.services import end_now
from billing.renewals.tasks import reconcile_subscriptions
from billing.stripe.subscriptions import SubscriptionFacts, read_subscription
from billing.subscriptions.errors import SubscriptionEnded
from billing.subscriptions.models import Subscription
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.billing.renewals.conftest import clock
from tests.billing.renewals.test_documents import renewed
from tests.billing.renewals.test_subscriptions import card, first, monthly, renew, sandbox_process, subscription, why_it_ended
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import PullCountFactory
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def decide(refund: Refund) -> Refund:
    """Let the time pass in which pulls are heard of, and go on."""
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now() - time_to_hear_of_pulls(), due_at=timezone.now())
    return continue_refund(refund_id=refund.pk)


def at_stripe(sandbox: Sandbox, subscription: Subscription) -> str:
    return str(sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["status"])


def test_a_period_before_the_last_is_given_back_while_the_subscription_goes_on(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]], seller: SellerProfile
) -> None:
    second = renewed(sandbox, subscription)

    refund = refund_by_seller(order=first, amount=None, reason="It was away for days.", actor=person_of(seller))
    continue_refund(refund_id=refund.pk)
    reconcile_subscriptions()

    after = Subscription.objects.get()
    assert (Order.objects.get(pk=first.pk).state, after.end_wanted_at, after.state, len(holds(buyer))) == ("refunded", None, "active", 1)
    assert at_stripe(sandbox, subscription) == "active"
    assert list(Document.objects.order_by("serial").values_list("order", "amount")) == [
        (first.pk, 1900),
        (second.pk, 1900),
        (first.pk, -1900),
    ]
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0

    refund = refund_by_seller(order=second, amount=None, reason="And again.", actor=person_of(seller))
    continue_refund(refund_id=refund.pk)
    reconcile_subscriptions()
    assert (Subscription.objects.get().state, holds(buyer), at_stripe(sandbox, subscription)) == ("ended", [], "canceled")


def test_who_pulled_nothing_gives_the_first_period_back_alone(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    refund = give_back(order=first, actor=buyer)
    assert holds(buyer) == []
    reconcile_subscription(subscription_id=subscription.pk)  # whoever asks Stripe meanwhile does not resume access
    assert (holds(buyer), Subscription.objects.get().state) == ([], "active")

    assert decide(refund).state == "succeeded"
    reconcile_subscriptions()

    assert (Order.objects.get().state, Subscription.objects.get().state, holds(buyer)) == ("refunded", "ended", [])
    assert at_stripe(sandbox, subscription) == "canceled"


def test_who_pulled_after_all_keeps_the_subscription(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    refund = give_back(order=first, actor=buyer)
    PullCountFactory(buyer=buyer.account, image=first.images.get().image, day=timezone.now().date())

    assert decide(refund).state == "failed"

    assert (Order.objects.get().state, len(holds(buyer)), at_stripe(sandbox, subscription)) == ("paid", 1, "active")


def test_a_later_period_and_one_that_is_over_are_not_given_back_alone(
    first: Order, subscription: Subscription, sandbox: Sandbox, buyer: User
) -> None:
    assert own_refund_until(first) == (first.paid_at or timezone.now()) + timedelta(days=14)
    second = renewed(sandbox, subscription)
    Order.objects.filter(pk=first.pk).update(period_end=timezone.now() - timedelta(minutes=1))

    for order in (first, second):
        with pytest.raises(OwnRefundNotOffered):
            give_back(order=order, actor=buyer)

    assert Refund.objects.count() == 0


def test_staff_end_it_at_once_and_its_buyer_reads_why(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    staff = UserFactory(staff=True)
    end_now(subscription=subscription, reason="Its buyer asked for it by mail.", actor=staff)
    with pytest.raises(SubscriptionEnded):
        end_now(subscription=subscription, reason="Again.", actor=staff)
    reconcile_subscriptions()

    after = Subscription.objects.get()
    assert (after.state, after.access_until, at_stripe(sandbox, subscription)) == ("ended", subscription.period_end, "canceled")
    assert len(holds(buyer)) == 1  # what is paid stays paid
    assert AuditEvent.objects.get(action="subscription.end_wanted").actor == staff
    assert "ended" in OutgoingMail.objects.exclude(key__startswith="receipt").get().subject
    assert why_it_ended() == ("Its buyer asked for it by mail.", False)


def test_staff_end_one_whose_payment_fails_and_its_buyer_reads_their_reason(subscription: Subscription, sandbox: Sandbox) -> None:
    card(sandbox, subscription, "0341")
    now = renew(sandbox, subscription)
    failing = reconcile_subscription(subscription_id=subscription.pk, now=now)
    end_now(subscription=failing, reason="Its buyer asked for it by mail.", actor=UserFactory(staff=True))

    ended = reconcile_subscription(subscription_id=subscription.pk, now=clock(sandbox))

    assert (failing.state, ended.state, ended.failed_at) == ("past_due", "ended", now)
    assert why_it_ended() == ("Its buyer asked for it by mail.", False)


def test_an_end_that_is_decided_while_stripe_is_asked_is_told_to_stripe_next(
    subscription: Subscription, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decided_meanwhile(key: str) -> SubscriptionFacts:
        facts = read_subscription(key)
        end_now(subscription=subscription, reason="Fraud.", actor=UserFactory(staff=True))
        return facts

    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "read_subscription", decided_meanwhile)
        reconcile_subscription(subscription_id=subscription.pk)

    assert Subscription.objects.get().due_at <= timezone.now()
    assert reconcile_subscriptions() == 1
    assert at_stripe(sandbox, subscription) == "canceled"

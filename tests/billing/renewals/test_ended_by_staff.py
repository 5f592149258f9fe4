"""Finance has a subscription end with its period: Stripe, the trail and the buyer hear of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.people.models import User
from audit.models import AuditEvent
from billing.renewals.mails import queue_ending_mail
from billing.renewals.services import end_with_period, set_renewal
from billing.stripe.errors import StripeAway
from billing.subscriptions.errors import EndsAlready, SubscriptionEnded
from billing.subscriptions.models import Subscription
from common.money import Money
from outbox.mail.models import OutgoingMail
from tests.billing.renewals.test_subscriptions import first, monthly, sandbox_process, subscription
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.billing import PriceChangeFactory, SubscriptionFactory, UpgradeFactory
from tests.support.sandbox import Sandbox

__all__ = ["first", "monthly", "sandbox_process", "subscription"]
pytestmark = pytest.mark.django_db(transaction=True)


def renews(sandbox: Sandbox, subscription: Subscription) -> bool:
    return not sandbox.get(f"/subscriptions/{subscription.stripe_subscription_id}")["cancel_at_period_end"]


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(key__startswith="subscription_ending").order_by("key"))


@pytest.mark.parametrize(
    ("act", "done"),
    [("end_with_period", "subscription.canceled"), ("end_now", "subscription.end_wanted"), ("ask_again", "subscription.asked_again")],
)
def test_finance_acts_on_subscriptions_in_the_admin(subscription: Subscription, act: str, done: str) -> None:
    user = UserFactory(username="ines")
    call_command("make_staff", "ines", "--role", "finance")
    client = Client()
    client.force_login(user)
    form = {"action": act, "index": "0", "_selected_action": [str(subscription.pk)], "act_confirmed": "yes", "reason": "Asked by mail."}

    assert client.post("/admin/billing/subscription/", form).status_code == 302

    event = AuditEvent.objects.get(action=done)
    assert (event.actor, event.reason) == (user, "Asked by mail.")


def test_finance_has_a_price_told_and_an_upgrade_gone_on_with_again(client: Client) -> None:
    user = UserFactory(username="ines")
    call_command("make_staff", "ines", "--role", "finance")
    client.force_login(user)
    for row, path in ((PriceChangeFactory(), "pricechange"), (UpgradeFactory(), "upgrade")):
        form = {"action": "try_again", "index": "0", "_selected_action": [str(row.pk)], "act_confirmed": "yes", "reason": "Stripe is back."}
        assert client.post(f"/admin/billing/{path}/", form).status_code == 302
        page = client.get(f"/admin/billing/{path}/{row.pk}/change/").content.decode()
        assert str(Money(row.was_application_fee, row.subscription.currency)) in page

    tried = AuditEvent.objects.filter(action__endswith="tried_again").order_by("action").values_list("action", "actor")
    assert list(tried) == [("subscription.price_tried_again", user.pk), ("subscription.upgrade_tried_again", user.pk)]


def test_of_what_is_not_paid_the_mail_says_until_when_it_can_be_pulled_if_at_all() -> None:
    now = timezone.now().replace(year=2027, month=3, day=1)
    for grace in (now + timedelta(days=6), None):
        unpaid = SubscriptionFactory(state="past_due", period_end=now + timedelta(days=30), access_until=grace)
        queue_ending_mail(unpaid, reason="You asked us.", key=str(grace))

    says = [mail.body_text.split("Its images can be pulled until ")[1:] for mail in mails()]
    assert [[rest[:6] for rest in one] for one in says] == [["7 Marc"], []]
    assert all("Until 31 March 2027 it can be kept" in mail.body_text for mail in mails())


def test_one_that_staff_have_end_with_its_period_is_paid_no_more_and_its_buyer_reads_why(
    subscription: Subscription, sandbox: Sandbox, buyer: User, holds: Callable[..., list[str]]
) -> None:
    after = end_with_period(subscription=subscription, reason="You asked us by mail.", actor=UserFactory(staff=True))

    assert (renews(sandbox, subscription), after.ends_with_period, after.access_until) == (False, True, after.period_end)
    assert len(holds(buyer)) == 1
    (mail,) = mails()
    assert (mail.to, mail.subject) == (subscription.email, "Subscription not renewed: Postgres HA")
    assert "Why it ends: You asked us by mail." in mail.body_text

    assert set_renewal(subscription=after, renews=True, actor=buyer).ends_with_period is False
    assert renews(sandbox, subscription) is True


def test_who_else_buys_for_an_organisation_reads_it_too(subscription: Subscription) -> None:
    team = OrganisationFactory(name="Harbour Ltd")
    member = MembershipFactory(account=team, role="billing").user
    Subscription.objects.update(buyer=team)

    end_with_period(subscription=Subscription.objects.get(), reason="You asked us.", actor=UserFactory(staff=True))

    assert [mail.to for mail in mails()] == [subscription.email, member.email]
    assert "Harbour Ltd is not charged for it again" in mails()[0].body_text


def test_what_ends_already_is_not_ended_again() -> None:
    now = timezone.now()
    ending = SubscriptionFactory(ends_with_period=True)
    gone = [SubscriptionFactory(state="ended", ended_at=now), SubscriptionFactory(end_wanted_at=now)]

    for row, error in ((ending, EndsAlready), *((one, SubscriptionEnded) for one in gone)):
        with pytest.raises(error):
            end_with_period(subscription=row, reason="Again.", actor=UserFactory(staff=True))

    assert (mails(), AuditEvent.objects.filter(action="subscription.canceled").count()) == ([], 0)


def test_while_stripe_is_away_nothing_is_written(subscription: Subscription, sandbox: Sandbox) -> None:
    sandbox.fail("/v1/subscriptions")

    with pytest.raises(StripeAway):
        end_with_period(subscription=subscription, reason="You asked us.", actor=UserFactory(staff=True))

    sandbox.mend()
    assert (renews(sandbox, subscription), Subscription.objects.get().ends_with_period, mails()) == (True, False, [])

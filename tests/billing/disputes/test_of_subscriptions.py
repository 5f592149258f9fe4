"""What a bank is told of a subscription whose period is disputed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from audit.services import record_audit
from billing.disputes.evidence import collect_evidence
from billing.orders.models import Order
from billing.renewals.mails import queue_ending_mail, queue_price_mails, queue_subscription_mail
from billing.subscriptions.models import Subscription
from outbox.mail.models import OutgoingMail
from tests.factories.billing import DisputeFactory, PaidOrderFactory, PriceChangeFactory, SubscriptionFactory, UpgradeFactory

pytestmark = pytest.mark.django_db
BEGINS, ENDS = datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 6, 1, 9, tzinfo=UTC)


def period(subscription: Subscription, **changes: Any) -> Order:
    """A period of a subscription that was paid."""
    same = {name: getattr(subscription, name) for name in ("product", "price", "buyer", "seller", "placed_by", "email", "product_title")}
    paid: Order = PaidOrderFactory(
        **(same | {"subscription": subscription, "invoice_id": "in_1", "period_start": BEGINS, "period_end": ENDS} | changes)
    )
    return paid


def test_a_period_is_no_lasting_access_and_the_bank_reads_which_one_was_paid() -> None:
    order = period(SubscriptionFactory())

    said = collect_evidence(DisputeFactory(order=order)).product_description

    assert ("lasting access" in said, "a subscription, paid in advance each month" in said) == (False, True)
    assert "This payment was for the period: 2026-05-01 to 2026-05-31." in said


def test_a_difference_is_called_one_and_what_has_no_days_yet_is_one_period() -> None:
    subscription = SubscriptionFactory()
    UpgradeFactory(subscription=subscription, invoice_id="in_1", state="done", closed_at=ENDS)
    unknown = period(subscription, invoice_id=None, period_start=None, period_end=None)

    of_upgrade = collect_evidence(DisputeFactory(order=period(subscription))).product_description
    of_unknown = collect_evidence(DisputeFactory(order=unknown)).product_description

    assert "the difference to a larger edition, to the end of its period: 2026-05-01 to 2026-05-31." in of_upgrade
    assert "This payment was for one period of it." in of_unknown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "It has not been cancelled."),
        ({"ends_with_period": True, "period_end": ENDS}, "It has been cancelled, and ends on 2026-06-01."),
        ({"state": "ended", "ended_at": ENDS}, "It ended on 2026-06-01, and was not charged again."),
    ],
)
def test_the_bank_reads_whether_it_was_cancelled(changes: dict[str, Any], words: str) -> None:
    order = period(SubscriptionFactory(**changes))

    said = collect_evidence(DisputeFactory(order=order, reason="subscription_canceled")).uncategorized_text

    assert words in said
    assert "Its buyer can cancel it at any time" in said


def test_the_bank_reads_what_was_done_with_it_when_and_each_mail_about_it() -> None:
    subscription = SubscriptionFactory(period_end=ENDS)
    order, other = period(subscription), SubscriptionFactory(period_end=ENDS, email=subscription.email)
    events = [
        record_audit(actor=None, action=f"subscription.{act}", target=subscription, reason=why)
        for act, why in (("begun", ""), ("canceled", ""), ("resumed", ""), ("canceled", "Its buyer asked by mail."), ("asked_again", "x"))
    ]
    for one in (subscription, other):
        for state in (Subscription.State.PAST_DUE, Subscription.State.ENDED):
            one.state = state
            queue_subscription_mail(one, was=Subscription.State.ACTIVE, unpaid=False)
        queue_price_mails(PriceChangeFactory(subscription=one))
    queue_ending_mail(subscription, reason="x", key=str(events[3].pk))
    UpgradeFactory(subscription=subscription)
    OutgoingMail.objects.update(sent_at=timezone.now(), body_text="", body_html="")

    said = collect_evidence(DisputeFactory(order=order)).uncategorized_text

    acts = [line.partition("UTC: ")[2] for line in said.partition("The subscription\n")[2].partition("\n\n")[0].splitlines()[2:]]
    assert acts == [
        "The buyer subscribed",
        "It was cancelled, to end with its period",
        "The buyer took the cancellation back",
        "It was cancelled, to end with its period. Reason given: Its buyer asked by mail.",
    ]
    title = subscription.product_title
    mails = said.partition("about this order\n")[2].partition("\n\n")[0].splitlines()
    assert sorted(line.partition("UTC: ")[2] for line in mails) == sorted(
        OutgoingMail.objects.filter(subject__contains=title).values_list("subject", flat=True)
    )
    assert len(mails) == 4


def test_of_a_single_purchase_nothing_is_said_of_subscriptions() -> None:
    said = collect_evidence(DisputeFactory())

    assert ("lasting access" in said.product_description, "subscription" in said.uncategorized_text) == (True, False)

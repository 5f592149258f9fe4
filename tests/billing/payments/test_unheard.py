"""What moves no money is found without its webhook: a dispute that is lost, a payout that arrives."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.ledger import payouts
from billing.orders.models import Order
from billing.payments import tasks, unheard
from billing.payments.reconcile import reconcile_order
from billing.payouts.models import Payout
from billing.stripe.errors import StripeAway, StripeRefused
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dispute_is_decided_here_though_nobody_told_us(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    assert reconcile_order(order_id=paid.pk).state == "disputed"
    sandbox.control(f"/disputes/{dispute}/lose")
    assert tasks.ask_about_disputes() == 0  # not before its time

    Order.objects.update(due_at=timezone.now())
    assert tasks.ask_about_disputes() == 1

    paid.refresh_from_db()
    assert (paid.state, paid.disputes.get().reversal.state) == ("charged_back", "waiting")
    Order.objects.update(due_at=timezone.now())
    assert tasks.ask_about_disputes() == 0  # it is decided


def on_its_way(seller: SellerProfile, key: str, *, arrived: timedelta, status: str = "in_transit") -> Payout:
    now = timezone.now()
    return Payout.objects.create(
        pk=key, seller=seller, stripe_account_id=seller.stripe_account_id or "", status=status, amount=500, currency="eur",
        created_at=now - timedelta(days=3), arrives_at=now - arrived,
    )  # fmt: skip


def test_payouts_are_asked_about_once_they_should_have_arrived(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    late, gone = (on_its_way(seller, key, arrived=timedelta(hours=hours)) for key, hours in (("po_late", 2), ("po_gone", 3)))
    on_its_way(seller, "po_early", arrived=timedelta(minutes=5))
    on_its_way(seller, "po_old", arrived=timedelta(days=31))
    on_its_way(seller, "po_paid", arrived=timedelta(hours=2), status="paid")
    asked = []

    def ask(*, payout_id: str, account_id: str) -> None:
        asked.append((payout_id, account_id))
        if payout_id == gone.pk:
            raise StripeRefused(reason="The account is gone.")

    monkeypatch.setattr(unheard, "reconcile_payout", ask)

    assert tasks.ask_about_late_payouts() == 2
    assert asked == [(gone.pk, seller.stripe_account_id), (late.pk, seller.stripe_account_id)]


def test_while_stripe_is_away_no_other_payout_is_asked_about(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("po_one", "po_two"):
        on_its_way(seller, key, arrived=timedelta(hours=2))

    def away(payout_id: str, *, account_id: str) -> None:
        raise StripeAway

    monkeypatch.setattr(payouts, "read_payout", away)

    assert tasks.ask_about_late_payouts() == 1
    assert set(Payout.objects.values_list("status", flat=True)) == {"in_transit"}

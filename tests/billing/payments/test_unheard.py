"""What moves no money is found without its webhook: a dispute that is lost, a payout that arrives."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.ledger import payouts
from billing.orders.models import Order
from billing.payments import tasks, unheard
from billing.payments.backoffs import PAYOUTS
from billing.payments.reconcile import reconcile_order
from billing.payouts.models import Payout
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.payouts import StripePayout
from common.db.errors import LockTimeout
from common.db.outages import outages
from common.money import Money
from tests.factories.accounts import SellerFactory, UserFactory
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


def on_its_way(seller: SellerProfile, key: str, *, arrived: timedelta, **values: object) -> Payout:
    now = timezone.now()
    return Payout.objects.create(
        pk=key, seller=seller, stripe_account_id=seller.stripe_account_id or "", amount=500, currency="eur",
        created_at=now - timedelta(days=3), arrives_at=now - arrived, due_at=now - arrived, **{"status": "in_transit"} | values,
    )  # fmt: skip


def asked_about(monkeypatch: pytest.MonkeyPatch, errors: dict[str, Exception]) -> list[tuple[str, str]]:
    """Have Stripe say nothing of some payouts, and nothing new of others; return which it was asked about, with their accounts."""
    asked = []

    def ask(*, payout_id: str, account_id: str) -> None:
        asked.append((payout_id, account_id))
        if payout_id in errors:
            raise errors[payout_id]

    monkeypatch.setattr(unheard, "reconcile_payout", ask)
    return asked


def test_payouts_are_asked_about_once_they_should_have_arrived(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    late = on_its_way(seller, "po_late", arrived=timedelta(hours=2))
    on_its_way(seller, "po_early", arrived=timedelta(minutes=5))
    on_its_way(seller, "po_old", arrived=timedelta(days=31))
    on_its_way(seller, "po_paid", arrived=timedelta(hours=2), status="paid")
    asked = asked_about(monkeypatch, {})

    assert (tasks.ask_about_late_payouts(), tasks.ask_about_late_payouts()) == (1, 0)  # not again before its time

    assert asked == [(late.pk, seller.stripe_account_id)]


@pytest.mark.parametrize("error", [StripeRefused(reason="The account is gone."), StripeAway("APIError: 500"), LockTimeout()], ids=repr)
def test_a_payout_that_stripe_says_nothing_of_is_put_off_and_stops_no_other(
    error: Exception, seller: SellerProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (on_its_way(seller, key, arrived=timedelta(hours=hours)) for key, hours in (("po_bad", 3), ("po_good", 2)))
    asked = asked_about(monkeypatch, {bad.pk: error})

    assert tasks.ask_about_late_payouts() == 2

    bad.refresh_from_db()
    assert [key for key, _ in asked] == [bad.pk, good.pk]
    assert (bad.attempts, bad.due_at > timezone.now() + timedelta(minutes=59), bad.last_error != "") == (1, True, True)
    assert not outages().exists()


def test_payouts_of_different_sellers_that_fail_alike_mean_that_stripe_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    payouts = [on_its_way(SellerFactory(), f"po_{number}", arrived=timedelta(hours=9 - number)) for number in range(4)]
    asked = asked_about(monkeypatch, {payout.pk: StripeAway("APIError: 500") for payout in payouts})

    assert tasks.ask_about_late_payouts() == 3

    assert [key for key, _ in asked] == ["po_0", "po_1", "po_2"]
    assert [outage.dependency for outage in outages()] == ["stripe"]


def test_payouts_of_one_seller_never_count_as_an_outage_of_stripe(seller: SellerProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    payouts = [on_its_way(seller, f"po_{number}", arrived=timedelta(hours=2)) for number in range(4)]
    asked_about(monkeypatch, {payout.pk: StripeAway("APIError: 500") for payout in payouts})

    assert tasks.ask_about_late_payouts() == 4

    assert not outages().exists()


def test_a_payout_that_stripe_never_speaks_of_is_given_up_within_the_month_and_staff_ask_again(
    seller: SellerProfile, sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAYOUTS.most is not None
    within = sum((PAYOUTS.wait(attempt) + timedelta(hours=1) for attempt in range(1, PAYOUTS.most)), timedelta())
    payout = on_its_way(seller, "po_bad", arrived=timedelta(days=25), attempts=PAYOUTS.most - 1)

    assert tasks.ask_about_late_payouts() == 1

    payout.refresh_from_db()
    assert (payout.given_up_at is not None, payout.last_error.startswith("InvalidRequestError: No such payout")) == (True, True)
    assert within < timedelta(days=30) - unheard.LATE
    seen = StripePayout("po_bad", "paid", Money(500, "eur"), "", payout.created_at, payout.arrives_at, ())
    monkeypatch.setattr(payouts, "read_payout", lambda *_, **__: seen)
    ines = UserFactory(username="ines")
    call_command("make_staff", "ines", "--role", "finance")
    client.force_login(ines)
    form = {"action": "reconcile", "index": "0", "_selected_action": ["po_bad"], "act_confirmed": "yes", "reason": "Stripe is back."}
    assert client.post("/admin/billing/payout/", form).status_code == 302
    payout.refresh_from_db()
    assert (payout.status, payout.attempts, payout.last_error, payout.given_up_at) == ("paid", 0, "", None)

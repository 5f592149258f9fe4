"""Completed but unpaid: a bank debit comes late, fails, or fails after it had come. Nothing is granted until it is paid."""

from typing import Any

import pytest
from django.test import Client

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from billing.disputes.models import Dispute, TransferReversal
from billing.inbox.services import handle_event
from billing.ledger.models import LedgerTransaction
from billing.orders.models import Order
from billing.payments import tasks
from billing.payments.reconcile import reconcile_order
from marketplace.entitlements.models import Entitlement
from outbox.mail.models import OutgoingMail
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def promised(opened: Order, sandbox: Sandbox) -> Order:
    """An order whose buyer has promised a bank debit."""
    sandbox.press(opened, "pay-later")
    handle_event(event_id=sandbox.deliver("checkout.session.completed", opened.checkout_session_id))
    opened.refresh_from_db()
    return opened


def mails(order: Order) -> list[str]:
    return sorted(OutgoingMail.objects.filter(to=order.email).values_list("subject", flat=True))


def test_one_that_comes_late_waits_with_words_and_grants_nothing_until_it_is_paid(
    promised: Order, sandbox: Sandbox, buyer: User, holds: Any, client: Client
) -> None:
    reconcile_order(order_id=promised.pk)
    assert (promised.state, promised.waits_for_bank, holds(buyer), mails(promised)) == (
        *("pending", True, []),
        ["Your bank debit for Postgres HA is on its way"],
    )
    assert not LedgerTransaction.objects.exists()  # no money has moved
    client.force_login(buyer)
    assert client.get(f"/billing/return/{promised.pk}/")["Location"] == f"/orders/{promised.pk}/"
    assert "Your bank debit is on its way." in client.get(f"/orders/{promised.pk}/").content.decode()
    sandbox.press(promised, "settle")

    handle_event(event_id=sandbox.deliver("checkout.session.async_payment_succeeded", promised.checkout_session_id))

    promised.refresh_from_db()
    assert (promised.state, promised.waits_for_bank, len(holds(buyer))) == ("paid", False, 1)
    assert len(mails(promised)) == 2  # and the receipt
    assert sorted(LedgerTransaction.objects.values_list("kind", flat=True)) == ["application_fee", "charge", "transfer"]


def test_one_that_fails_ends_the_order_with_words_and_moves_nothing(
    promised: Order, sandbox: Sandbox, buyer: User, holds: Any, client: Client
) -> None:
    sandbox.press(promised, "fail")
    event = sandbox.deliver("checkout.session.async_payment_failed", promised.checkout_session_id)

    for _ in range(2):
        handle_event(event_id=event)

    promised.refresh_from_db()
    assert (promised.state, holds(buyer), Entitlement.objects.exists()) == ("failed", [], False)
    assert not LedgerTransaction.objects.exists()
    assert mails(promised) == ["Your bank debit for Postgres HA is on its way", "Your payment for Postgres HA did not arrive"]
    client.force_login(buyer)
    assert "The payment failed." in client.get(f"/orders/{promised.pk}/").content.decode()


def test_one_that_fails_after_it_had_come_is_a_lost_dispute_and_taken_back(
    promised: Order, sandbox: Sandbox, buyer: User, seller: SellerProfile, holds: Any
) -> None:
    sandbox.press(promised, "settle")
    assert (reconcile_order(order_id=promised.pk).state, len(holds(buyer))) == ("paid", 1)
    dispute = sandbox.dispute(promised, reason="debit_not_authorized")

    handle_event(event_id=sandbox.deliver("charge.dispute.created", dispute))
    tasks.continue_waiting_reversals()

    promised.refresh_from_db()
    assert (promised.state, holds(buyer), Dispute.objects.get().respond_by) == ("charged_back", [], None)
    assert TransferReversal.objects.get().state == "succeeded"
    assert "Your bank has returned the money for Postgres HA" in mails(promised)
    assert OutgoingMail.objects.filter(subject=f"Dispute lost: €5.00, order {promised.number}").exists()
    kinds = list(LedgerTransaction.objects.order_by("kind").values_list("kind", flat=True))
    assert kinds == ["application_fee", "application_fee_refund", "charge", "dispute", "dispute_decided", "transfer", "transfer_reversal"]

"""After a lost dispute the seller's part is taken back, once, by one rule; what cannot be is a matter for staff."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.disputes.errors import ReversalNotWaiting
from billing.disputes.models import Dispute, TransferReversal
from billing.disputes.reversals import close_reversal, promise_reversals, retry_reversal
from billing.ledger.statements import seller_balances
from billing.orders.models import Order
from billing.payments import due, tasks
from billing.payments.observation import observe_order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.payments.taking_back import continue_reversal
from billing.refunds.services import request_refund
from billing.stripe.disputes import ReversalRequest
from billing.stripe.errors import StripeAccountGone, StripeAway, StripeRefused
from common.money import Money
from marketplace.products.models import Product
from tests.billing.conftest import person_of
from tests.factories.billing import DisputeFactory, TransferReversalFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
DISPUTE_FEE = 2000


def reversals(sandbox: Sandbox, order: Order) -> list[int]:
    """What Stripe has taken back of the order's transfer, newest first."""
    intent = sandbox.get(f"/payment_intents/{order.payment_intent_id}", **{"expand[]": "latest_charge"})
    return [each["amount"] for each in sandbox.get(f"/transfers/{intent['latest_charge']['transfer']}/reversals")["data"]]


def test_the_sellers_part_is_taken_back_with_our_fee_and_the_banks_fee_is_ours(
    lost: Order, seller: SellerProfile, sandbox: Sandbox, sides: Any
) -> None:
    reversal = TransferReversal.objects.get()
    assert (reversal.money, reversal.fee, reversal.of_seller) == (Money(500, "eur"), Money(50, "eur"), Money(450, "eur"))
    assert (str(reversal), reversal.state) == (f"€5.00 of {reversal.dispute_id}, waiting", "waiting")
    assert sides(lost)["disputes_lost"] == 500
    [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())
    assert (balance.lost.minor, balance.held.minor, balance.stuck.minor) == (450, 0, 0)

    assert tasks.continue_waiting_reversals() == 1

    reversal.refresh_from_db()
    assert (reversal.state, reversal.settled_at is not None, reversals(sandbox, lost)) == ("succeeded", True, [500])
    ours, theirs = sides(lost), sides(lost, seller=seller.pk)
    assert "disputes_lost" not in ours
    assert (ours.get("platform_fee"), theirs) == (None, {})
    assert ours["stripe_fee"] == DISPUTE_FEE + 33 == -ours["stripe"]
    [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())
    assert (balance.lost.minor, balance.stuck.minor) == (0, 0)
    assert AuditEvent.objects.filter(action="dispute.reversal_made").count() == 1


def test_it_is_taken_back_once_however_often_anybody_tries(lost: Order, sandbox: Sandbox, lose_answer: Any) -> None:
    reversal = TransferReversal.objects.get()
    lose_answer("billing.payments.taking_back.reverse_transfer")
    with pytest.raises(StripeAway):
        continue_reversal(reversal_id=reversal.pk)
    assert reversals(sandbox, lost) == [500]
    reconcile_order(order_id=lost.pk)

    for _ in range(2):
        assert continue_reversal(reversal_id=reversal.pk).state == "succeeded"
        TransferReversal.objects.filter(pk=reversal.pk).update(state="waiting", stripe_reversal_id=None)
    continue_reversal(reversal_id=reversal.pk)

    assert (reversals(sandbox, lost), TransferReversal.objects.get().state) == ([500], "succeeded")


@pytest.mark.parametrize("state", ["succeeded", "closed"])
def test_whoever_comes_second_changes_nothing(lost: Order, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    reversal = TransferReversal.objects.get()

    def overtaken(_: ReversalRequest) -> str:
        TransferReversal.objects.update(state=state, stripe_reversal_id="trr_of_the_first")
        if state == "closed":
            raise StripeAccountGone(reason="gone")
        return "trr_of_the_second"

    monkeypatch.setattr("billing.payments.taking_back.reverse_transfer", overtaken)

    continue_reversal(reversal_id=reversal.pk)

    reversal.refresh_from_db()
    assert (reversal.state, reversal.stripe_reversal_id, reversal.given_up_at) == (state, "trr_of_the_first", None)
    assert not AuditEvent.objects.filter(action__in=("dispute.reversal_made", "dispute.reversal_given_up")).exists()
    lost.refresh_from_db()
    assert (lost.flagged_at, reversals(sandbox, lost)) == (None, [])


def test_what_a_refund_took_back_is_not_taken_a_second_time(paid: Order, staff: User, sandbox: Sandbox, sides: Any, seller) -> None:
    continue_refund(refund_id=request_refund(order=paid, amount=Money(300, "eur"), reason="x", actor=staff).pk)
    sandbox.control(f"/disputes/{sandbox.dispute(paid)}/lose")  # the bank takes the whole all the same

    order = reconcile_order(order_id=paid.pk)
    tasks.continue_waiting_reversals()

    assert [TransferReversal.objects.get().amount, TransferReversal.objects.get().fee_amount] == [200, 20]
    assert (reversals(sandbox, order), sides(order, seller=seller.pk)) == ([200, 300], {})
    assert sides(order)["disputes_lost"] == 300  # paid twice: our loss, and flagged
    assert order.flag.startswith("More money went back than was paid")


def test_a_dispute_after_a_full_refund_takes_nothing_from_the_seller(paid: Order, staff: User, sandbox: Sandbox, holds, buyer) -> None:
    continue_refund(refund_id=request_refund(order=paid, amount=None, reason="x", actor=staff).pk)
    sandbox.control(f"/disputes/{sandbox.dispute(paid)}/lose")

    order = reconcile_order(order_id=paid.pk)

    assert (order.state, holds(buyer), reversals(sandbox, order)) == ("refunded", [], [500])
    assert not TransferReversal.objects.exists()
    assert order.flag.startswith("More money went back than was paid")


def test_a_sale_without_our_fee_is_taken_back_without_one(product: Product, buyer: User, buy, sandbox: Sandbox, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 0
    order = buy(product, buyer)
    reconcile_order(order_id=order.pk)
    sandbox.control(f"/disputes/{sandbox.dispute(order)}/lose")
    reconcile_order(order_id=order.pk)

    assert tasks.continue_waiting_reversals() == 1
    assert (TransferReversal.objects.get().fee_amount, TransferReversal.objects.get().state) == (0, "succeeded")


class TestAnAccountThatIsGone:
    @pytest.fixture
    def stuck(self, lost: Order, sandbox: Sandbox) -> Order:
        sandbox.control(f"/accounts/{lost.destination_account_id}/leave")
        assert tasks.continue_waiting_reversals() == 1
        lost.refresh_from_db()
        return lost

    def test_staff_are_told_what_to_do_and_the_seller_reads_it(self, stuck: Order, sandbox: Sandbox, seller: SellerProfile, client) -> None:
        reversal = TransferReversal.objects.get()
        assert (reversal.is_stuck, "does not have access" in reversal.last_error) == (True, True)
        assert stuck.flag.startswith("What a bank took of this order cannot be taken back from the seller")
        assert [due.continue_waiting_reversals(), reversals(sandbox, stuck)] == [0, []]
        [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())
        assert (balance.lost.minor, balance.stuck.minor) == (0, 450)
        client.force_login(person_of(seller))
        assert "we could not take it back from your Stripe account" in client.get("/selling/balance/").content.decode()
        page = client.get(f"/selling/disputes/{reversal.dispute_id}/").content.decode()
        assert "€4.50 could not be taken back from your Stripe account." in page

    def test_staff_try_again_once_it_is_back(self, stuck: Order, sandbox: Sandbox, staff: User) -> None:
        dispute = Dispute.objects.get()
        sandbox.control(f"/accounts/{stuck.destination_account_id}/come-back")
        with pytest.raises(ReasonMissing):
            retry_reversal(dispute=dispute, reason=" ", actor=staff)

        retry_reversal(dispute=dispute, reason="They are back.", actor=staff)
        tasks.continue_waiting_reversals()

        assert (TransferReversal.objects.get().state, reversals(sandbox, stuck)) == ("succeeded", [500])
        assert AuditEvent.objects.get(action="dispute.reversal_retried").reason == "They are back."

    def test_staff_close_it_once_it_is_settled_in_another_way(
        self, stuck: Order, sandbox: Sandbox, staff: User, sides, client, seller
    ) -> None:
        dispute = Dispute.objects.get()
        with pytest.raises(ReasonMissing):
            close_reversal(dispute=dispute, reason="", actor=staff)

        close_reversal(dispute=dispute, reason="Paid by bank transfer.", actor=staff)

        assert (TransferReversal.objects.get().state, sides(stuck)["disputes_lost"]) == ("closed", 500)
        for act in (close_reversal, retry_reversal):
            with pytest.raises(ReversalNotWaiting):
                act(dispute=dispute, reason="x", actor=staff)
        assert (continue_reversal(reversal_id=TransferReversal.objects.get().pk).state, reversals(sandbox, stuck)) == ("closed", [])
        client.force_login(person_of(seller))
        assert "This loss is settled with us" in client.get(f"/selling/disputes/{dispute.pk}/").content.decode()


def test_an_account_that_has_too_little_is_asked_again_and_given_up_with_a_flag(lost: Order, sandbox: Sandbox) -> None:
    sandbox.fail("/reversals", method="POST", status=400)
    with pytest.raises(StripeRefused):
        continue_reversal(reversal_id=TransferReversal.objects.get().pk)
    assert due.continue_waiting_reversals() == 1
    waiting = TransferReversal.objects.get()
    assert (waiting.state, waiting.attempts, waiting.given_up_at, waiting.due_at > timezone.now()) == ("waiting", 1, None, True)
    TransferReversal.objects.update(attempts=59, due_at=timezone.now())

    assert due.continue_waiting_reversals() == 1

    lost.refresh_from_db()
    assert (TransferReversal.objects.get().is_stuck, lost.flag.startswith("Given up after 60 attempts")) == (True, True)
    sandbox.mend()
    assert reversals(sandbox, lost) == []


def test_nothing_is_taken_back_while_a_lost_dispute_is_appealed(lost: Order, sandbox: Sandbox) -> None:
    dispute = Dispute.objects.get()
    sandbox.control(f"/disputes/{dispute.pk}/appeal")
    reconcile_order(order_id=lost.pk)

    assert continue_reversal(reversal_id=TransferReversal.objects.get().pk).state == "waiting"
    assert [tasks.continue_waiting_reversals(), reversals(sandbox, lost)] == [0, []]
    sandbox.control(f"/disputes/{dispute.pk}/lose")
    reconcile_order(order_id=lost.pk)
    assert [tasks.continue_waiting_reversals(), reversals(sandbox, lost)] == [1, [500]]
    assert TransferReversal.objects.count() == 1


@pytest.mark.parametrize("stuck", [False, True])
def test_what_waits_is_lost_only_while_its_dispute_is(lost: Order, sandbox: Sandbox, seller: SellerProfile, client, *, stuck: bool) -> None:
    TransferReversal.objects.update(given_up_at=timezone.now() if stuck else None)
    dispute, told = Dispute.objects.get(), []
    client.force_login(person_of(seller))
    for verdict in ("appeal", "lose", "appeal", "win"):
        [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())
        told.append(balance.lost.minor + balance.stuck.minor)
        assert ("of your sales back for good" in client.get("/selling/balance/").content.decode()) == bool(told[-1])
        sandbox.control(f"/disputes/{dispute.pk}/{verdict}")
        reconcile_order(order_id=lost.pk)
    [balance] = seller_balances(seller_id=seller.pk, now=timezone.now())

    assert (told, balance.lost.minor, balance.stuck.minor) == ([450, 0, 450, 0], 0, 0)
    assert [TransferReversal.objects.get().state, tasks.continue_waiting_reversals(), reversals(sandbox, lost)] == ["waiting", 0, []]
    assert "is taken back" not in client.get(f"/selling/disputes/{dispute.pk}/").content.decode()


@pytest.mark.parametrize(("status", "amount"), [("lost", 200), ("appeal_under_review", 500), ("won", 500)])
def test_only_what_another_lost_dispute_takes_back_lessens_a_part(disputed: Order, status: str, amount: int) -> None:
    TransferReversalFactory(dispute=DisputeFactory(order=disputed, status=status), amount=300, fee_amount=30)
    observation = observe_order(order_id=disputed.pk)
    assert observation is not None
    mine = Dispute.objects.get(status="needs_response")
    Dispute.objects.filter(pk=mine.pk).update(status="lost")

    assert promise_reversals(disputed, observation.payment) == []

    assert TransferReversal.objects.get(dispute=mine).amount == amount


def test_an_appeal_that_is_won_after_the_seller_has_paid_is_told_to_staff(lost: Order, sandbox: Sandbox) -> None:
    tasks.continue_waiting_reversals()
    sandbox.control(f"/disputes/{Dispute.objects.get().pk}/appeal")
    sandbox.control(f"/disputes/{Dispute.objects.get().pk}/win")

    order = reconcile_order(order_id=lost.pk)

    assert order.flag.startswith("The bank has decided for the seller after all, from whom €4.50 was taken back")


def test_a_loss_in_another_currency_is_taken_back_by_hand(disputed: Order) -> None:
    observation = observe_order(order_id=disputed.pk)
    assert observation is not None
    Dispute.objects.update(status="lost", currency="usd")

    concerns = promise_reversals(disputed, observation.payment)

    assert concerns == ["The bank took $5.00 in another currency than was paid: take the seller's part back by hand."]
    assert not TransferReversal.objects.exists()


def test_a_payment_whose_transfer_is_not_listed_yet_is_taken_back_the_next_time(disputed: Order, sandbox: Sandbox) -> None:
    sandbox.control(f"/disputes/{Dispute.objects.get().pk}/lose")
    observation = observe_order(order_id=disputed.pk)
    assert observation is not None
    Dispute.objects.update(status="lost")

    assert promise_reversals(disputed, replace(observation.payment, movements=())) == []
    assert not TransferReversal.objects.exists()
    reconcile_order(order_id=disputed.pk)
    assert TransferReversal.objects.get().amount == 500

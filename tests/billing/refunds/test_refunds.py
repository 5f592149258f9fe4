"""Money that goes back: by staff, by the shop itself, and by people in Stripe's dashboard."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import OrderNotRefundable, RefundInOtherCurrency, RefundOutOfRange
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from billing.stripe.errors import StripeAway, StripeRefused
from billing.stripe.payments import read_payment
from billing.stripe.refunds import RefundRequest
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.images.models import Image
from marketplace.products.models import Product
from outbox.mail.models import OutgoingMail
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NamespaceFactory, ProductFactory, PushedImageFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
SENT_BACK = {"reverse_transfer": "true", "refund_application_fee": "true"}


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


def ask(order: Order, staff: User, amount: int | None = None) -> Refund:
    return request_refund(
        order=order, amount=None if amount is None else Money(amount, order.currency), reason="It did not start.", actor=staff
    )


def transfer_of(sandbox: Sandbox, order: Order) -> Any:
    return sandbox.get("/transfers", destination=order.destination_account_id)["data"][0]


def fee_of(sandbox: Sandbox, order: Order) -> Any:
    charge = sandbox.get(f"/payment_intents/{order.payment_intent_id}")["latest_charge"]
    return sandbox.get(f"/application_fees/{sandbox.get(f'/charges/{charge}')['application_fee']}")


def test_a_full_refund_takes_everything_back(paid: Order, staff: User, buyer: User, sandbox: Sandbox, holds) -> None:
    refund = ask(paid, staff)
    paid.refresh_from_db()
    assert (refund.state, refund.amount, paid.state, paid.refund_requested_amount) == ("waiting", 500, "paid", 500)
    assert len(holds(buyer)) == 1

    refund = continue_refund(refund_id=refund.pk)

    paid.refresh_from_db()
    assert (refund.state, refund.stripe_refund_id is not None, refund.settled_at is not None) == ("succeeded", True, True)
    assert (paid.state, paid.refunded_amount, paid.closed_at is not None) == ("refunded", 500, True)
    assert holds(buyer) == []
    assert Entitlement.objects.get().revocation_reason == "The order was refunded."
    assert (transfer_of(sandbox, paid)["amount_reversed"], fee_of(sandbox, paid)["amount_refunded"]) == (500, 50)
    mail = OutgoingMail.objects.get(key=f"refund:{refund.pk}")
    assert "6 more minutes" in mail.body_text
    requested = AuditEvent.objects.get(action="order.refund_requested")
    assert (requested.actor, requested.reason, requested.details) == (staff, "It did not start.", {"amount": 500})


def test_without_a_fee_there_is_none_to_give_back(seller: SellerProfile, buyer: User, staff: User, buy, settings) -> None:
    settings.LAYERSTORE_APPLICATION_FEE_PERCENT = 0
    order = reconcile_order(order_id=buy(ProductFactory(namespace=NamespaceFactory(owner=seller.account)), buyer).pk)

    refund = continue_refund(refund_id=ask(order, staff).pk)

    assert (refund.state, refund.failure) == ("succeeded", "")


def test_a_partial_refund_keeps_pull(paid: Order, staff: User, buyer: User, sandbox: Sandbox, holds) -> None:
    continue_refund(refund_id=ask(paid, staff, 200).pk)

    paid.refresh_from_db()
    assert (paid.state, paid.refunded_amount, len(holds(buyer))) == ("partially_refunded", 200, 1)
    assert (transfer_of(sandbox, paid)["amount_reversed"], fee_of(sandbox, paid)["amount_refunded"]) == (200, 20)
    continue_refund(refund_id=ask(paid, staff).pk)
    paid.refresh_from_db()
    assert (paid.state, paid.refunded_amount, holds(buyer)) == ("refunded", 500, [])


@pytest.mark.parametrize("amount", [0, -1, 301, 501])
def test_refunds_never_exceed_what_is_left(paid: Order, staff: User, amount: int) -> None:
    ask(paid, staff, 200)

    with pytest.raises(RefundOutOfRange):
        ask(paid, staff, amount)

    paid.refresh_from_db()
    assert (Refund.objects.count(), paid.refund_requested_amount) == (1, 200)


def test_what_was_requested_in_full_is_not_requested_again(paid: Order, staff: User) -> None:
    ask(paid, staff)

    with pytest.raises(OrderNotRefundable):
        ask(paid, staff)


def test_an_amount_of_another_currency_is_refused(paid: Order, staff: User) -> None:
    with pytest.raises(RefundInOtherCurrency, match="paid in EUR"):
        request_refund(order=paid, amount=Money(200, "usd"), reason="It did not start.", actor=staff)

    paid.refresh_from_db()
    assert (Refund.objects.count(), paid.refund_requested_amount) == (0, 0)


def test_the_database_itself_refuses_refunds_above_the_amount(paid: Order) -> None:
    with pytest.raises(IntegrityError, match="order_refund_requested_within_amount"):
        Order.objects.update(refund_requested_amount=501)
    with pytest.raises(IntegrityError, match="order_refunds_within_amount"):
        Order.objects.update(refunded_amount=501)


def test_a_refund_has_a_reason(paid: Order, staff: User) -> None:
    with pytest.raises(ReasonMissing):
        request_refund(order=paid, amount=None, reason=" ", actor=staff)

    assert not Refund.objects.exists()


def test_what_is_not_paid_is_not_refunded(opened: Order, staff: User) -> None:
    with pytest.raises(OrderNotRefundable):
        ask(opened, staff)


def test_a_refund_of_the_dashboard_is_recognised(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    stripe_id = sandbox.refund(paid, amount=200)

    order = reconcile_order(order_id=paid.pk)

    refund = Refund.objects.get()
    assert (refund.stripe_refund_id, refund.state, refund.amount) == (stripe_id, "succeeded", 200)
    assert (refund.reason, refund.requested_by) == ("Made in Stripe's dashboard.", None)
    assert (order.state, order.refunded_amount, order.refundable.minor, len(holds(buyer))) == ("partially_refunded", 200, 300, 1)
    sandbox.refund(paid)
    assert reconcile_order(order_id=paid.pk).state == "refunded"
    assert holds(buyer) == []


def test_a_refund_of_the_dashboard_that_overtakes_ours_leaves_nothing_to_give(paid: Order, staff: User, sandbox: Sandbox) -> None:
    ours = ask(paid, staff)
    sandbox.refund(paid, **SENT_BACK)

    ours = continue_refund(refund_id=ours.pk)

    paid.refresh_from_db()
    assert (ours.state, "already been refunded" in ours.failure) == ("failed", True)
    assert (paid.state, paid.refunded_amount, paid.refund_requested_amount, paid.flagged_at) == ("refunded", 500, 500, None)


def test_of_a_refund_that_the_dashboard_overtakes_in_part_what_is_left_is_given_once(paid: Order, staff: User, sandbox: Sandbox) -> None:
    ours = ask(paid, staff)
    sandbox.refund(paid, amount=200, **SENT_BACK)

    ours = continue_refund(refund_id=ours.pk)

    paid.refresh_from_db()
    assert (ours.state, ours.amount, continue_refund(refund_id=ours.pk).amount) == ("succeeded", 300, 300)
    assert (paid.state, paid.refunded_amount, paid.refund_requested_amount, paid.flagged_at) == ("refunded", 500, 500, None)
    assert [one["amount"] for one in sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]] == [300, 200]
    assert transfer_of(sandbox, paid)["amount_reversed"] == 500


def test_what_the_dashboard_gave_and_a_bank_sent_back_takes_nothing_from_a_refund_that_waits(
    paid: Order, staff: User, sandbox: Sandbox
) -> None:
    ours = ask(paid, staff)
    sandbox.control(f"/refunds/{sandbox.refund(paid, amount=200)}/fail", reason="declined")

    ours = continue_refund(refund_id=ours.pk)

    paid.refresh_from_db()
    assert (ours.state, ours.amount, paid.state, paid.refunded_amount) == ("succeeded", 500, "refunded", 500)


def test_a_refund_before_completion_grants_nothing(opened: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    sandbox.press(opened)
    sandbox.refund(opened)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.paid_at is not None, holds(buyer)) == ("refunded", True, [])
    assert not OutgoingMail.objects.filter(key__startswith="receipt").exists()


def test_a_bundle_refunded_leaves_what_was_bought_alone(product: Product, buyer: User, buy, staff: User, holds) -> None:
    images: list[Image] = [product.images.get(), PushedImageFactory(namespace=product.namespace)]
    alone = reconcile_order(order_id=buy(product, buyer).pk)
    bundle = reconcile_order(order_id=buy(ProductFactory(namespace=product.namespace, images=images, price__amount=900), buyer).pk)
    assert (len(holds(buyer)), bundle.amount) == (3, 400)

    continue_refund(refund_id=ask(bundle, staff).pk)

    alone.refresh_from_db()
    assert (alone.state, holds(buyer)) == ("paid", [images[0].repository])


def test_a_worker_that_died_after_stripe_gave_the_money_gives_it_once(paid: Order, staff: User, sandbox: Sandbox) -> None:
    refund = ask(paid, staff, 200)
    sandbox.fail("/v1/refunds", times=1, mode="lost", method="POST")
    sandbox.fail("/v1/refunds", method="POST")
    with pytest.raises(StripeAway):
        continue_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.attempts) == ("waiting", 1)
    sandbox.mend()

    refund = continue_refund(refund_id=refund.pk)

    paid.refresh_from_db()
    assert (refund.state, refund.attempts, paid.refunded_amount) == ("succeeded", 1, 200)
    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1


def test_stripe_answering_500_leaves_the_refund_to_the_sweep(paid: Order, staff: User, sandbox: Sandbox) -> None:
    refund = ask(paid, staff)
    sandbox.fail("/v1/refunds")
    for _ in range(2):
        with pytest.raises(StripeAway):
            continue_refund(refund_id=refund.pk)
    sandbox.mend()

    assert continue_refund(refund_id=refund.pk).state == "succeeded"
    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1


def test_attempts_at_once_share_a_key_and_a_later_one_has_a_key_of_its_own(paid: Order, staff: User, sandbox: Sandbox, monkeypatch) -> None:
    refund, asked = ask(paid, staff), Mock(side_effect=StripeAway(cause="500"))
    monkeypatch.setattr("billing.payments.refunding.create_refund", asked)
    for lasts in (10, 10, 0):
        monkeypatch.setattr("billing.payments.refunding._KEY_LASTS", timedelta(minutes=lasts))
        with pytest.raises(StripeAway):
            continue_refund(refund_id=refund.pk)

    first, second, third = (call.args[0].key for call in asked.call_args_list)
    assert (first == second, first == third) == (True, False)
    assert {key.rpartition("-")[0] for key in (first, third)} == {f"refund-{refund.pk}"}
    kept = Refund.objects.get(key_since__isnull=False).key_since
    assert kept
    assert third.endswith(f"-{kept.timestamp()}")
    monkeypatch.undo()
    assert continue_refund(refund_id=refund.pk).state == "succeeded"
    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1


def test_a_refund_that_is_done_is_not_done_again(paid: Order, staff: User, sandbox: Sandbox) -> None:
    refund = continue_refund(refund_id=ask(paid, staff, 200).pk)

    assert continue_refund(refund_id=refund.pk).attempts == 1
    assert len(sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"]) == 1


def test_a_promised_refund_that_stripe_refuses_is_a_matter_for_staff(paid: Order, staff: User, sandbox: Sandbox) -> None:
    refund = ask(paid, staff)
    sandbox.dispute(paid)

    refund = continue_refund(refund_id=refund.pk)

    paid.refresh_from_db()
    assert (refund.state, paid.refund_requested_amount, paid.flagged_at is not None) == ("failed", 0, True)
    assert AuditEvent.objects.filter(action="order.refund_failed").count() == 1


def test_money_promised_back_that_stripe_refused_is_asked_for_again(opened: Order, staff: User, sandbox: Sandbox, monkeypatch) -> None:
    sandbox.press(opened)
    Image.objects.update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    reconcile_order(order_id=opened.pk)
    monkeypatch.setattr("billing.payments.refunding.create_refund", Mock(side_effect=StripeRefused(reason="insufficient funds")))
    failed = continue_refund(refund_id=Refund.objects.get().pk)
    opened.refresh_from_db()
    assert (failed.state, opened.state, opened.refundable.minor) == ("failed", "refunded", 500)
    monkeypatch.undo()
    with pytest.raises(RefundOutOfRange):
        ask(opened, staff, 501)

    again = continue_refund(refund_id=ask(opened, staff).pk)

    opened.refresh_from_db()
    assert (again.state, opened.state, opened.refunded_amount, opened.refundable.minor) == ("succeeded", "refunded", 500, 0)
    with pytest.raises(OrderNotRefundable):
        ask(opened, staff)
    assert OutgoingMail.objects.filter(key=f"refund:{again.pk}").count() == 1


def test_giving_up_twice_is_giving_up_once(paid: Order, staff: User, sandbox: Sandbox, monkeypatch) -> None:
    refund = ask(paid, staff)

    def refused_while_another_did_it(given: RefundRequest) -> None:
        Refund.objects.filter(pk=given.refund_id).update(state="succeeded", stripe_refund_id="re_other", settled_at=timezone.now())
        raise StripeRefused(reason="already")

    monkeypatch.setattr("billing.payments.refunding.create_refund", refused_while_another_did_it)

    assert continue_refund(refund_id=refund.pk).state == "succeeded"
    paid.refresh_from_db()
    assert paid.flagged_at is None


def stripe_says(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *, status: str, refunded: int) -> None:
    """Some banks take a refund later, or not at all: what the sandbox does not play is put into Stripe's answer."""
    read = read_payment

    def answer(session_id: str) -> Any:
        payment = read(session_id)
        refunds = tuple(replace(one, status=status, failure="lost_or_stolen_card" if status == "failed" else "") for one in payment.refunds)
        return replace(payment, refunds=refunds, refunded=Money(refunded, "eur"))

    monkeypatch.setattr("billing.payments.observation.read_payment", answer)


def test_a_refund_that_is_on_its_way_ends_pull_and_waits(paid: Order, staff: User, buyer: User, sandbox, monkeypatch, holds) -> None:
    stripe_says(sandbox, monkeypatch, status="pending", refunded=500)

    refund = continue_refund(refund_id=ask(paid, staff).pk)

    paid.refresh_from_db()
    assert (refund.state, refund.stripe_refund_id is not None, refund.settled_at) == ("waiting", True, None)
    assert (paid.state, holds(buyer)) == ("refunded", [])
    monkeypatch.undo()
    assert continue_refund(refund_id=refund.pk).state == "succeeded"
    assert OutgoingMail.objects.filter(key=f"refund:{refund.pk}").count() == 1


def test_a_partial_refund_that_fails_later_is_a_matter_for_staff(paid: Order, staff: User, sandbox, monkeypatch) -> None:
    refund = continue_refund(refund_id=ask(paid, staff, 200).pk)
    stripe_says(sandbox, monkeypatch, status="failed", refunded=0)

    order = reconcile_order(order_id=paid.pk)

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == ("failed", "lost_or_stolen_card")
    assert (order.state, order.refunded_amount, order.refund_requested_amount) == ("paid", 0, 0)
    assert order.flag == "A refund of €2.00 failed at Stripe: lost_or_stolen_card"

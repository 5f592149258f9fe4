"""What a buyer's bank says, what staff hear of it, and that the money leaves once."""

import logging
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.people.models import User
from audit.models import AuditEvent
from billing.disputes import tasks
from billing.disputes.models import Dispute
from billing.disputes.staff_mail import REMIND_BEFORE, remind_of_disputes
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.payments.refunding import continue_refund
from billing.refunds.errors import OrderNotRefundable
from billing.refunds.models import Refund
from billing.refunds.services import request_refund
from common.money import Money
from marketplace.entitlements.models import Entitlement
from marketplace.entitlements.services.grants import obtain_free_product
from marketplace.products.models import Product
from marketplace.products.services.prices import set_price
from outbox.mail.models import OutgoingMail
from tests.billing.conftest import person_of
from tests.factories.accounts import UserFactory
from tests.factories.billing import DisputeFactory, PaidOrderFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dispute_suspends_and_winning_it_restores(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    dispute = sandbox.dispute(paid)
    assert reconcile_order(order_id=paid.pk).state == "disputed"
    assert holds(buyer) == []
    assert Entitlement.objects.get().suspended_at is not None

    sandbox.control(f"/disputes/{dispute}/win")

    order = reconcile_order(order_id=paid.pk)
    assert (order.state, order.flagged_at, len(holds(buyer))) == ("paid", None, 1)


def test_losing_a_dispute_revokes(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    sandbox.control(f"/disputes/{dispute}/lose")

    order = reconcile_order(order_id=paid.pk)

    assert (order.state, order.closed_at is not None, holds(buyer)) == ("charged_back", True, [])
    assert Entitlement.objects.get().revocation_reason == "The buyer's bank took the money back."
    assert order.flagged_at is None


@pytest.mark.parametrize(
    ("verdict", "state", "held"),
    [pytest.param("win", "paid", 1, id="won"), pytest.param("lose", "charged_back", 0, id="lost")],
)
def test_a_dispute_that_is_closed_before_we_hear_of_it(paid: Order, buyer: User, sandbox: Sandbox, holds, verdict, state, held) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.control(f"/disputes/{dispute}/{verdict}")

    assert reconcile_order(order_id=paid.pk).state == state
    assert len(holds(buyer)) == held


def test_a_payment_that_is_disputed_when_we_first_hear_of_it(opened: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    sandbox.press(opened)
    dispute = sandbox.dispute(opened)

    order = reconcile_order(order_id=opened.pk)

    assert (order.state, order.paid_at is not None, holds(buyer)) == ("disputed", True, [])
    assert OutgoingMail.objects.filter(key__startswith="receipt:").get().key == f"receipt:{order.pk}"
    sandbox.control(f"/disputes/{dispute}/win")
    reconcile_order(order_id=opened.pk)
    assert len(holds(buyer)) == 1


def test_a_dispute_won_after_a_second_payment_gives_the_first_one_back(product: Product, buyer: User, buy, sandbox, holds) -> None:
    twin = ProductFactory(namespace=product.namespace, images=[product.images.get()])
    first, second = buy(product, buyer), buy(twin, buyer)
    dispute = sandbox.dispute(first)
    states = [reconcile_order(order_id=order.pk).state for order in (second, first)]
    assert (states, len(holds(buyer))) == (["paid", "disputed"], 1)
    sandbox.control(f"/disputes/{dispute}/win")

    order = reconcile_order(order_id=first.pk)

    assert (order.state, Refund.objects.get().order, len(holds(buyer))) == ("refunded", first, 1)
    assert Entitlement.objects.get(source_id=first.pk).revoked_at is not None


def test_a_dispute_won_after_a_take_down_is_the_seller_s(paid: Order, sandbox: Sandbox) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    paid.product.images.update(taken_down_at=timezone.now(), take_down_reason="Malware.")
    sandbox.control(f"/disputes/{dispute}/win")

    assert reconcile_order(order_id=paid.pk).state == "paid"
    assert not Refund.objects.exists()


def test_what_is_disputed_is_not_refunded(paid: Order, sandbox: Sandbox) -> None:
    sandbox.dispute(paid)
    order = reconcile_order(order_id=paid.pk)

    with pytest.raises(OrderNotRefundable):
        request_refund(order=order, amount=None, reason="x", actor=UserFactory(staff=True))


@pytest.mark.parametrize("verdict", ["win", "lose"])
def test_a_dispute_is_appealed_and_pull_stays_paused_until_the_end(paid: Order, buyer: User, sandbox: Sandbox, holds, verdict) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.control(f"/disputes/{dispute}/win")
    assert (reconcile_order(order_id=paid.pk).state, len(holds(buyer))) == ("paid", 1)

    sandbox.control(f"/disputes/{dispute}/appeal")
    assert (reconcile_order(order_id=paid.pk).state, holds(buyer)) == ("disputed", [])
    sandbox.post(f"/disputes/{dispute}", submit="true")
    assert (reconcile_order(order_id=paid.pk).state, holds(buyer)) == ("disputed", [])
    sandbox.control(f"/disputes/{dispute}/{verdict}")

    assert reconcile_order(order_id=paid.pk).state == ("paid" if verdict == "win" else "charged_back")
    assert len(holds(buyer)) == (1 if verdict == "win" else 0)


def test_a_lost_dispute_that_is_appealed_is_a_matter_for_staff(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.control(f"/disputes/{dispute}/lose")
    reconcile_order(order_id=paid.pk)
    Order.objects.update(flagged_at=None, flag="")

    sandbox.control(f"/disputes/{dispute}/appeal")

    order = reconcile_order(order_id=paid.pk)
    assert (order.state, order.flag, holds(buyer)) == ("charged_back", "The order is charged back, and Stripe says disputed.", [])


def test_a_dispute_status_of_tomorrow_pauses_and_alarms_once(paid: Order, buyer: User, sandbox: Sandbox, holds, caplog) -> None:
    dispute = sandbox.dispute(paid)
    sandbox.control(f"/disputes/{dispute}/win")
    reconcile_order(order_id=paid.pk)
    assert len(holds(buyer)) == 1
    sandbox.control(f"/disputes/{dispute}/status", status="of_tomorrow")

    orders = [reconcile_order(order_id=paid.pk) for _ in range(2)]

    assert [order.state for order in orders] == ["disputed"] * 2
    assert (holds(buyer), Entitlement.objects.live().count()) == ([], 1)
    assert orders[0].flag.startswith("Stripe says of_tomorrow of a dispute, which this version does not know")
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR].count("dispute status not known") == 1


def test_a_dispute_tells_staff_its_deadline_once_however_often_it_is_heard_of(paid: Order, sandbox: Sandbox) -> None:
    staff, helper = UserFactory(staff=True), UserFactory(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(content_type__app_label="billing", codename="change_order"))
    UserFactory(is_staff=True)
    UserFactory(staff=True, is_active=False)
    dispute_id = sandbox.dispute(paid, reason="product_not_received")
    due_by = sandbox.get(f"/disputes/{dispute_id}")["evidence_details"]["due_by"]

    for _ in range(3):
        reconcile_order(order_id=paid.pk)

    mails = OutgoingMail.objects.filter(key__startswith="dispute:")
    assert sorted(mails.values_list("to", flat=True)) == sorted([staff.email, helper.email])
    dispute = Dispute.objects.get()
    assert dispute.respond_by is not None
    assert (dispute.pk, dispute.order, dispute.amount, dispute.currency) == (dispute_id, paid, 500, "eur")
    assert (dispute.status, dispute.reason, dispute.respond_by.timestamp()) == ("needs_response", "product_not_received", due_by)
    for words in (
        "product_not_received",
        "€5.00",
        f"{dispute.respond_by:%-d %B %Y, %H:%M} UTC",
        f"/admin/billing/dispute/{dispute_id}/change/",
    ):
        assert words in mails[0].body_text
    assert AuditEvent.objects.filter(action="dispute.opened").count() == 1


def test_an_inquiry_tells_staff_and_takes_nothing_from_the_buyer(paid: Order, buyer: User, sandbox: Sandbox, holds) -> None:
    UserFactory(staff=True)
    dispute = sandbox.dispute(paid, inquiry=True)
    assert (reconcile_order(order_id=paid.pk).state, len(holds(buyer))) == ("paid", 1)
    assert OutgoingMail.objects.filter(key__startswith=f"dispute:{dispute}:warning_needs_response").count() == 1

    sandbox.control(f"/disputes/{dispute}/status", status="warning_closed")
    reconcile_order(order_id=paid.pk)

    assert (Dispute.objects.get().status, OutgoingMail.objects.filter(key__startswith="dispute:").count()) == ("warning_closed", 1)
    assert AuditEvent.objects.get(action="dispute.changed").details == {"status": "warning_closed", "before": "warning_needs_response"}


def test_the_address_of_the_settings_is_told_instead_of_people(paid: Order, sandbox: Sandbox, settings) -> None:
    settings.LAYERSTORE_STAFF_MAIL = ["disputes@shop.test"]
    UserFactory(staff=True)
    sandbox.dispute(paid)

    reconcile_order(order_id=paid.pk)

    assert list(OutgoingMail.objects.filter(key__startswith="dispute:").values_list("to", flat=True)) == ["disputes@shop.test"]


def test_a_dispute_that_nobody_can_be_told_of_alarms(paid: Order, sandbox: Sandbox, caplog) -> None:
    sandbox.dispute(paid)

    reconcile_order(order_id=paid.pk)

    assert "nobody to tell of a dispute" in [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "mails"),
    [
        pytest.param({"respond_by": timedelta(hours=47)}, 1, id="near"),
        pytest.param({"respond_by": REMIND_BEFORE + timedelta(hours=1)}, 0, id="far"),
        pytest.param({"respond_by": -timedelta(hours=1)}, 0, id="over"),
        pytest.param({"respond_by": None}, 0, id="the bank takes no answer"),
        pytest.param({"respond_by": timedelta(hours=47), "status": "under_review"}, 0, id="answered"),
        pytest.param({"respond_by": timedelta(hours=47), "reminded_at": timedelta(0)}, 0, id="reminded"),
    ],
)
def test_staff_are_reminded_once_before_a_dispute_s_deadline(values, mails: int, transactional_db) -> None:
    now = timezone.now()
    UserFactory(staff=True)
    DisputeFactory(**{name: now + value if isinstance(value, timedelta) else value for name, value in values.items()})

    assert [tasks.remind_of_disputes(), tasks.remind_of_disputes()] == [mails, 0]

    sent = OutgoingMail.objects.filter(key__startswith="dispute:")
    assert (len(sent), all(mail.subject.startswith("Reminder: answer by ") for mail in sent)) == (mails, True)


def test_a_dispute_that_is_answered_while_staff_are_reminded_is_passed_over(transactional_db, monkeypatch) -> None:
    dispute = DisputeFactory(respond_by=timezone.now() + timedelta(hours=1))
    monkeypatch.setattr(
        "billing.disputes.staff_mail.lock_order", lambda **_: Dispute.objects.filter(pk=dispute.pk).update(status="under_review")
    )

    assert remind_of_disputes(now=timezone.now()) == 0
    assert not OutgoingMail.objects.exists()


def test_another_deadline_is_another_reminder(paid: Order, sandbox: Sandbox) -> None:
    UserFactory(staff=True)
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    Dispute.objects.update(respond_by=timezone.now() + timedelta(hours=1))
    assert remind_of_disputes(now=timezone.now()) == 1

    reconcile_order(order_id=paid.pk)

    assert Dispute.objects.get(pk=dispute).reminded_at is None


def test_who_loses_a_dispute_is_not_refunded_because_the_image_became_free(
    paid: Order, product: Product, buyer: User, sandbox: Sandbox, holds
) -> None:
    dispute = sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    set_price(product=product, money=Money(0, "eur"), actor=person_of(paid.seller))
    obtain_free_product(product=product, user=buyer)
    sandbox.control(f"/disputes/{dispute}/win")

    order = reconcile_order(order_id=paid.pk)

    assert (order.state, order.refund_requested_amount, len(holds(buyer))) == ("paid", 0, 2)
    assert not Refund.objects.exists()


def test_who_lost_a_dispute_before_we_heard_of_the_payment_is_not_refunded_because_the_image_became_free(
    opened: Order, product: Product, buyer: User, sandbox: Sandbox
) -> None:
    sandbox.press(opened)
    sandbox.control(f"/disputes/{sandbox.dispute(opened)}/win")
    set_price(product=product, money=Money(0, "eur"), actor=person_of(opened.seller))
    obtain_free_product(product=product, user=buyer)

    assert reconcile_order(order_id=opened.pk).state == "paid"
    assert not Refund.objects.exists()


@pytest.mark.parametrize("status", ["needs_response", "appeal_under_review", "of_tomorrow", "lost"])
def test_no_money_leaves_twice_what_a_bank_may_take_is_not_refunded_as_well(status: str, transactional_db) -> None:
    order = PaidOrderFactory(state="refunded", refunded_amount=0)  # what was promised back failed at Stripe
    DisputeFactory(order=order, status=status)

    with pytest.raises(OrderNotRefundable) as refused:
        request_refund(order=order, amount=Money(100, "eur"), reason="x", actor=UserFactory(staff=True))

    assert refused.value.context["state"] == "disputed"
    assert not Refund.objects.exists()


@pytest.mark.parametrize("status", ["won", "warning_under_review", "prevented"])
def test_what_no_bank_takes_may_be_refunded(status: str, transactional_db) -> None:
    order = PaidOrderFactory()
    DisputeFactory(order=order, status=status)

    assert request_refund(order=order, amount=Money(100, "eur"), reason="x", actor=UserFactory(staff=True)).amount == 100


def test_no_money_leaves_twice_a_refund_that_waits_ends_with_a_dispute(paid: Order, sandbox: Sandbox) -> None:
    refund = request_refund(order=paid, amount=Money(200, "eur"), reason="x", actor=UserFactory(staff=True))
    sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)

    refund = continue_refund(refund_id=refund.pk)

    order = Order.objects.get()
    assert (refund.state, order.refund_requested_amount) == ("failed", 0)
    assert order.flag.startswith("A refund of €2.00 was not made: The payment is disputed")
    assert sandbox.get("/refunds", payment_intent=paid.payment_intent_id)["data"] == []


def test_money_that_left_twice_is_told_to_staff(paid: Order, sandbox: Sandbox, monkeypatch) -> None:
    sandbox.refund(paid, amount=300)
    dispute = sandbox.dispute(paid)  # the bank takes the whole all the same
    sandbox.control(f"/disputes/{dispute}/lose")

    order = reconcile_order(order_id=paid.pk)

    assert (order.state, order.refunded_amount) == ("charged_back", 300)
    assert order.flag == "More money went back than was paid: the payment was refunded, and the buyer's bank took it as well."

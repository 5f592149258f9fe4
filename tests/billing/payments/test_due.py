"""Rows that are due to ask Stripe are taken one by one: one that fails stops no other, and is given up in the end with its reason."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from audit.models import AuditEvent
from billing.inbox.due import handle_due_events
from billing.inbox.models import StripeEvent
from billing.inbox.tasks import handle_waiting_stripe_events
from billing.orders.models import Order
from billing.orders.services import clear_flag
from billing.payments import tasks
from billing.payments.backoffs import ORDERS, REFUNDS
from billing.payments.due import continue_waiting_refunds, settle_due_orders
from billing.refunds.errors import RefundNotWaiting
from billing.refunds.models import Refund
from billing.refunds.services import retry_refund
from billing.stripe.accounts import read_account_status
from common.db.claims import Backoff
from common.db.leases.holding import lease
from common.db.outages import begin_outage, outages
from tests.factories.accounts import UserFactory
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory, StripeEventFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
SWEEPS = [
    handle_waiting_stripe_events,
    tasks.settle_pending_orders,
    tasks.close_stopped_checkouts,
    tasks.continue_waiting_refunds,
]


def _last_but_one(backoff: Backoff) -> int:
    assert backoff.most is not None
    return backoff.most - 1


def _due(row: Order | Refund | StripeEvent, **values: object) -> None:
    type(row).objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1), **values)


def test_only_rows_that_are_due_are_taken(sandbox: Sandbox) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    event, refund, order = StripeEventFactory(), RefundFactory(), OrderFactory(due_at=timezone.now())
    StripeEventFactory(due_at=soon)
    StripeEventFactory(handled_at=timezone.now())
    StripeEventFactory(given_up_at=timezone.now())
    RefundFactory(state=Refund.State.SUCCEEDED)
    RefundFactory(due_at=soon)
    OrderFactory(due_at=soon)
    OrderFactory(due_at=timezone.now(), flagged_at=timezone.now(), flag="Look.")
    PaidOrderFactory(due_at=timezone.now())

    assert [handle_due_events(), continue_waiting_refunds(), settle_due_orders()] == [1, 1, 1]

    rows = [StripeEvent.objects.get(pk=event.pk), Refund.objects.get(pk=refund.pk), Order.objects.get(pk=order.pk)]
    assert [row.attempts for row in rows] == [1, 1, 1]
    assert all(row.due_at > timezone.now() for row in rows)


def test_the_sweeps_finish_what_lost_tasks_left_behind(opened: Order, sandbox: Sandbox, holds, buyer) -> None:
    sandbox.press(opened)
    Order.objects.update(due_at=timezone.now())
    assert tasks.settle_pending_orders() == 1
    opened.refresh_from_db()
    assert (opened.state, opened.attempts, len(holds(buyer))) == ("paid", 0, 1)

    refund = RefundFactory(order=opened, payment_intent_id=opened.payment_intent_id, amount=500)
    assert tasks.continue_waiting_refunds() == 1
    refund.refresh_from_db()
    assert (refund.state, holds(buyer)) == ("succeeded", [])

    event = StripeEventFactory(object_id=opened.checkout_session_id)
    assert handle_waiting_stripe_events() == 1
    event.refresh_from_db()
    assert event.outcome == f"order {opened.number} refunded"


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda task: task.name)
def test_a_sweep_whose_lease_is_held_does_nothing(sweep) -> None:
    StripeEventFactory()
    stopped = OrderFactory(due_at=timezone.now())
    SellerProfile.objects.filter(pk=stopped.seller_id).update(suspended_at=timezone.now(), suspension_reason="x")
    RefundFactory()

    with lease(sweep.name, lasting=timedelta(minutes=1)) as held:
        assert held
        assert sweep() is None

    assert StripeEvent.objects.filter(attempts__gt=0).count() == 0
    assert Order.objects.filter(attempts__gt=0).count() == 0
    assert Refund.objects.filter(attempts__gt=0).count() == 0


def test_a_row_that_fails_stops_no_other_and_is_given_up_with_its_reason(opened: Order, sandbox: Sandbox, caplog) -> None:
    bad = OrderFactory()  # Stripe does not know its session
    _due(bad, attempts=_last_but_one(ORDERS))
    sandbox.press(opened)
    _due(opened)

    assert settle_due_orders() == 2

    opened.refresh_from_db()
    bad.refresh_from_db()
    assert opened.state == "paid"
    assert bad.given_up_at is not None
    assert bad.last_error.startswith("InvalidRequestError: No such ")
    assert bad.flag == f"Given up after {ORDERS.most} attempts: {bad.last_error}"
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == ["given up"]
    _due(bad)
    assert settle_due_orders() == 0
    assert not outages().exists()


def test_what_was_given_up_is_tried_again_when_staff_clear_the_flag(sandbox: Sandbox) -> None:
    order = OrderFactory(given_up_at=timezone.now(), attempts=20, last_error="x", flagged_at=timezone.now(), flag="Given up.")

    clear_flag(order=order, reason="Mended at Stripe.", actor=UserFactory(staff=True))

    assert settle_due_orders() == 1
    order.refresh_from_db()
    assert (order.attempts, order.given_up_at) == (1, None)


def test_a_refund_that_was_given_up_is_flagged_and_tried_again_by_staff(paid: Order, sandbox: Sandbox) -> None:
    refund, staff = RefundFactory(order=paid), UserFactory(staff=True)
    _due(refund, attempts=_last_but_one(REFUNDS))
    sandbox.fail("/v1/checkout/sessions")
    continue_waiting_refunds()
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert refund.given_up_at is not None
    assert paid.flag.startswith(f"Given up after {REFUNDS.most} attempts: APIError")
    sandbox.mend()

    retry_refund(refund=refund, reason="Stripe is back.", actor=staff)

    assert AuditEvent.objects.get(action="refund.retried").reason == "Stripe is back."
    assert continue_waiting_refunds() == 1
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    with pytest.raises(RefundNotWaiting):
        retry_refund(refund=refund, reason="Again.", actor=staff)
    assert AuditEvent.objects.filter(action="refund.retried").count() == 1


def test_different_rows_that_fail_alike_mean_that_stripe_is_away_and_the_others_keep_their_turn(sandbox: Sandbox) -> None:
    orders = [OrderFactory(due_at=timezone.now() - timedelta(minutes=10 - number)) for number in range(5)]
    sandbox.fail("/v1/checkout/sessions", times=1000)

    assert settle_due_orders() == 3

    assert [outage.dependency for outage in outages()] == ["stripe"]
    attempts = [Order.objects.get(pk=order.pk).attempts for order in orders]
    assert attempts == [1, 1, 1, 0, 0]


def test_the_first_answer_to_anybody_says_that_stripe_is_back(sandbox: Sandbox) -> None:
    begin_outage("stripe", reason="stripe_away: APIError")

    read_account_status(sandbox.account())

    assert not outages().exists()


def test_rows_of_one_buyer_never_count_as_an_outage_of_stripe(sandbox: Sandbox) -> None:
    first = OrderFactory(due_at=timezone.now())
    for _ in range(4):
        OrderFactory(placed_by=first.placed_by, due_at=timezone.now())
    sandbox.fail("/v1/checkout/sessions", times=1000)

    assert settle_due_orders() == 5

    assert not outages().exists()


def test_an_event_that_fails_is_put_off_and_says_why(opened: Order, sandbox: Sandbox) -> None:
    event = StripeEventFactory(object_id=opened.checkout_session_id)
    sandbox.fail("/v1/checkout/sessions")

    assert handle_due_events() == 1

    event.refresh_from_db()
    assert (event.handled_at, event.attempts, event.given_up_at) == (None, 1, None)
    assert event.last_error.startswith("APIError")


def test_a_run_begins_nothing_new_once_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.payments.due.RUN_SECONDS", 0.0)
    StripeEventFactory()

    assert handle_due_events() == 0
    assert StripeEvent.objects.get().attempts == 0

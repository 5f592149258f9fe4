"""What waits is taken up, by one sweep at a time, and each row by itself."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing import tasks
from billing.models import Order, Refund, StripeEvent
from billing.services.waiting import backoff, take_pending_orders, take_waiting_events, take_waiting_refunds
from common.leases import lease
from config.celery import app
from tests.factories.billing import OrderFactory, PaidOrderFactory, RefundFactory, StripeEventFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _at_once():
    """Run queued tasks where they are queued."""
    app.loader.import_default_modules()
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


@pytest.mark.parametrize(
    ("attempts", "seconds"), [pytest.param(0, 15), pytest.param(1, 15), pytest.param(2, 30), pytest.param(5, 240), pytest.param(99, 3600)]
)
def test_each_failure_doubles_the_pause_up_to_an_hour(attempts: int, seconds: int) -> None:
    assert backoff(attempts) == timedelta(seconds=seconds)


def test_events_are_taken_when_their_time_has_come_and_only_once() -> None:
    due = StripeEventFactory(attempts=3)
    StripeEventFactory(retry_at=timezone.now() + timedelta(minutes=1))
    StripeEventFactory(handled_at=timezone.now())

    assert take_waiting_events() == [due.pk]
    assert take_waiting_events() == []
    due.refresh_from_db()
    assert timedelta(seconds=110) < due.retry_at - timezone.now() <= timedelta(seconds=120)


def test_refunds_are_taken_while_they_wait() -> None:
    due = RefundFactory()
    RefundFactory(state=Refund.State.SUCCEEDED)
    RefundFactory(retry_at=timezone.now() + timedelta(minutes=1))

    assert take_waiting_refunds() == [due.pk]
    assert take_waiting_refunds() == []


def test_pending_orders_are_taken_unless_staff_look_at_them() -> None:
    due = OrderFactory(settle_after=timezone.now())
    OrderFactory(settle_after=timezone.now(), flagged_at=timezone.now(), flag="Look.")
    OrderFactory()
    PaidOrderFactory(settle_after=timezone.now())

    assert take_pending_orders() == [due.pk]
    assert take_pending_orders() == []


@pytest.mark.usefixtures("_at_once")
def test_the_sweeps_finish_what_lost_tasks_left_behind(opened: Order, sandbox: Sandbox, holds, buyer) -> None:
    sandbox.press(opened)
    Order.objects.update(settle_after=timezone.now())
    tasks.settle_pending_orders()
    opened.refresh_from_db()
    assert (opened.state, len(holds(buyer))) == ("paid", 1)

    refund = RefundFactory(order=opened, payment_intent_id=opened.payment_intent_id, amount=500)
    tasks.continue_waiting_refunds()
    refund.refresh_from_db()
    assert (refund.state, holds(buyer)) == ("succeeded", [])

    event = StripeEventFactory(object_id=opened.checkout_session_id)
    tasks.handle_waiting_stripe_events()
    event.refresh_from_db()
    assert event.outcome == f"order {opened.number} refunded"


@pytest.mark.parametrize(
    "sweep", [tasks.handle_waiting_stripe_events, tasks.settle_pending_orders, tasks.continue_waiting_refunds], ids=lambda task: task.name
)
def test_a_sweep_whose_lease_is_held_does_nothing(sweep) -> None:
    StripeEventFactory()
    OrderFactory(settle_after=timezone.now())
    RefundFactory()

    with lease(sweep.name, lasting=timedelta(minutes=1)) as held:
        assert held
        sweep()

    assert StripeEvent.objects.filter(retry_at__gt=timezone.now()).count() == 0
    assert Order.objects.filter(state="pending", settle_after__gt=timezone.now()).count() == 0
    assert Refund.objects.filter(retry_at__gt=timezone.now()).count() == 0

"""What the worker does for the sale. Each task takes an id and may run any number of times; the sweeps find what a lost queue forgot."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.utils import timezone

from billing.services import orders, refunds, staff_mail, waiting, webhooks
from common.errors import RetryLater
from common.leases import lease_of_job
from common.queue import queue_after_commit


@shared_task(name="billing.handle_stripe_event", ignore_result=True)
def handle_stripe_event(event_id: str) -> None:
    """Handle one row of the inbox."""
    webhooks.handle_event(event_id=event_id)


@shared_task(name="billing.settle_order", throws=(RetryLater,))
def settle_order(order_id: str) -> None:
    """Ask Stripe about one pending order."""
    orders.settle_order(order_id=UUID(order_id))


@shared_task(name="billing.continue_refund", throws=(RetryLater,))
def continue_refund(refund_id: str) -> None:
    """Go on with one refund."""
    refunds.continue_refund(refund_id=UUID(refund_id))


@shared_task(name="billing.handle_waiting_stripe_events")
def handle_waiting_stripe_events() -> None:
    """Queue the events whose task was lost or failed."""
    with lease_of_job("billing.handle_waiting_stripe_events") as held:
        if held:
            _queue(handle_stripe_event, waiting.take_waiting_events())


@shared_task(name="billing.settle_pending_orders")
def settle_pending_orders() -> None:
    """Queue the pending orders whose webhook has not come."""
    with lease_of_job("billing.settle_pending_orders") as held:
        if held:
            _queue(settle_order, waiting.take_pending_orders())


@shared_task(name="billing.continue_waiting_refunds")
def continue_waiting_refunds() -> None:
    """Queue the refunds that Stripe has not answered yet."""
    with lease_of_job("billing.continue_waiting_refunds") as held:
        if held:
            _queue(continue_refund, waiting.take_waiting_refunds())


@shared_task(name="billing.remind_of_disputes")
def remind_of_disputes() -> int:
    """Remind staff of disputes whose deadline is near; any number of workers may run it at once. Returns how many."""
    return staff_mail.remind_of_disputes(now=timezone.now())


def _queue(task: "Task[Any, Any]", ids: Iterable[object]) -> None:
    for one in ids:
        queue_after_commit(task, str(one))

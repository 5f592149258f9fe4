"""Rows that are due to ask Stripe: a sweep takes them one by one, each at its own time, whatever became of the worker that had it before.

A row that fails, in whatever way, is put off longer each time and given up in the end, with its reason, for staff to try again; the others
go on. When several rows of different people fail alike, Stripe is away: then the run ends, and `/readyz` says so.
"""

import logging
from collections.abc import Callable, Hashable
from dataclasses import replace
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from billing.disputes.models import DisputeEvidence, TransferReversal
from billing.disputes.selectors import reversals_to_make
from billing.orders.locks import lock_order
from billing.orders.models import Order
from billing.orders.services import flag_order
from billing.orders.stopped import orders_to_close
from billing.payments.answering import continue_evidence
from billing.payments.backoffs import EVIDENCE, ORDERS, REFUNDS, REVERSALS, UNBOOKED
from billing.payments.booking import book_order
from billing.payments.reconcile import settle_order
from billing.payments.refunding import continue_refund
from billing.payments.taking_back import continue_reversal
from billing.refunds.models import Refund
from billing.stripe.client import DEPENDENCY
from billing.stripe.errors import StripeAway
from common.db.claims import UNFINISHED, Attempt, Backoff, claim_due, note_failure
from common.db.locking import locked_transaction
from common.db.outages import FailureRun
from common.errors import DomainError

logger = logging.getLogger(__name__)
RUN_SECONDS: Final = 60.0  # after that no row is begun: the next run continues
BOOKING_SECONDS: Final = 5.0  # of each minute: nobody waits for it, and buyers wait for the rest of the lane
Row = TypeVar("Row", bound=Attempt)


def settle_due_orders() -> int:
    """Ask Stripe about the pending orders that are due, except flagged ones, which staff handle; return how many were asked about."""
    rows = Order.objects.filter(state=Order.State.PENDING, flagged_at__isnull=True).order_by("due_at")
    return run_due(rows, ORDERS, lambda order: settle_order(order_id=order.pk), lambda order: order.buyer_id)


def close_stopped_checkouts() -> int:
    """End the checkouts of what was stopped while somebody was paying; return how many were tried."""
    if not orders_to_close().exists():
        return 0
    # An order that was tried before keeps its turn: one that cannot be closed is put off like any other.
    orders_to_close().filter(attempts=0, due_at__gt=timezone.now()).update(due_at=timezone.now())
    rows = orders_to_close().order_by("due_at")
    return run_due(rows, ORDERS, lambda order: settle_order(order_id=order.pk), lambda order: order.buyer_id)


def continue_waiting_refunds() -> int:
    """Go on with the refunds that Stripe has not confirmed; return how many were tried."""
    rows = Refund.objects.filter(state=Refund.State.WAITING).select_related("order").order_by("due_at")
    return run_due(rows, REFUNDS, lambda refund: continue_refund(refund_id=refund.pk), lambda refund: refund.order.buyer_id)


def book_unbooked_orders() -> int:
    """Ask Stripe again about sales that are paid and not in the books, each later than before; return how many were asked about.

    Of some ways to pay Stripe moves the money later than it calls it paid; of orders that are older than the books nobody has asked.
    """
    rows = Order.objects.filter(booked_at__isnull=True, paid_at__isnull=False).order_by("due_at")
    return run_due(rows, UNBOOKED, lambda order: book_order(order_id=order.pk), lambda order: order.buyer_id, seconds=BOOKING_SECONDS)


def continue_waiting_reversals() -> int:
    """Go on with taking back from sellers what disputes have cost; return how many were tried. Appealed ones wait for the decision."""
    rows = reversals_to_make().select_related("dispute__order").order_by("due_at")
    return run_due(rows, REVERSALS, lambda row: continue_reversal(reversal_id=row.pk), lambda row: row.dispute.order.seller_id)


def continue_waiting_evidence() -> int:
    """Go on with answers that Stripe has not confirmed; return how many were tried."""
    rows = DisputeEvidence.objects.filter(state=DisputeEvidence.State.WAITING).select_related("dispute__order").order_by("due_at")
    return run_due(rows, EVIDENCE, lambda row: continue_evidence(evidence_id=row.pk), lambda row: row.dispute.order.buyer_id)


def run_due(
    rows: QuerySet[Row],
    backoff: Backoff,
    act: Callable[[Row], object],
    origin: Callable[[Row], Hashable],
    *,
    seconds: float | None = None,
) -> int:
    """Take what is due, one row at a time, until nothing is, the time is over, or Stripe is away; return how many were tried.

    Args:
        rows: those that are not done, in the order in which they have their turn.
        act: does the one row's work; raises what Stripe said.
        origin: whose row it is.
        seconds: after that no row is begun; `RUN_SECONDS` unless told otherwise.

    Raises:
        OperationalError, InterfaceError: the database is away; no row is at fault.
        SoftTimeLimitExceeded: the task has reached its time limit.
    """
    run, ends, tried = FailureRun(DEPENDENCY), monotonic() + (RUN_SECONDS if seconds is None else seconds), 0
    claims = replace(backoff, most=None)  # whoever gives up a row flags its order
    while monotonic() < ends and (claimed := claim_due(rows, backoff=claims, most=1)):
        (row,) = claimed
        tried += 1
        if backoff.most is not None and row.attempts > backoff.most:
            _record_failure(row, row.last_error or UNFINISHED, backoff)
        elif not _try(row, backoff, act, origin, run):
            break
    return tried


def _try(row: Row, backoff: Backoff, act: Callable[[Row], object], origin: Callable[[Row], Hashable], run: FailureRun) -> bool:
    """Try one row; return whether the run goes on."""
    try:
        act(row)
    except StripeAway as away:
        cause = str(away.context.get("cause") or away.message)
        _record_failure(row, cause, backoff)
        return not run.failed(origin=origin(row), kind=f"{away.code}: {cause.partition(':')[0]}"[:200])
    except DomainError as error:  # it concerns this row alone, and Stripe does answer
        _record_failure(row, getattr(error, "reason", error.message), backoff)
        return True
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception as error:  # an unexpected failure of one row stops no other either, and says nothing of Stripe
        logger.exception("a row failed; the others go on", extra={"kind": row._meta.label_lower, "row": str(row.pk)})
        _record_failure(row, f"{type(error).__name__}: {error}", backoff)
        return True
    run.succeeded()
    return True


def _record_failure(row: Attempt, error: str, backoff: Backoff) -> None:
    order_id = _order_of(row)
    with locked_transaction():
        order = lock_order(order_id=order_id) if order_id else None
        given_up = note_failure(row, error, backoff=backoff)
        if given_up and order is not None:
            flag_order(order, f"Given up after {row.attempts} attempts: {error}")
            order.save(update_fields=["flagged_at", "flag"])
    logger.log(
        logging.ERROR if given_up else logging.WARNING,
        "given up" if given_up else "put off",
        extra={"kind": row._meta.label_lower, "row": str(row.pk), "cause": error},
    )


def _order_of(row: Attempt) -> UUID | None:
    """Return the order that staff are to look at if the row is given up."""
    if isinstance(row, TransferReversal | DisputeEvidence):
        return row.dispute.order_id
    return row.order_id if isinstance(row, Refund) else row.pk if isinstance(row, Order) else None

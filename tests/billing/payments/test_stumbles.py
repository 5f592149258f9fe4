"""A row that Stripe's sweeps stumble over, in a way that nobody thought of, stops no other, is put off, and is given up with its reason."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError
from django.utils import timezone

from accounts.sellers.models import SellerProfile
from billing.disputes.models import DisputeEvidence
from billing.inbox import due as inbox
from billing.orders.models import Order
from billing.payments import due, unheard
from billing.payments.backoffs import ORDERS
from billing.payouts.models import Payout
from billing.reconciliation import due as statements
from billing.renewals import tasks as renewals
from common.db.claims import UNFINISHED, Attempt
from common.db.outages import begin_outage, outages
from tests.factories.accounts import SellerFactory, UserFactory
from tests.factories.billing import (
    DisputeFactory,
    OrderFactory,
    PaidOrderFactory,
    PriceChangeFactory,
    RefundFactory,
    StatementFactory,
    StripeEventFactory,
    SubscriptionFactory,
    TransferReversalFactory,
    UpgradeFactory,
)

pytestmark = pytest.mark.django_db


def stopped_order() -> Order:
    order: Order = OrderFactory()
    SellerProfile.objects.filter(pk=order.seller_id).update(suspended_at=timezone.now(), suspension_reason="Fraud.")
    return order


def evidence() -> DisputeEvidence:
    return DisputeEvidence.objects.create(dispute=DisputeFactory(), stage="needs_response", fields={}, requested_by=UserFactory())


def payout() -> Payout:
    now, seller = timezone.now(), SellerFactory()
    return Payout.objects.create(
        pk=f"po_{seller.pk}", seller=seller, stripe_account_id=seller.stripe_account_id, status="in_transit", amount=500, currency="eur",
        created_at=now - timedelta(days=3), arrives_at=now - timedelta(hours=2),
    )  # fmt: skip


@dataclass(frozen=True)
class Sweep:
    """One that takes its rows by `run_due`: where its act is named, how, and a row that it finds."""

    run: Callable[[], object]
    module: ModuleType
    act: str
    make: Callable[[], Attempt]


SWEEPS = {
    "orders": Sweep(due.settle_due_orders, due, "settle_order", OrderFactory),
    "stopped": Sweep(due.close_stopped_checkouts, due, "settle_order", stopped_order),
    "refunds": Sweep(due.continue_waiting_refunds, due, "continue_refund", RefundFactory),
    "unbooked": Sweep(due.book_unbooked_orders, due, "book_order", PaidOrderFactory),
    "reversals": Sweep(due.continue_waiting_reversals, due, "continue_reversal", TransferReversalFactory),
    "evidence": Sweep(due.continue_waiting_evidence, due, "continue_evidence", evidence),
    "disputes": Sweep(
        unheard.ask_about_disputes, unheard, "reconcile_order", lambda: DisputeFactory(order__booked_at=timezone.now()).order
    ),
    "payouts": Sweep(unheard.ask_about_late_payouts, unheard, "reconcile_payout", payout),
    "events": Sweep(inbox.handle_due_events, inbox, "handle_event", StripeEventFactory),
    "statements": Sweep(statements.reconcile_due_statements, statements, "reconcile_statement", StatementFactory),
    "subscriptions": Sweep(renewals.reconcile_subscriptions, renewals, "reconcile_subscription", SubscriptionFactory),
    "prices": Sweep(renewals.change_prices_of_subscriptions, renewals, "apply_price_change", PriceChangeFactory),
    "upgrades": Sweep(renewals.continue_upgrades, renewals, "continue_upgrade", UpgradeFactory),
}


def make_due(row: Attempt, *, since: timedelta, attempts: int = 0) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(due_at=timezone.now() - since, attempts=attempts)


def stumble_over(bad: Attempt, sweep: Sweep, patch: pytest.MonkeyPatch, error: BaseException) -> list[object]:
    """Have the act fail for one row and do nothing for others; return the keys that it is called with, as they come."""
    asked: list[object] = []

    def act(row: Attempt | None = None, **named: object) -> None:
        key = row.pk if row is not None else next(iter(named.values()))
        asked.append(key)
        if key == bad.pk:
            raise error

    patch.setattr(sweep.module, sweep.act, act)
    return asked


def test_every_sweep_that_takes_its_rows_this_way_is_tried_here() -> None:
    calls = sum(path.read_text().count("run_due(") for path in Path(settings.BASE_DIR, "billing").rglob("*.py"))

    assert calls - 1 == len(SWEEPS)  # without the definition


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS)
def test_a_row_that_we_stumble_over_stops_no_other(sweep: Sweep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    bad, good = sweep.make(), sweep.make()
    make_due(bad, since=timedelta(hours=2))
    make_due(good, since=timedelta(hours=1))
    asked = stumble_over(bad, sweep, monkeypatch, KeyError("nobody thought of this"))

    sweep.run()

    assert asked[:2] == [bad.pk, good.pk]
    bad.refresh_from_db()
    assert (bad.last_error, bad.attempts, bad.given_up_at) == ("KeyError: 'nobody thought of this'", 1, None)
    assert bad.due_at > timezone.now()
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert told.message == "a row failed; the others go on"
    assert told.exc_info is not None
    assert told.exc_info[0] is KeyError


def test_its_order_is_flagged_with_the_reason_once_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    order = OrderFactory()
    assert ORDERS.most is not None
    make_due(order, since=timedelta(hours=1), attempts=ORDERS.most - 1)
    stumble_over(order, SWEEPS["orders"], monkeypatch, IntegrityError("violates a constraint"))

    due.settle_due_orders()

    order.refresh_from_db()
    assert order.given_up_at is not None
    assert order.flag == "Given up after 20 attempts: IntegrityError: violates a constraint"


def test_the_order_of_a_row_whose_last_worker_died_is_flagged_too_and_the_next_row_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    left, good = OrderFactory(), OrderFactory()
    assert ORDERS.most is not None
    make_due(left, since=timedelta(hours=2), attempts=ORDERS.most)  # as a worker leaves it that dies in the last attempt
    make_due(good, since=timedelta(hours=1))
    asked = stumble_over(left, SWEEPS["orders"], monkeypatch, KeyError("it is not tried"))

    due.settle_due_orders()

    left.refresh_from_db()
    assert (asked, left.given_up_at is not None, left.last_error) == ([good.pk], True, UNFINISHED)
    assert left.flag == f"Given up after 21 attempts: {UNFINISHED}"


def test_rows_that_we_stumble_over_say_nothing_of_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    begin_outage("stripe", reason="stripe_away: APIError")
    order = OrderFactory()
    make_due(order, since=timedelta(hours=1))
    stumble_over(order, SWEEPS["orders"], monkeypatch, KeyError("nobody thought of this"))

    due.settle_due_orders()

    assert [outage.dependency for outage in outages()] == ["stripe"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, SoftTimeLimitExceeded])
def test_a_run_without_a_database_or_time_ends_and_no_row_is_at_fault(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = OrderFactory(), OrderFactory()
    make_due(first, since=timedelta(hours=2))
    make_due(second, since=timedelta(hours=1))
    asked = stumble_over(first, SWEEPS["orders"], monkeypatch, error())

    with pytest.raises(error):
        due.settle_due_orders()

    first.refresh_from_db()
    assert (asked, first.last_error) == ([first.pk], "")

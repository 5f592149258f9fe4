"""Paid sales that are not in the books: asked about again until they are, each later than before, and one stops no other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from billing.ledger.models import LedgerTransaction
from billing.ledger.selectors import balances_of_order
from billing.orders.models import Order
from billing.payments import tasks
from billing.payments.backoffs import UNBOOKED
from billing.payments.due import book_unbooked_orders
from billing.payments.reconcile import reconcile_order
from billing.payments.unheard import ask_about_disputes
from billing.stripe.movement_data import MovementKind
from billing.stripe.payments import read_payment
from marketplace.products.models import Product
from tests.factories.billing import PaidOrderFactory, RefundFactory
from tests.factories.marketplace import ProductFactory
from tests.support.sandbox import Sandbox
from tools.demo.shop.sales import _history

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unmoved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stripe calls it paid, and lists no balance transaction yet: its field is empty at first for some ways to pay."""
    monkeypatch.setattr("billing.payments.observation.read_payment", lambda session: replace(read_payment(session), movements=()))


def make_due(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(due_at=timezone.now())


def booked(order: Order) -> bool:
    order.refresh_from_db()
    return order.booked_at is not None and LedgerTransaction.objects.filter(order=order, kind="charge").exists()


def test_a_sale_is_booked_when_it_is_paid_and_not_asked_about_again(paid: Order) -> None:
    make_due(paid)

    assert booked(paid)
    assert book_unbooked_orders() == 0


@pytest.mark.usefixtures("unmoved")
def test_a_sale_whose_money_moves_later_is_booked_then(paid: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (paid.state, booked(paid)) == ("paid", False)
    make_due(paid)
    assert book_unbooked_orders() == 1
    paid.refresh_from_db()
    assert (booked(paid), paid.due_at > timezone.now(), paid.given_up_at, paid.flag) == (False, True, None, "")
    assert "has not moved the money" in paid.last_error
    assert book_unbooked_orders() == 0  # not before its time
    monkeypatch.undo()
    make_due(paid)

    assert book_unbooked_orders() == 1

    assert booked(paid)
    assert balances_of_order(paid.pk)
    assert paid.last_error == ""


@pytest.mark.usefixtures("unmoved")
def test_a_transfer_that_comes_later_than_the_charge_is_waited_for(paid: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def charge_only(session: str) -> Any:
        payment = read_payment(session)
        return replace(payment, movements=tuple(one for one in payment.movements if one.kind is MovementKind.CHARGE))

    monkeypatch.setattr("billing.payments.observation.read_payment", charge_only)
    reconcile_order(order_id=paid.pk)
    paid.refresh_from_db()
    assert paid.booked_at is None
    monkeypatch.undo()

    reconcile_order(order_id=paid.pk)

    assert booked(paid)


def test_a_sale_that_stripe_does_not_know_stops_no_other(paid: Order, product: Product, buyer: User, buy) -> None:
    strange = PaidOrderFactory(checkout_session_id="cs_test_nobody_knows")
    other = reconcile_order(order_id=buy(ProductFactory(namespace=product.namespace), buyer).pk)
    Order.objects.update(booked_at=None, due_at=timezone.now())

    assert book_unbooked_orders() == 3

    strange.refresh_from_db()
    assert (booked(paid), booked(other), strange.booked_at) == (True, True, None)
    assert strange.due_at >= timezone.now() + timedelta(minutes=9)
    assert (strange.attempts, strange.given_up_at) == (1, None)


def test_it_is_given_up_in_the_end_and_staff_see_it(sandbox: Any) -> None:
    strange = PaidOrderFactory(checkout_session_id="cs_test_nobody_knows", attempts=19, due_at=timezone.now())

    assert book_unbooked_orders() == 1

    strange.refresh_from_db()
    assert strange.given_up_at is not None
    assert strange.flag.startswith("Given up after 20 attempts")


@pytest.mark.usefixtures("unmoved")
def test_a_sale_whose_money_stripe_never_lists_is_asked_about_ever_later_and_staff_are_told_in_the_end(paid: Order) -> None:
    assert UNBOOKED.most is not None
    waits = []
    for _ in range(UNBOOKED.most):
        make_due(paid)
        assert book_unbooked_orders() == 1
        paid.refresh_from_db()
        waits.append(round((paid.due_at - timezone.now()) / timedelta(minutes=1)))

    assert waits == [round(UNBOOKED.wait(attempt) / timedelta(minutes=1)) for attempt in range(1, UNBOOKED.most + 1)]
    assert paid.given_up_at is not None
    assert paid.flag.startswith("Given up after 20 attempts: Stripe has not moved the money of this sale yet")
    make_due(paid)
    assert book_unbooked_orders() == 0


@pytest.mark.usefixtures("unmoved")
def test_what_was_given_up_unbooked_is_given_up_no_more_once_it_is_booked(paid: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    Order.objects.update(attempts=20, given_up_at=timezone.now(), last_error="x")
    reconcile_order(order_id=paid.pk)
    paid.refresh_from_db()
    assert (paid.attempts, paid.given_up_at is not None, paid.last_error) == (20, True, "x")
    monkeypatch.undo()

    reconcile_order(order_id=paid.pk)

    assert booked(paid)
    assert (paid.attempts, paid.given_up_at, paid.last_error) == (0, None, "")


@pytest.mark.usefixtures("unmoved")
def test_attempts_from_before_it_was_paid_do_not_count(opened: Order, sandbox: Sandbox) -> None:
    Order.objects.update(attempts=19, last_error="APIError")
    sandbox.press(opened)

    paid = reconcile_order(order_id=opened.pk)

    assert (paid.state, paid.booked_at, paid.attempts, paid.last_error) == ("paid", None, 0, "")


@pytest.mark.usefixtures("unmoved")
def test_one_that_is_not_booked_and_disputed_is_asked_about_by_one_sweep_alone(paid: Order, sandbox: Sandbox) -> None:
    sandbox.dispute(paid)
    reconcile_order(order_id=paid.pk)
    make_due(paid)

    assert (ask_about_disputes(), book_unbooked_orders()) == (0, 1)


def test_what_differs_from_what_was_sold_is_flagged_and_not_booked(paid: Order) -> None:
    Order.objects.update(booked_at=None, due_at=timezone.now(), application_fee=51)

    assert book_unbooked_orders() == 1

    paid.refresh_from_db()
    assert (paid.booked_at, "fee" in paid.flag) == (None, True)


def test_the_demos_past_sales_are_brought_into_the_books_with_their_refunds(product: Product, sandbox: Sandbox) -> None:
    order = PaidOrderFactory(
        product=product, checkout_session_id=f"cs_test_{'d' * 58}", state="partially_refunded", paid_with="card ending 4242"
    )
    Order.objects.update(refunded_amount=200, refund_requested_amount=200)
    RefundFactory(order=order, amount=200, state="succeeded", stripe_refund_id=f"re_{'d' * 24}", settled_at=timezone.now())
    assert sandbox.control("/history", sales=[_history(order)])["taken"] == 1
    make_due(order)

    assert book_unbooked_orders() == 1

    assert (booked(order), order.state, order.flag) == (True, "partially_refunded", "")
    kinds = set(LedgerTransaction.objects.filter(order=order).values_list("kind", flat=True))
    assert kinds == {"charge", "transfer", "application_fee", "refund", "transfer_reversal", "application_fee_refund"}


def test_an_order_of_before_the_books_is_brought_into_them(paid: Order) -> None:
    Order.objects.update(booked_at=None, due_at=timezone.now() - timedelta(days=90))

    assert tasks.book_unbooked_orders() == 1

    assert booked(paid)

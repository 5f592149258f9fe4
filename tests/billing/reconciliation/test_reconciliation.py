"""Stripe's lists against the books, both ways: what differs is found, recorded with what to do, and mended by nobody."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.people.models import User
from accounts.sellers.models import SellerProfile
from audit.errors import ReasonMissing
from audit.models import AuditEvent
from billing.ledger.models import Account, LedgerTransaction
from billing.ledger.postings import Line, Posting
from billing.ledger.services import post
from billing.orders.models import Order
from billing.payments.reconcile import reconcile_order
from billing.reconciliation import reading, services
from billing.reconciliation.advice import ADVICE
from billing.reconciliation.backoffs import next_night
from billing.reconciliation.comparing import compare
from billing.reconciliation.due import has_due_statements, reconcile_due_statements
from billing.reconciliation.errors import DifferenceEnded
from billing.reconciliation.models import Difference, Statement, StatementLine
from billing.reconciliation.services import add_statements, explain_difference, read_again
from billing.reconciliation.tasks import reconcile_books
from billing.stripe.errors import StripeAway
from billing.stripe.statements import StatementPage, read_statement
from common.db.locking import locked_transaction
from common.money import Money
from tests.factories.accounts import SellerFactory, UserFactory
from tests.support.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Difference.Kind


def statement_of(seller: SellerProfile) -> Statement:
    return Statement.objects.get(account_id=seller.stripe_account_id)


def later() -> datetime:
    """After the time in which what has moved may be on its way into the books."""
    return timezone.now() + timedelta(hours=2)


def found() -> list[tuple[str, int | None, int | None]]:
    open_ones = Difference.objects.filter(ended_at=None).order_by("pk")
    return list(open_ones.values_list("kind", "stripe_amount", "booked_amount"))


@pytest.fixture
def staff(transactional_db: None) -> User:
    return UserFactory(staff=True)


@pytest.fixture
def read(paid: Order, seller: SellerProfile) -> Statement:
    """The statement of a seller whose one sale is in the books."""
    reconcile_books()
    return statement_of(seller)


def reread(statement: Statement, *, now: datetime | None = None) -> None:
    """Read the statement once more, and compare it."""
    statement.refresh_from_db()
    assert reading.read_on(statement)
    Statement.objects.filter(pk=statement.pk).update(read_until=statement.began_at, began_at=None, cursor="")
    statement.refresh_from_db()
    compare(statement, now=now or later())


def test_a_sale_that_is_in_the_books_agrees_on_both_balances(read: Statement, paid: Order) -> None:
    [line] = read.lines.all()
    assert (line.type, line.amount, line.fee) == ("payment", paid.amount, paid.application_fee)
    keys = LedgerTransaction.objects.filter(order=paid).values_list("key", flat=True)
    ours = StatementLine.objects.filter(statement__account_id="", pk__in=keys)
    assert sorted(ours.values_list("type", flat=True)) == ["application_fee", "charge", "transfer"]
    assert all(each.agreed_at for each in [line, *ours])
    assert found() == []
    for statement in Statement.objects.filter(closed_at=None):
        assert (statement.attempts, statement.due_at) == (0, next_night(timezone.now()))
        assert statement.compared_at is not None
    assert has_due_statements() is False


def test_money_that_the_books_do_not_know_is_missing_here_until_they_do(
    read: Statement, paid: Order, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.refund(paid, amount=500, reverse_transfer="true", refund_application_fee="true")
    reread(read, now=timezone.now())
    assert found() == []  # it may be on its way

    reread(read)

    fee = paid.application_fee * 500 // paid.amount
    assert sorted(found()) == sorted([(Kind.MISSING_HERE, -500, None), (Kind.MISSING_HERE, fee, None)])
    reread(read)
    assert Difference.objects.count() == 2
    reconcile_order(order_id=paid.pk)
    reread(read)
    assert found() == []
    assert set(Difference.objects.values_list("outcome", flat=True)) == {"The books say the same now."}


def test_an_amount_and_a_fee_that_differ(read: Statement, paid: Order) -> None:
    StatementLine.objects.filter(statement=read).update(amount=paid.amount + 1, fee=paid.application_fee - 1, agreed_at=None)

    assert compare(read, now=later()) == 2

    assert found() == [(Kind.AMOUNT, paid.amount + 1, paid.amount), (Kind.FEE, paid.application_fee - 1, paid.application_fee)]
    assert read.lines.get().agreed_at is None
    StatementLine.objects.filter(statement=read).update(amount=paid.amount)
    assert compare(read, now=later()) == 0
    assert [kind for kind, _, _ in found()] == [Kind.FEE]


@pytest.mark.parametrize("currency", ["usd", "jpy"])
def test_the_same_figure_of_another_currency_differs(read: Statement, paid: Order, currency: str) -> None:
    StatementLine.objects.filter(statement=read).update(currency=currency, agreed_at=None)

    compare(read, now=later())

    assert found() == [(Kind.AMOUNT, paid.amount, 0), (Kind.FEE, paid.application_fee, 0)]


def test_what_stripe_does_not_list_is_missing_there_until_it_does(read: Statement, paid: Order, seller: SellerProfile) -> None:
    moment = timezone.now() - timedelta(days=1)
    lines = (Line(Account.STRIPE, Money(700, "eur"), seller.pk), Line(Account.SELLER_PAYABLE, Money(-700, "eur"), seller.pk))
    with locked_transaction():
        [row] = post([Posting(LedgerTransaction.Kind.TRANSFER_REVERSAL, "txn_x", lines, moment, moment, order=paid, counterpart_id="py_x")])
    reread(read)

    [difference] = Difference.objects.all()
    assert (difference.kind, difference.transaction, difference.line, difference.booked_amount) == (Kind.MISSING_THERE, row, None, 700)
    reread(read)
    assert Difference.objects.count() == 1
    StatementLine.objects.create(
        pk="txn_y", statement=read, type="payment", source_id="py_x", amount=700, fee=0, currency="eur", created_at=moment
    )
    reread(read)
    difference.refresh_from_db()
    assert (difference.outcome, found()) == ("Stripe lists it now.", [])


def test_what_an_earlier_account_received_is_not_missing_on_the_next_one(read: Statement, paid: Order, seller: SellerProfile) -> None:
    StatementLine.objects.filter(statement=read).delete()
    Order.objects.filter(pk=paid.pk).update(destination_account_id="acct_earlier")

    assert compare(read, now=later()) == 0
    Order.objects.filter(pk=paid.pk).update(destination_account_id=seller.stripe_account_id)
    assert compare(read, now=later()) == 1
    assert found() == [(Kind.MISSING_THERE, None, paid.amount)]


def test_what_was_never_read_is_not_missing_there(paid: Order) -> None:
    add_statements()

    assert {compare(statement, now=later()) for statement in Statement.objects.all()} == {0}
    assert LedgerTransaction.objects.exists()


def test_staff_explain_a_difference_and_it_is_not_reported_again(read: Statement, paid: Order, staff: User, seller: SellerProfile) -> None:
    StatementLine.objects.filter(statement=read).update(amount=1, fee=1, agreed_at=None)
    moment = timezone.now() - timedelta(days=1)
    lines = (Line(Account.STRIPE, Money(700, "eur"), seller.pk), Line(Account.SELLER_PAYABLE, Money(-700, "eur"), seller.pk))
    with locked_transaction():
        post([Posting(LedgerTransaction.Kind.TRANSFER, "txn_z", lines, moment, moment, order=paid, counterpart_id="py_z")])
    reread(read)
    differences = list(Difference.objects.order_by("pk"))

    with pytest.raises(ReasonMissing):
        explain_difference(difference=differences[0], reason="", actor=staff)
    assert len(found()) == 3
    for number, difference in enumerate(differences):
        assert read.lines.get().agreed_at is None or number == 2
        explain_difference(difference=difference, reason="Stripe's support has corrected it.", actor=staff)

    with pytest.raises(DifferenceEnded):
        explain_difference(difference=differences[0], reason="Again.", actor=staff)
    assert read.lines.get().agreed_at is not None
    reread(read)
    assert (found(), Difference.objects.count()) == ([], 3)
    assert AuditEvent.objects.filter(action="difference.explained", reason="Stripe's support has corrected it.").count() == 3


def test_a_long_statement_is_read_in_slices_and_nothing_is_lost(
    paid: Order, seller: SellerProfile, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        sandbox.refund(paid, amount=10, reverse_transfer="true")
    monkeypatch.setattr("billing.stripe.statements.PAGE", 2)
    monkeypatch.setattr(reading, "SLICE_SECONDS", -1.0)
    add_statements()
    statement = statement_of(seller)
    assert reading.read_on(statement) is False
    cursor = statement.cursor
    services.reconcile_statement(Statement.objects.get(pk=statement.pk))
    unfinished = statement_of(seller)
    assert (unfinished.read_until, unfinished.cursor != cursor, unfinished.due_at <= timezone.now()) == (None, True, True)

    services.reconcile_statement(unfinished)

    assert statement_of(seller).read_until is not None
    listed = sandbox.http.get("/v1/balance_transactions", params={"limit": 100}, headers={"Stripe-Account": str(seller.stripe_account_id)})
    assert {line.pk for line in statement.lines.all()} == {each["id"] for each in listed.json()["data"]}
    assert statement.lines.count() == 5


def test_all_pages_of_a_balance_are_read_and_one_that_nothing_has_moved_has_none(
    paid: Order, seller: SellerProfile, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        sandbox.refund(paid, amount=10, reverse_transfer="true")
    monkeypatch.setattr("billing.stripe.statements.PAGE", 1)
    empty = SellerFactory(stripe_account_id=sandbox.account())
    add_statements()

    for each in (seller, empty):
        services.reconcile_statement(statement_of(each))

    assert (statement_of(seller).lines.count(), statement_of(empty).lines.count()) == (3, 0)
    assert statement_of(empty).compared_at is not None


def test_one_account_that_fails_stops_no_other(
    paid: Order, seller: SellerProfile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = SellerFactory(stripe_account_id="acct_slow")
    read: Callable[..., StatementPage] = read_statement

    def failing(account_id: str, **arguments: Any) -> StatementPage:
        if account_id == "acct_slow":
            raise StripeAway(cause="APIError: too slow")
        return read(account_id, **arguments)

    monkeypatch.setattr(reading, "read_statement", failing)

    assert reconcile_due_statements() >= 3

    failed = statement_of(other)
    assert (failed.attempts, failed.last_error, failed.compared_at, failed.due_at > timezone.now()) == (1, "APIError: too slow", None, True)
    assert all(each.compared_at or each.closed_at for each in Statement.objects.exclude(pk=failed.pk))
    assert statement_of(seller).compared_at is not None


def test_an_account_that_left_is_closed_and_taken_up_again_when_it_is_back(
    read: Statement, seller: SellerProfile, sandbox: Sandbox
) -> None:
    sandbox.control(f"/accounts/{seller.stripe_account_id}/leave")
    Statement.objects.update(due_at=timezone.now())

    reconcile_due_statements()

    read.refresh_from_db()
    assert (read.closed_at is not None, read.began_at, read.lines.count()) == (True, None, 1)
    sandbox.control(f"/accounts/{seller.stripe_account_id}/come-back")
    assert reconcile_due_statements() == 0  # until the next night
    Statement.objects.filter(pk=read.pk).update(due_at=timezone.now())
    assert reconcile_due_statements() == 1
    read.refresh_from_db()
    assert (read.closed_at, read.compared_at is not None) == (None, True)


def test_new_differences_are_an_error_in_the_log(
    paid: Order, seller: SellerProfile, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.reconciliation.comparing.GRACE", timedelta(hours=-1))
    add_statements()
    StatementLine.objects.create(
        pk="txn_q", statement=statement_of(seller), type="payment", amount=1, fee=0, currency="eur", created_at=timezone.now()
    )
    with caplog.at_level(logging.ERROR):
        services.reconcile_statement(statement_of(seller))

    [record] = [each for each in caplog.records if each.message == "books differ from Stripe's"]
    assert (record.account, record.differences) == (seller.stripe_account_id, 1)  # type: ignore[attr-defined]  # extra fields


def test_staff_have_a_statement_read_from_its_beginning(read: Statement, staff: User) -> None:
    Statement.objects.filter(pk=read.pk).update(given_up_at=timezone.now(), attempts=20, cursor="txn_1")
    with pytest.raises(ReasonMissing):
        read_again(statement=read, reason="", actor=staff)

    read_again(statement=read, reason="Stripe was mended.", actor=staff)

    read.refresh_from_db()
    assert (read.read_until, read.cursor, read.given_up_at, read.attempts) == (None, "", None, 0)
    assert AuditEvent.objects.get(action="statement.read_again").reason == "Stripe was mended."
    assert has_due_statements() is True


@pytest.mark.parametrize(("hour", "day"), [(1, 29), (2, 30), (23, 30)])
def test_a_statement_is_due_in_the_next_night(hour: int, day: int) -> None:
    assert next_night(datetime(2026, 11, 29, hour, 30, tzinfo=UTC)) == datetime(2026, 11, day, 2, tzinfo=UTC)


def test_each_kind_of_difference_says_what_to_do() -> None:
    assert set(ADVICE) == set(Difference.Kind)

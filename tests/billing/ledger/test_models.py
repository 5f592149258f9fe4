"""The database keeps the books: nothing is changed, and nothing is committed that does not balance."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from billing.ledger.models import Account, LedgerEntry, LedgerTransaction
from billing.orders.models import Order
from tests.factories.billing import PaidOrderFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def order() -> Order:
    return PaidOrderFactory()


def written(order: Order, *entries: tuple[Account, int, str], key: str = "txn_1", count: int | None = None) -> LedgerTransaction:
    row = LedgerTransaction.objects.create(
        kind="charge", key=key, order=order, happened_at=NOW, available_at=NOW, entry_count=len(entries) if count is None else count
    )
    for account, amount, currency in entries:
        LedgerEntry.objects.create(transaction=row, account=account, amount=amount, currency=currency)
    return row


def committed() -> None:
    """What the deferred constraints say at a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def constraint_of(caught: pytest.ExceptionInfo[IntegrityError]) -> Any:
    return getattr(getattr(caught.value.__cause__, "diag", None), "constraint_name", None)


def test_what_balances_in_each_currency_is_committed(order: Order) -> None:
    paid = [
        (Account.STRIPE, 90, "eur"),
        (Account.EXCHANGE, -90, "eur"),
        (Account.EXCHANGE, 100, "usd"),
        (Account.BUYERS_CLEARING, -100, "usd"),
    ]
    row = written(order, *paid)

    committed()

    assert [str(entry) for entry in row.entries.all()] == [
        "Balance at Stripe €0.90",
        "Exchange −€0.90",
        "Exchange $1.00",
        "Buyers’ clearing −$1.00",
    ]
    assert str(row) == "Payment txn_1"


@pytest.mark.parametrize(
    ("entries", "count", "constraint"),
    [
        pytest.param(
            [(Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -91, "eur")], 2, "ledger_transaction_balances", id="a cent too much"
        ),
        pytest.param(
            [(Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "usd")],
            2,
            "ledger_transaction_balances",
            id="two currencies that only look alike",
        ),
        pytest.param([], 2, "ledger_transaction_complete", id="no entries"),
        pytest.param(
            [(Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur")], 3, "ledger_transaction_complete", id="one missing"
        ),
    ],
)
def test_what_does_not_balance_or_is_not_whole_is_never_committed(
    order: Order, entries: list[tuple[Account, int, str]], count: int, constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        written(order, *entries, count=count)
        committed()

    assert constraint_of(refused) == constraint
    assert LedgerTransaction.objects.count() == 0


def test_nothing_is_added_to_a_transaction_later_even_if_it_balances(order: Order) -> None:
    row = written(order, (Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur"))
    committed()

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        for amount in (5, -5):
            LedgerEntry.objects.create(transaction=row, account=Account.TAX, amount=amount, currency="eur")
        committed()

    assert constraint_of(refused) == "ledger_transaction_complete"
    assert row.entries.count() == 2


@pytest.mark.parametrize("table", ["billing_ledgertransaction", "billing_ledgerentry"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"], ids=["update", "delete"])
def test_the_books_are_append_only(order: Order, table: str, statement: str) -> None:
    row = written(order, (Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur"))
    committed()

    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))

    assert constraint_of(refused) == "ledger_append_only"
    assert [entry.amount for entry in row.entries.all()] == [90, -90]


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        pytest.param({"account": Account.STRIPE, "amount": 0}, "ledger_entry_not_zero", id="nothing"),
        pytest.param({"account": Account.SELLER_PAYABLE, "amount": 1}, "ledger_entry_of_a_seller", id="payable to nobody"),
        pytest.param(
            {"account": Account.PLATFORM_FEE, "amount": 1, "with_seller": True}, "ledger_entry_of_a_seller", id="a fee of a seller"
        ),
        pytest.param({"account": "sundry", "amount": 1}, "ledger_entry_known_account", id="an account that is in no chart"),
    ],
)
def test_an_entry_is_of_a_known_account_and_of_whom_it_concerns(order: Order, values: dict[str, Any], constraint: str) -> None:
    row = written(order, (Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur"))
    seller = order.seller if values.pop("with_seller", False) else None

    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        LedgerEntry.objects.create(transaction=row, seller=seller, currency="eur", **values)

    assert constraint_of(refused) == constraint
    assert row.entries.count() == 2


def test_a_transaction_leads_to_an_order_or_a_payout_and_has_its_key_once(order: Order) -> None:
    written(order, (Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur"))

    with pytest.raises(IntegrityError) as homeless, transaction.atomic():
        LedgerTransaction.objects.create(kind="charge", key="txn_2", happened_at=NOW, available_at=NOW, entry_count=2)
    with pytest.raises(IntegrityError) as twice, transaction.atomic():
        written(order, (Account.STRIPE, 90, "eur"), (Account.BUYERS_CLEARING, -90, "eur"))

    assert [constraint_of(homeless), str(constraint_of(twice)).startswith("billing_ledgertransaction_key")] == [
        "ledger_transaction_leads_to_its_cause",
        True,
    ]
    assert LedgerTransaction.objects.count() == 1

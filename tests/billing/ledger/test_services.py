"""Posting once, whole, and inside the change that it belongs to."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from billing.ledger.errors import EntriesDoNotBalance
from billing.ledger.models import Account, LedgerTransaction
from billing.ledger.postings import Line, Posting
from billing.ledger.services import post
from billing.orders.models import Order
from common.money import Money
from tests.factories.billing import PaidOrderFactory

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def posting(order: Order, key: str, *minor: int) -> Posting:
    lines = tuple(Line(Account.ROUNDING, Money(amount, "eur")) for amount in minor)
    return Posting(LedgerTransaction.Kind.CHARGE, key, lines, NOW, NOW, order=order)


@pytest.mark.django_db
def test_what_is_in_the_books_is_not_posted_again_and_the_rest_is() -> None:
    order = PaidOrderFactory()
    post([posting(order, "txn_1", 5, -5)])

    again = post([posting(order, "txn_1", 7, -7), posting(order, "txn_2", 1, -1), posting(order, "txn_of_nothing")])

    assert [(row.key, row.entry_count) for row in again] == [("txn_2", 2)]
    assert list(LedgerTransaction.objects.order_by("key", "entries__pk").values_list("key", "entries__amount")) == [
        ("txn_1", 5),
        ("txn_1", -5),
        ("txn_2", 1),
        ("txn_2", -1),
    ]


@pytest.mark.django_db
def test_what_does_not_balance_is_refused_with_all_that_came_along() -> None:
    order = PaidOrderFactory()

    with pytest.raises(EntriesDoNotBalance, match="txn_2"):
        post([posting(order, "txn_1", 5, -5), posting(order, "txn_2", 5, -4)])

    assert LedgerTransaction.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_posted_outside_of_a_transaction() -> None:
    order = PaidOrderFactory()

    with pytest.raises(RuntimeError):
        post([posting(order, "txn_1", 5, -5)])
    with transaction.atomic():
        post([posting(order, "txn_1", 5, -5)])

    assert LedgerTransaction.objects.count() == 1

"""What staff read of the books."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.ledger.reports import AgedDisputes, TrialLine, aged_disputes, trial_balance
from billing.orders.models import Order
from billing.stripe.movement_data import MovementKind
from common.money import Money
from tests.factories.accounts import UserFactory
from tests.factories.billing import DisputeFactory, PaidOrderFactory
from tests.support.books import book_refund, book_sale, move

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "eur")


@pytest.fixture
def order() -> Order:
    made: Order = PaidOrderFactory(amount=1000, application_fee=100)
    book_sale(made, at=NOW)
    return made


def test_both_sides_of_the_trial_balance_are_the_same_in_each_currency(order: Order) -> None:
    book_refund(order, 500, at=NOW)
    book_sale(PaidOrderFactory(amount=400, application_fee=40, currency="jpy"), at=NOW)

    assert trial_balance() == [
        TrialLine("Balance at Stripe", eur(100 - 33 - 50), None),
        TrialLine("Balance at Stripe of sellers", eur(900 - 500 + 50), None),
        TrialLine("Payable to sellers", None, eur(450)),
        TrialLine("Platform fee", None, eur(50)),
        TrialLine("Stripe’s fee", eur(33), None),
        TrialLine("Balance at Stripe", Money(7, "jpy"), None),
        TrialLine("Balance at Stripe of sellers", Money(360, "jpy"), None),
        TrialLine("Payable to sellers", None, Money(360, "jpy")),
        TrialLine("Platform fee", None, Money(40, "jpy")),
        TrialLine("Stripe’s fee", Money(33, "jpy"), None),
        TrialLine("Total", eur(500), eur(500)),
        TrialLine("Total", Money(400, "jpy"), Money(400, "jpy")),
    ]


def test_books_without_an_entry_have_an_empty_trial_balance() -> None:
    assert (trial_balance(), aged_disputes(now=NOW)) == ([], [])


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "up to 7 days"),
        (7, "up to 7 days"),
        (8, "8 to 30 days"),
        (31, "31 to 90 days"),
        (90, "31 to 90 days"),
        (91, "more than 90 days"),
    ],
)
def test_a_dispute_is_in_the_row_of_its_age(order: Order, days: int, age: str) -> None:
    dispute = DisputeFactory(order=order, opened_at=NOW - timedelta(days=days, hours=1))
    move(order, MovementKind.DISPUTE, -1000, at=NOW, dispute=dispute)

    assert aged_disputes(now=NOW) == [AgedDisputes(age, 1, eur(1000), eur(0))]


def test_a_dispute_that_was_won_is_in_no_row(order: Order) -> None:
    dispute = DisputeFactory(order=order, opened_at=NOW)
    for minor in (-1000, 1000):
        move(order, MovementKind.DISPUTE, minor, at=NOW, dispute=dispute)

    assert aged_disputes(now=NOW) == []


def test_staff_read_both_above_the_lists_and_follow_a_movement_to_its_order(order: Order) -> None:
    move(order, MovementKind.DISPUTE, -1000, at=NOW, dispute=DisputeFactory(order=order, opened_at=NOW))
    client = Client()
    client.force_login(UserFactory(staff=True))

    books = client.get(reverse("admin:billing_ledgertransaction_changelist")).content.decode()
    disputes = client.get(reverse("admin:billing_dispute_changelist")).content.decode()
    sale = order.ledger_transactions.get(kind="transfer")
    one = client.get(reverse("admin:billing_ledgertransaction_change", args=[sale.pk])).content.decode()

    assert "Trial balance" in books
    assert "<td>€9.00</td>" in books
    assert "Held by banks" in disputes
    assert reverse("admin:billing_order_change", args=[order.pk]) in one
    assert "Buyers’ clearing" in one

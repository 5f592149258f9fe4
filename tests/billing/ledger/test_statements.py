"""What a seller has, and how a month came to it; every line leads to what it is about."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.sellers.models import SellerProfile
from billing.ledger.statements import (
    Summary,
    first_month,
    seller_balances,
    statement_lines,
    summaries,
)
from billing.orders.models import Order
from billing.stripe.movement_data import MovementKind
from common.money import Money
from common.months import bounds, months_since
from tests.factories.billing import DisputeFactory, PaidOrderFactory, TransferReversalFactory
from tests.support.books import book_refund, book_sale, move

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def order() -> Order:
    return PaidOrderFactory(amount=1000, application_fee=100)


@pytest.fixture
def seller(order: Order) -> SellerProfile:
    return order.seller


def another(order: Order, *, currency: str = "eur") -> Order:
    made: Order = PaidOrderFactory(product=order.product, amount=500, application_fee=50, currency=currency)
    return made


def eur(minor: int) -> Money:
    return Money(minor, "eur")


def test_a_balance_tells_what_is_available_from_what_is_coming(order: Order, seller: SellerProfile) -> None:
    book_sale(order, at=NOVEMBER, available_at=NOW)
    book_sale(another(order), at=NOVEMBER, available_at=NOW + timedelta(seconds=1))
    book_sale(another(order, currency="jpy"), at=NOVEMBER)

    balances = seller_balances(seller_id=seller.pk, now=NOW)

    assert [(each.currency, each.available.minor, each.coming.minor) for each in balances] == [("eur", 900, 450), ("jpy", 450, 0)]
    assert {(each.on_its_way.minor, each.held.minor, each.lost.minor) for each in balances} == {(0, 0, 0)}


def test_a_seller_who_never_sold_has_no_balance_and_no_statement(seller: SellerProfile) -> None:
    assert seller_balances(seller_id=seller.pk, now=NOW) == []
    assert (first_month(seller.pk), months_since(None, date(2026, 11, 20))) == (None, [])
    assert summaries(seller_id=seller.pk, month=date(2026, 11, 1)) == []


def test_what_a_bank_holds_or_has_taken_is_the_sellers_part_of_it(order: Order, seller: SellerProfile) -> None:
    dispute, foreign = DisputeFactory(order=order), another(order, currency="usd")
    book_sale(order, at=NOVEMBER)
    book_sale(foreign, at=NOVEMBER)
    move(order, MovementKind.DISPUTE, -1000, at=NOVEMBER, fee=2000, dispute=dispute)
    held = seller_balances(seller_id=seller.pk, now=NOW)
    move(order, MovementKind.DISPUTE, 1000, at=NOVEMBER, dispute=dispute)

    assert [(each.currency, each.held.minor) for each in held] == [("eur", 900), ("usd", 0)]
    assert [each.held.minor for each in seller_balances(seller_id=seller.pk, now=NOW)] == [0, 0]


def test_a_month_is_summed_up_from_what_was_there_to_what_is(order: Order, seller: SellerProfile) -> None:
    book_sale(order, at=OCTOBER)
    book_sale(another(order), at=NOVEMBER)
    book_refund(order, 500, at=NOW)

    october, november, december = (summaries(seller_id=seller.pk, month=date(2026, number, 1)) for number in (10, 11, 12))

    assert october == [Summary(eur(0), eur(1000), eur(-100), eur(0), eur(0), eur(0), eur(900))]
    assert november == [Summary(eur(900), eur(500), eur(-50 + 50), eur(-500), eur(0), eur(0), eur(900))]
    assert december == [Summary(eur(900), eur(0), eur(0), eur(0), eur(0), eur(0), eur(900))]


def test_lines_add_up_to_the_sum_of_the_month(order: Order, seller: SellerProfile) -> None:
    book_sale(order, at=OCTOBER)
    book_refund(order, 500, at=NOW)

    lines = list(statement_lines(seller_id=seller.pk, month=date(2026, 11, 1)))

    assert [(line.entry.transaction.kind, line.amount, line.balance) for line in lines] == [
        ("transfer_reversal", eur(-500), eur(400)),
        ("application_fee_refund", eur(50), eur(450)),
    ]
    assert [line.entry.to_seller for line in lines] == [line.amount for line in lines]


def test_months_are_whole_and_none_is_twice() -> None:
    assert bounds(date(2026, 12, 1)) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
    assert months_since(date(2025, 11, 1), date(2026, 2, 3)) == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1), date(2025, 11, 1)]
    assert len(months_since(date(1990, 1, 1), date(2026, 2, 3))) == 121


def page(seller: SellerProfile, name: str, **query: str) -> tuple[int, str]:
    client = Client()
    assert seller.account.user is not None
    client.force_login(seller.account.user)
    answer = client.get(reverse(f"billing:{name}"), query)
    return answer.status_code, answer.content.decode()


def test_the_page_leads_from_each_movement_to_its_order(order: Order, seller: SellerProfile) -> None:
    book_sale(order, at=NOVEMBER)
    other = PaidOrderFactory()
    book_sale(other, at=NOVEMBER)

    status, text = page(seller, "balance", month="2026-11")

    assert status == 200
    assert text.count(reverse("billing:seller_order", args=[order.pk])) == 2
    assert "€9.00" in text
    assert str(other.pk) not in text
    assert order.number in page(seller, "seller_orders", order=str(order.pk))[1]
    for wanted in (str(other.pk), "x"):
        assert other.number not in page(seller, "seller_orders", order=wanted)[1]


def test_a_balance_below_zero_and_a_loss_say_how_they_are_settled(order: Order, seller: SellerProfile) -> None:
    move(order, MovementKind.TRANSFER_REVERSAL, 400, at=NOVEMBER)
    for amount, given_up_at in ((200, None), (300, NOVEMBER)):
        dispute = DisputeFactory(order=order, status="lost")
        TransferReversalFactory(dispute=dispute, amount=amount, fee_amount=amount // 10, given_up_at=given_up_at)

    text = page(seller, "balance")[1]

    assert "is below zero" in text
    assert "have taken €1.80 of your sales back for good. We take it back from your balance at Stripe" in text
    assert "have taken €2.70 of your sales back for good, and we could not take it back" in text


def test_the_file_has_a_line_for_each_movement_with_its_order_and_the_balance_after_it(order: Order, seller: SellerProfile) -> None:
    book_sale(order, at=NOVEMBER)

    status, text = page(seller, "statement_csv", month="2026-11")

    rows = list(csv.DictReader(text.splitlines()))
    assert status == 200
    assert [(row["kind"], row["order"], row["order_id"], row["amount"], row["balance"]) for row in rows] == [
        ("transfer", order.number, str(order.pk), "10.00", "10.00"),
        ("application_fee", order.number, str(order.pk), "-1.00", "9.00"),
    ]
    assert {row["time"] for row in rows} == {"2026-11-01T00:00:00Z"}


@pytest.mark.parametrize("month", ["2026-13", "x", "2026-11-01"])
def test_there_is_no_statement_of_no_month(seller: SellerProfile, month: str) -> None:
    assert [page(seller, name, month=month)[0] for name in ("balance", "statement_csv")] == [404, 404]


def test_a_seller_without_sales_reads_that_there_is_nothing(seller: SellerProfile) -> None:
    assert "Nothing sold yet" in page(seller, "balance")[1]

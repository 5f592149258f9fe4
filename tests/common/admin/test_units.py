"""Numbers with a unit, as staff read them."""

from types import SimpleNamespace

import pytest

from common.admin.units import in_bytes, in_currency


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(9900, "usd", "$99.00"), (0, "eur", "€0.00"), (500, "jpy", "¥500"), (0, "", "–"), (None, "eur", "–")],
)
def test_an_amount_is_money_of_its_rows_currency(amount: int | None, currency: str, shown: str) -> None:
    assert in_currency("paid")(SimpleNamespace(paid=amount, currency=currency)) == shown


@pytest.mark.parametrize(("size", "shown"), [(131, "131\xa0bytes"), (8_832_408, "8.4\xa0MB"), (None, "–")])
def test_bytes_are_said_as_people_say_them(size: int | None, shown: str) -> None:
    assert in_bytes("size")(SimpleNamespace(size=size)) == shown


def test_the_currency_may_be_another_rows() -> None:
    row = SimpleNamespace(amount=500, subscription=SimpleNamespace(currency="chf"))

    assert in_currency("amount", of="subscription")(row) == "CHF 5.00"


def test_a_column_is_called_and_ordered_by_its_field() -> None:
    column = in_currency("tax_amount")

    assert (column.short_description, column.admin_order_field, column.__name__) == ("tax amount", "tax_amount", "tax_amount_in_currency")

"""How staff write the amount of a refund."""

import pytest

from billing.refunds.forms import RefundForm
from common.money import Money


def form(amount: str) -> RefundForm:
    return RefundForm({"reason": "Asked for.", "amount": amount})


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        pytest.param("12.50 EUR", Money(1250, "eur"), id="with a point"),
        pytest.param(" 12,5  eur ", Money(1250, "eur"), id="with a comma, spaces and small letters"),
        pytest.param("500 jpy", Money(500, "jpy"), id="without decimals"),
        pytest.param("", None, id="all that is left"),
    ],
)
def test_an_amount_is_written_with_its_currency(text: str, amount: Money | None) -> None:
    written = form(text)

    assert (written.is_valid(), written.cleaned_data["amount"]) == (True, amount)


@pytest.mark.parametrize("text", ["12.50", "EUR", "EUR 12.50", "12.505 EUR", "-1 EUR", "5.5 JPY", f"{'9' * 5_000} EUR", "1\0 EUR"])
def test_what_is_no_amount_is_asked_for_again(text: str) -> None:
    assert form(text).errors == {"amount": ["Write an amount and its currency, like 12.50 EUR."]}

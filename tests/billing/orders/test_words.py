"""What an order says in the reader's language, and what it notes for staff in one. No database, no network."""

import pytest
from django.utils import translation

from billing.orders.models import Order
from billing.payments.differences import differences
from common.money import Money
from tests.billing.orders.test_state import payment


@pytest.mark.parametrize("stored", ["", "card", "card ending 4242", "sepa debit ending 3000", "link", "amazon pay ending 12"])
def test_what_it_was_paid_with_reads_in_english_as_it_is_stored(stored: str) -> None:
    assert Order(paid_with=stored).paid_with_words == stored


def test_what_differs_is_noted_in_one_language_whoever_s_request_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Money, "__str__", lambda _: str(translation.get_language()))
    order = Order(amount=100, currency="eur", application_fee=10)

    with translation.override("de"):
        noted = differences(order, payment())

    assert "amount en-gb instead of en-gb" in noted

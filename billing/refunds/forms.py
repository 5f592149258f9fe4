"""What staff fill in for a refund."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.admin.acts import ReasonForm
from common.money import Money, read_money

_LONGEST = 40  # more than any amount


class MoneyField(forms.Field):
    """An amount with its currency, as `12.50 EUR`; None where it is left empty."""

    def to_python(self, value: Any) -> Money | None:
        text = str(value or "").strip()
        if not text:
            return None
        amount, _, code = text.lower().rpartition(" ")
        money = read_money(amount.strip(), code) if len(text) <= _LONGEST else None
        if money is None:
            msg = "Write an amount and its currency, like 12.50 EUR."
            raise ValidationError(msg)
        return money


class RefundForm(ReasonForm):
    """Why, and how much."""

    amount = MoneyField(
        required=False,
        help_text="With its currency, as 12.50 EUR. Empty: all that is left. A full refund ends pull access, a partial one does not.",
    )

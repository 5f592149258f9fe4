"""What people fill in for a refund."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from billing.orders.models import Order
from common.admin.acts import ReasonForm
from common.money import read_money
from common.web.forms import MoneyField

_DIGITS = 12  # more than any amount


class RefundForm(ReasonForm):
    """Staff: why, and how much. A valid form has in `left`, by the id of each order, the minor units that its page showed to be left."""

    amount = MoneyField(
        required=False,
        help_text="With its currency, as 12.50 EUR. Empty: all that is left. A full refund ends pull access, a partial one does not.",
    )
    left = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def shown(cls, rows: Sequence[Order]) -> dict[str, Any]:
        """Show what is left of each order now."""
        return {"left": " ".join(f"{order.pk}:{order.refundable.minor}" for order in rows)}

    def clean_left(self) -> dict[str, int]:
        """Read it back.

        Raises:
            ValidationError: nobody's page said so.
        """
        try:
            return {key: int(minor) for key, minor in (one.split(":") for one in self.cleaned_data["left"].split())}
        except ValueError as error:
            raise forms.ValidationError("Open this page anew: it does not say what is left.") from error


class GiveBackForm(forms.Form):
    """A buyer's confirmation: there is nothing to fill in, and a refusal stands above it."""


class SellerRefundForm(forms.Form):
    """A seller: how much, in the order's currency, and why. A valid form has the amount as `money`, None for all that is left."""

    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=_DIGITS, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea,
        help_text=gettext_lazy("The buyer reads it in the mail about the refund."),
    )
    left = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31)  # minor units, as the page showed

    def __init__(self, data: object, *, order: Order) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # a QueryDict or None
        self._currency = order.currency
        help_text = gettext("In {currency}, at most {left}. Empty: all of it.")
        self.fields["amount"].help_text = help_text.format(currency=order.currency.upper(), left=order.refundable)

    def clean(self) -> dict[str, Any]:
        """Read what was typed as money, exactly or not at all."""
        data = super().clean() or {}
        typed = data.get("amount", "").strip()
        data["money"] = read_money(typed, self._currency) if typed else None
        if typed and data["money"] is None:
            self.add_error("amount", gettext("Write an amount in figures, without the currency."))
        return data

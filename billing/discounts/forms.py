"""What sellers and staff fill in for a code, and sellers for an offer."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

from billing.discounts.models import LONGEST_CODE, Discount
from billing.discounts.recurring import LONGEST_MONTHS
from billing.discounts.services import Terms
from common.admin.acts import ReasonForm
from common.money import example_amount, read_money
from common.web.forms import MoneyField, NameField
from marketplace.products.models import Product

_MOST = 1_000_000
_DIGITS = 12


class _Day(forms.DateInput):
    input_type = "date"


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


class _AmountForm(forms.Form):
    """An amount with its currency; a valid form has it as `money`, None where it was left empty."""

    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=_DIGITS)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(code, code.upper()) for code in settings.LAYERSTORE_CURRENCIES]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Read what was typed as money, exactly or not at all."""
        data = super().clean() or {}
        typed, code = data.get("amount", ""), data.get("currency", "")
        data["money"] = read_money(typed, code) if typed and code else None
        if typed and code and data["money"] is None:
            self.add_error("amount", gettext("Write an amount in figures, like {example}.").format(example=example_amount(code).typed))
        return data


class CodeForm(_AmountForm):
    """The terms of a code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=LONGEST_CODE,
        required=False,
        help_text=gettext_lazy("Letters, digits and hyphens; upper and lower case are the same. Leave it empty to have one made."),
    )
    percent = forms.IntegerField(label=gettext_lazy("Percent off"), required=False, min_value=1, max_value=100)
    amount = forms.CharField(label=gettext_lazy("Or an amount off"), max_length=_DIGITS, required=False)
    products = forms.CharField(
        label=gettext_lazy("For which products"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=5_000,
        help_text=gettext_lazy("Their addresses, one in a line, like acme/db. Leave it empty for all of yours."),
    )
    duration = forms.ChoiceField(
        label=gettext_lazy("Subscriptions"),
        choices=Discount.Duration.choices,
        required=False,
        help_text=gettext_lazy("Which payments by the month or the year it reduces. Single purchases it reduces in any case."),
    )
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        required=False,
        min_value=1,
        max_value=LONGEST_MONTHS,
        help_text=gettext_lazy("From the first payment on; only for the payments of some months."),
    )
    most_uses = forms.IntegerField(
        label=gettext_lazy("Uses in all"), required=False, min_value=1, max_value=_MOST, help_text=gettext_lazy("Empty: any number.")
    )
    most_per_customer = forms.IntegerField(
        label=gettext_lazy("Uses by one buyer"), required=False, min_value=1, max_value=_MOST, help_text=gettext_lazy("Empty: any number.")
    )
    starts_at = forms.DateField(label=gettext_lazy("First day"), required=False, widget=_Day, help_text=gettext_lazy("Empty: now."))
    ends_at = forms.DateField(
        label=gettext_lazy("Last day"), required=False, widget=_Day, help_text=gettext_lazy("In UTC. Empty: until you end it.")
    )

    def terms(self, products: tuple[Product, ...]) -> Terms:
        """Return what was filled in. Ask a valid form only."""
        data = self.cleaned_data
        return Terms(
            code=data["code"],
            percent=data["percent"] or 0,
            money=data["money"],
            products=products,
            most_uses=data["most_uses"],
            most_per_customer=data["most_per_customer"],
            duration=data["duration"],
            months=data["months"],
            starts_at=_begin_of(data["starts_at"]) if data["starts_at"] else None,
            ends_at=_end_of(data["ends_at"]) if data["ends_at"] else None,
        )


class OfferForm(_AmountForm):
    """A price of its own for one buyer."""

    product = forms.CharField(label=gettext_lazy("Product"), max_length=300, help_text=gettext_lazy("Its address, like acme/db."))
    edition = NameField(
        label=gettext_lazy("Edition"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Its name, if the product has editions."),
    )
    email = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=254,
        help_text=gettext_lazy("An e-mail address, or the handle of a person or an organisation. They get a mail with a link."),
    )
    amount = forms.CharField(label=gettext_lazy("Price for them"), max_length=_DIGITS, help_text=gettext_lazy("0 gives it to them."))
    ends_at = forms.DateField(label=gettext_lazy("Last day"), widget=_Day, help_text=gettext_lazy("In UTC."))
    field_order = ("product", "edition", "email", "amount", "currency", "ends_at")

    @property
    def end(self) -> datetime:
        """The end of the last day. Ask a valid form only."""
        return _end_of(self.cleaned_data["ends_at"])


class ShopCodeForm(ReasonForm):
    """What staff fill in for a code of the shop's own."""

    code = forms.CharField(max_length=LONGEST_CODE, required=False, help_text="Letters, digits and hyphens. Empty: one is made.")
    percent = forms.IntegerField(required=False, min_value=1, max_value=100, help_text="Never takes more than our fee of a sale.")
    amount = MoneyField(required=False, help_text="Instead: with its currency, as 12.50 EUR.")
    products = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=5_000,
        help_text="For these alone, of whatever seller: their addresses, one in a line, like acme/db. Empty: for all.",
    )
    most_uses = forms.IntegerField(required=False, min_value=1, max_value=_MOST, help_text="In all. Empty: any number.")
    most_per_customer = forms.IntegerField(required=False, min_value=1, max_value=_MOST, help_text="Of one buyer. Empty: any number.")
    starts_at = forms.DateField(label="First day", required=False, widget=_Day, help_text="In UTC. Empty: now.")
    ends_at = forms.DateField(label="Last day", required=False, widget=_Day, help_text="In UTC. Empty: until it is ended.")
    field_order = ("code", "percent", "amount", "products", "most_uses", "most_per_customer", "starts_at", "ends_at", "reason")

    def terms(self, products: tuple[Product, ...]) -> Terms:
        """Return what was filled in. Ask a valid form only."""
        data = self.cleaned_data
        return Terms(
            code=data["code"],
            percent=data["percent"] or 0,
            money=data["amount"],
            products=products,
            most_uses=data["most_uses"],
            most_per_customer=data["most_per_customer"],
            starts_at=_begin_of(data["starts_at"]) if data["starts_at"] else None,
            ends_at=_end_of(data["ends_at"]) if data["ends_at"] else None,
        )

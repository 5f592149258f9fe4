"""What a product costs, as its seller types it: a row for each currency, and what the rows share."""

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from common.currencies import CURRENCIES
from common.errors import DomainError
from common.money import Money, example_amount, read_money
from marketplace.products.errors import InvalidPrice
from marketplace.products.models import LONGEST_TRIAL, Price
from marketplace.products.services.prices import NewPrice

_DIGITS: Final = 12  # more than any price
_COLUMNS: Final = ("amount", "currency", "suggested")


class PriceForm(forms.Form):
    """A price as people write it. A valid form has it as `money`, and what is suggested as `suggestion`, or None."""

    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=_DIGITS)
    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    suggested = forms.CharField(label=gettext_lazy("Suggested"), max_length=_DIGITS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self["currency"].value()
        # A price may be in one that the shop offers no more: shown as another it would be saved as another. The service refuses new ones.
        former = [own] if own in CURRENCIES and own not in settings.LAYERSTORE_CURRENCIES else []
        self.fields["currency"].choices = [(code, code.upper()) for code in [*settings.LAYERSTORE_CURRENCIES, *former]]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Read what was typed as money, exactly or not at all."""
        data = super().clean() or {}
        if "amount" in data and "currency" in data:
            data["money"] = self._read("amount", data)
            data["suggestion"] = self._read("suggested", data) if data.get("suggested") else None
        return data

    def _read(self, name: str, data: dict[str, Any]) -> Money | None:
        money = read_money(data[name], data["currency"])
        if money is None:
            example = example_amount(data["currency"]).typed
            self.add_error(name, gettext("Write an amount in figures, like {example}.").format(example=example))
        return money


class TrialForm(forms.Form):
    """For how long a product can be tried, whichever of its editions."""

    trial_days = forms.IntegerField(
        label=gettext_lazy("Trial"),
        required=False,
        min_value=0,
        max_value=LONGEST_TRIAL,
        help_text=gettext_lazy("Days for which people and organisations can pull it before they buy, once and without a card. 0: none."),
    )

    def clean_trial_days(self) -> int | None:
        """Read an empty field as no trial; where it was not sent, the trial stays as it is."""
        days: int | None = self.cleaned_data["trial_days"]
        return 0 if days is None and "trial_days" in self.data else days


class KindForm(TrialForm):
    """Whether the seller or the buyer says what is paid, how often, and for how long it can be tried; for all currencies."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Who decides"),
        choices=[
            (Price.Kind.ONE_OFF, gettext_lazy("One price for everybody; 0 is free")),
            (Price.Kind.PAY_WHAT_YOU_WANT, gettext_lazy("Buyers pay what they want, the amount at least; 0 lets them pay nothing")),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=Price.Kind.ONE_OFF,
    )
    interval = forms.ChoiceField(label=gettext_lazy("Paid"), choices=Price.Interval.choices, required=False)


class PricesForm:
    """The prices of a product. Its rows have the same names, so that a page adds and removes them without a script.

    A row whose amount is empty is left out, unless it is the only one.

    Attributes:
        shared: what the rows share.
        rows: one for each currency.
        leading: which of the rows leads, counted from 0.
    """

    def __init__(self, shared: KindForm, rows: Sequence[PriceForm], leading: int = 0) -> None:
        self.shared, self.rows, self.leading = shared, list(rows), leading

    @classmethod
    def of(cls, prices: Sequence[Price], *, trial_days: int = 0) -> "PricesForm":
        """Show the current prices, the leading one first, and for how long it can be tried; a row to begin with if there is none."""
        shown = [
            {"amount": price.money.typed, "currency": price.currency, "suggested": price.suggestion.typed if price.suggestion else ""}
            for price in prices
        ] or [{"currency": settings.LAYERSTORE_CURRENCIES[0]}]
        shared = {"kind": prices[0].kind, "interval": prices[0].interval} if prices else {"kind": Price.Kind.ONE_OFF}
        rows = [PriceForm(initial=one, auto_id=_id(row)) for row, one in enumerate(shown)]
        return cls(KindForm(initial={**shared, "trial_days": trial_days}), rows)

    @classmethod
    def typed(cls, data: QueryDict, *, grow: bool = True) -> "PricesForm":
        """Show what was typed, and one row more (`grow`) for the next of the shop's currencies; nothing is checked yet."""
        rows = _rows(data)
        left = [code for code in settings.LAYERSTORE_CURRENCIES if code not in {row["currency"] for row in rows}]
        rows += [{"currency": code} for code in left[:grow]]
        forms_of_rows = [PriceForm(initial=one, auto_id=_id(row)) for row, one in enumerate(rows)]
        shared = {"kind": Price.Kind.ONE_OFF} | {name: data[name] for name in KindForm.base_fields if name in data}
        return cls(KindForm(initial=shared), forms_of_rows, _leading(data, rows))

    @classmethod
    def sent(cls, data: QueryDict) -> "PricesForm":
        """Read what was sent. What is suggested counts where the buyer decides; elsewhere pages do not show its field."""
        rows, leading = _rows(data), _leading(data, _rows(data))
        if data.get("kind") != Price.Kind.PAY_WHAT_YOU_WANT:
            rows = [row | {"suggested": ""} for row in rows]
        kept = [row for row in rows if row["amount"].strip()] or rows[:1]
        first = rows[leading] if rows and rows[leading] in kept else None
        shared, sent = KindForm(data), [PriceForm(one, auto_id=_id(row)) for row, one in enumerate(kept)]
        return cls(shared, sent or [PriceForm({})], kept.index(first) if first else 0)

    @property
    def shown(self) -> str:
        """What its fields hold, in one line: the same for two forms that show the same."""
        shared = [_text(self.shared[name].value()) for name in KindForm.base_fields]
        rows = [[_text(row[name].value()) for name in _COLUMNS] for row in self.rows]
        return json.dumps([shared, rows, self.leading])

    @property
    def may_grow(self) -> bool:
        """Whether the shop has a currency more."""
        return len(self.rows) < len(settings.LAYERSTORE_CURRENCIES)

    @property
    def errors(self) -> list[Any]:
        """What is wrong with any part; empty if nothing is."""
        return [form.errors for form in (self.shared, *self.rows) if form.errors]

    def is_valid(self) -> bool:
        """Whether all that was sent can be read."""
        return not self.errors

    @property
    def trial_days(self) -> int | None:
        """For how long it can be tried; None where nothing was sent. Ask a valid form only."""
        days: int | None = self.shared.cleaned_data["trial_days"]
        return days

    @property
    def prices(self) -> list[NewPrice]:
        """What was sent, the leading one first. Ask a valid form only."""
        kind, interval = self.shared.cleaned_data["kind"] or Price.Kind.ONE_OFF, self.shared.cleaned_data["interval"]
        found = [NewPrice(row["money"], kind, row["suggestion"], interval) for row in (each.cleaned_data for each in self.rows)]
        return [found[self.leading], *found[: self.leading], *found[self.leading + 1 :]]

    def blamed(self, error: DomainError) -> PriceForm | KindForm:
        """Return the row that a refusal is about, or what the rows share."""
        if isinstance(error, InvalidPrice) and error.field in self.shared.fields:
            return self.shared
        row = error.row if isinstance(error, InvalidPrice) else 0
        as_shown = [self.leading, *(number for number in range(len(self.rows)) if number != self.leading)]
        return self.rows[as_shown[row]]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _id(row: int) -> str:
    return f"id_%s_{row}" if row else "id_%s"


def _rows(data: QueryDict) -> list[dict[str, str]]:
    columns = [data.getlist(name)[: len(settings.LAYERSTORE_CURRENCIES) + 1] for name in _COLUMNS]
    return [dict(zip(_COLUMNS, values, strict=True)) for values in zip_longest(*columns, fillvalue="")]


def _leading(data: QueryDict, rows: Sequence[dict[str, str]]) -> int:
    return next((row for row in range(len(rows)) if data.get("leading") == str(row)), 0)


class EditionPricesForm(PricesForm):
    """The prices of an edition, which costs something: nobody is told that it may be free."""

    def __init__(self, shared: KindForm, rows: Sequence[PriceForm], leading: int = 0) -> None:
        super().__init__(shared, rows, leading)
        shared.fields["kind"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (Price.Kind.ONE_OFF, gettext_lazy("One price for everybody")),
            (Price.Kind.PAY_WHAT_YOU_WANT, gettext_lazy("Buyers pay what they want, the amount at least")),
        ]

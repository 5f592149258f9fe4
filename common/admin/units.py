"""Columns and fields of the admin for numbers that have a unit: nobody reads 9900 as $99.00, or 8832408 as 8.4 MB."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import Model
from django.template.defaultfilters import filesizeformat

from common.money import Money

NOTHING: Final = "–"  # Django writes None as "None" on the page of a row


def in_currency(field: str, *, of: str = "") -> Any:  # a callable, which Django accepts as a column and its stubs do not
    """Return a column (also for `readonly_fields`) with an amount of minor units as money of the row's own currency.

    A row without a currency has no amount. In `readonly_fields`, name the field in `exclude` as well.

    Args:
        of: the attribute that has the currency, if it is another row's.
    """

    @admin.display(description=field.replace("_", " "), ordering=field)
    def column(row: Any) -> str:
        minor, currency = getattr(row, field), (getattr(row, of) if of else row).currency
        return str(Money(minor, currency)) if currency and minor is not None else NOTHING

    column.__name__ = f"{field}_in_currency"
    return column


def in_bytes(field: str) -> Any:  # as above
    """Return a column (also for `readonly_fields`) with a number of bytes as people say it; none where there is none."""

    @admin.display(description=field.replace("_", " "), ordering=field)
    def column(row: Model) -> str:
        size = getattr(row, field)
        return NOTHING if size is None else filesizeformat(size)

    column.__name__ = f"{field}_in_bytes"
    return column

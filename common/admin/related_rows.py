"""Links in the admin from a row to related rows."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

ROWS_AT_ONCE = 100


def _page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _follow(row: Any, path: str) -> Iterator[Model]:
    for name in path.split("__"):
        try:
            row = getattr(row, name)
        except ObjectDoesNotExist:  # a one-to-one without its other side
            row = None
        if row is None:
            return
    yield row


def related_row(path: str, description: str = "") -> Any:  # a callable, which Django accepts as a column and its stubs do not
    """Return a column (also for `readonly_fields`) that links to the page of a related row.

    Args:
        path: attributes joined by `__`, e.g. `account__user`; name them in `list_select_related` as well.
        description: the column's heading; by default the last attribute's name.
    """

    @admin.display(description=description or path.rpartition("__")[2].replace("_", " "), empty_value="–")
    def column(row: Model) -> str:
        return next((format_html('<a href="{}">{}</a>', _page_of(other), other) for other in _follow(row, path)), "–")

    column.__name__ = f"related_row_{path}"
    return column


def related_rows(model: type[Model], field: str, description: str = "", *, of: str = "pk") -> Any:  # as above
    """Return a field for `readonly_fields` that links to the list of another model's rows that refer to this row.

    Args:
        model: whose list.
        field: the lookup from them to this row, e.g. `user`.
        description: the label; by default the model's plural.
        of: the attribute of this row that they refer to.
    """

    @admin.display(description=description or str(model._meta.verbose_name_plural))
    def column(row: Model) -> str:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return format_html('<a href="{}?{}">show</a>', page, urlencode({f"{field}__exact": getattr(row, of)}))

    column.__name__ = f"related_rows_{model._meta.model_name}_{field}"
    return column

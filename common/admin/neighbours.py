"""Links in the admin from a row to the rows beside it."""

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
        except ObjectDoesNotExist:  # the other side of a one-to-one that is not there
            row = None
        if row is None:
            return
    yield row


def neighbour(path: str, description: str = "") -> Any:  # a callable, which Django takes as a column and its stubs do not know
    """Return a column (also for `readonly_fields`) that links to the page of a related row.

    Args:
        path: attributes joined by `__`, e.g. `account__user`; name them in `list_select_related` as well.
        description: the column's head; the last attribute's name by default.
    """

    @admin.display(description=description or path.rpartition("__")[2].replace("_", " "), empty_value="–")
    def column(row: Model) -> str:
        return next((format_html('<a href="{}">{}</a>', _page_of(other), other) for other in _follow(row, path)), "–")

    column.__name__ = f"neighbour_{path}"
    return column


def neighbours(model: type[Model], field: str, description: str = "", *, of: str = "pk") -> Any:  # as above
    """Return a field for `readonly_fields` that links to the list of those rows of another model that point here.

    Args:
        model: whose list.
        field: the lookup that leads from there to here, e.g. `user`.
        description: the label; the model's plural by default.
        of: which attribute of this row they hold.
    """

    @admin.display(description=description or str(model._meta.verbose_name_plural))
    def column(row: Model) -> str:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return format_html('<a href="{}?{}">show</a>', page, urlencode({f"{field}__exact": getattr(row, of)}))

    column.__name__ = f"neighbours_{model._meta.model_name}_{field}"
    return column

"""Links in the admin from a row to related rows."""

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

ROWS_AT_ONCE = 100
# A column is given the row alone: whoever shows rows says for whom (`show_to`). Django renders them after the view has returned.
_reader: ContextVar[Any] = ContextVar("reader of the admin", default=None)


def show_to(user: Any) -> None:
    """Let the rows of this request link only to pages that the user may open; what would be a link elsewhere is text."""
    _reader.set(user)


def may_open(model: type[Model]) -> bool:
    """Whether whoever reads this may open the model's pages."""
    user, options = _reader.get(), model._meta
    names = (f"{options.app_label}.{get_permission_codename(right, options)}" for right in ("view", "change"))
    return user is None or any(user.has_perm(name) for name in names)


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
        other = next(_follow(row, path), None)
        if other is None:
            return "–"
        return format_html('<a href="{}">{}</a>', _page_of(other), other) if may_open(type(other)) else str(other)

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
        if not may_open(model):
            return "–"
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        return format_html('<a href="{}?{}">show</a>', page, urlencode({f"{field}__exact": getattr(row, of)}))

    column.__name__ = f"related_rows_{model._meta.model_name}_{field}"
    return column

"""The admin's base: staff read rows and do not edit them; they change them by acts that ask for a reason.

    class SellerAdmin(ActAdmin):
        list_display = ("display_name", related_row("account"))
        actions = ("suspend",)

        @act("Suspend", consequence="New sales stop at once; what was sold stays sold.")
        def suspend(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
            suspend_seller(seller=seller, reason=reason, actor=request.user)

The act is in the list's menu and a button on the row's own page. It shows an intermediate page with the chosen rows, its consequence and
a field for the reason, then runs once for each row, in the transaction of the service it calls. A `DomainError` becomes a message with
the row's name, and the other rows are done. Whoever may change the model may act. An act that needs more input takes `form`, a subclass
of `ReasonForm`; its further fields arrive as keyword arguments. What its page shows of the rows, and the act is to compare, is `shown`.
What else staff must read of each row before they act, `told` returns. `fits` says of which rows it is a button.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from common.admin.related_rows import ROWS_AT_ONCE, _page_of, show_to
from common.errors import DomainError

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReasonForm(forms.Form):
    """Asks for the reason."""

    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}), help_text="Goes into the audit trail."
    )

    @classmethod
    def shown(cls, rows: Sequence[Any]) -> dict[str, Any]:  # noqa: ARG003  most acts compare nothing
        """Return what the fields hold when the page is shown with these rows."""
        return {}


class ActAdmin(_ModelAdmin):
    """Lists and shows rows, with links; nothing can be added, edited or deleted, except by `actions` made with `act`."""

    change_form_template = "admin/with_acts.html"
    list_per_page = 25
    list_max_show_all = 100
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  Django passes it
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  Django passes them
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  Django passes them
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_act_permission(request)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the user may act: those who have Django's permission to change the model."""
        return request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename('change', self.opts)}")

    def fits(self, act: str, row: Any) -> bool:  # noqa: ARG002  most acts fit each row
        """Whether an act makes sense for a row, and has a button on its page. Whether it may be done, its service decides."""
        return True

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        show_to(request.user)
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        show_to(request.user)
        row, actions = self.get_object(request, unquote(object_id)), filter(None, self.get_actions(request).values())
        acts = [{"name": name, "label": label} for _, name, label in actions if row is not None and self.fits(name, row)]
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts, "object_pk": object_id})


def act(
    label: str, *, consequence: str, form: type[ReasonForm] = ReasonForm, told: Callable[[Any], str] = lambda _: ""
) -> Callable[[Callable[..., object]], Callable[[ActAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]]:
    """Turn a method that acts on one row, with a reason, into an admin action; see the top of this module.

    Args:
        label: an imperative, as on a button.
        consequence: what will be true afterwards, and how long the old state may still be seen.
        form: asks for the reason and perhaps more.
        told: returns what the page says below a row, as text or as HTML that is marked safe.
    """

    def decorate(perform: Callable[..., object]) -> Callable[[ActAdmin, HttpRequest, QuerySet[Any]], HttpResponse | None]:
        @admin.action(description=label, permissions=["act"])
        def action(model_admin: ActAdmin, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            chosen = list(rows[: ROWS_AT_ONCE + 1])
            if len(chosen) > ROWS_AT_ONCE:
                model_admin.message_user(request, f"Choose at most {ROWS_AT_ONCE} rows at once.", messages.ERROR)
                return None
            filled = form(request.POST) if "act_confirmed" in request.POST else form(initial=form.shown(chosen))
            if not filled.is_valid():
                page = {"title": label, "act": perform.__name__, "consequence": consequence}
                return _ask(model_admin, request, [(row, told(row)) for row in chosen], filled, page)
            for row in chosen:
                _perform(model_admin, request, row, perform, label=label, values=filled.cleaned_data)
            return HttpResponseRedirect(_page_of(chosen[0])) if len(chosen) == 1 else None

        action.__name__ = perform.__name__
        return action

    return decorate


def _ask(model_admin: ActAdmin, request: HttpRequest, rows: list[tuple[Any, str]], form: ReasonForm, page: dict[str, str]) -> HttpResponse:
    context = {**model_admin.admin_site.each_context(request), **page, "opts": model_admin.opts, "rows": rows, "form": form}
    return TemplateResponse(request, "admin/act.html", context, status=400 if form.is_bound else 200)


def _perform(
    model_admin: ActAdmin, request: HttpRequest, row: Model, perform: Callable[..., object], *, label: str, values: dict[str, Any]
) -> None:
    try:
        perform(model_admin, request, row, **values)
    except DomainError as error:
        model_admin.message_user(request, f"{row}: {error.message}", messages.ERROR)
    else:
        model_admin.message_user(request, f"{row}: {label.lower()} – done.", messages.SUCCESS)

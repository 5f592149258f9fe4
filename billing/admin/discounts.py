"""Discounts: the shop's own are made here, and all of them can be stopped."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.discounts.forms import ShopCodeForm
from billing.discounts.models import Discount
from billing.discounts.selectors import products_named, uses_of
from billing.discounts.services import end_discount, make_discount, pause_discount, resume_discount
from common.admin.acts import act
from common.admin.related_rows import related_row
from common.admin.units import in_currency
from common.errors import DomainError
from common.web.forms import refuse_form

_ENDS = "Nobody buys with it any more. Who is paying already keeps the reduced price, and what was bought stays bought."


@admin.register(Discount)
class DiscountAdmin(AuditedAdmin):
    """Codes and offers. Those without a seller are the shop's own: they come out of our fee."""

    list_display = (
        "__str__",
        related_row("seller"),
        "kind",
        "percent",
        in_currency("amount"),
        "most_uses",
        "state",
        "created_at",
        "ends_at",
    )
    list_filter = ("kind", ("seller", admin.EmptyFieldListFilter), ("ended_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("seller", "account")
    search_fields = ("code", "seller__display_name", "email", "account__handle")
    date_hierarchy = "created_at"
    exclude = ("seller", "account", "made_by", "products", "amount")
    readonly_fields = (
        related_row("seller"),
        related_row("account"),
        related_row("made_by"),
        in_currency("amount"),
        "state",
        "product_names",
        "use_count",
        "revenue",
        "created_at",
    )
    actions = ("pause", "resume", "end")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_act_permission(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  Django passes them
        """Make a code of the shop's own."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        form = ShopCodeForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._ask(request, form, status=400 if form.is_bound else 200)
        try:
            terms = form.terms(products_named(form.cleaned_data["products"], seller_id=None))
            made = make_discount(seller=None, terms=terms, actor=signed_in(request), reason=form.cleaned_data["reason"])
        except DomainError as error:
            return refuse_form(form, error, partial(self._ask, request, form))
        return HttpResponseRedirect(reverse("admin:billing_discount_change", args=[made.pk]))

    def _ask(self, request: HttpRequest, form: ShopCodeForm, *, status: int) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Make a code of the shop's own",
            "opts": self.opts,
            "form": form,
            "act": "",
            "add": True,
            "consequence": "It counts at once, or from the first day that you name, for every product unless you name some. It comes out of"
            " our fee: the seller gets what they would get without it, and our fee of a sale is the most that it takes off.",
        }
        return TemplateResponse(request, "admin/act.html", context, status=status)

    @admin.display(description="products")
    def product_names(self, discount: Discount) -> str:
        """Name the products for which alone it counts."""
        return ", ".join(product.title for product in discount.products.all()[:50]) or "all"

    @admin.display(description="uses")
    def use_count(self, discount: Discount) -> int:
        """Count the uses that were not released."""
        return uses_of([discount.pk])[discount.pk].count

    @admin.display(description="revenue")
    def revenue(self, discount: Discount) -> str:
        """Add up what buyers paid with it and did not get back."""
        return ", ".join(map(str, uses_of([discount.pk])[discount.pk].revenue))

    @act("Pause", consequence="Nobody buys with it until it goes on. Who is paying already keeps the reduced price.")
    def pause(self, request: HttpRequest, discount: Discount, reason: str) -> None:
        """Let it count for nobody for now."""
        pause_discount(discount=discount, actor=signed_in(request), reason=reason)

    @act("Let it go on", consequence="It counts again, at once.")
    def resume(self, request: HttpRequest, discount: Discount, reason: str) -> None:
        """Let a paused one count again."""
        resume_discount(discount=discount, actor=signed_in(request), reason=reason)

    @act("End", consequence=_ENDS)
    def end(self, request: HttpRequest, discount: Discount, reason: str) -> None:
        """End it for good."""
        end_discount(discount=discount, actor=signed_in(request), reason=reason)

"""Sellers: what Stripe says of them, and suspension."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.domains.models import ShopDomain
from accounts.people.requests import signed_in
from accounts.sellers.models import FeeTerms, FormerStripeAccount, SellerProfile
from accounts.sellers.services.fees import set_fee_terms
from accounts.sellers.services.sellers import change_storage_quota, reinstate_seller, suspend_seller
from accounts.sellers.services.stripe_accounts import ask_stripe_about, disconnect_stripe
from audit.admin import AuditedAdmin
from common.admin.acts import ReasonForm, act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row
from common.money import Money
from common.web.forms import MoneyField


class StorageQuotaForm(ReasonForm):
    """Asks for the new quota and the reason."""

    megabytes = forms.IntegerField(
        min_value=0, max_value=10**9, required=False, help_text="What they may store in the registry; empty for what every seller may."
    )
    field_order = ("megabytes", "reason")


class FeeTermsForm(ReasonForm):
    """Asks for the terms, from when on they count, and the reason."""

    percent = forms.DecimalField(min_value=0, max_value=100, decimal_places=2, help_text="Of the price of each sale.")
    fixed = MoneyField(required=False, help_text="In addition, as 0.30 EUR: the terms are then for sales in that currency alone.")
    starts_at = forms.DateTimeField(
        required=False, label="From (UTC)", help_text="As 2027-01-01 00:00; empty for now. What was sold keeps its fee."
    )
    field_order = ("percent", "fixed", "starts_at", "reason")


class FeeTermsInline(ReadOnlyInline):
    """What we keep of their sales, the newest terms first."""

    model = FeeTerms
    fields = readonly_fields = ("starts_at", "percent", "fixed", "currency", "reason", "created_at")


class FormerStripeAccountInline(ReadOnlyInline):
    """The Stripe accounts that paid them before."""

    model = FormerStripeAccount
    fields = readonly_fields = ("stripe_account_id", "ended_at", "reason", "may_return")


class ShopDomainInline(ReadOnlyInline):
    """The domain that they say is theirs, and what was seen of it."""

    model = ShopDomain
    fields = readonly_fields = ("domain", "seen_by", "seen_at", "checked_at", "last_error", "asked_at")


@admin.register(SellerProfile)
class SellerProfileAdmin(AuditedAdmin):
    """Accounts that sell."""

    list_display = ("display_name", related_row("account"), "charges_enabled", "payouts_enabled", "suspended_at", "created_at")
    list_filter = ("charges_enabled", "payouts_enabled", ("suspended_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("account",)
    search_fields = ("display_name", "account__name", "account__user__username", "account__user__email", "stripe_account_id")
    exclude = ("account",)
    readonly_fields = ("created_at", related_row("account"), related_row("account__user"))
    inlines = (FeeTermsInline, ShopDomainInline, FormerStripeAccountInline)
    actions = ("suspend", "reinstate", "ask_stripe", "disconnect", "change_quota", "set_fee")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Link to a seller's books for those who see them."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "books"] if request.user.has_perm("billing.view_ledgertransaction") else fields

    @admin.display(description="balance and statement")
    def books(self, seller: SellerProfile) -> str:
        """Link to what they have and what has moved it."""
        return format_html('<a href="{}?seller={}">show</a>', reverse("admin:billing_ledgertransaction_changelist"), seller.pk)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave the fee to staff who may change terms: whoever moderates sellers does not decide what they pay."""
        actions = super().get_actions(request)
        if not request.user.has_perm("accounts.change_feeterms"):
            actions.pop("set_fee", None)
        return actions

    @act(
        "Suspend",
        consequence="New sales and new push tokens stop at once; a push token that was already issued works until it expires. What was sold"
        " stays sold.",
    )
    def suspend(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Stop sellers' new sales."""
        suspend_seller(seller=seller, reason=reason, actor=signed_in(request))

    @act("Reinstate", consequence="They may sell and push again.")
    def reinstate(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Lift suspensions."""
        reinstate_seller(seller=seller, reason=reason, actor=signed_in(request))

    @act(
        "Ask Stripe",
        consequence="What their account may do is fetched again. One that Stripe no longer knows ends; a former one that it knows again"
        " is reconnected.",
    )
    def ask_stripe(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Have a worker ask Stripe about the seller."""
        ask_stripe_about(seller=seller, reason=reason, actor=signed_in(request))

    @act(
        "Disconnect Stripe",
        consequence="What has a price is not for sale until they connect another Stripe account. Orders keep the account they were placed"
        " with. It is not reconnected by itself.",
    )
    def disconnect(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Disconnect sellers' Stripe accounts."""
        disconnect_stripe(seller=seller, reason=reason, actor=signed_in(request))

    @act(
        "Change storage quota",
        consequence="Their next push is measured by it. Whoever stores more keeps it, and can push nothing until there is room.",
        form=StorageQuotaForm,
    )
    def change_quota(self, request: HttpRequest, seller: SellerProfile, reason: str, megabytes: int | None) -> None:
        """Give sellers another storage quota."""
        change_storage_quota(seller=seller, megabytes=megabytes, reason=reason, actor=signed_in(request))

    @act(
        "Set the fee",
        consequence="New sales are made with it from that moment on. What was sold, and a checkout that is open, keep the fee they have.",
        form=FeeTermsForm,
    )
    def set_fee(
        self, request: HttpRequest, seller: SellerProfile, *, reason: str, percent: Decimal, fixed: Money | None, starts_at: datetime | None
    ) -> None:
        """Give sellers other terms."""
        points = int(percent * 100)
        set_fee_terms(seller=seller, basis_points=points, fixed=fixed, starts_at=starts_at, reason=reason, actor=signed_in(request))

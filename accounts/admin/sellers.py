"""Sellers: what Stripe says of them, and suspension."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.domains.models import ShopDomain
from accounts.people.requests import signed_in
from accounts.sellers.models import FormerStripeAccount, SellerProfile
from accounts.sellers.services.sellers import change_storage_quota, reinstate_seller, suspend_seller
from accounts.sellers.services.stripe_accounts import ask_stripe_about, disconnect_stripe
from audit.admin import AuditedAdmin
from common.admin.acts import ReasonForm, act
from common.admin.inlines import ReadOnlyInline
from common.admin.related_rows import related_row


class StorageQuotaForm(ReasonForm):
    """Asks for the new quota and the reason."""

    megabytes = forms.IntegerField(
        min_value=0, max_value=10**9, required=False, help_text="What they may store in the registry; empty for what every seller may."
    )
    field_order = ("megabytes", "reason")


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
    inlines = (ShopDomainInline, FormerStripeAccountInline)
    actions = ("suspend", "reinstate", "ask_stripe", "disconnect", "change_quota")

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

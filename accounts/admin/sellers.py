"""Sellers: what Stripe says of them, and suspension."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin.trail import AuditedAdmin
from accounts.models import SellerProfile
from accounts.requests import signed_in
from accounts.services.sellers import reinstate_seller, suspend_seller
from common.admin import act, neighbour


@admin.register(SellerProfile)
class SellerProfileAdmin(AuditedAdmin):
    """Accounts that sell."""

    list_display = ("display_name", neighbour("account"), "charges_enabled", "payouts_enabled", "suspended_at", "created_at")
    list_filter = ("charges_enabled", "payouts_enabled", ("suspended_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("account",)
    search_fields = ("display_name", "account__name", "account__user__username", "account__user__email", "stripe_account_id")
    exclude = ("account",)
    readonly_fields = ("created_at", neighbour("account"), neighbour("account__user"))
    actions = ("suspend", "reinstate")

    @act(
        "Suspend",
        consequence="New sales and new push tokens stop at once; a push token that is out lives on to its end. What was sold stays sold.",
    )
    def suspend(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Stop sellers' new sales."""
        suspend_seller(seller=seller, reason=reason, actor=signed_in(request))

    @act("Reinstate", consequence="They may sell and push again.")
    def reinstate(self, request: HttpRequest, seller: SellerProfile, reason: str) -> None:
        """Lift suspensions."""
        reinstate_seller(seller=seller, reason=reason, actor=signed_in(request))

"""Changes of subscriptions to larger editions, to read, and to go on with."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.renewals.upgrade_payments import try_upgrade_again
from billing.subscriptions.upgrade_models import Upgrade
from common.admin.acts import act
from common.admin.related_rows import related_row
from common.admin.units import in_currency

_AMOUNTS: Final = ("charge", "charge_fee", "amount", "application_fee", "was_amount", "was_application_fee")


@admin.register(Upgrade)
class UpgradeAdmin(AuditedAdmin):
    """Who pays the difference to a larger edition, and what became of it. Money goes back on the order that it has made."""

    list_display = ("asked_at", related_row("subscription"), "product_title", "charge_money", "money", "state", "given_up_at", "last_error")
    list_display_links = ("asked_at",)
    list_filter = ("state", ("given_up_at", admin.EmptyFieldListFilter), "asked_at")
    list_select_related = ("subscription",)
    search_fields = ("id", "product_title", "invoice_id", "subscription__email", "subscription__stripe_subscription_id")
    date_hierarchy = "asked_at"
    exclude = ("subscription", "placed_by", "price", "was_price", "pay_url", *_AMOUNTS)
    readonly_fields = (
        "id",
        related_row("subscription"),
        related_row("placed_by"),
        related_row("price"),
        related_row("was_price"),
        *(in_currency(name, of="subscription") for name in _AMOUNTS),
        "asked_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    actions = ("try_again",)

    @act("Go on with it", consequence="Within a minute Stripe is asked whether it was paid, and it is made or given up.")
    def try_again(self, request: HttpRequest, upgrade: Upgrade, reason: str) -> None:
        """Have the sweep take it next."""
        try_upgrade_again(upgrade=upgrade, reason=reason, actor=signed_in(request))

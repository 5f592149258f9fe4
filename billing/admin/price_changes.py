"""What was announced to subscribers, to read; the new price of each of them, to read, and to tell Stripe of again."""

from typing import Final

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.renewals.repricing import try_price_change_again
from billing.subscriptions.price_models import PriceAnnouncement, PriceChange
from common.admin.acts import act
from common.admin.related_rows import related_row
from common.admin.units import in_currency

_AMOUNTS: Final = ("was_amount", "was_application_fee", "amount", "application_fee", "discount_amount")


@admin.register(PriceAnnouncement)
class PriceAnnouncementAdmin(AuditedAdmin):
    """Which prices sellers have had count for running subscriptions. Without `done_at` subscribers are still being told."""

    list_display = ("announced_at", related_row("price__product"), "price", related_row("announced_by"), "notice_days", "done_at")
    list_display_links = ("announced_at",)
    list_filter = (("done_at", admin.EmptyFieldListFilter), "announced_at")
    list_select_related = ("price__product", "announced_by")
    search_fields = ("id", "price__product__title", "announced_by__username")
    date_hierarchy = "announced_at"
    exclude = ("price", "announced_by")
    readonly_fields = ("id", related_row("price"), related_row("announced_by"), "announced_at")


@admin.register(PriceChange)
class PriceChangeAdmin(AuditedAdmin):
    """What sellers have announced to their subscribers, one row for each. What was given up keeps its old price, and says why."""

    list_display = (
        "announced_at",
        related_row("subscription"),
        in_currency("was_amount", of="subscription"),
        in_currency("amount", of="subscription"),
        "counts_from",
        "state",
        "given_up_at",
        "last_error",
    )
    list_display_links = ("announced_at",)
    list_filter = ("state", ("given_up_at", admin.EmptyFieldListFilter), "announced_at")
    list_select_related = ("subscription",)
    search_fields = ("id", "subscription__product_title", "subscription__email", "subscription__stripe_subscription_id")
    date_hierarchy = "announced_at"
    exclude = ("subscription", "announcement", "price", "was_price", *_AMOUNTS)
    readonly_fields = (
        "id",
        related_row("subscription"),
        related_row("announcement"),
        related_row("price"),
        *(in_currency(name, of="subscription") for name in _AMOUNTS),
        "announced_at",
        "attempts",
        "due_at",
        "last_error",
        "given_up_at",
    )
    actions = ("try_again",)

    @act("Tell Stripe again", consequence="Within a minute Stripe is asked to charge the new price from the renewal that was announced.")
    def try_again(self, request: HttpRequest, change: PriceChange, reason: str) -> None:
        """Have the sweep take it next."""
        try_price_change_again(change=change, reason=reason, actor=signed_in(request))

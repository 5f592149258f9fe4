"""New prices of running subscriptions, to read, and to tell Stripe of again."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from billing.renewals.repricing import try_price_change_again
from billing.subscriptions.price_models import PriceChange
from common.admin.acts import act
from common.admin.related_rows import related_row


@admin.register(PriceChange)
class PriceChangeAdmin(AuditedAdmin):
    """What sellers have announced to their subscribers, one row for each. What was given up keeps its old price, and says why."""

    list_display = ("announced_at", related_row("subscription"), "was_money", "money", "counts_from", "state", "given_up_at", "last_error")
    list_display_links = ("announced_at",)
    list_filter = ("state", ("given_up_at", admin.EmptyFieldListFilter), "announced_at")
    list_select_related = ("subscription",)
    search_fields = ("id", "subscription__product_title", "subscription__email", "subscription__stripe_subscription_id")
    date_hierarchy = "announced_at"
    exclude = ("subscription", "announcement", "price", "was_price")
    readonly_fields = (
        "id",
        related_row("subscription"),
        related_row("price"),
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

"""Gifts, to read and to take back."""

from django.contrib import admin
from django.http import HttpRequest

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row, related_rows
from marketplace.admin.bounds import PULL_ENDS
from marketplace.entitlements.models import Entitlement
from marketplace.gifts.models import Gift
from marketplace.gifts.services.ending import revoke_gift


@admin.register(Gift)
class GiftAdmin(AuditedAdmin):
    """Access that buyers paid for somebody else, or that sellers gave."""

    list_display = ("created_at", related_row("product"), related_row("giver"), "email", related_row("holder"), "source_kind", "state")
    list_display_links = ("created_at",)
    list_filter = ("source_kind", ("claimed_at", admin.EmptyFieldListFilter), ("revoked_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("product", "giver", "holder")
    search_fields = ("email", "giver__name", "holder__name", "source_id")
    date_hierarchy = "created_at"
    exclude = ("giver", "given_by", "product", "images", "claimed_by", "holder")
    readonly_fields = (
        "id",
        "state",
        related_row("product"),
        related_row("giver"),
        related_row("given_by", "given by"),
        related_row("holder"),
        related_row("claimed_by", "claimed by"),
        related_rows(Entitlement, "source_id", "entitlements", of="source_id"),
        "created_at",
        "expiry_told_at",
        "reduced_at",
    )
    actions = ("revoke",)

    @admin.display(description="state")
    def state(self, gift: Gift) -> str:
        """What has become of it."""
        return gift.state.value

    @act(
        "Take back",
        consequence=f"Its link no longer works, and whoever claimed it is told. {PULL_ENDS} To end what was paid for, refund its order.",
    )
    def revoke(self, request: HttpRequest, gift: Gift, reason: str) -> None:
        """Take back what a seller gave."""
        revoke_gift(gift=gift, reason=reason, actor=signed_in(request))

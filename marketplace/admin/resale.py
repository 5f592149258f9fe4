"""Pushes that hold what another seller sells: the queue of staff."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.people.requests import signed_in
from audit.admin import AuditedAdmin
from common.admin.acts import act
from common.admin.related_rows import related_row
from common.admin.units import in_bytes
from marketplace.resale.models import ResaleFlag
from marketplace.resale.services import close_flag


@admin.register(ResaleFlag)
class ResaleFlagAdmin(AuditedAdmin):
    """What waits first, then what was decided."""

    list_display = ("flagged_at", related_row("image"), related_row("origin"), in_bytes("size"), "outcome", "closed_at")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), "outcome", "flagged_at")
    list_select_related = ("image", "origin")
    search_fields = ("image__repository", "origin__repository", "digest", "origin_digest", "closing_reason")
    date_hierarchy = "flagged_at"
    ordering = ("-closed_at", "-flagged_at")  # PostgreSQL has what is empty first, and that is what waits
    exclude = ("image", "origin", "layers", "size")
    readonly_fields = (
        "id",
        related_row("image"),
        related_row("image__owner", "seller"),
        related_row("origin"),
        related_row("origin__owner", "whose layers they are"),
        "taken",
        in_bytes("size"),
        "flagged_at",
        "closed_at",
        "outcome",
        "closing_reason",
    )
    actions = ("dismiss", "uphold")

    @admin.display(description="layers")
    def taken(self, flag: ResaleFlag) -> SafeString:
        """List the digests of the layers that both images have."""
        return format_html_join(mark_safe("<br>"), "<code>{}</code>", ((digest,) for digest in flag.layers))

    @act("Dismiss", consequence="These layers are not flagged for this seller again; others that come from the same image are.")
    def dismiss(self, request: HttpRequest, flag: ResaleFlag, reason: str) -> None:
        """Let the seller have them."""
        close_flag(flag=flag, outcome=ResaleFlag.Outcome.DISMISSED, reason=reason, actor=signed_in(request))

    @act(
        "Uphold",
        consequence="It leaves the queue as a resale. Nothing else happens: take the image down, or suspend the seller, on their pages.",
    )
    def uphold(self, request: HttpRequest, flag: ResaleFlag, reason: str) -> None:
        """Decide that it is a resale."""
        close_flag(flag=flag, outcome=ResaleFlag.Outcome.UPHELD, reason=reason, actor=signed_in(request))

"""Images on their way to earlier buyers, to read."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from common.admin.related_rows import related_row
from marketplace.growth.models import Growth


@admin.register(Growth)
class GrowthAdmin(AuditedAdmin):
    """Images that were added to a product and are given to those who have bought it before."""

    list_display = ("created_at", related_row("product"), related_row("image"), "given", "given_at", "done_at")
    list_display_links = ("created_at",)
    list_filter = (("done_at", admin.EmptyFieldListFilter), ("given_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("product", "image")
    search_fields = ("product__title", "image__repository")
    date_hierarchy = "created_at"
    exclude = ("product", "image", "asked_by", "cursor", "mailed_to")
    readonly_fields = (
        "id",
        related_row("product"),
        related_row("image"),
        related_row("asked_by", "asked by"),
        "created_at",
    )

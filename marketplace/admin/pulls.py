"""Counts of pulls, read-only: they are written from the registry's events."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from common.admin.related_rows import related_row
from marketplace.insights.models import PullCount, PullerSketch


@admin.register(PullCount)
class PullCountAdmin(AuditedAdmin):
    """Pulls by image, day, tag, platform and buyer."""

    list_display = ("day", related_row("image"), "tag", "platform", related_row("buyer"), "count")
    list_display_links = ("day",)
    list_filter = ("day", "platform")
    list_select_related = ("image", "buyer")
    search_fields = ("image__repository", "tag", "buyer__name")
    date_hierarchy = "day"
    exclude = ("image", "buyer")
    readonly_fields = ("id", related_row("image"), related_row("buyer"))


@admin.register(PullerSketch)
class PullerSketchAdmin(AuditedAdmin):
    """Distinct pullers by image and period: an estimate with a standard error of 0.81 %."""

    list_display = ("begins", "period", related_row("image"), "distinct", "updated_at")
    list_display_links = ("begins",)
    list_filter = ("period", "begins")
    list_select_related = ("image",)
    search_fields = ("image__repository",)
    date_hierarchy = "begins"
    exclude = ("image", "sketch")
    readonly_fields = ("id", related_row("image"), "updated_at")

"""Counts of pulls, read-only: they are written from the registry's events."""

from django.contrib import admin

from audit.admin import AuditedAdmin
from common.admin.neighbours import neighbour
from marketplace.insights.models import PullCount, PullerSketch


@admin.register(PullCount)
class PullCountAdmin(AuditedAdmin):
    """Pulls by image, day, tag, platform and buyer."""

    list_display = ("day", neighbour("image"), "tag", "platform", neighbour("buyer"), "count")
    list_display_links = ("day",)
    list_filter = ("day", "platform")
    list_select_related = ("image", "buyer")
    search_fields = ("image__repository", "tag", "buyer__name")
    date_hierarchy = "day"
    exclude = ("image", "buyer")
    readonly_fields = ("id", neighbour("image"), neighbour("buyer"))


@admin.register(PullerSketch)
class PullerSketchAdmin(AuditedAdmin):
    """Distinct pullers by image and period: an estimate with a standard error of 0.81 %."""

    list_display = ("begins", "period", neighbour("image"), "distinct", "updated_at")
    list_display_links = ("begins",)
    list_filter = ("period", "begins")
    list_select_related = ("image",)
    search_fields = ("image__repository",)
    date_hierarchy = "begins"
    exclude = ("image", "sketch")
    readonly_fields = ("id", neighbour("image"), "updated_at")

"""Counts of pulls and views and the daily series, read-only: they are written from what happens."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList

from audit.admin import AuditedAdmin
from common.admin.related_rows import related_row
from common.admin.units import in_currency
from marketplace.insights.models import BuyerPull, DailyFigures, ProductViews, PullCount, PullerSketch


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


@admin.register(BuyerPull)
class BuyerPullAdmin(AuditedAdmin):
    """Pulls of bought images by their buyers, with address and client: evidence for disputes and refunds, kept for a limited time."""

    list_display = ("first_at", related_row("buyer"), related_row("image"), "address", "client", "digest", "count")
    list_display_links = ("first_at",)
    list_filter = ("day",)
    list_select_related = ("image", "buyer")
    search_fields = ("image__repository", "buyer__name", "address")
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


@admin.register(ProductViews)
class ProductViewsAdmin(AuditedAdmin):
    """Views of product pages by day; nothing is kept of the visitors."""

    list_display = ("day", related_row("product"), "count")
    list_display_links = ("day",)
    list_filter = ("day",)
    list_select_related = ("product",)
    search_fields = ("product__title", "product__namespace__name")
    date_hierarchy = "day"
    exclude = ("product",)
    readonly_fields = ("id", related_row("product"))


class CurrencyFilter(admin.AllValuesFieldListFilter):
    """The currencies that there are; rows of pulls and views have none, and say so."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield them, none without a name to click on."""
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "none: pulls and views"}


@admin.register(DailyFigures)
class DailyFiguresAdmin(AuditedAdmin):
    """The daily series of each product, of all that a seller has, and of the whole shop: sums of days that are over."""

    list_display = (
        "day",
        related_row("seller"),
        related_row("product"),
        "currency",
        in_currency("paid"),
        in_currency("refunded"),
        "orders",
        "refunds",
        "pulls",
        "pullers",
        "views",
    )
    list_display_links = ("day",)
    list_filter = (("seller", admin.EmptyFieldListFilter), ("product", admin.EmptyFieldListFilter), ("currency", CurrencyFilter), "day")
    list_select_related = ("seller", "product")
    search_fields = ("seller__display_name", "product__title")
    date_hierarchy = "day"
    exclude = ("seller", "product", "sketch", "paid", "refunded")
    readonly_fields = ("id", related_row("seller"), related_row("product"), in_currency("paid"), in_currency("refunded"))

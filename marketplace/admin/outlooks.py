"""Trends and forecasts, read-only: workers make them from the daily series."""

from collections.abc import Callable, Iterator, Sequence

from django.contrib import admin
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join

from audit.admin import AuditedAdmin
from common.admin.related_rows import related_row
from common.admin.units import NOTHING
from marketplace.insights.outlook import Estimate, Outlook, read_outlook
from marketplace.insights.outlook_models import CountOutlook, RevenueOutlook, SeriesOutlook
from marketplace.insights.sentences import forecast_sentence, name_of, trend_sentence, writer_of


class SeriesOutlookAdmin(AuditedAdmin):
    """Trends and forecasts. One that was tried long after its last day cannot be worked out: the log of the worker says why."""

    list_select_related = ("seller", "product")
    search_fields = ("seller__display_name", "product__title")
    date_hierarchy = "until"
    exclude = ("seller", "product", "found")
    readonly_fields = (
        "id",
        related_row("seller"),
        related_row("product"),
        "since",
        "trend",
        "forecast",
        "last_days",
        "next_days",
    )

    @admin.display(description="made from each day since")
    def since(self, row: SeriesOutlook) -> str:
        """The first day of the series."""
        return _said(row, lambda outlook: localize(outlook.begins))

    @admin.display(description="trend")
    def trend(self, row: SeriesOutlook) -> str:
        """The sentence of the seller's page."""
        return _said(row, lambda outlook: trend_sentence(name_of(outlook.figure), outlook.trend, writer_of(outlook.currency)))

    @admin.display(description="forecast")
    def forecast(self, row: SeriesOutlook) -> str:
        """The sentence of the seller's page."""
        return _said(row, lambda outlook: forecast_sentence(outlook.forecast, writer_of(outlook.currency), figure=outlook.figure))

    @admin.display(description="last two weeks")
    def last_days(self, row: SeriesOutlook) -> str:
        """What each day brought, and the line there."""
        return _said(row, lambda outlook: _table(("Day", "Brought", "Smoothed", "95 % band"), _smoothed(outlook)))

    @admin.display(description="next days")
    def next_days(self, row: SeriesOutlook) -> str:
        """What each is to bring."""
        return _said(row, lambda outlook: _table(("Day", "Forecast", "80 % band"), _coming(outlook)))


@admin.register(RevenueOutlook)
class RevenueOutlookAdmin(SeriesOutlookAdmin):
    """Trends and forecasts of revenue."""

    list_display = (related_row("seller"), related_row("product"), "currency", "until", "tried_at")
    list_display_links = ("currency",)
    list_filter = (("product", admin.EmptyFieldListFilter), "currency", "until")


@admin.register(CountOutlook)
class CountOutlookAdmin(SeriesOutlookAdmin):
    """Trends and forecasts of orders, pulls and views."""

    list_display = (related_row("seller"), related_row("product"), "figure", "until", "tried_at")
    list_display_links = ("figure",)
    list_filter = (("product", admin.EmptyFieldListFilter), "figure", "until")


def _said(row: SeriesOutlook, say: Callable[[Outlook], str]) -> str:
    """Say something of an outlook that was worked out."""
    outlook = read_outlook(row)
    return say(outlook) if outlook else NOTHING


def _smoothed(outlook: Outlook) -> Iterator[tuple[str, ...]]:
    write = writer_of(outlook.currency)
    for day, value, line in outlook.newest:
        yield localize(day), write(value), *_written(line, write)


def _coming(outlook: Outlook) -> Iterator[tuple[str, ...]]:
    for each in outlook.coming:
        yield localize(each.day), *_written(each, writer_of(outlook.currency))


def _written(each: Estimate, write: Callable[[float], str]) -> tuple[str, str]:
    return write(each.value), f"{write(each.low)} to {write(each.high)}"


def _table(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> str:
    """Write a table whose first column heads its rows; nothing without rows."""
    cells = '<tr><th scope="row">{}</th>' + "<td>{}</td>" * (len(heads) - 1) + "</tr>"
    body = format_html_join("", cells, rows)
    head = format_html_join("", '<th scope="col">{}</th>', ((each,) for each in heads))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body) if body else NOTHING

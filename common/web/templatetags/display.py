"""How pages write amounts, sizes, digests, times, commands and icons."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.template import RequestContext
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from common import languages
from common.money import Money
from common.text import readable_size

register = template.Library()

_MINUTE = 60
_DIGEST_SHOWN = 12
_BACKTICKS = re.compile(r"`([^`]+)`")
_ICONS = {
    "check": '<path d="m3 8.5 3.2 3.2L13 4.5"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.8V8l2.2 1.6"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
}


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Write minor units as people write an amount; zero is `Free`."""
    if minor is None:
        return ""
    return str(Money(minor, currency.lower())) if minor else gettext("Free")


@register.filter
def size(count: int | None) -> str:
    """Write bytes with a decimal unit, as docker does: `137.6 MB`."""
    return "" if count is None else readable_size(count)


@register.filter
def backticks(text: str) -> SafeString:
    """Write what stands between backticks as code, the rest as it is."""
    return mark_safe(_BACKTICKS.sub(r"<code>\1</code>", escape(text)))  # noqa: S308  escaped before the tags were put in


@register.filter
def short(digest: str | None) -> str:
    """Return the first twelve characters of a digest, as docker shows them."""
    return (digest or "").rpartition(":")[2][:_DIGEST_SHOWN]


@register.simple_tag
def digest(value: str | None) -> SafeString:
    """Show a digest short, whole on hover."""
    if not value:
        return format_html('<span class="quiet">–<span class="vh">{}</span></span>', gettext("none"))
    return format_html('<code title="{}">{}</code>', value, short(value))


@register.simple_tag
def when(moment: datetime | None, otherwise: str | None = None) -> str:
    """Show a time relative to now, with the exact UTC time on hover; without one, `otherwise` or the word for never."""
    if moment is None:
        return gettext("never") if otherwise is None else otherwise
    utc = moment.astimezone(timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        relative(moment, timezone.now()),
    )


@register.simple_tag
def on_day(moment: datetime | None) -> str:
    """Show a day, `20 November 2026`, with the exact UTC time on hover: for receipts, which are read later."""
    if moment is None:
        return ""
    utc = moment.astimezone(timezone.get_default_timezone())
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        languages.long_day(utc),
    )


@register.filter
def day(moment: date | None) -> str:
    """Write a day, `20 November 2026`."""
    return "" if moment is None else languages.long_day(_in_utc(moment))


@register.filter
def day_of_year(moment: date | None) -> str:
    """Write a day of a year that is known, `20 November`."""
    return "" if moment is None else languages.day_of_year(_in_utc(moment))


@register.filter
def short_day(moment: date | None) -> str:
    """Write a day below a chart, `20 Nov`."""
    return "" if moment is None else languages.short_day(_in_utc(moment))


@register.filter
def month_of_year(moment: date | None) -> str:
    """Write a month, `November 2026`."""
    return "" if moment is None else languages.month_of_year(_in_utc(moment))


@register.filter
def minute(moment: datetime | None) -> str:
    """Write a day and a time, `20 November 2026, 14:03 UTC`: for what is read later, without a way to hover."""
    return "" if moment is None else f"{languages.minute(moment.astimezone(UTC))} UTC"


def _in_utc(moment: date) -> date:
    return moment.astimezone(timezone.get_default_timezone()) if isinstance(moment, datetime) else moment


def relative(moment: datetime, now: datetime) -> str:
    """Say how far a time is from now: `2 days ago`, `in 3 weeks`, `just now`."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) >= _MINUTE:
        return languages.ago(moment, now)
    return gettext("in less than a minute") if seconds > 0 else gettext("just now")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw a small icon; the words that belong beside it are the caller's."""
    return mark_safe(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{_ICONS[name]}</svg>')  # noqa: S308  constants above


@register.inclusion_tag("_command.html")
def command(*parts: str) -> dict[str, str]:
    """Show one command line, its parts joined by spaces, with a copy button."""
    return {"line": " ".join(str(part) for part in parts if part)}


@register.simple_tag(takes_context=True)
def current(context: RequestContext, *names: str) -> str:
    """Mark the link to the page that is open, for eyes and screen readers alike."""
    match = getattr(context.get("request"), "resolver_match", None)
    return mark_safe(' aria-current="page"') if match and match.view_name in names else ""


@register.simple_tag
def page_numbers(page: Page[Any]) -> list[int | str]:
    """Return the page numbers to link to, long runs elided."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: object) -> str:
    """Return this page's query string with some values changed: for page links that keep the filters."""
    parameters = context["request"].GET.copy()
    for name, value in changes.items():
        parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def without(context: RequestContext, name: str, value: object) -> str:
    """Return this page's query string without one value of a repeated parameter: for taking a filter off."""
    parameters = context["request"].GET.copy()
    parameters.setlist(name, [one for one in parameters.getlist(name) if one != str(value)])
    parameters.pop("page", None)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def dropping(context: RequestContext, name: str) -> str:
    """Return this page's query string without a parameter: for taking a whole filter off."""
    parameters = context["request"].GET.copy()
    for gone in (name, "page"):
        parameters.pop(gone, None)
    return f"?{parameters.urlencode()}"

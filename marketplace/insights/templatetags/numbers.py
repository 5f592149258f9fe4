"""How figures are written on pages: periods by name, amounts beside a chart, and what a chart shows in words."""

from collections.abc import Sequence
from datetime import date

from django import template
from django.utils.translation import gettext, pgettext

from common import languages
from common.money import Money
from marketplace.insights.figures import Figures, PeriodFigures
from marketplace.insights.outlook import Outlook
from marketplace.insights.periods import Unit
from marketplace.insights.sentences import forecast_sentence, label_of, name_of, trend_sentence, writer_of

register = template.Library()


@register.simple_tag
def period_name(unit: Unit, begins: date) -> str:
    """Name a period: `28 November 2026`, `Week from 23 November 2026`, `November 2026`."""
    if unit is Unit.MONTH:
        return languages.month_of_year(begins)
    day = languages.long_day(begins)
    return gettext("Week from {day}").format(day=day) if unit is Unit.WEEK else day


@register.simple_tag
def unit_name(unit: Unit) -> str:
    """Name what figures are added up by, as in `Revenue by week`: day, week or month."""
    match unit:
        case Unit.DAY:
            return pgettext("figures by", "day")
        case Unit.WEEK:
            return pgettext("figures by", "week")
        case _:
            return pgettext("figures by", "month")


@register.simple_tag
def period_so_far(figures: Figures) -> str:
    """Say which days the figures are of, and which they are compared with."""
    sentence = gettext("{days} (UTC), beside {days_before}. Only days that are over are counted.")
    return sentence.format(days=_days(figures.current), days_before=_days(figures.before))


def _days(figures: PeriodFigures) -> str:
    """Write a range of days: `28 November`, `1 to 28 November`, `30 November to 5 December`."""
    begins, ends = figures.begins, languages.day_of_year(figures.ends)
    if begins == figures.ends:
        return ends
    if (begins.year, begins.month) == (figures.ends.year, figures.ends.month):
        return gettext("{day_of_same_month} to {last_day}").format(day_of_same_month=begins.day, last_day=ends)
    return gettext("{first_day} to {last_day}").format(first_day=languages.day_of_year(begins), last_day=ends)


@register.simple_tag
def compared_with(figures: Figures) -> str:
    """Say what a change is measured from, behind it: `on October`, `on the week before`, `on the Saturday before`."""
    match figures.unit:
        case Unit.DAY:
            return gettext("on the {weekday} before").format(weekday=languages.weekday(figures.before.begins))
        case Unit.WEEK:
            return gettext("on the week before")
        case _:
            return gettext("on {month}").format(month=languages.month(figures.before.begins))


@register.simple_tag
def same_as(figures: Figures) -> str:
    """Say that nothing has changed: `same as October`, `same as the week before`, `same as the Saturday before`."""
    match figures.unit:
        case Unit.DAY:
            return gettext("same as the {weekday} before").format(weekday=languages.weekday(figures.before.begins))
        case Unit.WEEK:
            return gettext("same as the week before")
        case _:
            return gettext("same as {month}").format(month=languages.month(figures.before.begins))


@register.simple_tag
def period_labels(figures: Figures) -> list[str]:
    """Return the words below a chart, one for each equal part of it."""
    apart = figures.unit.labelled
    write = languages.short_month if figures.unit is Unit.MONTH else languages.short_day
    return [write(each.begins) for each in figures.periods[apart // 2 :: apart]]


@register.simple_tag
def period_values(figures: Figures, name: str) -> list[int]:
    """Return a figure of each period, oldest first."""
    return [getattr(each, name) for each in figures.periods]


@register.simple_tag
def revenue(figures: PeriodFigures, currency: str) -> str:
    """Write a period's revenue after refunds."""
    return str(figures.revenue(currency))


@register.simple_tag
def amount(value: int, currency: str) -> str:
    """Write minor units of a currency, or a count where there is none."""
    return str(Money(value, currency)) if currency else languages.number(value)


@register.simple_tag
def tick(value: int, currency: str) -> str:
    """Write an amount or a count beside a chart, without zeros after the point."""
    return Money(value, currency).short if currency else languages.number(value)


@register.simple_tag
def in_words(unit: Unit, figures: Figures, name: str, values: Sequence[int], currency: str) -> str:
    """Say what a series shows: where it begins and ends, and when it was highest."""
    most = max(range(len(values)), key=lambda place: values[place])
    first, last, highest = (amount(values[place], currency) for place in (0, -1, most))
    sentence = gettext("{name}: from {first} to {last}; most in {period}, {highest}.")
    return sentence.format(name=name, first=first, last=last, period=period_name(unit, figures.periods[most].begins), highest=highest)


@register.simple_tag
def outlook_day(day: date) -> str:
    """Name a day: `28 November 2026`."""
    return period_name(Unit.DAY, day)


@register.simple_tag
def outlook_label(outlook: Outlook) -> str:
    """Name what a day brings at the head of its column."""
    return label_of(outlook.figure)


@register.simple_tag
def outlook_trend(outlook: Outlook) -> str:
    """Say whether what a day brings grows."""
    return trend_sentence(name_of(outlook.figure), outlook.trend, writer_of(outlook.currency))


@register.simple_tag
def outlook_forecast(outlook: Outlook) -> str:
    """Say what the coming days bring, or why nothing is forecast."""
    return forecast_sentence(outlook.forecast, writer_of(outlook.currency), figure=outlook.figure)


@register.simple_tag
def estimate(value: float, outlook: Outlook) -> str:
    """Write what a day brings by the line or the forecast."""
    return writer_of(outlook.currency)(value)


@register.simple_tag
def funnel_bar(share: float) -> str:
    """Return the path of a bar in a picture that is 100 wide and 8 high; none is too short to be seen."""
    return f"M0 0H{max(1, 100 * share):.1f}V8H0z" if share else ""

"""Trend and forecast in words: one sentence each, which claims no more than the days carry."""

from collections.abc import Callable

from django.utils.translation import gettext, ngettext

from common import languages
from common.currencies import currency as row_of
from common.money import Money
from marketplace.insights.findings import (
    HORIZON,
    LEAST_DAYS,
    LEAST_DAYS_WITH_SALES,
    LEAST_SALES,
    WEEK,
    Figure,
    Forecast,
    Reason,
    Trend,
)

Write = Callable[[float], str]


def money_writer(currency: str) -> Write:
    """Return what writes an estimate in minor units as an amount of the currency, rounded to its smallest step."""
    step = row_of(currency).step
    return lambda minor: str(Money(round(minor / step) * step, currency))


def write_count(number: float) -> str:
    """Write an estimated count: whole from ten on, below with one decimal."""
    return languages.number(number, decimals=0 if abs(number) >= 10 else 1)  # noqa: PLR2004 - as the sentence above says


def writer_of(currency: str) -> Write:
    """Return what writes an estimate of a series: an amount of its currency; a count, where it has none."""
    return money_writer(currency) if currency else write_count


def trend_sentence(name: str, trend: Trend | None, write: Write) -> str:
    """Say whether something grows, as in: Revenue grows by €12.40 a week (95 %: €3.10 to €21.70).

    `name`: what the series counts, as a subject in the singular ("Revenue", "The number of pulls"), in the reader's language.
    """
    if trend is None:
        return gettext("{name}: four weeks are needed to show a trend.").format(name=name)
    if not trend.is_certain:
        weeks = trend.days // WEEK
        return ngettext(
            "{name} has no trend that this {weeks} week can show.", "{name} has no trend that these {weeks} weeks can show.", weeks
        ).format(name=name, weeks=weeks)
    amount, least, most = (write(size) for size in sorted_by_size(trend))
    if trend.per_day > 0:
        said = gettext("{name} grows by {amount} a week (95 %: {least} to {most}).")
    else:
        said = gettext("{name} falls by {amount} a week (95 %: {least} to {most}).")
    return said.format(name=name, amount=amount, least=least, most=most)


def sorted_by_size(trend: Trend) -> tuple[float, float, float]:
    """Return what a week adds or takes, and the ends of its interval, without their sign; the smaller end first."""
    least, most = sorted((abs(trend.low), abs(trend.high)))
    return abs(trend.per_week), least, most


def label_of(figure: Figure) -> str:
    """Name a figure where it heads a column or a choice."""
    match figure:
        case Figure.REVENUE:
            return gettext("Revenue")
        case Figure.ORDERS:
            return gettext("Orders")
        case Figure.PULLS:
            return gettext("Pulls")
    return gettext("Views")


def name_of(figure: Figure) -> str:
    """Name what a day brings, as a subject in the singular, in the reader's language."""
    match figure:
        case Figure.REVENUE:
            return gettext("The revenue of a day")
        case Figure.ORDERS:
            return gettext("The number of orders a day")
        case Figure.PULLS:
            return gettext("The number of pulls a day")
    return gettext("The number of views a day")


def forecast_sentence(forecast: Forecast, write: Write, *, figure: Figure = Figure.REVENUE) -> str:
    """Say what the next 30 days bring, and how well such a forecast did before; or why there is none, and what is needed."""
    sold = figure in {Figure.REVENUE, Figure.ORDERS}
    return (_said_of_sales(forecast.reason) if sold else _said_of_counts(forecast.reason)).format(
        horizon=HORIZON,
        total=write(sum(forecast.values)),
        count=forecast.count,
        days=LEAST_DAYS,
        days_with_sales=LEAST_DAYS_WITH_SALES,
        sales=LEAST_SALES,
        weeks=forecast.held_out_weeks,
        less=f"{round(100 * (1 - (forecast.error_ratio or 0)))} %",
    )


def _said_of_sales(reason: Reason | None) -> str:
    match reason:
        case Reason.FEW_DAYS_WITH_SALES:
            return gettext("No forecast yet: it needs {days_with_sales} days on which something was sold, and there are {count}.")
        case Reason.FEW_SALES:
            return gettext("No forecast yet: it needs {sales} sales, and there are {count}.")
        case Reason.STOPPED:
            return gettext(
                "The next {horizon} days bring about {total}, if each week is the same as last week: "
                "nothing was sold for {count} days, which is longer than ever before."
            )
    return _said_of_all(reason)


def _said_of_counts(reason: Reason | None) -> str:
    match reason:
        case Reason.FEW_DAYS_WITH_SALES:
            return gettext("No forecast yet: it needs {days_with_sales} days with at least one, and there are {count}.")
        case Reason.FEW_SALES:
            return gettext("No forecast yet: it needs {sales} in all, and there are {count}.")
        case Reason.STOPPED:
            return gettext(
                "The next {horizon} days bring about {total}, if each week is the same as last week: "
                "there was none for {count} days, which is longer than ever before."
            )
    return _said_of_all(reason)


def _said_of_all(reason: Reason | None) -> str:
    match reason:
        case Reason.FEW_DAYS:
            return gettext("No forecast yet: it needs {days} days, and there are {count}.")
        case Reason.NO_BETTER:
            return gettext(
                "The next {horizon} days bring about {total}, if each week is the same as last week: "
                "in the last {weeks} weeks nothing that we tried was a better guess."
            )
    return gettext(
        "The next {horizon} days bring about {total}. Four days in five should lie within the band; "
        "in the last {weeks} weeks it missed by {less} less than the same as last week."
    )

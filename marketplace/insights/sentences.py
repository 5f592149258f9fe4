"""Trend and forecast in words: one sentence each, which claims no more than the days carry."""

from collections.abc import Callable

from common.currencies import currency as row_of
from common.money import Money
from marketplace.insights.forecast import (
    HORIZON,
    LEAST_DAYS,
    LEAST_DAYS_WITH_SALES,
    LEAST_SALES,
    WEEK,
    Forecast,
    Method,
    Reason,
)
from marketplace.insights.trend import Trend

Write = Callable[[float], str]


def money_writer(currency: str) -> Write:
    """Return what writes an estimate in minor units as an amount of the currency, rounded to its smallest step."""
    step = row_of(currency).step
    return lambda minor: str(Money(round(minor / step) * step, currency))


def write_count(number: float) -> str:
    """Write an estimated count: whole from ten on, below with one decimal."""
    return f"{number:,.0f}" if abs(number) >= 10 else f"{number:.1f}"  # noqa: PLR2004 - as the sentence above says


def trend_sentence(name: str, trend: Trend | None, write: Write) -> str:
    """Say whether something grows, as in: Revenue grows by €12.40 a week (95 %: €3.10 to €21.70).

    `name`: what the series counts, as a subject in the singular ("Revenue", "The number of pulls").
    """
    if trend is None:
        return f"{name}: four weeks are needed to show a trend."
    if not trend.is_certain:
        return f"{name} has no trend that these {trend.days // WEEK} weeks can show."
    verb = "grows" if trend.per_day > 0 else "falls"
    amount, least, most = (write(size) for size in sorted_by_size(trend))
    return f"{name} {verb} by {amount} a week (95 %: {least} to {most})."


def sorted_by_size(trend: Trend) -> tuple[float, float, float]:
    """Return what a week adds or takes, and the ends of its interval, without their sign; the smaller end first."""
    least, most = sorted((abs(trend.low), abs(trend.high)))
    return abs(trend.per_week), least, most


def forecast_sentence(forecast: Forecast, write: Write) -> str:
    """Say what the next 30 days bring, and how well such a forecast did before; or why there is none, and what is needed."""
    reason = _reason(forecast)
    if forecast.method is Method.NONE:
        return f"No forecast yet: {reason}."
    total = f"The next {HORIZON} days bring about {write(sum(forecast.values))}"
    if forecast.method is Method.LAST_WEEK:
        return f"{total}, if each week is the same as last week: {reason}."
    return f"{total}. Four days in five should lie within the band; {_better(forecast)}."


def _reason(forecast: Forecast) -> str:
    match forecast.reason:
        case Reason.FEW_DAYS:
            return f"it needs {LEAST_DAYS} days, and there are {forecast.count}"
        case Reason.FEW_DAYS_WITH_SALES:
            return f"it needs {LEAST_DAYS_WITH_SALES} days on which something was sold, and there are {forecast.count}"
        case Reason.FEW_SALES:
            return f"it needs {LEAST_SALES} sales, and there are {forecast.count}"
        case Reason.STOPPED:
            return f"nothing was sold for {forecast.count} days, which is longer than ever before"
        case _:
            return f"in the last {forecast.held_out_weeks} weeks nothing that we tried was a better guess"


def _better(forecast: Forecast) -> str:
    percent = round(100 * (1 - (forecast.error_ratio or 0)))
    return f"in the last {forecast.held_out_weeks} weeks it missed by {percent} % less than the same as last week"

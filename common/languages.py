"""The reader's language, and how it writes numbers, days and spans of time (Unicode's CLDR, by Babel).

The language is the one that Django has active: a request's. Outside of requests, in the worker and in commands, it is English.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import get_decimal_symbol, get_group_symbol
from django.conf import settings
from django.utils.translation import get_language

ENGLISH: Final = "en"  # CLDR's British September is `Sept`; ours has three letters, as every other month


def locale() -> Locale:
    """Return Babel's locale of the active language."""
    return _parsed(get_language() or settings.LANGUAGE_CODE)


@cache
def _parsed(code: str) -> Locale:
    return Locale.parse(code, sep="-")


def number(value: float, *, decimals: int = 0) -> str:
    """Write a number with grouped thousands: `1,234.5`, in German `1.234,5`."""
    return separated(f"{value:,.{decimals}f}")


def separated(digits: str) -> str:
    """Return a number as Python writes it, `1,234.5`, with the separators of the language."""
    marks = {",": get_group_symbol(locale()), ".": get_decimal_symbol(locale())}
    return "".join(marks.get(letter, letter) for letter in digits)


def with_currency(amount: str, *, sign: str, symbol: str, code: str) -> str:
    """Put a currency where the language has it: `€9.00`, `CHF 9.00`, in German `9,00 €`, `9,00 CHF`.

    Args:
        amount: its digits, separated as the language does.
        sign: a minus, or nothing.
        symbol: stands close to the amount in English; empty for a currency that is written by its code.
    """
    after = locale().currency_formats["standard"].suffix[0]
    if "¤" in after:
        return f"{sign}{amount}{after.replace('¤', symbol or code)}"
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{code} {amount}"


def ago(moment: datetime, now: datetime) -> str:
    """Say how far a time is from now, in the largest unit that it has one of: `2 days ago`, `in 3 weeks`."""
    return format_timedelta(timedelta(seconds=int((moment - now).total_seconds())), threshold=1, add_direction=True, locale=locale())


def long_day(day: date) -> str:
    """Write `20 November 2026`, in German `20. November 2026`."""
    return format_date(day, "long", locale=locale())


def minute(moment: datetime) -> str:
    """Write a day and a time of it, `20 November 2026, 14:03`, as they are in the moment's own zone."""
    return f"{long_day(moment)}, {moment:%H:%M}"


def day_of_year(day: date) -> str:
    """Write `20 November`."""
    return _by_skeleton("MMMMd", day)


def month_of_year(day: date) -> str:
    """Write `November 2026`."""
    return _by_skeleton("yMMMM", day)


def weekday(day: date) -> str:
    """Write `Saturday`."""
    return format_date(day, "EEEE", locale=locale())


def month(day: date) -> str:
    """Write `November`."""
    return format_date(day, "LLLL", locale=locale())


def short_day(day: date) -> str:
    """Write `20 Nov`, for labels of charts."""
    return format_date(day, "d MMM", locale=ENGLISH) if _is_english() else _by_skeleton("MMMd", day)


def short_month(day: date) -> str:
    """Write `Nov`, for labels of charts."""
    return format_date(day, "LLL", locale=ENGLISH if _is_english() else locale())


def _is_english() -> bool:
    return locale().language == ENGLISH


def _by_skeleton(skeleton: str, day: date) -> str:
    return format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=locale())  # noqa: DTZ001  a day has no zone

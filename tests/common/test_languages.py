"""How English and German write the same amounts, numbers, days and spans of time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from common import languages
from common.money import Money
from common.text import readable_size

NOW = datetime(2026, 11, 22, 23, 14, 2, tzinfo=UTC)
DAY = date(2026, 9, 2)


@pytest.mark.parametrize(
    ("minor", "currency", "english", "german"),
    [
        pytest.param(123450, "eur", "€1,234.50", "1.234,50\xa0€", id="a sign"),
        pytest.param(-250, "chf", "−CHF 2.50", "−2,50\xa0CHF", id="a code, negative"),
        pytest.param(500, "jpy", "¥500", "500\xa0¥", id="no decimals"),
        pytest.param(1250, "kwd", "KWD 1.250", "1,250\xa0KWD", id="thousandths"),
    ],
)
def test_an_amount_is_written_in_the_readers_language_and_typed_in_none(minor: int, currency: str, english: str, german: str) -> None:
    money = Money(minor, currency)
    typed = money.typed

    assert str(money) == english
    with translation.override("de"):
        assert str(money) == german
        assert money.typed == typed


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(120000, "eur", "€1,200"), (123450, "eur", "€1,234.50"), (2000, "kwd", "KWD 2"), (1250, "isk", "ISK 12.50"), (500, "jpy", "¥500")],
)
def test_an_amount_beside_a_chart_has_no_zeros_after_the_point(minor: int, currency: str, text: str) -> None:
    assert Money(minor, currency).short == text


def test_german_parts_numbers_and_sizes_in_its_own_way() -> None:
    assert (languages.number(1234567), languages.number(0.5, decimals=2), readable_size(137_600_000)) == ("1,234,567", "0.50", "137.6 MB")
    with translation.override("de"):
        assert (languages.number(1234567), languages.number(0.5, decimals=2), readable_size(137_600_000)) == (
            "1.234.567",
            "0,50",
            "137,6 MB",
        )


def test_days_are_written_in_the_readers_language() -> None:
    ways = (languages.long_day, languages.day_of_year, languages.month_of_year, languages.month, languages.short_day, languages.short_month)

    assert [way(DAY) for way in ways] == ["2 September 2026", "2 September", "September 2026", "September", "2 Sep", "Sep"]
    with translation.override("de"):
        assert [way(DAY) for way in ways] == ["2. September 2026", "2. September", "September 2026", "September", "2. Sept.", "Sep"]


@pytest.mark.parametrize(
    ("away", "english", "german"),
    [
        (timedelta(days=-2), "2 days ago", "vor 2 Tagen"),
        (timedelta(weeks=3), "in 3 weeks", "in 3 Wochen"),
        (timedelta(seconds=-3599.5), "60 minutes ago", "vor 60 Minuten"),
        (timedelta(days=-400), "1 year ago", "vor 1 Jahr"),
    ],
)
def test_a_span_is_told_in_its_largest_unit(away: timedelta, english: str, german: str) -> None:
    assert languages.ago(NOW + away, NOW) == english
    with translation.override("de"):
        assert languages.ago(NOW + away, NOW) == german


def test_without_a_language_it_is_english() -> None:
    with translation.override(None):
        assert str(Money(100, "eur")) == "€1.00"

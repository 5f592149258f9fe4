"""The chart of pulls by day."""

from datetime import date, timedelta

from marketplace.insights.templatetags.charts import bar_chart

TODAY = date(2026, 11, 28)


def days(**counts: int) -> list[tuple[date, int]]:
    """Thirty days up to today, with pulls on those named by how many days ago they were."""
    return [(TODAY - timedelta(days=ago), counts.get(f"ago_{ago}", 0)) for ago in reversed(range(30))]


def test_a_bar_is_as_high_as_its_day_and_never_invisible():
    chart = bar_chart(days(ago_29=1, ago_0=1_000))

    assert chart.bars == "M4 120v-1.0h12V120zM584 120v-120.0h12V120z"
    assert chart.labels == [TODAY - timedelta(days=ago) for ago in (26, 20, 14, 8, 2)]
    assert (chart.width, chart.height) == (600, 120)


def test_days_without_pulls_have_no_bars():
    assert bar_chart(days()).bars == ""

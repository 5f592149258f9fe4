"""The chart of pulls by day."""

from datetime import date, timedelta

from marketplace.insights.templatetags.charts import bar_chart, series_chart

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


def test_ticks_are_round_and_hold_every_value():
    assert series_chart([0, 534_000], [1, 2]).ticks == [600_000, 400_000, 200_000, 0]
    assert series_chart([0, 0], [0, 0]).ticks == [1, 0]
    assert series_chart([-300, 900], [1, 1]).ticks == [1000, 500, 0, -500]
    assert series_chart([2, 3], [1, 1]).ticks == [3, 2, 1, 0]
    assert series_chart([0, 40_000], [1, 1]).ticks == [40_000, 30_000, 20_000, 10_000, 0]
    assert series_chart([0, 43], [1, 1]).ticks == [60, 40, 20, 0]


def test_the_line_runs_from_the_first_period_to_the_last_and_ends_in_a_dot():
    chart = series_chart([0, 50, 100], [0, 3, 6])

    assert chart.line_path == "M140.0 240.0L420.0 120.0L700.0 0.0"
    assert chart.dot == "M700.0 0.0h.01"
    assert chart.grid == "M0 0.0H840M0 120.0H840M0 240.0H840"
    assert chart.bar_path.count("M") == 2
    assert "v-160.0h" in chart.bar_path
    assert (chart.width, chart.height) == (840, 240)

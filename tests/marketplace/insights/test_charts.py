"""The chart of pulls by day."""

from datetime import date, timedelta

from marketplace.insights.outlook import Estimate
from marketplace.insights.templatetags.charts import OutlookChart, bar_chart, series_chart

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


def outlook(days: int, coming: int) -> OutlookChart:
    """Days that bring 0 or 100, a line at 50 from 40 to 60, and coming days at 80 from 60 to 200."""
    last = [TODAY - timedelta(days=ago) for ago in reversed(range(days))]
    following = [TODAY + timedelta(days=place + 1) for place in range(coming)]
    return OutlookChart(
        [(day, 100 * (place % 2)) for place, day in enumerate(last)],
        [Estimate(day, 50, 40, 60) for day in last],
        [Estimate(day, 80, 60, 200) for day in following],
    )


def test_line_and_coming_days_stand_side_by_side_on_one_axis():
    chart = outlook(2, 2)

    assert chart.ticks == [200, 150, 100, 50, 0]
    assert (chart.width, chart.height) == (840, 240)
    assert chart.paths == [
        ("c-grid", "M0 0.0H840M0 60.0H840M0 120.0H840M0 180.0H840M0 240.0H840"),
        ("c-band", "M105.0 168.0L315.0 168.0L315.0 192.0L105.0 192.0z"),
        ("c-band", "M525.0 0.0L735.0 0.0L735.0 168.0L525.0 168.0z"),
        ("c-bar", "M256.2 240.0V120.0h117.6V240.0z"),
        ("c-line", "M105.0 180.0L315.0 180.0"),
        ("c-next", "M525.0 144.0L735.0 144.0"),
        ("c-dot", "M315.0 180.0h.01"),
    ]


def test_without_coming_days_nothing_of_them_is_drawn():
    assert [name for name, _ in outlook(21, 0).paths] == ["c-grid", "c-band", "c-bar", "c-line", "c-dot"]


def test_ten_days_share_a_label():
    labels = outlook(90, 30).labels

    assert len(labels) == 12
    assert (labels[0], labels[-1]) == (TODAY - timedelta(days=84), TODAY + timedelta(days=26))
    assert len(outlook(21, 0).labels) == 2


def test_a_day_on_which_more_went_back_hangs_below_zero():
    chart = OutlookChart([(TODAY, -100), (TODAY, 100)], [Estimate(TODAY, 0, 0, 0)] * 2, [])

    assert dict(chart.paths)["c-bar"] == "M92.4 120.0V240.0h235.2V120.0zM512.4 120.0V0.0h235.2V120.0z"

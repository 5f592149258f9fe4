"""What pages say of trend and forecast."""

import pytest

from marketplace.insights.findings import Figure, Forecast, Method, Reason, Trend
from marketplace.insights.sentences import forecast_sentence, money_writer, trend_sentence, write_count

EUROS = money_writer("eur")
GROWING = Trend(days=10**6, per_day=1240 / 7, error=930 / 1.96 / 7)


def test_growth_is_said_with_its_interval():
    assert trend_sentence("Revenue", GROWING, EUROS) == "Revenue grows by €12.40 a week (95 %: €3.10 to €21.70)."


def test_a_fall_is_said_with_its_interval():
    falling = Trend(GROWING.days, -GROWING.per_day, GROWING.error)

    assert trend_sentence("Revenue", falling, EUROS) == "Revenue falls by €12.40 a week (95 %: €3.10 to €21.70)."


def test_an_interval_that_holds_zero_is_no_trend():
    wide = Trend(days=44, per_day=1.0, error=1.0)

    assert trend_sentence("Revenue", wide, EUROS) == "Revenue has no trend that these 6 weeks can show."


def test_too_few_days_are_said():
    assert trend_sentence("Revenue", None, EUROS) == "Revenue: four weeks are needed to show a trend."


def test_a_forecast_says_its_sum_and_how_well_it_did():
    found = Forecast(Method.LOCAL_LINE, [1000.0] * 30, [0.0] * 30, [2000.0] * 30, error_ratio=0.794, held_out_weeks=8)

    assert forecast_sentence(found, EUROS) == (
        "The next 30 days bring about €300.00. Four days in five should lie within the band; "
        "in the last 8 weeks it missed by 21 % less than the same as last week."
    )


@pytest.mark.parametrize(
    ("reason", "count", "said"),
    [
        (Reason.NO_BETTER, 0, "in the last 5 weeks nothing that we tried was a better guess"),
        (Reason.STOPPED, 9, "nothing was sold for 9 days, which is longer than ever before"),
    ],
)
def test_last_week_is_said_with_why(reason, count, said):
    found = Forecast(Method.LAST_WEEK, [2.0] * 30, [0.0] * 30, [4.0] * 30, reason, count, 1.2, 5)

    assert forecast_sentence(found, write_count) == f"The next 30 days bring about 60, if each week is the same as last week: {said}."


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.FEW_DAYS, "it needs 56 days, and there are 12"),
        (Reason.FEW_DAYS_WITH_SALES, "it needs 42 days on which something was sold, and there are 12"),
        (Reason.FEW_SALES, "it needs 30 sales, and there are 12"),
    ],
)
def test_what_a_forecast_needs_is_said(reason, said):
    assert forecast_sentence(Forecast(Method.NONE, reason=reason, count=12), write_count) == f"No forecast yet: {said}."


def test_amounts_are_rounded_to_the_step_of_their_currency():
    assert money_writer("eur")(1234.5678) == "€12.35"
    assert money_writer("isk")(123_456.0) == "ISK 1,235"
    assert write_count(1234.5) == "1,234"
    assert write_count(3.14) == "3.1"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.FEW_DAYS, "No forecast yet: it needs 56 days, and there are 12."),
        (Reason.FEW_DAYS_WITH_SALES, "No forecast yet: it needs 42 days with at least one, and there are 12."),
        (Reason.FEW_SALES, "No forecast yet: it needs 30 in all, and there are 12."),
        (
            Reason.STOPPED,
            "The next 30 days bring about 60, if each week is the same as last week: there was none for 12 days, which is longer than ever before.",
        ),
    ],
)
@pytest.mark.parametrize("figure", [Figure.PULLS, Figure.VIEWS])
def test_nothing_is_said_of_sales_where_pulls_and_views_are_counted(figure, reason, said):
    values = [2.0] * 30 if reason is Reason.STOPPED else []

    assert forecast_sentence(Forecast(Method.LAST_WEEK, values, reason=reason, count=12), write_count, figure=figure) == said


def test_orders_are_sales():
    found = Forecast(Method.NONE, reason=Reason.FEW_SALES, count=12)

    assert forecast_sentence(found, write_count, figure=Figure.ORDERS) == forecast_sentence(found, EUROS)

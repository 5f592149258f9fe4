"""Forecasts of a daily series: when there is one, what it says, and how wide its interval is."""

import numpy as np
import pytest

from marketplace.insights.findings import HORIZON, Forecast, Method, Reason
from marketplace.insights.forecast import forecast_days, guess_by_local_line, guess_last_week

WEEK = np.array([30.0, 28, 25, 24, 20, 8, 5])
MANY = 1_000


def counted(mean: np.ndarray | float, days: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, days).astype(float)


def weeks(number: int) -> np.ndarray:
    return np.tile(WEEK, number)


@pytest.mark.parametrize(
    ("values", "sales", "reason", "count"),
    [
        pytest.param(np.ones(55), MANY, Reason.FEW_DAYS, 55, id="seven weeks and six days"),
        pytest.param(np.arange(90) % 2.2 < 1, MANY, Reason.FEW_DAYS_WITH_SALES, 41, id="41 days with sales"),
        pytest.param(np.ones(90), 29, Reason.FEW_SALES, 29, id="29 sales"),
    ],
)
def test_without_enough_days_or_sales_there_is_no_forecast_and_the_reason_is_given(values, sales, reason, count):
    assert forecast_days(values.astype(float), sales=sales) == Forecast(Method.NONE, reason=reason, count=count)


def test_the_least_days_and_sales_are_enough():
    assert forecast_days(counted(10, 56), sales=30).method is not Method.NONE
    assert forecast_days((np.arange(56) < 42).astype(float), sales=30).method is not Method.NONE


def test_the_local_line_is_shown_where_it_beats_last_week():
    found = forecast_days(counted(weeks(30), 210), sales=MANY)

    assert found.method is Method.LOCAL_LINE
    assert found.reason is None
    assert found.held_out_weeks == 8
    assert found.error_ratio is not None
    assert found.error_ratio < 0.95
    assert len(found.values) == len(found.low) == len(found.high) == HORIZON
    np.testing.assert_allclose(found.values[:28], np.tile(WEEK, 4), atol=5)


def test_last_week_is_shown_where_it_is_as_good():
    """Weeks that differ from each other, but hardly from the one before."""
    values = weeks(30) * np.repeat(1 + np.arange(30) % 13, 7)

    found = forecast_days(values, sales=MANY)

    assert (found.method, found.reason) == (Method.LAST_WEEK, Reason.NO_BETTER)
    assert found.values == np.resize(values[-7:], HORIZON).tolist()
    assert found.error_ratio is not None
    assert found.error_ratio > 0.95


def test_a_series_that_repeats_itself_exactly_is_last_week_without_an_error():
    found = forecast_days(weeks(20), sales=MANY)

    assert (found.method, found.reason, found.error_ratio) == (Method.LAST_WEEK, Reason.NO_BETTER, None)
    assert found.low == found.values == found.high


@pytest.mark.parametrize("days", [2, 9])
def test_a_shop_that_sells_nothing_for_longer_than_ever_is_not_continued(days):
    values = np.concatenate([counted(20, 150), np.zeros(days)])

    found = forecast_days(values, sales=MANY)

    assert (found.method, found.reason, found.count) == (Method.LAST_WEEK, Reason.STOPPED, days)
    assert found.values == np.resize(values[-7:], HORIZON).tolist()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.concatenate([counted(20, 150), np.zeros(1)]), id="a single day"),
        pytest.param(np.concatenate([np.tile([1.0, 0, 0], 50), np.zeros(4)]), id="what days without a sale are by chance"),
        pytest.param(np.concatenate([counted(20, 60), np.zeros(12), counted(20, 100), np.zeros(12)]), id="no longer than once before"),
    ],
)
def test_a_gap_as_there_were_before_is_no_end(values):
    assert forecast_days(values, sales=MANY).reason is not Reason.STOPPED


def test_a_shop_without_sales_in_all_of_the_last_weeks_has_an_interval_too():
    found = forecast_days(np.concatenate([counted(20, 60), np.zeros(60)]), sales=MANY)

    assert found.reason is Reason.STOPPED
    assert found.low == found.values == found.high == [0.0] * HORIZON


def test_short_series_are_tried_on_the_weeks_that_they_have():
    assert forecast_days(counted(10, 70), sales=MANY).held_out_weeks == 6


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_forecast_below_zero_and_the_interval_holds_the_forecast(seed):
    falling = counted(np.linspace(30, 0.2, 120), 120, seed)

    found = forecast_days(falling, sales=MANY)

    assert min(found.values) >= 0
    assert min(found.low) >= 0
    assert all(low <= value <= high for low, value, high in zip(found.low, found.values, found.high, strict=True))


def test_growth_is_continued_with_a_fading_slope():
    guess = guess_by_local_line(np.arange(120.0))

    steps = np.diff(np.concatenate([[119.0], guess]))
    np.testing.assert_allclose(guess, 119 + np.cumsum(0.8 ** np.arange(1, HORIZON + 1)))
    assert (np.diff(steps) < 0).all()


def test_weekdays_are_added_from_eight_weeks_on():
    np.testing.assert_allclose(guess_by_local_line(weeks(12)), np.resize(WEEK, HORIZON), atol=0.5)
    assert np.ptp(guess_by_local_line(weeks(7))) < 5


def test_the_forecast_begins_with_the_weekday_after_the_last_day():
    for days in range(84, 91):
        values = weeks(13)[:days]
        np.testing.assert_allclose(guess_by_local_line(values), np.resize(np.roll(WEEK, -days), HORIZON), atol=1.5)
        np.testing.assert_allclose(guess_last_week(values), np.resize(np.roll(WEEK, -days), HORIZON))


def test_one_week_of_a_promotion_moves_no_weekday():
    values = weeks(20)
    values[100:103] *= 20

    np.testing.assert_allclose(guess_by_local_line(values), np.resize(WEEK, HORIZON), atol=1)


def test_what_is_expected_is_independent_of_the_unit():
    values = counted(weeks(20), 140)
    euro, cents = forecast_days(values, sales=MANY), forecast_days(100 * values, sales=MANY)

    np.testing.assert_allclose(np.array(euro.values) * 100, cents.values)
    np.testing.assert_allclose(np.array(euro.high) * 100, cents.high)
    np.testing.assert_allclose(np.array(euro.low) * 100, cents.low, atol=1e-6)


def test_four_days_in_five_lie_within_the_interval():
    """On 25 series of one kind; script/bench forecast asks many kinds."""
    within = []
    for seed in range(25):
        values = counted(np.resize(WEEK, 180), 180, seed)
        found = forecast_days(values[:-HORIZON], sales=MANY)
        within.append(np.mean((found.low <= values[-HORIZON:]) & (values[-HORIZON:] <= found.high)))

    assert 0.75 <= np.mean(within) <= 0.85

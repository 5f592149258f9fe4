"""The trend of a daily series."""

import numpy as np
import pytest

from marketplace.insights.findings import critical_value
from marketplace.insights.trend import find_trend
from tests.support.judge import judge

WEEKDAYS = np.array([3.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.0])


def noise(days: int) -> np.ndarray:
    return np.random.default_rng(days).normal(size=days)


def test_fewer_than_four_weeks_have_no_trend():
    assert find_trend(np.arange(27.0)) is None


@pytest.mark.parametrize("days", [28, 55, 56, 300])
def test_slope_and_error_are_those_of_statsmodels_with_weekdays_from_eight_weeks_on(days: int):
    time = np.arange(days)
    values = 0.3 * time + noise(days)
    weekdays = [time % 7 == weekday for weekday in range(1, 7)] if days >= 56 else []
    design = np.column_stack([np.ones(days), time, *weekdays])
    judged = judge().OLS(values, design.astype(float)).fit(cov_type="HAC", cov_kwds={"maxlags": 7, "use_correction": True})

    trend = find_trend(values)

    assert trend is not None
    assert trend.days == days
    assert trend.per_day == pytest.approx(judged.params[1], rel=1e-8)
    assert trend.error == pytest.approx(judged.bse[1], rel=1e-8)
    assert trend.per_week == 7 * trend.per_day
    reach = 7 * critical_value(days) * trend.error
    assert (trend.low, trend.high) == pytest.approx((trend.per_week - reach, trend.per_week + reach))


def test_a_week_that_repeats_itself_is_no_trend_and_hides_none():
    growing = find_trend(np.tile(WEEKDAYS, 10) + 0.1 * np.arange(70))

    assert growing is not None
    assert growing.per_day == pytest.approx(0.1)
    assert growing.is_certain


@pytest.mark.parametrize("slope", [0.2, -0.2])
def test_a_slope_well_above_its_error_is_certain(slope: float):
    trend = find_trend(slope * np.arange(60) + noise(60))

    assert trend is not None
    assert trend.is_certain
    assert np.sign(trend.low) == np.sign(trend.high) == np.sign(slope)


def test_noise_alone_is_not_certain():
    trend = find_trend(noise(60))

    assert trend is not None
    assert trend.low < 0 < trend.high
    assert not trend.is_certain


@pytest.mark.parametrize("level", [0.0, 1.0, 123_456.7])
def test_days_that_are_all_alike_have_no_trend(level: float):
    trend = find_trend(np.full(90, level))

    assert trend is not None
    assert trend.per_day == 0
    assert not trend.is_certain


def test_errors_that_last_for_days_are_not_taken_for_growth():
    """Of series that only wander about a level, the classic interval finds a trend in every fourth, this one in every seventh at most."""
    generator = np.random.default_rng(4)
    found = classic = 0
    for _ in range(200):
        steps = generator.normal(size=130)
        for day in range(1, 130):
            steps[day] += 0.5 * steps[day - 1]
        trend = find_trend(steps[10:])
        assert trend is not None
        found += trend.is_certain
        judged = judge().OLS(steps[10:], judge().add_constant(np.arange(120.0))).fit()
        classic += abs(judged.tvalues[1]) > 1.98

    assert found <= 28
    assert classic >= 50


def test_the_critical_value_becomes_the_normal_one():
    assert critical_value(10**6) == pytest.approx(1.96, abs=1e-4)
    assert critical_value(40) == pytest.approx(2.566, abs=1e-3)

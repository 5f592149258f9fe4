"""All that a page shows of a series, by one call."""

import numpy as np
import pytest

from marketplace.insights.analysis import analyse
from marketplace.insights.findings import Line, Method, Reason


def test_a_page_gets_trend_line_and_forecast_of_plain_numbers():
    days = np.random.default_rng(5).poisson(np.linspace(5, 40, 200)).tolist()

    found = analyse(days, sales=sum(days))

    assert found.trend is not None
    assert found.trend.is_certain
    assert len(found.line.values) == len(found.line.low) == len(found.line.high) == 200
    assert all(type(value) is float for value in (*found.line.values, *found.forecast.values, *found.forecast.high))
    assert found.forecast.method is Method.LOCAL_LINE


def test_a_band_never_goes_below_zero():
    found = analyse([0, 0, 0, 9] * 15, sales=100)

    assert min(found.line.low) == 0


def test_a_day_on_which_more_went_back_than_came_in_is_no_less_than_nothing_of_the_next_ones():
    days = [10, 12, 9, 11, -500, 3, 2] * 12

    found = analyse(days, sales=500)

    assert 0 == min(found.forecast.values) <= min(found.forecast.low)
    assert found.trend is not None
    assert found.trend.per_day == pytest.approx(0, abs=0.1)


def test_a_new_shop_is_told_nothing_that_its_days_do_not_carry():
    found = analyse([1] * 20, sales=20)

    assert found.trend is None
    assert found.line == Line()
    assert (found.forecast.method, found.forecast.reason) == (Method.NONE, Reason.FEW_DAYS)


def test_a_shop_without_days_is_no_error():
    found = analyse([], sales=0)

    assert (found.trend, found.line, found.forecast.count) == (None, Line(), 0)

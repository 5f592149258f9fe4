"""LOWESS of a daily series, against statsmodels."""

import numpy as np
import pytest

from marketplace.insights.smoothing import FRACTIONS, best_smooth, bisquare, lowess
from tests.support.judge import REAL, judge, real_series


def made(kind: str) -> np.ndarray:
    if kind in REAL:
        return real_series(kind)
    generator = np.random.default_rng(7)
    kinds: dict[str, np.ndarray] = {
        "two days": np.array([3.0, 5.0]),
        "ten days": generator.normal(size=10),
        "an odd number of days": generator.gamma(1, 100, 101) + 3 * np.arange(101),
        "two years": generator.poisson(5, 730).astype(float),
        "single large sales": generator.poisson(5, 200) + 500.0 * (np.arange(200) % 41 == 3),
        "few sales": 100.0 * generator.poisson(0.2, 150),
        "no sales": np.zeros(60),
        "one sale": np.where(np.arange(60) == 20, 9.0, 0.0),
    }
    return kinds[kind]


KINDS = [
    "two days",
    "ten days",
    "an odd number of days",
    "two years",
    "single large sales",
    "few sales",
    "no sales",
    "one sale",
    "nile",
    "sunspots",
    "el nino",
    "co2",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_line_is_that_of_statsmodels(kind: str, steps: int):
    values = made(kind)
    days = np.arange(len(values), dtype=float)
    for fraction in FRACTIONS:
        line = lowess(values, fraction=fraction, steps=steps).line
        judged = judge().nonparametric.lowess(values, days, frac=fraction, it=steps, return_sorted=False)

        np.testing.assert_allclose(line, judged, rtol=1e-8, atol=1e-8 * max(1, np.abs(values).max()))


@pytest.mark.parametrize("day", range(10))
def test_leave_one_out_is_what_a_fit_without_the_day_misses(day: int):
    values, distances = made("ten days"), np.arange(10.0) - day
    weights = (1 - (np.abs(distances) / max(day, 9 - day)) ** 3) ** 3
    weights[day] = 0
    _, without = np.polyfit(distances, values, 1, w=np.sqrt(weights))

    assert lowess(values, fraction=1.0, steps=0).leave_one_out[day] == pytest.approx(values[day] - without)


def test_a_straight_line_is_kept_with_its_slope_and_an_empty_band():
    straight = np.linspace(2.0, 41.5, 80)
    smooth = lowess(straight, fraction=0.3)

    np.testing.assert_allclose(smooth.line, straight)
    np.testing.assert_allclose(smooth.slope, 0.5)
    np.testing.assert_allclose(smooth.high - smooth.low, 0, atol=1e-6)


def test_the_band_holds_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(3)
    truth = 20 + 5 * np.sin(np.arange(300) / 60)
    held = [
        np.mean((smooth.low <= truth) & (truth <= smooth.high))
        for smooth in (best_smooth(truth + generator.normal(size=300)) for _ in range(40))
    ]

    assert 0.88 <= np.mean(held) <= 0.99


def test_a_single_large_sale_does_not_bend_the_line():
    values = np.full(100, 10.0) + np.random.default_rng(1).normal(size=100)
    with_a_sale = values.copy()
    with_a_sale[50] = 1_000

    np.testing.assert_allclose(lowess(with_a_sale, fraction=0.3).line, lowess(values, fraction=0.3).line, atol=0.5)


def test_the_fraction_with_the_least_leave_one_out_error_is_chosen():
    fast, still = np.sin(np.arange(365) / 8) * 50, np.resize([1.0, -1.0], 365)

    assert best_smooth(fast).fraction == min(FRACTIONS)
    assert best_smooth(still).fraction == max(FRACTIONS)


def test_no_line_is_drawn_through_less_than_three_weeks():
    fast = np.sin(np.arange(50) / 3)

    assert best_smooth(fast).fraction == 0.45
    assert best_smooth(fast[:15]).fraction == 1.0
    assert best_smooth(fast, least_nearest=42).fraction == 1.0


def test_bisquare_weights_fall_from_the_line_to_six_medians():
    np.testing.assert_allclose(bisquare(np.array([0.0, -1.0, 1.0, 3.0, 6.0])), [1, (35 / 36) ** 2, (35 / 36) ** 2, 0.5625, 0])
    np.testing.assert_allclose(bisquare(np.array([0.0, 0.0, 0.0, -5.0])), [1, 1, 1, 0])

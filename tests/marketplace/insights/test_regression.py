"""Least squares and its standard errors, against certified values and statsmodels."""

import numpy as np
import pytest

from marketplace.insights.regression import least_squares
from tests.support.certified_regressions import ANSCOMBE, FILIP, LONGLEY, NORRIS, WAMPLER, Certified, polynomial
from tests.support.judge import REAL, judge, real_series


@pytest.mark.parametrize(
    ("certified", "precision"),
    [
        pytest.param(NORRIS, 1e-11, id="Norris"),
        pytest.param(LONGLEY, 1e-9, id="Longley"),
        pytest.param(FILIP, 1e-7, id="Filip"),
        pytest.param(WAMPLER[1], 1e-8, id="Wampler1"),
        pytest.param(WAMPLER[2], 1e-11, id="Wampler2"),
        pytest.param(WAMPLER[3], 1e-8, id="Wampler3"),
        pytest.param(WAMPLER[4], 1e-6, id="Wampler4"),
        pytest.param(WAMPLER[5], 1e-4, id="Wampler5"),
    ],
)
def test_certified_coefficients_and_standard_errors_are_met(certified: Certified, precision: float):
    fit = least_squares(certified.design, certified.values)

    np.testing.assert_allclose(fit.coefficients, certified.coefficients, rtol=precision)
    np.testing.assert_allclose(fit.standard_errors, certified.standard_errors, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("number", range(4))
def test_the_four_data_sets_of_anscombe_have_the_same_line(number: int):
    x, y = ANSCOMBE[number]
    fit = least_squares(polynomial(x, 1), y)

    np.testing.assert_allclose(fit.coefficients, [3.0, 0.5], atol=0.003)
    np.testing.assert_allclose(fit.standard_errors, [1.125, 0.118], atol=0.002)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("lag", [0, 1, 7])
def test_errors_under_autocorrelation_are_those_of_statsmodels(name: str, lag: int):
    values = real_series(name)
    design = polynomial(np.linspace(-1, 1, len(values)), 2)
    fit = least_squares(design, values)
    judged = judge().OLS(values, design).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": True})

    np.testing.assert_allclose(fit.coefficients, judged.params, rtol=1e-8)
    np.testing.assert_allclose(fit.errors_under_autocorrelation(lag), judged.bse, rtol=1e-8)
    np.testing.assert_allclose(fit.standard_errors, judge().OLS(values, design).fit().bse, rtol=1e-8)

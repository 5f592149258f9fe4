"""Ordinary least squares, with standard errors that stay true when one day resembles the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.insights.findings import LAG

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regression:
    """A fit of values on the columns of a design.

    Attributes:
        coefficients: one for each column.
        residuals: values less the fit.
        inverse: (XᵀX)⁻¹, from the triangle of the decomposition.
    """

    design: Numbers
    coefficients: Numbers
    residuals: Numbers
    inverse: Numbers

    @property
    def standard_errors(self) -> Numbers:
        """As taught first: they hold for independent errors of one size."""
        rows, columns = self.design.shape
        variance = self.residuals @ self.residuals / (rows - columns)
        return np.asarray(np.sqrt(variance * self.inverse.diagonal()))

    def errors_under_autocorrelation(self, lag: int = LAG) -> Numbers:
        """Return standard errors after Newey and West (Econometrica 55, 1987): Bartlett's weights, and n/(n - k) for small samples."""
        scores = self.design * self.residuals[:, np.newaxis]
        meat = scores.T @ scores
        for step in range(1, lag + 1):
            both = scores[step:].T @ scores[:-step]
            meat += (1 - step / (lag + 1)) * (both + both.T)
        rows, columns = self.design.shape
        covariance = self.inverse @ meat @ self.inverse * (rows / (rows - columns))
        return np.asarray(np.sqrt(np.maximum(covariance.diagonal(), 0)))


def least_squares(design: Numbers, values: Numbers) -> Regression:
    """Fit by Householder's QR of the design, whose columns are brought to one length first: XᵀX is never formed, nor inverted.

    The columns must not depend on each other.
    """
    lengths = np.sqrt((design * design).sum(axis=0))
    orthogonal, triangle = np.linalg.qr(design / lengths)
    back = np.linalg.inv(triangle)
    coefficients = np.linalg.solve(triangle, orthogonal.T @ values) / lengths
    return Regression(design, coefficients, values - design @ coefficients, back @ back.T / np.outer(lengths, lengths))

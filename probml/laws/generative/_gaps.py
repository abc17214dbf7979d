"""Law GE-21: an entry that is missing is integrated out of the density."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import (
    GaussianNB,
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.generative import _normals as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_MODELS = (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
    partial(GaussianNB, var_smoothing=0.0),
)

_STEP = 0.25
_GRID = np.arange(-80.0, 80.0, _STEP)
"""A trapezoidal sum of a normal density of deviation s misses its integral by
``2 exp(-2 (pi s / h)^2)``; here s is at least 0.7."""


def _joint(model: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    """Joint log-likelihoods of points, some of which lack entries."""
    table: FloatArray = model(missing="marginalize").fit(X, y).joint_log_likelihood(points)
    return table


def _along(
    combine: Callable[[FloatArray], FloatArray],
    joint: Callable[[FloatArray], FloatArray],
    points: FloatArray,
    j: int,
) -> FloatArray:
    """`combine` over the values that entry j might have, (n_points, K)."""
    rows = np.repeat(points, len(_GRID), axis=0)
    rows[:, j] = np.tile(_GRID, len(points))
    return combine(joint(rows).reshape(len(points), len(_GRID), -1))


def _integral(logs: FloatArray) -> FloatArray:
    total: FloatArray = special.logsumexp(logs, axis=1) + np.log(_STEP)
    return total


def _residual(joint: Any, case: book.Normals) -> float:
    X, y, points = case.task
    gaps = []
    for model in _MODELS:
        of_points = partial(_joint, model, X, y)
        for j in range(points.shape[1]):
            holed = points.copy()
            holed[:, j] = np.nan
            expected = _along(_integral, of_points, points, j)
            gaps.append(relative(joint(model, X, y, holed), expected))
    return largest(*gaps)


def _filled(
    fill: Callable[[FloatArray], Any],
    model: Any,
    X: FloatArray,
    y: NDArray[np.intp],
    points: FloatArray,
) -> FloatArray:
    """A value is put where one is missing."""
    return _joint(model, X, y, np.where(np.isnan(points), fill(X), points))


def _most_probable(
    model: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray
) -> FloatArray:
    j = int(np.isnan(points[0]).argmax())
    return _along(lambda logs: logs.max(axis=1), partial(_joint, model, X, y), points, j)


def _constant_of_all(
    model: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray
) -> FloatArray:
    gaps = np.isnan(points).sum(axis=1, keepdims=True)
    table: FloatArray = _joint(model, X, y, points) - 0.5 * np.log(2.0 * np.pi) * gaps
    return table


def _prior_alone(model: Any, X: FloatArray, y: NDArray[np.intp], points: FloatArray) -> FloatArray:
    return _joint(model, X, y, np.full_like(points, np.nan))


LAWS = (
    Law(
        id="GE-21",
        title="missing entries are integrated out",
        text="The density of the observed entries is the integral of the whole density over the "
        "missing ones: independent features lose their factors, and a normal distribution the "
        "rows and columns of its mean and covariance.",
        latex=r"\int N(x; \mu, \Sigma) \, dx_M = N(x_O; \mu_O, \Sigma_{OO})",
        source="Bishop 2006, section 2.3.2",
        cases=(book.normals(), book.normals(shared=True)),
        residual=_residual,
        tolerance=1e-9,
        reason="squares in the hundreds, and a trapezoidal sum that is exact to rounding",
        subject=_joint,
        mutants=(
            Mutant("filled with the mean", partial(_filled, lambda X: X.mean(axis=0))),
            Mutant("filled with zero", partial(_filled, lambda X: 0.0)),
            Mutant("filled with the most probable value", _most_probable),
            Mutant("the constant of all features", _constant_of_all),
            Mutant("the row is passed over", _prior_alone),
        ),
    ),
)

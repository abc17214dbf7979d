"""Law LR-15: where the classes can be separated, descent has no end.

On the rows -1 and 1 it steps ``w <- w + 2 eta sigmoid(-w)``: Euler's method for the flow
``w' = 2 / (1 + e^w)``, which is ``w + e^w = 1 + 2 t``.
"""

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.classifiers import LogisticRegression
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import binary_cross_entropy
from probml.numerics import FloatArray
from probml.optimize import SGD, descend

__all__ = ["LAWS"]


class _Separable(NamedTuple):
    """Weights of plain descent on the rows -1 and 1, and fits told how strong and how long."""

    path: Callable[[float, int], FloatArray]
    fit: Callable[[FloatArray, FloatArray, float, int], "_Ended"]


class _Ended(NamedTuple):
    """Where a fit ended, and whether it warned that this is not the end."""

    w: FloatArray
    b: float
    warned: bool


class _Apart(NamedTuple):
    """Rows on two sides of a plane; a learning rate and steps on -1 and 1; a printed weight."""

    X: FloatArray
    t: FloatArray
    rate: float
    n_steps: int
    printed: float | None = None


@st.composite
def _apart(draw: DrawFn) -> _Apart:
    n, d = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    t = np.array([0.0, 1.0, *draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))])
    normal = draw(whole(d)) + 1 / 7
    normal /= np.linalg.norm(normal)
    X = draw(whole(len(t), d, largest=4)) / 2.0
    sides = (2.0 * t - 1.0) * (1.0 + np.abs(X @ normal))
    X += np.outer(sides - X @ normal, normal)
    return _Apart(X, t, draw(st.integers(1, 10)) / 10.0, draw(st.integers(2, 60)))


_LINE = (np.array([[-1.0], [1.0]]), np.array([0.0, 1.0]))


def _weights(rate: float, n_steps: int) -> FloatArray:
    X, t = _LINE

    def objective(w: FloatArray) -> tuple[float, FloatArray]:
        value, slope = binary_cross_entropy(X @ w, t, np.ones(2))
        return value, X.T @ slope

    path: FloatArray = descend(SGD(rate), objective, [0.0], tol=0.0, max_iter=n_steps).path[:, 0]
    return path


def _warned_fit(X: FloatArray, t: FloatArray, C: float, max_iter: int) -> _Ended:
    from sklearn.exceptions import ConvergenceWarning

    model = LogisticRegression(C=C, tol=1e-10, max_iter=max_iter)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(X, t)
    warned = any(issubclass(one.category, ConvergenceWarning) for one in told)
    return _Ended(model.coef_[0], float(model.intercept_[0]), warned)


_SEPARABLE = _Separable(_weights, _warned_fit)


def _growth_residual(w: FloatArray, rate: float) -> float:
    """How far ``w + e^w`` is from ``1 + 2 eta k``, and how far w comes down.

    A step of Euler's is too long, by less than ``e eta^2 / 2`` of ``w + e^w`` where eta <= 1.
    """
    k = np.arange(len(w))
    flow, least = w + np.exp(w), 1.0 + 2.0 * rate * k
    most = least + 0.5 * math.e * rate**2 * k
    return largest(
        float(np.max((least - flow) / least)),
        float(np.max((flow - most) / most)),
        float(np.max(-np.diff(w), initial=0.0)),
    )


def _separable_residual(separable: _Separable, case: _Apart) -> float:
    X, t = case.X, case.t
    w = separable.path(case.rate, case.n_steps)
    worst = _growth_residual(w, case.rate)
    if case.printed is not None:
        worst = largest(worst, float(abs(w[-1] - case.printed) > 0.51e-4))
    few, many = separable.fit(X, t, np.inf, 10), separable.fit(X, t, np.inf, 40)
    held, expected = separable.fit(X, t, 1.0, 20_000), book.optimum(X, t, 1.0)
    return largest(
        worst,
        float(not few.warned or not many.warned or held.warned),
        float(np.linalg.norm(many.w) <= 1.01 * np.linalg.norm(few.w)),
        float(book.loss(X, t, many.w, many.b) >= 0.99 * book.loss(X, t, few.w, few.b)),
        relative(held.w, expected.w),
        relative(held.b, expected.b),
    )


def _told(warned: bool, X: FloatArray, t: FloatArray, C: float, max_iter: int) -> _Ended:
    return _warned_fit(X, t, C, max_iter)._replace(warned=warned)


def _of_length_one(X: FloatArray, t: FloatArray, C: float, max_iter: int) -> _Ended:
    w, b, warned = _warned_fit(X, t, C, max_iter)
    length = float(np.linalg.norm(w)) if math.isinf(C) else 1.0
    return _Ended(w / length, b / length, warned)


LAWS = (
    Law(
        id="LR-15",
        title="separable classes",
        text="Where a plane separates the classes there is no best fit: weights grow like the "
        "logarithm of the steps, the loss goes to zero, and whoever stops must say so; with a "
        "penalty there is one.",
        latex=r"w_k + e^{w_k} \ge 1 + 2 \eta k,\quad -\ln L(w_k) \to 0",
        source="where the lectures stop; a fit that does not converge",
        cases=_apart(),
        residual=_separable_residual,
        tolerance=1e-6,
        reason="mean derivatives of 1e-10 where the descent stops, over the curvature of a "
        "penalty, 1 / 8 and more",
        subject=_SEPARABLE,
        mutants=(
            Mutant("silent", _SEPARABLE._replace(fit=partial(_told, False))),
            Mutant("always warns", _SEPARABLE._replace(fit=partial(_told, True))),
            Mutant("weights of length one", _SEPARABLE._replace(fit=_of_length_one)),
            Mutant(
                "a penalty that nobody asked for",
                _SEPARABLE._replace(fit=lambda X, t, C, n: _warned_fit(X, t, min(C, 10.0), n)),
            ),
            Mutant(
                "penalty ignored",
                _SEPARABLE._replace(fit=lambda X, t, C, n: _warned_fit(X, t, np.inf, n)),
            ),
            Mutant(
                "weights clipped",
                _SEPARABLE._replace(path=lambda rate, n: np.minimum(_weights(rate, n), 1.0)),
            ),
            Mutant(
                "steps of one length",
                _SEPARABLE._replace(path=lambda rate, n: rate * np.arange(n + 1.0)),
            ),
            Mutant("mean for sum", _SEPARABLE._replace(path=lambda r, n: _weights(r / 2.0, n))),
        ),
        examples=(
            _Apart(*_LINE, 1.0, 10, 3.0249),
            _Apart(*_LINE, 1.0, 1000, 7.6012),
        ),
    ),
)

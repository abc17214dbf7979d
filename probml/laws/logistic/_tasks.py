"""Rows whose classes overlap, and their likelihood without the library.

    -log L(w, b) = sum_n [log(1 + exp z_n) - t_n z_n],    z_n = w'x_n + b

Every class has the corners of one simplex among its rows.  A plane with no class on its wrong
side would hold all of these corners, and there is no such plane: the likelihood has its maximum
at one finite point, and no penalty is needed to make it so.
"""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray
from scipy import special

from probml.classifiers import LogisticRegression
from probml.laws._drawn import whole
from probml.numerics import FloatArray

__all__ = [
    "Linear",
    "Parametrised",
    "Rows",
    "exact",
    "loss",
    "optimum",
    "overlapping",
    "parametrised",
    "with_ones",
    "with_parameters",
]


class Linear(NamedTuple):
    """Weights and intercept of the log-odds of class 1, (d,) and ()."""

    w: FloatArray
    b: float


class Rows(NamedTuple):
    """Training rows and their classes, 0 to K - 1."""

    X: FloatArray
    y: NDArray[np.intp]


class Parametrised(NamedTuple):
    """Rows, targets 0 and 1, weights and intercept; products of them are exact."""

    X: FloatArray
    t: FloatArray
    w: FloatArray
    b: float


def with_ones(X: FloatArray) -> FloatArray:
    """The rows with the constant of the intercept for their last column."""
    return np.hstack([X, np.ones((len(X), 1))])


def loss(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> float:
    """``-log L(w, b)``, a sum over the rows."""
    z = X @ w + b
    return float(np.sum(np.logaddexp(0.0, z) - t * z))


def optimum(X: FloatArray, t: FloatArray, l2: float = 0.0) -> Linear:
    """Minimum of ``-log L + l2 / 2 ||w||^2`` by Newton's method, its steps halved if need be."""
    A, theta = with_ones(X), np.zeros(X.shape[1] + 1)
    penalty = l2 * np.append(np.ones(X.shape[1]), 0.0)

    def value(v: FloatArray) -> float:
        return loss(X, t, v[:-1], float(v[-1])) + 0.5 * float(penalty @ v**2)

    for _ in range(100):
        p = special.expit(A @ theta)
        slope = A.T @ (p - t) + penalty * theta
        step = np.linalg.solve((A.T * (p * (1.0 - p))) @ A + np.diag(penalty), slope)
        if np.max(np.abs(step)) < 1e-13:
            break
        while value(theta - step) > value(theta) + 1e-12:
            step = 0.5 * step
        theta = theta - step
    return Linear(theta[:-1], float(theta[-1]))


def exact(**parameters: Any) -> LogisticRegression:
    """The library's estimator, without penalty and told to bring derivatives below 1e-10."""
    settled: dict[str, Any] = {"C": np.inf, "tol": 1e-10, "max_iter": 20_000}
    return LogisticRegression(**(settled | parameters))


def with_parameters(w: FloatArray, b: float) -> LogisticRegression:
    """The library's estimator of classes 0 and 1 with parameters that are given, not fitted."""
    model = LogisticRegression().fit(np.zeros((2, len(w))), [0, 1])
    model.coef_, model.intercept_ = np.array([w]), np.array([b])
    return model


@st.composite
def _overlapping(draw: DrawFn, n_classes: tuple[int, int], n_features: int) -> Rows:
    K, d = draw(st.integers(*n_classes)), draw(st.integers(1, n_features))
    sizes = draw(st.lists(st.integers(1, 5), min_size=K, max_size=K))
    if len(set(sizes)) == 1:
        sizes[0] += 1
    corners = np.concatenate([np.zeros((1, d)), 1.5 * np.eye(d)])
    parts = [np.concatenate([corners, draw(whole(n, d, largest=4)) / 2.0]) for n in sizes]
    y = np.repeat(np.arange(K), [len(part) for part in parts])
    order = draw(st.permutations(range(len(y))))
    return Rows(np.concatenate(parts)[order], y[order])


def overlapping(n_classes: tuple[int, int] = (2, 2), n_features: int = 3) -> SearchStrategy[Rows]:
    """Classes of unequal sizes, in any order of the rows, that no plane separates."""
    return _overlapping(n_classes, n_features)


@st.composite
def _parametrised(draw: DrawFn, largest: int) -> Parametrised:
    rows = draw(overlapping())
    w = draw(whole(rows.X.shape[1], largest=largest)) / 4.0
    return Parametrised(rows.X, rows.y.astype(float), w, draw(st.integers(-largest, largest)) / 4.0)


def parametrised(largest: int = 12) -> SearchStrategy[Parametrised]:
    """Overlapping classes with weights and intercept of up to a quarter of `largest`."""
    return _parametrised(largest)

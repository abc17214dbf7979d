"""Laws LR-10, LR-14: the plane between the classes, and what no plane can do."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.laws.logistic import _tasks as book
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- LR-10: decision boundary -----------------------------------------------------------------


class _Plane(NamedTuple):
    """Weights and intercept, points, and a direction in which each point may move."""

    w: FloatArray
    b: float
    points: FloatArray
    direction: FloatArray


@st.composite
def _planes(draw: DrawFn) -> _Plane:
    d = draw(st.integers(1, 4))
    # a shift of 1/7 keeps the weights from being zero
    w = draw(whole(d)) / 4.0 + 1 / 7
    b = draw(st.integers(-12, 12)) / 4.0 + 1 / 7
    return _Plane(w, b, draw(whole(3, d)), draw(whole(d)) + 1 / 3)


def _distance(w: FloatArray, b: float, points: FloatArray) -> FloatArray:
    """Signed, positive on the side of class 1."""
    model = book.with_parameters(w, b)
    distance: FloatArray = model.decision_function(points) / np.linalg.norm(model.coef_)
    return distance


def _plane_residual(distance: Callable[..., FloatArray], case: _Plane) -> float:
    """How far probabilities at the feet, and beside them in the plane, are from one half."""
    w, b, points, direction = case
    model, unit = book.with_parameters(w, b), w / np.linalg.norm(w)
    found = distance(w, b, points)
    feet = points - np.outer(found, unit)
    beside = feet + direction - (direction @ unit) * unit
    halves = [model.predict_proba(rows)[:, 1] for rows in (feet, beside)]
    side = model.predict(points)
    return largest(
        float(np.max(np.abs(np.array(halves) - 0.5))),
        # a point of the plane has both sides within rounding
        float(np.max(np.where(np.abs(found) > 1e-9, (found > 0) != side, False))),
    )


def _distance_as(
    w: FloatArray,
    b: float,
    points: FloatArray,
    *,
    length: Callable[[FloatArray, float], float] = lambda w, b: float(np.linalg.norm(w)),
    constant: float = 1.0,
) -> FloatArray:
    return (points @ w + constant * b) / length(w, b)


# -- LR-14: XOR -------------------------------------------------------------------------------


class _Corners(NamedTuple):
    """A parallelogram, the class of its first and last corner, and lines across it (w1, w2, b)."""

    a: FloatArray
    u: FloatArray
    v: FloatArray
    first: int
    lines: FloatArray

    @property
    def rows(self) -> FloatArray:
        """Corners a, a + u, a + v, a + u + v."""
        return self.a + np.stack([0.0 * self.u, self.u, self.v, self.u + self.v])

    @property
    def t(self) -> FloatArray:
        """Opposite corners have the same class."""
        return np.array([self.first, 1 - self.first, 1 - self.first, self.first], dtype=float)


class _Xor(NamedTuple):
    """Corners that a line gets right; probabilities of a fit to them; features; fit to these."""

    hits: Callable[[FloatArray, float, FloatArray, FloatArray], int]
    raw: Callable[[FloatArray, FloatArray], FloatArray]
    features: Callable[[FloatArray, FloatArray], FloatArray]
    fitted: Callable[[FloatArray, FloatArray], FloatArray]


@st.composite
def _corners(draw: DrawFn) -> _Corners:
    lengths = [draw(st.integers(4, 8)) / 4.0 for _ in range(2)]
    start = draw(st.integers(0, 23)) * math.pi / 12.0
    between = draw(st.integers(4, 8)) * math.pi / 12.0
    u, v = (
        size * np.array([math.cos(angle), math.sin(angle)])
        for size, angle in zip(lengths, (start, start + between), strict=True)
    )
    a = draw(whole(2, largest=4)) / 2.0
    normals = draw(whole(5, 2)) + 1 / 7
    # through a point within, or there would be nothing to tell apart
    inside = a + draw(whole(5, 2, largest=3)) / 12.0 @ np.stack([u, v]) + 0.5 * (u + v)
    lines = np.column_stack([normals, -np.sum(normals * inside, axis=1)])
    along = np.linalg.solve(np.stack([u, v]), np.ones(2))
    lines = np.vstack([lines, [*along, -1.0 - along @ a]])
    return _Corners(a, u, v, draw(st.integers(0, 1)), lines)


def _hits(w: FloatArray, b: float, X: FloatArray, t: FloatArray) -> int:
    return int(np.sum(book.with_parameters(w, b).predict(X) == t))


def _raw(X: FloatArray, t: FloatArray) -> FloatArray:
    table: FloatArray = book.exact().fit(X, t).predict_proba(X)[:, 1]
    return table


def _distances(X: FloatArray, centres: FloatArray) -> FloatArray:
    gaps: FloatArray = np.linalg.norm(X[:, None] - centres[None], axis=2)
    return gaps


def _fitted(X: FloatArray, t: FloatArray) -> FloatArray:
    # A wrong corner costs ln 2; weights of 50 along the sum of the features cost 0.2 altogether,
    # so that the best fit has no wrong corner.
    classes: FloatArray = book.exact(C=1e4, tol=1e-6).fit(X, t).predict(X)
    return classes


_XOR = _Xor(_hits, _raw, _distances, _fitted)


def _xor_residual(xor: _Xor, case: _Corners) -> float:
    X, t, centres = case.rows, case.t, case.rows[[0, 3]]
    best = max(xor.hits(line[:2], float(line[2]), X, t) for line in case.lines)
    features = xor.features(X, centres)
    expected = [[math.dist(x, c) for c in centres] for x in X]
    return largest(
        float(best > 3),
        relative(xor.raw(X, t), np.full(4, 0.5)),
        relative(features, expected),
        identical(xor.fitted(features, t), t),
    )


def _two_lines(w: FloatArray, b: float, X: FloatArray, t: FloatArray) -> int:
    """A band is taken for one side of a line."""
    right = int(np.sum((np.abs(X @ w + b) < 0.5) == t))
    return max(right, 4 - right)


def _with_a_product(X: FloatArray, t: FloatArray) -> FloatArray:
    sides = (X - X.mean(axis=0)) @ np.linalg.inv(X[1:3] - X[0])
    rows = np.column_stack([X, sides.prod(axis=1)])
    table: FloatArray = book.exact(C=1.0).fit(rows, t).predict_proba(rows)[:, 1]
    return table


def _nearest(X: FloatArray, centres: FloatArray) -> FloatArray:
    return np.sort(_distances(X, centres), axis=1)


LAWS = (
    Law(
        id="LR-10",
        title="decision boundary",
        text="Where the score is zero lies a plane, and there the probability is one half; the "
        "score over the length of the weights is the signed distance to it.",
        latex=r"\{x : w^\top x + b = 0\},\quad \operatorname{dist}(x) = (w^\top x + b) / \|w\|",
        source="notes on Hung-yi Lee's lectures, Logistic Regression; where they stop, a plane",
        cases=_planes(),
        residual=_plane_residual,
        tolerance=1e-11,
        reason="scores up to 60, and feet up to a few hundred away",
        subject=_distance,
        mutants=(
            Mutant("intercept ignored", partial(_distance_as, constant=0.0)),
            Mutant("intercept subtracted", partial(_distance_as, constant=-1.0)),
            Mutant("score for distance", partial(_distance_as, length=lambda w, b: 1.0)),
            Mutant("squared length", partial(_distance_as, length=lambda w, b: float(w @ w))),
            Mutant(
                "intercept in the length",
                partial(_distance_as, length=lambda w, b: float(np.hypot(np.linalg.norm(w), b))),
            ),
            Mutant("without sign", lambda w, b, points: np.abs(_distance(w, b, points))),
            Mutant("sign of the other class", lambda w, b, points: -_distance(w, b, points)),
        ),
        # 3 x + 4 y = 10 is 2 away from the origin
        examples=(
            _Plane(np.array([3.0, 4.0]), -10.0, np.array([[0.0, 0.0]]), np.array([1.0, 0.0])),
        ),
    ),
    Law(
        id="LR-14",
        title="XOR",
        text="Of four corners in two crossed pairs no line gets more than three, and the best fit "
        "knows nothing; with the distances to two opposite corners for features all four are "
        "told apart.",
        latex=r"x' = (\|x - c_1\|,\ \|x - c_2\|):\quad \|u\| + \|v\| > \|u + v\|",
        source="where the lectures stop; limitation of logistic regression, feature transformation",
        cases=_corners(),
        residual=_xor_residual,
        tolerance=1e-8,
        reason="corners up to 7 from the origin, and derivatives of 1e-10 where the descent stops",
        subject=_XOR,
        mutants=(
            Mutant("a line that is two", _XOR._replace(hits=_two_lines)),
            Mutant("claims that a line fits", _XOR._replace(raw=lambda X, t: t)),
            Mutant("a product among the features", _XOR._replace(raw=_with_a_product)),
            Mutant(
                "three of the corners",
                _XOR._replace(raw=lambda X, t: np.r_[_raw(X[:3], t[:3]), 0.5]),
            ),
            Mutant(
                "squares of the distances",
                _XOR._replace(features=lambda X, c: _distances(X, c) ** 2),
            ),
            Mutant("nearest centre first", _XOR._replace(features=_nearest)),
            Mutant(
                "sums of the differences",
                _XOR._replace(features=lambda X, c: np.abs(X[:, None] - c[None]).sum(axis=2)),
            ),
            Mutant("one class for all", _XOR._replace(fitted=lambda X, t: 0.0 * t)),
        ),
        # features (0, sqrt 2), (1, 1), (1, 1), (sqrt 2, 0)
        examples=(
            _Corners(
                np.zeros(2),
                np.array([1.0, 0.0]),
                np.array([0.0, 1.0]),
                0,
                np.array([[1.0, 1.0, -0.5], [1.0, -1.0, 0.5], [1.0, 1.0, -1.0]]),
            ),
        ),
    ),
)

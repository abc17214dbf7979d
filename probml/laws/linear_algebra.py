"""Laws of the theme LA: unit balls, and power iteration."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.strategies import DrawFn

from probml.laws._law import Law, Mutant
from probml.linalg import power_iteration, unit_ball
from probml.numerics import FloatArray

__all__ = ["LAWS"]


# -- LA-22: unit balls --------------------------------------------------------------------------


class _Ball(NamedTuple):
    """Order of a norm, a larger one, and a number of points."""

    p: float
    larger: float
    n_points: int


_BALLS = st.builds(
    lambda p, extra, n: _Ball(p, p + extra, n),
    st.sampled_from([1.0, 1.5, 2.0, 3.0, 8.0]),
    st.sampled_from([0.5, 1.0, 10.0, math.inf]),
    st.integers(3, 40),
)


def _norm(x: list[float], p: float) -> float:
    if math.isinf(p):
        return max(map(abs, x))
    total: float = math.fsum(abs(xi) ** p for xi in x) ** (1.0 / p)
    return total


def _ball_residual(ball: Callable[[float, int], FloatArray], case: _Ball) -> float:
    """How far points are off the norm, off their directions, or out of the larger ball."""
    worst = 0.0
    inner, outer = ball(case.p, case.n_points), ball(case.larger, case.n_points)
    for i, (x, y) in enumerate(zip(inner.tolist(), outer.tolist(), strict=True)):
        angle = 2.0 * math.pi * i / case.n_points
        across = x[0] * math.sin(angle) - x[1] * math.cos(angle)
        along = x[0] * math.cos(angle) + x[1] * math.sin(angle)
        worst = max(worst, abs(_norm(x, case.p) - 1.0), abs(_norm(y, case.larger) - 1.0))
        worst = max(worst, abs(across), -along, _norm(x, 2.0) - _norm(y, 2.0))
    return worst


def _by_two_norm(p: float, n_points: int) -> FloatArray:
    return unit_ball(2.0, n_points)


def _dual(p: float, n_points: int) -> FloatArray:
    return unit_ball(math.inf if p == 1.0 else p / (p - 1.0) if math.isfinite(p) else 1.0, n_points)


# -- LA-30: power iteration -----------------------------------------------------------------------


class _Symmetric(NamedTuple):
    """A rotation and a spectrum whose first entry is the largest in modulus."""

    Q: FloatArray
    spectrum: tuple[float, ...]

    @property
    def matrix(self) -> FloatArray:
        """``Q diag(spectrum) Q'``."""
        product: FloatArray = self.Q * np.array(self.spectrum) @ self.Q.T
        return product


@st.composite
def _symmetric(draw: DrawFn) -> _Symmetric:
    n = draw(st.integers(1, 5))
    Q = np.eye(n)
    for _ in range(draw(st.integers(0, 2))):
        v = draw(arrays(float, n, elements=st.integers(-8, 8).map(lambda v: v / 4 + 1 / 7)))
        Q = Q - 2.0 * np.outer(v, v @ Q) / (v @ v)
    dominant = draw(st.integers(15, 30)) / 10 * draw(st.sampled_from([1, -1]))
    others = st.integers(-10, 10).map(lambda v: v / 10)
    rest = draw(st.lists(others, min_size=n - 1, max_size=n - 1))
    return _Symmetric(Q, (dominant, *rest))


class _Dominant(NamedTuple):
    """An eigenvalue and its eigenvector."""

    value: float
    vector: FloatArray


def _iterate(A: FloatArray) -> _Dominant:
    found = power_iteration(lambda v: A @ v, len(A), tol=1e-9)
    return _Dominant(found.value, found.vector)


def _dominant_residual(iterate: Callable[[FloatArray], _Dominant], case: _Symmetric) -> float:
    A, value, first = case.matrix, case.spectrum[0], case.Q[:, 0]
    found = iterate(A)
    aligned = abs(float(first @ found.vector))
    return max(
        abs(found.value - value),
        abs(aligned - 1.0),
        abs(float(np.linalg.norm(found.vector)) - 1.0),
        float(np.linalg.norm(A @ found.vector - value * found.vector)),
        float(np.max(-found.vector) - np.max(found.vector)),
    )


def _without_normalising(A: FloatArray) -> _Dominant:
    v = np.random.default_rng(0).standard_normal(len(A))
    for _ in range(2000):
        v = A @ v
    return _Dominant(float(v @ A @ v / (v @ v)), v / np.linalg.norm(v))


def _by_length(A: FloatArray) -> _Dominant:
    found = _iterate(A)
    return _Dominant(float(np.linalg.norm(A @ found.vector)), found.vector)


def _largest_algebraic(A: FloatArray) -> _Dominant:
    values, V = np.linalg.eigh(A)
    return _Dominant(float(values[-1]), V[:, -1] * np.sign(V[np.abs(V[:, -1]).argmax(), -1]))


def _until_unchanged(A: FloatArray) -> _Dominant:
    v = np.random.default_rng(0).standard_normal(len(A))
    for _ in range(1000):
        product = A @ v / np.linalg.norm(A @ v)
        if np.linalg.norm(product - v) <= 1e-9:
            return _Dominant(float(v @ A @ v), v * np.sign(v[np.abs(v).argmax()]))
        v = product
    raise np.linalg.LinAlgError("it still changes")


def _two_products(A: FloatArray) -> _Dominant:
    v = A @ (A @ np.ones(len(A)))
    v /= np.linalg.norm(v)
    return _Dominant(float(v @ A @ v), v * np.sign(v[np.abs(v).argmax()]))


LAWS = (
    Law(
        id="LA-22",
        title="unit balls in the plane",
        text="Every point has norm one, in its own norm; the ball of a smaller p lies inside that "
        "of a larger: diamond, circle, square.",
        latex=r"\{\|x\|_p = 1\},\quad p \le q \Rightarrow B_p \subset B_q",
        source="Lai 2020, slide 22; Zaidi, SIT744 lecture 2, figure 3",
        cases=_BALLS,
        residual=_ball_residual,
        tolerance=1e-12,
        reason="a cosine, a root and a division",
        subject=unit_ball,
        mutants=(
            Mutant("divided by the 2-norm for every p", _by_two_norm),
            Mutant("the dual norm", _dual),
            Mutant("not divided at all", lambda p, n: unit_ball(2.0, n) * 1.5),
            Mutant("half of the circle", lambda p, n: np.abs(unit_ball(p, n))),
        ),
        examples=(_Ball(1.0, 2.0, 8), _Ball(2.0, math.inf, 8)),
    ),
    Law(
        id="LA-30",
        title="power iteration",
        text="Products with the matrix, normalised each time, lead to the eigenvector whose "
        "eigenvalue is largest in modulus, and its Rayleigh quotient to the eigenvalue, sign "
        "included.",
        latex=r"v \leftarrow A v / \|A v\|,\quad v^\top A v \to \lambda_1,\ |\lambda_1| > "
        r"|\lambda_2| \ge \dots",
        source="Lai 2020, slide 26",
        cases=_symmetric(),
        residual=_dominant_residual,
        tolerance=1e-6,
        reason="stopped at a relative residual of 1e-9, with a gap of a third of the spectrum",
        subject=_iterate,
        mutants=(
            Mutant("never normalised", _without_normalising),
            Mutant("length for the value", _by_length),
            Mutant("largest, not largest in modulus", _largest_algebraic),
            Mutant("stops when nothing changes", _until_unchanged),
            Mutant("stops after two products", _two_products),
            Mutant("either sign", lambda A: _iterate(A)._replace(vector=-_iterate(A).vector)),
        ),
        examples=(
            _Symmetric(np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2.0), (3.0, 1.0)),
            _Symmetric(np.eye(2), (-3.0, 1.0)),
        ),
    ),
)

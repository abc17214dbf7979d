"""Laws LA-21 to LA-24 and LA-33: lengths, distances, angles, and the maps that keep them."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused, relative
from probml.linalg import angle, cosine_similarity, norm, unit_ball
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_SIZES = st.integers(1, 4)


# -- LA-21: norms ---------------------------------------------------------------------------------


class _Lengths(NamedTuple):
    """Two vectors, a number, the order of a norm, and a power of two."""

    x: FloatArray
    y: FloatArray
    a: float
    p: float
    exponent: int


_ORDERS = st.integers(4, 32).map(lambda v: v / 4) | st.just(math.inf)
_LENGTHS = _SIZES.flatmap(
    lambda n: st.builds(
        _Lengths,
        whole(n),
        whole(n),
        st.integers(-3, 3).map(float),
        _ORDERS,
        st.sampled_from([0, 600, -600]),
    )
)

_Norm = Callable[[FloatArray, float], float]


def _p_norm(x: FloatArray, p: float) -> float:
    sizes = [abs(v) for v in x.tolist()]
    if math.isinf(p):
        return float(max(sizes))
    total: float = math.fsum(v**p for v in sizes) ** (1.0 / p)
    return total


def _norm_residual(length: _Norm, case: _Lengths) -> float:
    """Distance from the definition, from the axioms, and from the chain of norms."""
    x, y, a, p, exponent = case
    n, found = len(x), length(x, p)
    one, two, top = length(x, 1.0), length(x, 2.0), length(x, math.inf)
    scale = 2.0**exponent
    return largest(
        relative(found, _p_norm(x, p)),
        relative(length(a * x, p), abs(a) * found),
        relative(length(scale * x, p) / scale, found),
        length(x + y, p) - found - length(y, p),
        top - two,
        two - one,
        one - math.sqrt(n) * two,
        top - found,
        found - (n ** (1.0 / p) if math.isfinite(p) else 1.0) * top,
        refused(lambda: length(x, 0.5)),
    )


def _of_powers(x: FloatArray, p: float) -> float:
    if p < 1.0:
        raise ValueError("p must be at least 1")
    with np.errstate(over="ignore"):
        return float(np.linalg.norm(x, p))


def _unscaled(x: FloatArray, p: float, root: float | None = None) -> float:
    """The definition, in double precision, with another root."""
    norm(x, p)
    if math.isinf(p):
        return float(np.abs(x).max())
    return float(np.sum(np.abs(x) ** p) ** (1.0 / p if root is None else root))


def _signed_powers(x: FloatArray, p: float) -> float:
    return abs(float(np.sum(np.sign(x) * np.abs(x) ** p))) ** (1.0 / p) if p % 2 else norm(x, p)


# -- LA-22: unit balls ----------------------------------------------------------------------------


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


def _ball_residual(ball: Callable[[float, int], FloatArray], case: _Ball) -> float:
    """How far points are off the norm, off their directions, or out of the larger ball."""
    worst = 0.0
    inner, outer = ball(case.p, case.n_points), ball(case.larger, case.n_points)
    for i, (x, y) in enumerate(zip(inner, outer, strict=True)):
        turn = 2.0 * math.pi * i / case.n_points
        across = float(x[0] * math.sin(turn) - x[1] * math.cos(turn))
        along = float(x[0] * math.cos(turn) + x[1] * math.sin(turn))
        worst = largest(worst, abs(_p_norm(x, case.p) - 1.0), abs(_p_norm(y, case.larger) - 1.0))
        worst = largest(worst, abs(across), -along, _p_norm(x, 2.0) - _p_norm(y, 2.0))
    return worst


def _by_two_norm(p: float, n_points: int) -> FloatArray:
    return unit_ball(2.0, n_points)


def _dual(p: float, n_points: int) -> FloatArray:
    return unit_ball(math.inf if p == 1.0 else p / (p - 1.0) if math.isfinite(p) else 1.0, n_points)


# -- LA-23, LA-24: distance and angle -------------------------------------------------------------


class _Points(NamedTuple):
    """Points as rows, and how far a copy of each lies beside it."""

    X: FloatArray
    beside: float


_POINTS = st.builds(
    _Points,
    st.tuples(st.integers(1, 4), st.integers(1, 3)).flatmap(lambda shape: whole(*shape)),
    st.sampled_from([0.0, 1e-9, 0.5]),
)


def _distances(X: FloatArray) -> FloatArray:
    result: FloatArray = cdist(X, X)
    return result


def _distances_residual(distances: Callable[[FloatArray], FloatArray], case: _Points) -> float:
    """Distance from the definition, also between points that nearly coincide; triangles."""
    X = np.vstack([case.X, case.X + case.beside])
    D = distances(X)
    exact = [[math.dist(x, y) for y in X] for x in X]
    triangle = float((D[:, None, :] - D[:, :, None] - D[None, :, :]).max())
    return largest(relative(D, exact), triangle)


def _expanded(X: FloatArray) -> FloatArray:
    squares = np.sum(X * X, axis=1)
    result: FloatArray = np.sqrt(squares[:, None] + squares - 2.0 * X @ X.T)
    return result


class _Angles(NamedTuple):
    """Cosine similarity and angle of two vectors."""

    cosine: Callable[[FloatArray, FloatArray], float]
    angle: Callable[[FloatArray, FloatArray], float]


class _Pair(NamedTuple):
    """Two vectors that are not zero, a positive factor, and a small angle."""

    x: FloatArray
    y: FloatArray
    a: float
    small: float


_PAIRS = _SIZES.flatmap(
    lambda n: st.builds(
        lambda x, y, a, small: _Pair(x + 1 / 7, y - 1 / 7, a, small),
        whole(n),
        whole(n),
        st.integers(1, 50).map(lambda v: v / 10),
        st.sampled_from([1e-9, 1e-5, 0.1]),
    )
)


def _angles_residual(angles: _Angles, case: _Pair) -> float:
    x, y, a, small = case
    cosine = angles.cosine(x, y)
    longer, other = _p_norm(x, 2.0), _p_norm(y, 2.0)
    across = _p_norm(x - y, 2.0) ** 2
    flat = np.array([1.0, 0.0]), np.array([math.cos(small), math.sin(small)])
    return largest(
        relative(longer * other * cosine, math.fsum((x * y).tolist())),
        relative(angles.cosine(a * x, y), cosine),
        relative(angles.cosine(-x, y), -cosine),
        relative(longer**2 + other**2 - 2.0 * longer * other * cosine, across),
        relative(math.cos(angles.angle(x, y)), cosine),
        abs(angles.angle(*flat) - small) / small * 1e-3,
        refused(lambda: angles.cosine(x, 0.0 * y)),
        refused(lambda: angles.angle(0.0 * x, y)),
    )


_ANGLES = _Angles(cosine_similarity, angle)


def _without_roots(x: FloatArray, y: FloatArray) -> float:
    return cosine_similarity(x, y) / float(np.linalg.norm(x) * np.linalg.norm(y))


def _unguarded(x: FloatArray, y: FloatArray) -> float:
    with np.errstate(invalid="ignore"):
        return float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)))


# -- LA-33: maps of the plane ---------------------------------------------------------------------


class _Affine(NamedTuple):
    """The map ``x -> A x + b``."""

    A: FloatArray
    b: FloatArray


class _Plane(NamedTuple):
    """Rotation by an angle, first g then f as one map, and by how much a map scales areas."""

    rotation: Callable[[float], FloatArray]
    compose: Callable[[_Affine, _Affine], _Affine]
    scaling: Callable[[FloatArray], float]


class _Moved(NamedTuple):
    """An angle, two affine maps, and a point."""

    theta: float
    f: _Affine
    g: _Affine
    x: FloatArray


_AFFINE = st.builds(_Affine, whole(2, 2), whole(2))
_MOVED = st.builds(_Moved, st.integers(-63, 63).map(lambda v: v / 10), _AFFINE, _AFFINE, whole(2))


def _rotation(theta: float) -> FloatArray:
    c, s = math.cos(theta), math.sin(theta)
    return np.array([[c, -s], [s, c]])


def _compose(f: _Affine, g: _Affine) -> _Affine:
    return _Affine(f.A @ g.A, f.A @ g.b + f.b)


def _scaling(A: FloatArray) -> float:
    return abs(float(np.linalg.det(A)))


def _shoelace(corners: FloatArray) -> float:
    x, y = corners.T
    return abs(math.fsum((x * np.roll(y, -1) - np.roll(x, -1) * y).tolist())) / 2.0


def _plane_residual(plane: _Plane, case: _Moved) -> float:
    R = plane.rotation(case.theta)
    f, g, x = case.f, case.g, case.x
    both = plane.compose(f, g)
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    return largest(
        relative(R @ [1.0, 0.0], [math.cos(case.theta), math.sin(case.theta)]),
        relative(R.T @ R, np.eye(2)),
        relative(R[0, 0] * R[1, 1] - R[0, 1] * R[1, 0], 1.0),
        relative(both.A @ x + both.b, f.A @ (g.A @ x + g.b) + f.b),
        relative(plane.scaling(f.A), _shoelace(square @ f.A.T + f.b)),
    )


_PLANE = _Plane(_rotation, _compose, _scaling)


LAWS = (
    Law(
        id="LA-21",
        title="norms",
        text="For p of at least 1 the p-norm is a norm: zero only at zero, as homogeneous as "
        "length, never longer by a detour; it falls with p towards the largest entry.",
        latex=r"\|x\|_p = \bigl(\textstyle\sum_i |x_i|^p\bigr)^{1/p},\quad "
        r"\|x\|_\infty \le \|x\|_2 \le \|x\|_1 \le \sqrt n \|x\|_2",
        source="Lai 2020, slide 21; Zaidi, SIT744 lecture 2, Euclidean norm, Other norms, The L^p "
        "norm",
        cases=_LENGTHS,
        residual=_norm_residual,
        tolerance=1e-12,
        reason="up to four powers, and a root",
        subject=norm,
        mutants=(
            Mutant("root forgotten", lambda x, p: _unscaled(x, p, 1.0)),
            Mutant("signs kept where p is odd", _signed_powers),
            Mutant("smallest for largest", lambda x, p: norm(x, p) if p < 99 else np.abs(x).min()),
            Mutant("any p", lambda x, p: norm(x, max(p, 1.0))),
            Mutant("powers that overflow", _of_powers),
            Mutant("square root for every p", lambda x, p: _unscaled(x, p, 0.5)),
        ),
        # 6, the root of 18, and 4
        examples=tuple(
            _Lengths(np.array([1.0, 1.0, 4.0]), np.ones(3), -2.0, p, 0)
            for p in (1.0, 2.0, math.inf)
        ),
    ),
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
        id="LA-23",
        title="distance",
        text="The distance of two points is the length of their difference: symmetric, zero only "
        "for one point, and never longer than a detour; near points keep their distance.",
        latex=r"d(x, y) = \|x - y\|_2",
        source="Zaidi, SIT744 lecture 2, Lengths and distance",
        cases=_POINTS,
        residual=_distances_residual,
        tolerance=1e-13,
        reason="up to three squares and a root; 1e-9 must keep four digits",
        subject=_distances,
        mutants=(
            Mutant("root of a rounded difference", _expanded),
            Mutant("clipped before the root", lambda X: np.sqrt(np.maximum(_expanded(X) ** 2, 0))),
            Mutant(
                "difference of the lengths",
                lambda X: np.abs(np.subtract.outer(*[np.linalg.norm(X, axis=1)] * 2)),
            ),
            Mutant("not rooted", lambda X: cdist(X, X, "sqeuclidean")),
            Mutant("by blocks", lambda X: cdist(X, X, "cityblock")),
        ),
        # d((1, 1, 4), (5, 1, 4)) = 4
        examples=(_Points(np.array([[1.0, 1.0, 4.0], [5.0, 1.0, 4.0]]), 1e-9),),
    ),
    Law(
        id="LA-24",
        title="angle",
        text="The cosine of the angle is the dot product of the directions: it does not depend on "
        "lengths, turns its sign with a vector, and small angles are told apart by the sine.",
        latex=r"\cos\omega = \frac{\langle x, y \rangle}{\|x\| \|y\|},\quad \|x - y\|^2 = "
        r"\|x\|^2 + \|y\|^2 - 2 \|x\| \|y\| \cos\omega",
        source="Zaidi, SIT744 lecture 2, Angle between vectors",
        cases=_PAIRS,
        residual=_angles_residual,
        tolerance=1e-12,
        reason="quotients of a few products; small angles to nine digits",
        subject=_ANGLES,
        mutants=(
            Mutant("divided by squared lengths", _ANGLES._replace(cosine=_without_roots)),
            Mutant(
                "size of the cosine",
                _ANGLES._replace(cosine=lambda x, y: abs(cosine_similarity(x, y))),
            ),
            Mutant("nothing for a zero vector", _ANGLES._replace(cosine=_unguarded)),
            Mutant(
                "arc cosine",
                _ANGLES._replace(angle=lambda x, y: math.acos(cosine_similarity(x, y))),
            ),
            Mutant("degrees", _ANGLES._replace(angle=lambda x, y: math.degrees(angle(x, y)))),
        ),
        # 22 / sqrt(18 * 42) = .8001322642
        examples=(_Pair(np.array([1.0, 1.0, 4.0]), np.array([5.0, 1.0, 4.0]), 2.0, 0.1),),
    ),
    Law(
        id="LA-33",
        title="maps of the plane",
        text="Rotations keep lengths and angles, and turn to the left; a linear map scales every "
        "area by its determinant; an affine map of an affine map is one.",
        latex=r"R^\top R = I,\ \det R = 1;\quad \mathrm{vol}(A S) = |\det A| \mathrm{vol}(S);\quad "
        r"A(Bx + c) + d = ABx + (Ac + d)",
        source="Lai 2020, slide 43; tanimutomo 2019 (Chollet ch. 2), item 24; Zaidi, SIT744 "
        "lecture 2, composition",
        cases=_MOVED,
        residual=_plane_residual,
        tolerance=1e-12,
        reason="a few products of whole numbers, sines and cosines",
        subject=_PLANE,
        mutants=(
            Mutant(
                "a reflection", _PLANE._replace(rotation=lambda t: _rotation(t) * [[1, -1], [1, 1]])
            ),
            Mutant("to the right", _PLANE._replace(rotation=lambda t: _rotation(-t))),
            Mutant("in the other order", _PLANE._replace(compose=lambda f, g: _compose(g, f))),
            Mutant(
                "shift not mapped",
                _PLANE._replace(compose=lambda f, g: _Affine(f.A @ g.A, f.b + g.b)),
            ),
            Mutant("areas with a sign", _PLANE._replace(scaling=lambda A: float(np.linalg.det(A)))),
        ),
    ),
)

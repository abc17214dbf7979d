"""Laws OP-01 to OP-03 and OP-12: what is minimised, and what has been found where descent ends."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from scipy.optimize import minimize_scalar

from probml.calculus import classify_stationary_point, derivative
from probml.laws._drawn import regular, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.losses import binary_cross_entropy, l2_penalty, squared_error
from probml.numerics import FloatArray
from probml.optimize import SGD, Descent, descend

__all__ = ["LAWS"]


# -- OP-01: learning is optimisation --------------------------------------------------------------


class _Task(NamedTuple):
    """Rows and targets of a linear model, its first weights, and a rate in units of 1 / L."""

    X: FloatArray
    t: FloatArray
    start: FloatArray
    rate: float

    def loss(self, w: FloatArray) -> tuple[float, FloatArray]:
        """Mean squared error and its gradient."""
        n = len(self.t)
        value, slope = squared_error(self.X @ w, self.t, np.full(n, 1.0 / n))
        return value, self.X.T @ slope

    @property
    def curvature(self) -> float:
        """Largest eigenvalue L of the Hessian."""
        return float(2.0 * np.linalg.norm(self.X, 2) ** 2 / len(self.t))


@st.composite
def _tasks(draw: DrawFn) -> _Task:
    n, d = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rate = draw(st.integers(1, 19).map(lambda v: v / 10))
    return _Task(draw(whole(n, d)) + 1 / 7, draw(whole(n)), draw(whole(d)), rate)


def _learn(task: _Task, rate: float) -> list[float]:
    found = descend(SGD(rate), task.loss, task.start, tol=0.0, max_iter=20)
    return [step.value for step in found.trace]


def _learning_residual(learn: Callable[[_Task, float], list[float]], case: _Task) -> float:
    """By how much the loss rises somewhere, or falls short of the first step's promise."""
    rate = case.rate / case.curvature
    values = np.array(learn(case, rate))
    value, slope = case.loss(case.start)
    promised = rate * (1.0 - case.rate / 2.0) * float(slope @ slope)
    scale = 1.0 + value
    rise = float(np.diff(values).max(initial=-math.inf))
    return largest(
        rise / scale,
        (values[-1] - (value - promised)) / scale,
        abs(float(values[0]) - value) / scale,
    )


def _uphill(task: _Task, rate: float) -> list[float]:
    return _learn(task._replace(t=task.X @ task.start * 2.0 - task.t), rate)[::-1]


# -- OP-02: argmin and minimum --------------------------------------------------------------------


class _Bowl(NamedTuple):
    """``x' S x / 2 - b' x`` with S positive definite, and points to compare with."""

    S: FloatArray
    b: FloatArray
    points: FloatArray

    def value(self, x: FloatArray) -> float:
        """Value at x."""
        return float(x @ self.S @ x / 2.0 - self.b @ x)

    def slope(self, x: FloatArray) -> FloatArray:
        """Gradient at x."""
        slope: FloatArray = self.S @ x - self.b
        return slope


_BOWLS = st.integers(1, 3).flatmap(
    lambda n: st.builds(
        _Bowl,
        regular(n, lowest=0.5, highest=2.0).map(lambda R: R.T @ R),
        whole(n),
        whole(20, n),
    )
)


def _minimise(bowl: _Bowl) -> Descent:
    rate = 1.0 / float(np.linalg.norm(bowl.S, 2))
    start = np.zeros(len(bowl.b))
    return descend(SGD(rate), lambda x: (bowl.value(x), bowl.slope(x)), start, tol=1e-10)


def _minimum_residual(minimise: Callable[[_Bowl], Any], case: _Bowl) -> float:
    found = minimise(case)
    best = np.linalg.solve(case.S, case.b)
    beaten = max(float(found.value) - case.value(x) for x in case.points)
    return largest(
        relative(found.x, best), relative(found.value, case.value(np.asarray(found.x))), beaten
    )


class _Found(NamedTuple):
    """A point, and a value."""

    x: Any
    value: Any


def _negated(bowl: _Bowl) -> _Found:
    found = _minimise(bowl)
    return _Found(found.x, -found.value)


def _value_for_point(bowl: _Bowl) -> _Found:
    found = _minimise(bowl)
    return _Found(np.full_like(found.x, found.value), found.value)


def _at_the_start(bowl: _Bowl) -> _Found:
    return _Found(np.zeros(len(bowl.b)), 0.0)


# -- OP-03: Fermat --------------------------------------------------------------------------------


class _Fermat(NamedTuple):
    """Finds a minimum in an interval; tells whether a stationary point is a minimum."""

    minimise: Callable[[Any, float, float], float]
    is_minimum: Callable[[Any, float], bool]


class _Valley(NamedTuple):
    """``(t^2 + a) t^2 s + slope * t`` with ``t = x - c``, and where to look."""

    s: float
    a: int
    c: float
    width: float

    def value(self, x: float) -> float:
        """Value at x."""
        t = x - self.c
        return self.s * (t * t + self.a) * t * t


_VALLEYS = st.builds(
    _Valley,
    st.sampled_from([1.0, 2.0, -1.0]),
    st.integers(1, 3),
    st.integers(-8, 8).map(lambda v: v / 4),
    st.sampled_from([0.5, 1.0]),
)


def _bounded(f: Any, low: float, high: float) -> float:
    return float(minimize_scalar(f, bounds=(low, high), method="bounded").x)


def _by_second_derivative(f: Any, x: float) -> bool:
    return classify_stationary_point(f, x) == "min"


def _fermat_residual(fermat: _Fermat, case: _Valley) -> float:
    """Slope at an interior minimum; whether a maximum, x^3 and the edge are told from one."""
    low, high = case.c - case.width, case.c + 1.5 * case.width
    x = fermat.minimise(case.value, low, high)
    inside = min(x - low, high - x) > 1e-3
    lowest = min(case.value(v) for v in np.linspace(low, high, 41))
    wrong = [
        # a valley is met inside; a hill has its lowest point at an edge, where the slope is not 0
        inside != (case.s > 0),
        bool(fermat.is_minimum(case.value, case.c)) != (case.s > 0),
        bool(fermat.is_minimum(lambda v: (v - case.c) ** 3, case.c)),
    ]
    slope = abs(derivative(case.value, x)) if inside else 0.0
    return largest(float(sum(wrong)), slope, case.value(x) - lowest - 1e-4)


_FERMAT = _Fermat(_bounded, _by_second_derivative)


# -- OP-12: local and global ----------------------------------------------------------------------


class _Starts(NamedTuple):
    """Where to begin on ``x^4 - 3 x^2 + x``, and two beginnings on a convex loss."""

    x: float
    X: FloatArray
    y: tuple[int, ...]
    first: FloatArray
    second: FloatArray


@st.composite
def _starts(draw: DrawFn) -> _Starts:
    x = draw(st.integers(-16, 16).filter(lambda v: abs(v) > 3)) / 8
    n, d = draw(st.integers(2, 4)), draw(st.integers(1, 2))
    labels = st.lists(st.integers(0, 1), min_size=n, max_size=n).map(tuple)
    return _Starts(
        x, draw(whole(n, d, largest=3)), draw(labels), draw(whole(d)) / 2, draw(whole(d)) / 2
    )


def _double_well(x: FloatArray) -> tuple[float, FloatArray]:
    return float((x**4 - 3 * x**2 + x).sum()), 4 * x**3 - 6 * x + 1


def _logistic(case: _Starts, w: FloatArray) -> tuple[float, FloatArray]:
    value, slope = binary_cross_entropy(case.X @ w, np.array(case.y, float), np.ones(len(case.y)))
    penalty, pull = l2_penalty(w, 1.0)
    return value + penalty, case.X.T @ slope + pull


_Objective = Callable[[FloatArray], tuple[float, FloatArray]]


def _end(objective: _Objective, start: Sequence[float] | FloatArray) -> FloatArray:
    return descend(SGD(0.04), objective, start, tol=1e-9, max_iter=1000).x


# the roots of 4 x^3 - 6 x + 1 in the order of their size: two minima and a maximum between them
_WELLS = np.sort(np.roots([4.0, 0.0, -6.0, 1.0]).real)


def _ends_residual(end: Callable[[_Objective, Any], FloatArray], case: _Starts) -> float:
    """Distance from the minimum on the start's own side; and of two ends on a convex loss."""
    own = _WELLS[0] if case.x < _WELLS[1] else _WELLS[2]
    convex = partial(_logistic, case)
    return largest(
        relative(end(_double_well, [case.x]), [own]),
        relative(end(convex, case.first), end(convex, case.second)),
    )


def _best_of_many(objective: _Objective, start: Any) -> FloatArray:
    size = len(np.atleast_1d(start))
    ends = [_end(objective, np.full(size, v)) for v in (-2.0, 2.0)]
    return min(ends, key=lambda x: objective(x)[0])


def _near_the_start(objective: _Objective, start: Any) -> FloatArray:
    return descend(SGD(0.04), objective, start, tol=0.0, max_iter=5).x


LAWS = (
    Law(
        id="OP-01",
        title="learning is optimisation",
        text="A set of functions, a loss, and the search for its minimum: downhill, with a step "
        "below 2 / L, the loss never rises.",
        latex=r"\theta^* = \arg\min_\theta L(\theta),\quad L(\theta) = "
        r"\tfrac1N \textstyle\sum_n C(f_\theta(x_n), t_n)",
        source="Zaidi, SIT744 lecture 2, Machine learning and optimisation; tanimutomo 2019 "
        "(Chollet ch. 2), item 7; roychuang, winter camp, Process; notes on Hung-yi Lee's "
        "lectures, three steps",
        cases=_tasks(),
        residual=_learning_residual,
        tolerance=1e-12,
        reason="twenty steps on five rows, relative to the first loss",
        subject=_learn,
        mutants=(
            Mutant("uphill", _uphill),
            Mutant("rate too large", lambda task, rate: _learn(task, 2.5 / task.curvature)),
            Mutant("does not learn", lambda task, rate: [task.loss(task.start)[0]] * 21),
            Mutant("half a loss", lambda task, rate: [v / 2.0 for v in _learn(task, rate)]),
        ),
    ),
    Law(
        id="OP-02",
        title="argmin and minimum",
        text="The argmin is a point, the minimum the value there, and nowhere is it less.",
        latex=r"f(x^*) \le f(x)\ \forall x,\quad x^* = S^{-1} b \text{ for } "
        r"\tfrac12 x^\top S x - b^\top x",
        source="Zaidi, SIT744 lecture 2, Global minimum; tanimutomo 2019 (Chollet ch. 2), item 33",
        cases=_BOWLS,
        residual=_minimum_residual,
        tolerance=1e-8,
        reason="descent to a gradient of 1e-10 with curvatures from 1/4",
        subject=_minimise,
        mutants=(
            Mutant("value for point", _value_for_point),
            Mutant("where it began", _at_the_start),
            Mutant("a maximum of the negative", _negated),
            Mutant(
                "one of the points", lambda bowl: _Found(bowl.points[0], bowl.value(bowl.points[0]))
            ),
        ),
    ),
    Law(
        id="OP-03",
        title="stationary points",
        text="At a minimum inside, where there is a derivative, it is zero; the converse is false, "
        "and at an edge it need not be.",
        latex=r"x^* \text{ an interior minimum} \Rightarrow \nabla f(x^*) = 0,\quad "
        r"\text{not conversely: } x^3",
        source="Zaidi, SIT744 lecture 2, Stationary points; Lai 2020, slide 48",
        cases=_VALLEYS,
        residual=_fermat_residual,
        tolerance=1e-3,
        reason="a bracket of 1e-5, with curvatures up to 20",
        subject=_FERMAT,
        mutants=(
            Mutant(
                "every stationary point",
                _FERMAT._replace(is_minimum=lambda f, x: abs(derivative(f, x)) < 1e-6),
            ),
            Mutant(
                "unless it is a maximum",
                _FERMAT._replace(is_minimum=lambda f, x: classify_stationary_point(f, x) != "max"),
            ),
            Mutant(
                "middle of the interval", _FERMAT._replace(minimise=lambda f, a, b: (a + b) / 2)
            ),
            Mutant("an edge", _FERMAT._replace(minimise=lambda f, a, b: min(a, b, key=f))),
        ),
    ),
    Law(
        id="OP-12",
        title="local and global minima",
        text="Descent ends in the valley where it began; on a convex loss there is only one.",
        latex=r"x^4 - 3x^2 + x:\ x \to -1.3008 \text{ or } 1.1309",
        source="Lai 2020, slide 53; tanimutomo 2019 (Chollet ch. 2), item 33",
        cases=_starts(),
        residual=_ends_residual,
        tolerance=1e-7,
        reason="descent to a gradient of 1e-9 with curvatures from 1",
        subject=_end,
        mutants=(
            Mutant("best of many starts", _best_of_many),
            Mutant("stops on the way", _near_the_start),
            Mutant("always to the right", lambda f, start: _end(f, np.abs(start))),
        ),
        examples=(
            _Starts(2.0, np.eye(2), (0, 1), np.ones(2), -np.ones(2)),
            _Starts(-2.0, np.eye(2), (0, 1), np.ones(2), -np.ones(2)),
        ),
    ),
)

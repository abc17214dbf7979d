"""Laws CA-09 to CA-11, CA-13 and CA-14: derivatives of functions of several variables."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml import autodiff
from probml.autodiff import Var
from probml.calculus import classify_hessian, gradient, hessian, jacobian, partial
from probml.laws._drawn import orthogonal, whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.numerics import FloatArray

__all__ = ["LAWS"]


class _Surface(NamedTuple):
    """``x' A x / 2 + b' x + sum sin x_i + sum c_i x_i^3`` and a point; A is not symmetric."""

    A: FloatArray
    b: FloatArray
    c: FloatArray
    x: FloatArray

    def __call__(self, x: Any) -> Any:
        """Value at x."""
        return x @ self.A @ x / 2.0 + self.b @ x + np.sin(x).sum() + self.c @ x**3

    @property
    def slope(self) -> FloatArray:
        """Gradient at the point."""
        x = self.x
        return (self.A + self.A.T) @ x / 2.0 + self.b + np.cos(x) + 3.0 * self.c * x**2

    @property
    def bend(self) -> FloatArray:
        """Hessian at the point."""
        x = self.x
        return (self.A + self.A.T) / 2.0 + np.diag(6.0 * self.c * x - np.sin(x))


_SURFACES = st.integers(1, 3).flatmap(
    lambda n: st.builds(
        _Surface, whole(n, n), whole(n), whole(n, largest=2), whole(n).map(lambda x: x / 4)
    )
)


def _partial_residual(differentiate: Callable[..., float], case: _Surface) -> float:
    found = [differentiate(case, case.x, i) for i in range(len(case.x))]
    return relative(found, case.slope)


def _all_moved(f: Callable[[FloatArray], Any], x: FloatArray, i: int) -> float:
    return float(gradient(f, x).sum())


def _neighbour(f: Callable[[FloatArray], Any], x: FloatArray, i: int) -> float:
    return partial(f, x, (i + 1) % len(x))


def _gradient_residual(differentiate: Callable[..., FloatArray], case: _Surface) -> float:
    """Distance from the gradient, from the slopes along directions, and from the steepest."""
    found = np.asarray(differentiate(case, case.x))
    if found.shape != case.x.shape:
        return math.inf
    length, h = float(np.linalg.norm(case.slope)), 1e-5
    worst = relative(found, case.slope)
    for u in np.vstack([np.eye(len(found)), case.slope / max(length, 1e-9)]):
        along = float(case(case.x + h * u) - case(case.x - h * u)) / (2.0 * h)
        worst = largest(worst, relative(found @ u, along), along - length * (1.0 + 1e-8) - 1e-8)
    return worst


def _of_the_left_factor(f: Any, x: FloatArray) -> FloatArray:
    slope: FloatArray = gradient(f, x) + (f.A - f.A.T) @ x / 2.0
    return slope


def _hessian_residual(differentiate: Callable[..., FloatArray], case: _Surface) -> float:
    found = np.asarray(differentiate(case, case.x))
    return largest(relative(found, case.bend), 1e3 * relative(found, found.T))


class _Signs(NamedTuple):
    """A rotation, and the eigenvalues of a Hessian."""

    Q: FloatArray
    values: tuple[int, ...]

    @property
    def matrix(self) -> FloatArray:
        """``Q diag(values) Q'``."""
        H: FloatArray = self.Q * np.array(self.values, dtype=float) @ self.Q.T
        return (H + H.T) / 2.0


@st.composite
def _signs(draw: DrawFn) -> _Signs:
    n = draw(st.integers(1, 4))
    # as often all of one sign as not, and as often with two of either
    values = st.sampled_from([-2, -1, 1, 2]) | st.sampled_from([0, 1]) | st.sampled_from([0, -1])
    one_sign = draw(st.booleans())
    drawn = draw(st.lists(values, min_size=n, max_size=n))
    sign = draw(st.sampled_from([-1, 1]))
    return _Signs(
        draw(orthogonal(n)), tuple(sign * abs(v) for v in drawn) if one_sign else tuple(drawn)
    )


def _kind_residual(classify: Callable[[FloatArray], str], case: _Signs) -> float:
    low, high = min(case.values), max(case.values)
    expected = (
        "saddle" if low < 0 < high else "min" if low > 0 else "max" if high < 0 else "inconclusive"
    )
    return float(classify(case.matrix) != expected)


def _by_determinant(H: FloatArray) -> str:
    """The rule for two variables, applied to any number."""
    d = float(np.linalg.det(H))
    if abs(d) < 1e-8:
        return "inconclusive"
    return "saddle" if d < 0 else "min" if H[0, 0] > 0 else "max"


def _by_signs(values: FloatArray) -> str:
    return classify_hessian(np.diag(values))


def _zero_is_positive(H: FloatArray) -> str:
    return _by_signs(np.linalg.eigvalsh(H) + 1e-3)


def _without_saddles(H: FloatArray) -> str:
    kind = classify_hessian(H)
    return "inconclusive" if kind == "saddle" else kind


# -- CA-14: several paths -------------------------------------------------------------------------


class _Paths(NamedTuple):
    """``z = a x^2 + b x y + c y^2`` along ``x = t^p, y = q t + t^3``, at t."""

    a: int
    b: int
    c: int
    p: int
    q: int
    t: float


class _Chains(NamedTuple):
    """Derivative of z by t, and the Jacobian of f."""

    total: Callable[[_Paths], float]
    jacobian: Callable[..., FloatArray]


_SMALL = st.integers(-3, 3)
_PATHS = st.builds(
    _Paths,
    _SMALL,
    _SMALL,
    _SMALL,
    st.integers(1, 3),
    _SMALL,
    st.integers(-6, 6).map(lambda v: v / 4),
)


def _along(paths: _Paths, t: Any, x: Any = None, y: Any = None) -> Any:
    x = t**paths.p if x is None else x
    y = paths.q * t + t**3 if y is None else y
    return paths.a * x * x + paths.b * x * y + paths.c * y * y


def _by_graph(paths: _Paths) -> float:
    t = Var(paths.t)
    found: float = autodiff.gradients(_along(paths, t), [t])[0].item()
    return found


def _by_hand(paths: _Paths, *, by_x: int = 1, by_y: int = 1) -> float:
    """``dz/dx dx/dt + dz/dy dy/dt`` in fractions."""
    a, b, c, p, q, at = paths
    t = Fraction(at)
    x, y = t**p, q * t + t**3
    dx, dy = p * t ** (p - 1), q + 3 * t**2
    return float(by_x * (2 * a * x + b * y) * dx + by_y * (b * x + 2 * c * y) * dy)


def _chains_residual(chains: _Chains, case: _Paths) -> float:
    """Distance from both paths added up; and from ``J_f J_g`` for two maps of the plane."""
    a, b, c, _, q, t = case

    def inner(v: Any) -> Any:
        return np.array([v[0] * v[1], q * v[0] + v[1] ** 2, v[0]])

    def outer(u: Any) -> Any:
        return np.array([a * u[0] ** 2 + b * u[1] * u[2], c * u[0] * u[1]])

    v = np.array([t, t + 1.0])
    u = inner(v)
    J_inner = np.array([[v[1], v[0]], [q, 2.0 * v[1]], [1.0, 0.0]])
    J_outer = np.array([[2.0 * a * u[0], b * u[2], b * u[1]], [c * u[1], c * u[0], 0.0]])
    return largest(
        relative(chains.total(case), _by_hand(case)),
        relative(chains.jacobian(inner, v), J_inner),
        relative(chains.jacobian(lambda v: outer(inner(v)), v), J_outer @ J_inner),
    )


_CHAINS = _Chains(_by_graph, jacobian)


def _forward(f: Callable[[Any], Any], x: FloatArray) -> FloatArray:
    return gradient(f, x, scheme="forward", h=1e-5)


LAWS = (
    Law(
        id="CA-09",
        title="partial derivative",
        text="One coordinate moves, and all others stay.",
        latex=r"\frac{\partial f}{\partial x_i} = \lim_{h \to 0} \frac{f(x + h e_i) - f(x)}h",
        source="Zaidi, SIT744 lecture 2, Partial derivative; roychuang, winter camp, Derivative & "
        "Partial",
        cases=_SURFACES,
        residual=_partial_residual,
        tolerance=1e-7,
        reason="central differences, whose rounding and truncation come to about 1e-9",
        subject=partial,
        mutants=(
            Mutant("all coordinates move", _all_moved),
            Mutant("the next coordinate", _neighbour),
            Mutant("half of it", lambda f, x, i: partial(f, x, i) / 2.0),
        ),
    ),
    Law(
        id="CA-10",
        title="gradient",
        text="The gradient holds all partial derivatives; its product with a direction is the "
        "slope that way, and no way is steeper than its own.",
        latex=r"\nabla f = (\partial f / \partial x_i)_i,\quad D_u f = \nabla f^\top u \le "
        r"\|\nabla f\|",
        source="Lai 2020, slide 45; Zaidi, SIT744 lecture 2, Gradient is for multi-variate "
        "functions; roychuang, winter camp, Gradient Descent",
        cases=_SURFACES,
        residual=_gradient_residual,
        tolerance=1e-7,
        reason="central differences, whose rounding and truncation come to about 1e-9",
        subject=gradient,
        mutants=(
            Mutant("forward difference", _forward),
            Mutant("factor 2 missing", lambda f, x: gradient(f, x) / 2.0),
            Mutant("downhill", lambda f, x: -gradient(f, x)),
            Mutant("of length one", lambda f, x: gradient(f, x) / np.linalg.norm(gradient(f, x))),
            Mutant("A for its symmetric part", _of_the_left_factor),
        ),
    ),
    Law(
        id="CA-11",
        title="Hessian",
        text="The second derivatives form a symmetric matrix; that of a quadratic form is the "
        "symmetric part of its matrix.",
        latex=r"H_{ij} = \frac{\partial^2 f}{\partial x_i \partial x_j} = H_{ji},\quad "
        r"\nabla^2 \tfrac12 x^\top A x = \tfrac12 (A + A^\top)",
        source="Lai 2020, slide 46",
        cases=_SURFACES,
        residual=_hessian_residual,
        tolerance=1e-5,
        reason="second differences with a step of 1e-4: rounding comes to about 1e-7",
        subject=hessian,
        mutants=(
            Mutant("A for its symmetric part", lambda f, x: hessian(f, x) + (f.A - f.A.T) / 2.0),
            Mutant("diagonal only", lambda f, x: np.diag(np.diag(hessian(f, x)))),
            Mutant("one triangle", lambda f, x: np.tril(hessian(f, x))),
            Mutant("half of it", lambda f, x: hessian(f, x) / 2.0),
            Mutant(
                "squares of the gradient",
                lambda f, x: np.outer(gradient(f, x), gradient(f, x)),
            ),
        ),
    ),
    Law(
        id="CA-13",
        title="second-derivative test, several variables",
        text="All eigenvalues positive: a minimum; all negative: a maximum; both signs: a saddle; "
        "otherwise the test says nothing.",
        latex=r"\nabla f = 0:\quad H \succ 0 \Rightarrow \min,\ H \prec 0 \Rightarrow \max,\ "
        r"\lambda_i \lambda_j < 0 \Rightarrow \text{saddle}",
        source="Lai 2020, slide 48",
        cases=_signs(),
        residual=_kind_residual,
        tolerance=0.0,
        reason="right or wrong",
        subject=classify_hessian,
        mutants=(
            Mutant("by the determinant", _by_determinant),
            Mutant("by the diagonal", lambda H: _by_signs(H.diagonal())),
            Mutant("zero counts as positive", _zero_is_positive),
            Mutant("no saddles", _without_saddles),
            Mutant("turned round", lambda H: classify_hessian(-H)),
        ),
        # {1, 3}, {-2, 2}, {-2, -2}, {-1, 5}, {0, 2}; and two negative ones of three
        examples=tuple(
            _Signs(np.eye(len(values)), values)
            for values in ((1, 3), (-2, 2), (-2, -2), (-1, 5), (0, 2), (2, -1, -1))
        ),
    ),
    Law(
        id="CA-14",
        title="chain rule with several paths",
        text="Every path from the input to the output adds its product of derivatives; the "
        "Jacobian of a composition is the product of the Jacobians.",
        latex=r"\frac{dz}{dt} = \frac{\partial z}{\partial x} \frac{dx}{dt} + "
        r"\frac{\partial z}{\partial y} \frac{dy}{dt},\quad J_{f \circ g} = J_f J_g",
        source="roychuang, winter camp, Chain Rule; notes on Hung-yi Lee's lectures, "
        "Backpropagation",
        cases=_PATHS,
        residual=_chains_residual,
        tolerance=1e-7,
        reason="central differences, whose rounding and truncation come to about 1e-9",
        subject=_CHAINS,
        mutants=(
            Mutant("overwritten, not added", _CHAINS._replace(total=lambda c: _by_hand(c, by_x=0))),
            Mutant("first path only", _CHAINS._replace(total=lambda c: _by_hand(c, by_y=0))),
            Mutant("paths subtracted", _CHAINS._replace(total=lambda c: _by_hand(c, by_y=-1))),
            Mutant("Jacobian transposed", _CHAINS._replace(jacobian=lambda f, x: jacobian(f, x).T)),
        ),
        # z = x^2 + x y + y^2, x = t^2, y = t^3 at 1: 15 = 4 + 5 + 6
        examples=(_Paths(1, 1, 1, 2, 0, 1.0),),
    ),
)

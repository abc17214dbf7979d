"""Laws CA-01 to CA-08: difference quotients, and the rules of differentiation."""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from probml import autodiff
from probml.autodiff import Var
from probml.calculus import (
    derivative,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative

__all__ = ["LAWS"]

_QUARTERS = st.integers(-12, 12).map(lambda v: v / 4)


def _slope(f: Callable[..., Var], *at: float, of: int = 0) -> float:
    """Derivative by one of the arguments, by automatic differentiation."""
    inputs = [Var(x) for x in at]
    found: float = autodiff.gradients(f(*inputs), inputs)[of].item()
    return found


# -- CA-01: difference quotients ------------------------------------------------------------------


class _Cubic(NamedTuple):
    """``a x^3 + b x^2 + c x`` at x, and a step."""

    a: int
    b: int
    c: int
    x: float
    h: float


_SMALL = st.integers(-5, 5)
_CUBICS = st.builds(
    _Cubic,
    _SMALL.filter(bool),
    _SMALL.filter(bool),
    _SMALL,
    st.integers(-4, 4).map(lambda v: v / 4),
    st.integers(3, 8).map(lambda k: 2.0**-k),
)

_Quotient = Callable[..., float]


def _quotient_residual(quotient: _Quotient, case: _Cubic) -> float:
    """Distance from f' and the error of each scheme, which a cubic makes exact."""
    a, b, c, x, h = case

    def f(t: Any) -> Any:
        return a * t**3 + b * t**2 + c * t

    exact = 3 * a * x**2 + 2 * b * x + c
    forward = exact + h * (3 * a * x + b) + h**2 * a
    return largest(
        relative(quotient(f, x, scheme="forward", h=h), forward),
        relative(quotient(f, x, scheme="central", h=h), exact + h**2 * a),
        relative(quotient(f, x, scheme="complex", h=h), exact - h**2 * a),
        relative(quotient(f, x), exact),
        relative(quotient(lambda t: np.sin(t) + np.exp(t), x), math.cos(x) + math.exp(x)),
    )


def _other_scheme(f: Callable[[Any], Any], x: float, scheme: str = "central", **h: Any) -> float:
    return derivative(f, x, scheme="forward" if scheme == "central" else "central", **h)


# -- CA-02 to CA-05: rules ------------------------------------------------------------------------


class _Table(NamedTuple):
    """Derivatives of 123, of x, of w x and w x + b by w and by b, and of exp(x)."""

    constant: Callable[[float], float]
    itself: Callable[[float], float]
    by_weight: Callable[[float, float, float], float]
    by_intercept: Callable[[float, float, float], float]
    exponential: Callable[[float], float]


class _Neuron(NamedTuple):
    """A weight, an input, an intercept."""

    w: float
    x: float
    b: float


def _affine(w: Any, x: Any, b: Any) -> Any:
    return w * x + b


_TABLE = _Table(
    partial(_slope, lambda x: Var(123.0)),
    partial(_slope, lambda x: x + 0.0),
    partial(_slope, _affine),
    partial(_slope, _affine, of=2),
    partial(_slope, autodiff.exp),
)


def _table_residual(table: _Table, case: _Neuron) -> float:
    return largest(
        relative(table.constant(case.x), 0.0),
        relative(table.itself(case.x), 1.0),
        relative(table.by_weight(*case), case.x),
        relative(table.by_intercept(*case), 1.0),
        relative(table.exponential(case.x), math.exp(case.x)),
    )


class _Two(NamedTuple):
    """Two polynomials, constant term first, and a point."""

    f: tuple[int, ...]
    g: tuple[int, ...]
    x: float


_POLYNOMIALS = st.lists(st.integers(-3, 3), min_size=2, max_size=4).map(tuple)
_TWO = st.builds(_Two, _POLYNOMIALS, _POLYNOMIALS, _QUARTERS)


def _at(coefficients: tuple[int, ...], x: Any) -> Any:
    value = x * 0 + coefficients[-1]
    for c in coefficients[-2::-1]:
        value = value * x + c
    return value


def _derived(coefficients: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(k * c for k, c in enumerate(coefficients))[1:]


class _Jet(NamedTuple):
    """Value and slope of a polynomial at a point, as fractions."""

    value: Fraction
    slope: Fraction


def _jet(coefficients: tuple[int, ...], x: Fraction) -> _Jet:
    return _Jet(_at(coefficients, x), _at(_derived(coefficients), x))


def _exactly(rule: Callable[[_Jet, _Jet], Fraction], case: _Two) -> float:
    x = Fraction(case.x)
    return float(rule(_jet(case.f, x), _jet(case.g, x)))


def _of_two(join: Callable[[Any, Any], Any]) -> Callable[[_Two], float]:
    """Automatic differentiation of what `join` makes of f(x) and g(x)."""
    return lambda case: _slope(lambda x: join(_at(case.f, x), _at(case.g, x)), case.x)


def _rule_residual(
    rule: Callable[[_Jet, _Jet], Fraction], differentiate: Callable[[_Two], float], case: _Two
) -> float:
    return relative(differentiate(case), _exactly(rule, case))


def _by_rule(rule: Callable[[_Jet, _Jet], Fraction]) -> Callable[[_Two], float]:
    return partial(_exactly, rule)


def _composed(case: _Two) -> float:
    return _slope(lambda x: _at(case.g, _at(case.f, x)), case.x)


def _chain(case: _Two, *, outer_at: str = "f(x)") -> float:
    """``g'(f(x)) f'(x)`` in fractions, or with g' taken elsewhere, or not at all."""
    x = Fraction(case.x)
    inner = _jet(case.f, x)
    outer = {"f(x)": inner.value, "x": x, "f'(x)": inner.slope}[outer_at]
    return float(_at(_derived(case.g), outer) * inner.slope)


# -- CA-06 to CA-08: powers and polynomials -------------------------------------------------------


class _Power(NamedTuple):
    """A point and an exponent; not both a negative point and a fraction."""

    x: float
    n: float


_POWERS = st.builds(_Power, st.integers(2, 12).map(lambda v: v / 4), st.integers(-3, 6).map(float))
_POWERS |= st.builds(
    _Power, st.integers(2, 12).map(lambda v: -v / 4), st.integers(-3, 6).map(float)
)
_POWERS |= st.builds(
    _Power, st.integers(2, 12).map(lambda v: v / 4), st.integers(-5, 9).map(lambda v: v / 2)
)


def _power_slope(x: float, n: float) -> float:
    return _slope(lambda t: t**n, x)


def _power_residual(slope: Callable[[float, float], float], case: _Power) -> float:
    x, n = case
    exact = n * math.pow(x, n - 1.0) if n else 0.0
    return abs(slope(x, n) - exact) / max(abs(exact), 1e-3)


def _reciprocal_residual(slope: Callable[[float], float], case: float) -> float:
    exact = float(-1 / Fraction(case) ** 2)
    return abs(slope(case) - exact) / abs(exact)


def _polynomial_residual(
    derive: Callable[[list[int]], Any], case: tuple[list[int], list[int]]
) -> float:
    """Coefficient by coefficient, highest power first; and for a product of two."""
    f, g = case
    n = len(f) - 1
    expected = [(n - k) * a for k, a in enumerate(f[:-1])]
    product = np.polymul(f, g)
    by_parts = np.polyadd(np.polymul(derive(f), g), np.polymul(f, derive(g)))
    at = np.array([-1.0, 0.5, 2.0])
    return largest(
        relative(derive(f), expected),
        relative(np.polyval(derive(list(product)), at), np.polyval(by_parts, at)),
    )


_SUM = partial(_rule_residual, lambda f, g: f.slope + g.slope)
_PRODUCT = partial(_rule_residual, lambda f, g: f.slope * g.value + f.value * g.slope)

LAWS = (
    Law(
        id="CA-01",
        title="derivative",
        text="The forward quotient misses the derivative by a term in h, the central and the "
        "complex one by a term in its square.",
        latex=r"\frac{f(x + h) - f(x)}{h} = f' + \tfrac h2 f'' + \dots,\quad "
        r"\frac{f(x + h) - f(x - h)}{2h} = f' + \tfrac{h^2}6 f''' + \dots",
        source="Lai 2020, slide 44; Zaidi, SIT744 lecture 2, Derivative",
        cases=_CUBICS,
        residual=_quotient_residual,
        tolerance=1e-8,
        reason="at the default step rounding and truncation both come to about 1e-10",
        subject=derivative,
        mutants=(
            Mutant(
                "divided by h, not by 2 h",
                lambda f, x, scheme="central", **h: (
                    derivative(f, x, scheme=scheme, **h) * (2.0 if scheme == "central" else 1.0)
                ),
            ),
            Mutant("one scheme for another", _other_scheme),
            Mutant(
                "complex step for all",
                lambda f, x, scheme="central", **h: derivative(f, x, scheme="complex", **h),
            ),
            Mutant("backwards", lambda f, x, **words: -derivative(f, x, **words)),
            Mutant(
                "a step that is felt",
                lambda f, x, scheme="central", h=1e-3: derivative(f, x, scheme=scheme, h=h),
            ),
        ),
        # (x^2)' at 3 is 6
        examples=(_Cubic(1, 1, 0, 0.5, 0.125),),
    ),
    Law(
        id="CA-02",
        title="table of derivatives",
        text="A constant has derivative 0, x has 1, exp itself; the derivative of w x + b by the "
        "weight is the input, by the intercept 1.",
        latex=r"c' = 0,\ x' = 1,\ \partial(wx + b) / \partial w = x,\ "
        r"\partial(wx + b) / \partial b = 1,\ (e^x)' = e^x",
        source="Zaidi, SIT744 lecture 2, Derivatives of common functions",
        cases=st.builds(_Neuron, _QUARTERS, _QUARTERS, _QUARTERS),
        residual=_table_residual,
        tolerance=1e-14,
        reason="one exponential",
        subject=_TABLE,
        mutants=(
            Mutant("by the input", _TABLE._replace(by_weight=lambda w, x, b: w)),
            Mutant("a constant keeps its value", _TABLE._replace(constant=lambda x: 123.0)),
            Mutant("intercepts do not learn", _TABLE._replace(by_intercept=lambda w, x, b: 0.0)),
            Mutant(
                "as if a power of x",
                _TABLE._replace(exponential=lambda x: x * math.exp(x - 1.0)),
            ),
            Mutant("x for a constant", _TABLE._replace(itself=lambda x: 0.0)),
        ),
    ),
    Law(
        id="CA-03",
        title="sum rule",
        text="The derivative of a sum is the sum of the derivatives.",
        latex=r"(f + g)' = f' + g'",
        source="Zaidi, SIT744 lecture 2, Sum rule",
        cases=_TWO,
        residual=_SUM,
        tolerance=1e-12,
        reason="polynomials of degree three at quarters",
        subject=_of_two(lambda f, g: f + g),
        mutants=(
            Mutant("one branch dropped", _by_rule(lambda f, g: f.slope)),
            Mutant("difference", _by_rule(lambda f, g: f.slope - g.slope)),
            Mutant("mean", _by_rule(lambda f, g: (f.slope + g.slope) / 2)),
        ),
    ),
    Law(
        id="CA-04",
        title="product rule",
        text="Each factor in turn is derived, and the other kept.",
        latex=r"(fg)' = f'g + fg'",
        source="Zaidi, SIT744 lecture 2, Product rule",
        cases=_TWO,
        residual=_PRODUCT,
        tolerance=1e-12,
        reason="polynomials of degree three at quarters",
        subject=_of_two(lambda f, g: f * g),
        mutants=(
            Mutant("product of the derivatives", _by_rule(lambda f, g: f.slope * g.slope)),
            Mutant("one of two terms", _by_rule(lambda f, g: f.slope * g.value)),
            Mutant(
                "as of a quotient", _by_rule(lambda f, g: f.slope * g.value - f.value * g.slope)
            ),
        ),
        # (x x)' = 2 x
        examples=(_Two((0, 1), (0, 1), 3.0),),
    ),
    Law(
        id="CA-05",
        title="chain rule",
        text="The derivative of g of f is that of g, taken at f(x), times that of f.",
        latex=r"(g \circ f)'(x) = g'(f(x)) f'(x)",
        source="Lai 2020, slide 49; Zaidi, SIT744 lecture 2, Chain rule; roychuang, winter camp, "
        "Chain Rule",
        cases=_TWO,
        residual=lambda differentiate, case: relative(differentiate(case), _chain(case)),
        tolerance=1e-9,
        reason="polynomials of degree nine at quarters",
        subject=_composed,
        mutants=(
            Mutant("outer derivative at x", partial(_chain, outer_at="x")),
            Mutant("outer derivative at f'(x)", partial(_chain, outer_at="f'(x)")),
            Mutant("in the other order", lambda case: _composed(_Two(case.g, case.f, case.x))),
            Mutant(
                "inner derivative forgotten",
                lambda case: float(_at(_derived(case.g), _at(case.f, Fraction(case.x)))),
            ),
        ),
    ),
    Law(
        id="CA-06",
        title="power rule",
        text="The exponent comes down and loses one; nothing is derived a second time.",
        latex=r"(x^n)' = n x^{n - 1}",
        source="Zaidi, SIT744 lecture 2, Example",
        cases=_POWERS,
        residual=_power_residual,
        tolerance=1e-12,
        reason="two powers and a product, relative to the result",
        subject=_power_slope,
        mutants=(
            Mutant("derived twice", lambda x, n: n * (n - 1.0) * x ** (n - 2.0)),
            Mutant("exponent kept", lambda x, n: n * x**n),
            Mutant("factor forgotten", lambda x, n: x ** (n - 1.0)),
            Mutant("sizes only", lambda x, n: abs(_power_slope(x, n))),
        ),
        # (x^2)' at 3 is 6; (x^3)' at 5 is 75, and 30 if derived twice
        examples=(_Power(3.0, 2.0), _Power(5.0, 3.0)),
    ),
    Law(
        id="CA-07",
        title="reciprocal",
        text="The reciprocal falls, on either side of zero, by the square of itself.",
        latex=r"(1 / x)' = -1 / x^2",
        source="Zaidi, SIT744 lecture 2, Special case",
        cases=_QUARTERS.filter(bool),
        residual=_reciprocal_residual,
        tolerance=1e-14,
        reason="two quotients",
        subject=partial(_slope, lambda x: 1.0 / x),
        mutants=(
            Mutant("derived twice", lambda x: 2.0 / x**3),
            Mutant("sign forgotten", lambda x: 1.0 / x**2),
            Mutant("as if a square root", lambda x: -1.0 / x),
        ),
        # -.25, where the form derived twice has +.25
        examples=(2.0,),
    ),
    Law(
        id="CA-08",
        title="derivative of a polynomial",
        text="Each coefficient is multiplied by its exponent, which falls by one; the constant "
        "term is lost.",
        latex=r"\Bigl(\sum_{k=1}^{n+1} a_k x^{n+1-k}\Bigr)' = \sum_{k=1}^{n} (n+1-k) a_k x^{n-k}",
        source="roychuang, winter camp, Derivative & Partial",
        cases=st.tuples(*[st.lists(st.integers(-5, 5), min_size=2, max_size=5)] * 2),
        residual=_polynomial_residual,
        tolerance=1e-12,
        reason="whole numbers, evaluated at three points",
        subject=np.polyder,
        mutants=(
            Mutant("constant kept", lambda a: np.append(np.polyder(a), a[-1])),
            Mutant("exponents kept", lambda a: np.append(np.polyder(a), 0)),
            Mutant("off by one", lambda a: [(len(a) - k) * v for k, v in enumerate(a[:-1])]),
            Mutant("factors forgotten", lambda a: a[:-1]),
        ),
    ),
)

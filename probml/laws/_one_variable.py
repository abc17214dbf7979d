"""Laws CA-01 to CA-08, CA-12, CA-15 and CA-16: derivatives of functions of one variable."""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml import autodiff
from probml.autodiff import Var
from probml.calculus import (
    LayerGradients,
    classify_stationary_point,
    derivative,
    gradient_magnitude_by_layer,
)
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, refused, relative
from probml.numerics import ACTIVATIONS, FloatArray, sigmoid

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


# -- CA-12: stationary points ---------------------------------------------------------------------


class _Bend(NamedTuple):
    """``a |t|^p + s t`` with ``t = x - c``, and with t for |t| where p is odd and above 1."""

    a: int
    p: int
    s: float
    c: float

    def __call__(self, x: float) -> float:
        """Value at x."""
        t = x - self.c
        return self.a * (abs(t) if self.p == 1 else t**self.p) + self.s * t


_BENDS = st.builds(
    _Bend,
    st.sampled_from([-2, -1, 1, 2]),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.0, 0.0, 0.5, -2.0]),
    st.integers(-8, 8).map(lambda v: v / 4),
)


def _kind_residual(classify: Callable[[Any, float], str], case: _Bend) -> float:
    """1 if the answer is wrong, or there is one for a slope or for a kink."""
    if case.s or case.p == 1:
        return refused(lambda: classify(case, case.c))
    expected = "inconclusive" if case.p > 2 else "min" if case.a > 0 else "max"
    return float(classify(case, case.c) != expected)


def _inflection(f: Any, x: float) -> str:
    kind = classify_stationary_point(f, x)
    return "saddle" if kind == "inconclusive" else kind


def _whatever_the_slope(f: Any, x: float) -> str:
    return classify_stationary_point(lambda t: f(t) - (t - x) * derivative(f, x), x)


def _by_neighbours(f: Any, x: float) -> str:
    derivative(f, x)
    left, right = f(x - 1e-3) - f(x), f(x + 1e-3) - f(x)
    return "min" if min(left, right) > 0 else "max" if max(left, right) < 0 else "inconclusive"


def _kinks_too(f: Any, x: float) -> str:
    if abs(derivative(f, x)) > 1e-3:
        raise ValueError("not stationary")
    bend = (f(x + 1e-3) - 2.0 * f(x) + f(x - 1e-3)) / 1e-6
    return "min" if bend > 1e-3 else "max" if bend < -1e-3 else "inconclusive"


_FLIPPED = {"min": "max", "max": "min", "inconclusive": "inconclusive"}


# -- CA-15, CA-16: the logistic function, and many of them ----------------------------------------


class _Logistic(NamedTuple):
    """The logistic function and its derivative, both of z."""

    value: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


def _sigmoid_slope(z: FloatArray) -> FloatArray:
    a, slope = np.array(sigmoid(z)), np.ones_like(z)
    ACTIVATIONS["logistic"].chain(a, slope)
    return slope


def _logistic_residual(logistic: _Logistic, case: float) -> float:
    """Distance from symmetry and from ``e^-|z| / (1 + e^-|z|)^2``; and far out, from 0 and 1."""
    z = np.array([case, -case, 1000.0, -1000.0])
    value, slope = logistic.value(z), logistic.slope(z)
    tail = math.exp(-abs(case))
    bell = tail / (1.0 + tail) ** 2
    upper = 1.0 / (1.0 + tail) if case > 0 else tail / (1.0 + tail)
    return largest(
        relative(value, [upper, 1.0 - upper, 1.0, 0.0]),
        relative(slope, [bell, bell, 0.0, 0.0]),
        float(slope.max()) - 0.25,
    )


_LOGISTIC = _Logistic(sigmoid, _sigmoid_slope)


def _unguarded_slope(z: FloatArray) -> FloatArray:
    with np.errstate(over="ignore", invalid="ignore"):
        slope: FloatArray = np.exp(z) / (np.exp(z) + 1.0) ** 2
    return slope


class _Tower(NamedTuple):
    """Scalar sigmoid layers: their weights and intercepts, and what goes in."""

    w: tuple[float, ...]
    b: tuple[float, ...]
    x: float


@st.composite
def _towers(draw: DrawFn) -> _Tower:
    n = draw(st.integers(1, 7))
    numbers = st.lists(_QUARTERS, min_size=n, max_size=n).map(tuple)
    return _Tower(draw(numbers), draw(numbers), draw(_QUARTERS))


def _by_layer(tower: _Tower) -> LayerGradients:
    coefs, intercepts = [[[w]] for w in tower.w], [[b] for b in tower.b]
    return gradient_magnitude_by_layer(coefs, intercepts, [tower.x])


def _tower_residual(by_layer: Callable[[_Tower], LayerGradients], case: _Tower) -> float:
    """Distance from the products of slopes and from the bounds, and how far these are broken."""
    a, slopes = case.x, []
    for w, b in zip(case.w, case.b, strict=True):
        z = w * a + b
        tail = math.exp(-abs(z))
        slopes.append(abs(w) * tail / (1.0 + tail) ** 2)
        a = 1.0 / (1.0 + tail) if z > 0 else tail / (1.0 + tail)
    products = [math.prod(slopes[k:]) for k in range(len(slopes) + 1)]
    bounds = [math.prod(abs(w) / 4.0 for w in case.w[k:]) for k in range(len(slopes) + 1)]
    found = by_layer(case)
    return largest(
        relative(found.magnitudes, products),
        relative(found.bounds, bounds),
        float((found.magnitudes - found.bounds).max()),
    )


def _weights_forgotten(tower: _Tower) -> LayerGradients:
    L = len(tower.w)
    return _by_layer(tower)._replace(bounds=0.25 ** np.arange(L, -1.0, -1.0))


def _half_for_quarter(tower: _Tower) -> LayerGradients:
    L, found = len(tower.w), _by_layer(tower)
    return found._replace(bounds=found.bounds * 2.0 ** np.arange(L, -1.0, -1.0))


def _slopes_without_weights(tower: _Tower) -> LayerGradients:
    found, sizes = _by_layer(tower), np.abs([*tower.w, 1.0])
    weights = np.cumprod(sizes[::-1])[::-1]
    return found._replace(magnitudes=found.magnitudes / np.where(weights == 0.0, 1.0, weights))


def _forwards(tower: _Tower) -> LayerGradients:
    found = _by_layer(tower)
    return LayerGradients(found.magnitudes[::-1], found.bounds[::-1])


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
    Law(
        id="CA-12",
        title="second derivative, one variable",
        text="Where the slope is zero, a positive second derivative means a minimum, a negative "
        "one a maximum, and zero means nothing; where it is not, or there is a kink, the test "
        "does not apply.",
        latex=r"f' = 0:\quad f'' > 0 \Rightarrow \min,\ f'' < 0 \Rightarrow \max,\ "
        r"f'' = 0 \text{ inconclusive}",
        source="Lai 2020, slide 47",
        cases=_BENDS,
        residual=_kind_residual,
        tolerance=0.0,
        reason="right or wrong",
        subject=classify_stationary_point,
        mutants=(
            Mutant("zero means inflection", _inflection),
            Mutant("whatever the slope", _whatever_the_slope),
            Mutant("by the neighbours", _by_neighbours),
            Mutant("turned round", lambda f, x: _FLIPPED[classify_stationary_point(f, x)]),
            Mutant("kinks, too", _kinks_too),
        ),
        # x^3, x^4, -x^4
        examples=(_Bend(1, 3, 0.0, 0.0), _Bend(1, 4, 0.0, 0.0), _Bend(-1, 4, 0.0, 0.0)),
    ),
    Law(
        id="CA-15",
        title="derivative of the logistic function",
        text="The slope is the value times what is missing to one: largest in the middle, a "
        "quarter there, and even; far out it is zero and not a number gone wrong.",
        latex=r"\sigma' = \sigma(1 - \sigma) = e^x / (e^x + 1)^2 \le \tfrac14",
        source="Zaidi, SIT744 lecture 2, Example; notes on Hung-yi Lee's lectures, step 3",
        cases=st.integers(-120, 120).map(lambda v: v / 4),
        residual=_logistic_residual,
        tolerance=1e-14,
        reason="one exponential",
        subject=_LOGISTIC,
        mutants=(
            Mutant(
                "what is missing of z", _LOGISTIC._replace(slope=lambda z: sigmoid(z) * (1 - z))
            ),
            Mutant(
                "of the activation",
                _LOGISTIC._replace(slope=lambda z: _sigmoid_slope(sigmoid(z))),
            ),
            Mutant("exponentials that overflow", _LOGISTIC._replace(slope=_unguarded_slope)),
            Mutant("square forgotten", _LOGISTIC._replace(slope=sigmoid)),
            Mutant("hyperbolic", _LOGISTIC._replace(value=np.tanh)),
        ),
        # .000045, .25, .2444583117
        examples=(10.0, 0.0, 0.3),
    ),
    Law(
        id="CA-16",
        title="vanishing gradients",
        text="Through sigmoid layers the gradient is a product of weights and slopes, each slope "
        "at most a quarter: with weights up to one it fades like a power of a quarter.",
        latex=r"\Bigl|\frac{da_L}{da_0}\Bigr| = \prod_l |w_l| \sigma'(z_l) \le "
        r"\prod_l \frac{|w_l|}4",
        source="Zaidi, SIT744 lecture 2, Vanishing Gradients Problem",
        cases=_towers(),
        residual=_tower_residual,
        tolerance=1e-12,
        reason="up to seven exponentials",
        subject=_by_layer,
        mutants=(
            Mutant("a bound without the weights", _weights_forgotten),
            Mutant("a slope of at most a half", _half_for_quarter),
            Mutant("slopes without the weights", _slopes_without_weights),
            Mutant("from the other end", _forwards),
        ),
        # .25, .0587509281, .0133520938, .0030081287, .0006763392
        examples=tuple(_Tower((1.0,) * n, (0.0,) * n, 0.0) for n in range(1, 6)),
    ),
)

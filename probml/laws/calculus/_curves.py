"""Laws CA-12, CA-15 and CA-16: stationary points, and the slope of the logistic function."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

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


LAWS = (
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

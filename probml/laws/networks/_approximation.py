"""Law NN-15: one hidden layer comes as near to a continuous function as one likes."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.calculus import relu_interpolant
from probml.classifiers._network import Parameters
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.networks._library import layer_values
from probml.numerics import FloatArray

__all__ = ["LAWS"]

_Curve = Callable[[FloatArray], FloatArray]


class _Smooth(NamedTuple):
    """``size sin(rate x + shift) + bend x^2`` on an interval, and knots in it.

    Printed errors are those of so many even pieces.
    """

    size: float
    rate: float
    shift: float
    bend: float
    knots: FloatArray
    printed: dict[int, float]

    def curve(self, x: FloatArray) -> FloatArray:
        """Its values."""
        values: FloatArray = self.size * np.sin(self.rate * x + self.shift) + self.bend * x * x
        return values

    @property
    def steepest(self) -> float:
        """No less than the largest second derivative."""
        return abs(self.size) * self.rate**2 + 2.0 * abs(self.bend)


@st.composite
def _smooth(draw: DrawFn) -> _Smooth:
    size, bend = draw(st.integers(2, 8)) / 4.0, draw(st.integers(-4, 4)) / 16.0
    rate, shift = draw(st.integers(4, 12)) / 4.0, draw(st.integers(0, 12)) / 2.0
    gaps = np.array(draw(st.lists(st.integers(1, 8), min_size=1, max_size=8))) / 16.0
    start = draw(st.integers(-12, 12)) / 4.0
    return _Smooth(size, rate, shift, bend, start + np.append(0.0, gaps.cumsum()), {})


def _network(f: _Curve, knots: FloatArray) -> _Curve:
    """The library's network, with the parameters that make it the broken line."""
    parameters = Parameters(*relu_interpolant(f, knots))
    return lambda x: layer_values(x[:, None], parameters, "relu")[-1][:, 0]


def _error(
    interpolant: Callable[..., _Curve], case: _Smooth, pieces: int, places: int = 16
) -> float:
    """Largest distance of network and function, at so many places of each even piece."""
    start, end = case.knots[[0, -1]].tolist()
    x, knots = np.linspace(start, end, places * pieces + 1), np.linspace(start, end, pieces + 1)
    return float(np.max(np.abs(interpolant(case.curve, knots)(x) - case.curve(x))))


def _approximation_residual(interpolant: Callable[..., _Curve], case: _Smooth) -> float:
    """Distance from the broken line and from printed errors; 1 if too far, or no nearer by four."""
    knots = case.knots
    between = np.linspace(knots[0], knots[-1], 41)
    x = np.concatenate([knots, between])
    line = np.interp(x, knots, case.curve(knots))
    bound = case.steepest * float(np.max(np.diff(knots))) ** 2 / 8.0
    far = np.max(np.abs(interpolant(case.curve, knots)(x) - case.curve(x)))
    n = max(8, 2 * int(np.ceil(4.0 * case.rate * (knots[-1] - knots[0]))))
    coarse, fine = (_error(interpolant, case, pieces) for pieces in (n, 2 * n))
    return largest(
        relative(interpolant(case.curve, knots)(x), line),
        float(far > bound + 1e-9),
        float(not 3.0 < coarse / fine < 5.0),
        *(
            # between two of 128 places the error is at most 6e-5 of itself larger
            float(abs(_error(interpolant, case, k, 128) - e) > 6e-5 * e + 5e-8)
            for k, e in case.printed.items()
        ),
    )


def _hinges(
    f: _Curve,
    knots: FloatArray,
    *,
    weights: Callable[[FloatArray], FloatArray] = lambda m: np.diff(m, prepend=0.0),
    hinges: Callable[[FloatArray], FloatArray] = lambda x: x[:-1],
    start: float = 1.0,
    hinge: Callable[[FloatArray], FloatArray] = lambda v: np.maximum(v, 0.0),
) -> _Curve:
    """A sum of hinges with other weights, other places, or another start."""
    values = f(knots)
    w = weights(np.diff(values) / np.diff(knots))
    return lambda x: start * values[0] + hinge(x[:, None] - hinges(knots)) @ w


def _staircase(f: _Curve, knots: FloatArray) -> _Curve:
    return lambda x: f(knots)[np.searchsorted(knots, x, side="right") - 1]


_SINE = _Smooth(
    1.0,
    1.0,
    0.0,
    0.0,
    np.linspace(0.0, 2.0 * np.pi, 11),
    {10: 0.0489435, 20: 0.0121603, 40: 0.0030732, 80: 0.0007704},
)

LAWS = (
    Law(
        id="NN-15",
        title="universal approximation",
        text="On a bounded interval one hidden layer of rectifiers is the broken line through any "
        "points of a function: never further from it than its largest second derivative allows, "
        "and four times as near with twice the units, though not equal.",
        latex=r"y(x) = f(x_0) + m_1 \mathrm{relu}(x - x_0) + \sum_{i \ge 1} (m_{i+1} - m_i)\,"
        r"\mathrm{relu}(x - x_i),\quad |y - f| \le \max|f''|\, h^2 / 8",
        source="notes on Hung-yi Lee's lectures, Universality Theorem",
        cases=_smooth(),
        residual=_approximation_residual,
        tolerance=1e-9,
        reason="sums of up to 80 hinges whose weights are below some hundred",
        subject=_network,
        mutants=(
            Mutant("slopes for their changes", partial(_hinges, weights=lambda m: m)),
            Mutant(
                "first slope forgotten",
                partial(_hinges, weights=lambda m: np.diff(m, prepend=m[:1])),
            ),
            Mutant("hinges one knot late", partial(_hinges, hinges=lambda x: x[1:])),
            Mutant("value at the first knot forgotten", partial(_hinges, start=0.0)),
            Mutant("distances for hinges", partial(_hinges, hinge=np.abs)),
            Mutant("a staircase", _staircase),
            Mutant("one unit", lambda f, knots: _network(f, knots[[0, -1]])),
        ),
        examples=(_SINE,),
    ),
)

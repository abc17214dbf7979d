"""Laws LR-05, LR-06, LR-12: slopes of the likelihood, and of a loss that is not one."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from scipy import special

from probml import autodiff
from probml.classifiers._cross_entropy import RowsObjective
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import binary_cross_entropy, squared_error
from probml.numerics import FloatArray, sigmoid

__all__ = ["LAWS"]

_ONE = np.ones(1)

# -- LR-05: pieces of the derivative ----------------------------------------------------------


class _Point(NamedTuple):
    """One row, weights and intercept."""

    x: FloatArray
    w: FloatArray
    b: float


class _Pieces(NamedTuple):
    """Derivatives of ln f and of ln(1 - f): by the score, by the weights, by the intercept."""

    log_f: tuple[float, FloatArray, float]
    log_rest: tuple[float, FloatArray, float]


@st.composite
def _points(draw: DrawFn) -> _Point:
    d = draw(st.integers(1, 3))
    # neither a row nor its score is zero, where several mistakes would be right
    x, w = draw(whole(d)) / 4.0 + 1 / 7, draw(whole(d)) / 4.0 + 1 / 7
    return _Point(x, w, draw(st.integers(-6, 6)) / 4.0)


def _pieces(x: FloatArray, w: FloatArray, b: float) -> _Pieces:
    z = np.array([x @ w + b])
    slopes = [-float(binary_cross_entropy(z, t * _ONE, _ONE)[1][0]) for t in (1.0, 0.0)]
    return _Pieces(*((slope, slope * x, slope) for slope in slopes))


def _pieces_residual(pieces: Callable[..., _Pieces], case: _Point) -> float:
    """Distance from the derivatives of ``-softplus(-z)`` and ``-softplus(z)`` by the graph."""
    worst = 0.0
    for sign, found in zip((-1.0, 1.0), pieces(*case), strict=True):
        score, w, b = autodiff.Var(0.0), autodiff.Var(case.w), autodiff.Var(case.b)
        log = -autodiff.softplus(sign * (score + case.x @ w + b))
        expected = autodiff.gradients(log, [score, w, b])
        worst = largest(worst, *(relative(a, e) for a, e in zip(found, expected, strict=True)))
    return worst


def _pieces_as(
    x: FloatArray,
    w: FloatArray,
    b: float,
    *,
    log_f: Callable[[float], float] = lambda f: 1.0 - f,
    log_rest: Callable[[float], float] = lambda f: -f,
    of_row: bool = False,
    by_w: Callable[[FloatArray], FloatArray] = lambda x: x,
    by_b: float = 1.0,
) -> _Pieces:
    """By the formulas, one of them wrong."""
    f = float(special.expit(x.sum() if of_row else x @ w + b))
    slopes = (log_f(f), log_rest(f))
    return _Pieces(*((slope, slope * by_w(x), slope * by_b) for slope in slopes))


# -- LR-06: gradient --------------------------------------------------------------------------

_Gradient = Callable[[FloatArray, FloatArray, FloatArray, float], book.Linear]


def _gradient(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> book.Linear:
    objective = RowsObjective(
        X, t.astype(np.intp), np.ones(len(t)), 2, strength=0.0, fit_intercept=True
    )
    W, c = objective.split(objective.cross_entropy(np.append(w, b))[1])
    return book.Linear(W[:, 0], float(c[0]))


def _gradient_residual(gradient: _Gradient, case: book.Parametrised) -> float:
    X, t = case.X, case.t

    def loss(w: Any, b: Any) -> Any:
        z = X @ w + b
        return (autodiff.softplus(z) - z * t).sum()

    expected = autodiff.value_and_gradient(loss)(case.w, case.b)[1]
    found = gradient(*case)
    return largest(*(relative(a, e) for a, e in zip(found, expected, strict=True)))


def _sum_of(
    weigh: Callable[[FloatArray, FloatArray], FloatArray],
    X: FloatArray,
    t: FloatArray,
    w: FloatArray,
    b: float,
) -> book.Linear:
    """Rows weighed by some function of probability and target, and added up."""
    share = weigh(special.expit(X @ w + b), t)
    return book.Linear(share @ X, float(share.sum()))


def _without_intercept(X: FloatArray, t: FloatArray, w: FloatArray, b: float) -> book.Linear:
    return _gradient(X, t, w, b)._replace(b=0.0)


# -- LR-12: why not squared error -------------------------------------------------------------


class _Slopes(NamedTuple):
    """Derivatives by the score: of ``(f - t)^2`` and of the cross-entropy."""

    squared: Callable[[float, float], float]
    cross: Callable[[float, float], float]


def _squared_slope(z: float, t: float) -> float:
    f = sigmoid(np.array([z]))
    by_f = squared_error(f, np.array([t]), _ONE)[1]
    return float((by_f * f * (1.0 - f))[0])


def _cross_slope(z: float, t: float) -> float:
    return float(binary_cross_entropy(np.array([z]), np.array([t]), _ONE)[1][0])


_SLOPES = _Slopes(_squared_slope, _cross_slope)


def _slopes_residual(slopes: _Slopes, case: tuple[float, float]) -> float:
    """Distance from the graph's derivatives; 1 for a plateau or a slope that should not be."""
    z, t = case
    squared = autodiff.value_and_gradient(lambda v: (autodiff.sigmoid(v) - t) ** 2)
    cross = autodiff.value_and_gradient(lambda v: autodiff.softplus(v) - t * v)
    wrong_by = -z if t else z
    hopeless = wrong_by >= 15.0
    found = slopes.squared(z, t), slopes.cross(z, t)
    return largest(
        relative(found[0], squared(z)[1][0]),
        relative(found[1], cross(z)[1][0]),
        float(hopeless and (abs(found[0]) > 1e-5 or abs(found[1]) < 0.99)),
    )


_LECTURES = "notes on Hung-yi Lee's lectures, Logistic Regression, step 3"

LAWS = (
    Law(
        id="LR-05",
        title="pieces of the derivative",
        text="The logarithm of f has the slope 1 - f in the score, that of 1 - f the slope -f; the "
        "score has the slope x in the weights and 1 in the intercept.",
        latex=r"\frac{\partial \ln \sigma(z)}{\partial z} = 1 - \sigma(z),\quad "
        r"\frac{\partial \ln(1 - \sigma(z))}{\partial z} = -\sigma(z),\quad "
        r"\frac{\partial z}{\partial w_i} = x_i,\quad \frac{\partial z}{\partial b} = 1",
        source=_LECTURES,
        cases=_points(),
        residual=_pieces_residual,
        tolerance=1e-12,
        reason="two sigmoids",
        subject=_pieces,
        mutants=(
            Mutant("plus f for 1 - f", partial(_pieces_as, log_rest=lambda f: f)),
            Mutant("one piece for both", partial(_pieces_as, log_rest=lambda f: f - 1.0)),
            Mutant("of f, not of its logarithm", partial(_pieces_as, log_f=lambda f: f * (1 - f))),
            Mutant("sigmoid of the row, not of the score", partial(_pieces_as, of_row=True)),
            Mutant("row forgotten", partial(_pieces_as, by_w=np.ones_like)),
            Mutant("intercept forgotten", partial(_pieces_as, by_b=0.0)),
        ),
        # z = .7: .3318122278 and -.6681877722
        examples=(_Point(np.array([0.5]), np.array([1.0]), 0.2),),
    ),
    Law(
        id="LR-06",
        title="gradient",
        text="The gradient of the negative log-likelihood is the sum of the rows, each times "
        "probability minus target, as in linear regression.",
        latex=r"\frac{\partial(-\ln L)}{\partial w_i} = \sum_n -(t_n - f(x_n)) x_{n,i},\quad "
        r"\frac{\partial(-\ln L)}{\partial b} = \sum_n -(t_n - f(x_n))",
        source=_LECTURES,
        cases=book.parametrised(),
        residual=_gradient_residual,
        tolerance=1e-12,
        reason="sums of up to 20 products of sigmoids and numbers up to 2",
        subject=_gradient,
        mutants=(
            Mutant("uphill", partial(_sum_of, lambda p, t: t - p)),
            Mutant("an extra p (1 - p)", partial(_sum_of, lambda p, t: (p - t) * p * (1.0 - p))),
            Mutant("mean for sum", partial(_sum_of, lambda p, t: (p - t) / len(t))),
            Mutant("one class alone", partial(_sum_of, lambda p, t: t * (p - 1.0))),
            Mutant("decisions for probabilities", partial(_sum_of, lambda p, t: (p > 0.5) - t)),
            Mutant("intercept forgotten", _without_intercept),
        ),
        # -2 and 0
        examples=(
            book.Parametrised(
                np.array([[-1.0], [0.0], [1.0], [2.0]]),
                np.array([0.0, 0.0, 1.0, 1.0]),
                np.zeros(1),
                0.0,
            ),
        ),
    ),
    Law(
        id="LR-12",
        title="why not squared error",
        text="Where a probability is far from its target, the squared error is a plateau, and the "
        "cross-entropy has its steepest slope, f - t.",
        latex=r"\frac{d(f - t)^2}{dz} = 2(f - t) f (1 - f) \to 0,\quad "
        r"\frac{d\,\mathrm{CE}}{dz} = f - t",
        source="where the lectures stop; two losses compared",
        cases=st.tuples(st.integers(-120, 120).map(lambda v: v / 4), st.sampled_from([0.0, 1.0])),
        residual=_slopes_residual,
        tolerance=1e-12,
        reason="one exponential",
        subject=_SLOPES,
        mutants=(
            Mutant("squared error for cross-entropy", _SLOPES._replace(cross=_squared_slope)),
            Mutant("cross-entropy for squared error", _SLOPES._replace(squared=_cross_slope)),
            Mutant(
                "half of the square",
                _SLOPES._replace(squared=lambda z, t: _squared_slope(z, t) / 2.0),
            ),
            Mutant(
                "slope in f, not in the score",
                _SLOPES._replace(squared=lambda z, t: 2.0 * float(sigmoid(z) - t)),
            ),
            Mutant(
                "sigmoid twice", _SLOPES._replace(cross=lambda z, t: _cross_slope(sigmoid(z), t))
            ),
        ),
        # f = 1e-6 and t = 1: -2.0e-6 and -.999999
        examples=((-13.815509557963773, 1.0), (-15.0, 1.0), (15.0, 0.0)),
    ),
)

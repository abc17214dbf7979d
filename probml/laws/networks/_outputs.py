"""Laws NN-07, NN-08, NN-12: the output layer, its loss, and where the backward pass begins."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special

from probml.calculus import gradient, jacobian
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import identical, largest, relative
from probml.losses import binary_cross_entropy, softmax_cross_entropy, squared_error
from probml.numerics import FloatArray, sigmoid, softmax

__all__ = ["LAWS", "SLOPES", "output_delta"]

# -- NN-07: softmax ---------------------------------------------------------------------------


def _softmax_residual(table: Callable[[FloatArray], FloatArray], Z: FloatArray) -> float:
    """Distance of the slopes from ``diag(y) - yy'``; 1 for another sum or another order."""
    found = np.asarray(table(Z))
    if found.shape != Z.shape:
        return math.inf
    worst = largest(
        float(relative(found.sum(axis=1), np.ones(len(Z))) > 1e-12),
        float(found.min() < 0.0),
        identical(np.sign(_differences(found)), np.sign(_differences(Z))),
    )
    for z in Z:
        y = table(z[None])[0]
        slopes = jacobian(lambda v: table(v[None])[0], z)
        worst = largest(worst, relative(slopes, np.diag(y) - np.outer(y, y)))
    return worst


def _differences(Z: FloatArray) -> FloatArray:
    """Of every two entries of a row."""
    return Z[:, :, None] - Z[:, None, :]


def _powers_of_two(Z: FloatArray) -> FloatArray:
    table: FloatArray = 2.0**Z / np.sum(2.0**Z, axis=1, keepdims=True)
    return table


def _over_the_largest(Z: FloatArray) -> FloatArray:
    table: FloatArray = np.exp(Z - Z.max(axis=1, keepdims=True))
    return table


def _sigmoids(Z: FloatArray) -> FloatArray:
    table: FloatArray = special.expit(Z) / special.expit(Z).sum(axis=1, keepdims=True)
    return table


# -- NN-08: total loss ------------------------------------------------------------------------


class _Scored(NamedTuple):
    """Scores of the classes, and the class of each row."""

    Z: FloatArray
    y: NDArray[np.intp]


class _Totals(NamedTuple):
    """The loss of all rows: a sum, and a mean."""

    sum: Callable[[FloatArray, NDArray[np.intp]], float]
    mean: Callable[[FloatArray, NDArray[np.intp]], float]


@st.composite
def _scored(draw: DrawFn) -> _Scored:
    n, K = draw(st.integers(1, 5)), draw(st.integers(2, 4))
    y = draw(st.lists(st.integers(0, K - 1), min_size=n, max_size=n))
    return _Scored(draw(whole(n, K, largest=12)) / 4.0, np.array(y, dtype=np.intp))


def _sum(Z: FloatArray, y: NDArray[np.intp]) -> float:
    return softmax_cross_entropy(Z.copy(), y, np.ones(len(y)))[0]


def _mean(Z: FloatArray, y: NDArray[np.intp]) -> float:
    return softmax_cross_entropy(Z.copy(), y, np.full(len(y), 1.0 / len(y)))[0]


_TOTALS = _Totals(_sum, _mean)


def _totals_residual(totals: _Totals, case: _Scored) -> float:
    """Distance from the sum of the rows' own losses, and of all rows taken twice."""
    Z, y = case
    logs = special.log_softmax(Z, axis=1)
    expected = math.fsum(-logs[n, k] for n, k in enumerate(y))
    twice = np.concatenate([Z, Z]), np.concatenate([y, y])
    singles = [totals.sum(Z[n : n + 1], y[n : n + 1]) for n in range(len(y))]
    return largest(
        relative(totals.sum(Z, y), math.fsum(singles)),
        relative(totals.sum(Z, y), expected),
        relative(totals.mean(Z, y), expected / len(y)),
        relative(totals.sum(*twice), 2.0 * expected),
        relative(totals.mean(*twice), expected / len(y)),
    )


# -- NN-12: output layer ----------------------------------------------------------------------


class _Output(NamedTuple):
    """Which activation and loss, scores of one sample, targets, and slopes that are printed."""

    pair: str
    z: FloatArray
    t: FloatArray
    printed: FloatArray | None = None


_LOSSES: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "softmax": lambda z, t: float(special.logsumexp(z) - z @ t),
    "sigmoid": lambda z, t: float(np.sum(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0) - t * z)),
    "squared": lambda z, t: 0.5 * float(np.sum((special.expit(z) - t) ** 2)),
}
"""Softmax with cross-entropy, sigmoids with theirs, sigmoids with half of the squared error."""


@st.composite
def _outputs(draw: DrawFn) -> _Output:
    pair, K = draw(st.sampled_from(sorted(_LOSSES))), draw(st.integers(2, 4))
    z, k = draw(whole(K, largest=12)) / 4.0, draw(st.integers(0, K - 1))
    one_hot = np.eye(K)[k]
    if pair == "softmax":
        return _Output(pair, z, one_hot)
    return _Output(
        pair, z, np.array(draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=K, max_size=K)))
    )


def output_delta(pair: str, Z: FloatArray, T: FloatArray) -> tuple[float, FloatArray]:
    """Sum of the losses of all rows, and its slopes by the scores, from the library's losses."""
    if pair == "softmax":
        return softmax_cross_entropy(Z.copy(), T.argmax(axis=1), np.ones(len(Z)))
    z, t, one = Z.ravel(), T.ravel(), np.ones(Z.size)
    if pair == "sigmoid":
        value, delta = binary_cross_entropy(z, t, one)
    else:
        p = sigmoid(z)
        value, by_p = squared_error(p, t, 0.5 * one)
        delta = by_p * p * (1.0 - p)
    return value, delta.reshape(Z.shape)


def _delta(pair: str, z: FloatArray, t: FloatArray) -> FloatArray:
    slopes: FloatArray = output_delta(pair, z[None], t[None])[1][0]
    return slopes


def _output_residual(delta: Callable[..., FloatArray], case: _Output) -> float:
    """Distance from difference quotients, and from what is printed."""
    pair, z, t, printed = case
    found = delta(pair, z, t)
    return largest(
        relative(found, gradient(lambda v: _LOSSES[pair](v, t), z)),
        0.0 if printed is None else float(relative(found, printed) > 1e-9),
    )


SLOPES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "softmax": lambda p, t: p - t,
    "sigmoid": lambda p, t: p - t,
    "squared": lambda p, t: (p - t) * p * (1.0 - p),
}
"""By the scores, from probabilities and targets."""


def _delta_as(
    of: str, wrong: Callable[[FloatArray, FloatArray], FloatArray], pair: str, z: Any, t: FloatArray
) -> FloatArray:
    """One of the three slopes by another formula."""
    p = special.softmax(z) if pair == "softmax" else special.expit(z)
    return (wrong if pair == of else SLOPES[pair])(p, t)


_ROUND = "roychuang, winter camp, "
_LECTURES = "notes on Hung-yi Lee's lectures, "
_Z3 = np.array([0.4798174942, 1.5794314627])
_FIRST = np.array([1.0, 0.0])

LAWS = (
    Law(
        id="NN-07",
        title="softmax output",
        text="Probabilities are in the order of the scores and sum to one, and moving one score "
        "moves all of them.",
        latex=r"\frac{\partial y}{\partial z} = \mathrm{diag}(y) - y y^\top",
        source="tanimutomo 2019 (Chollet ch. 2), item 6, item 8; " + _ROUND + "Softmax",
        cases=st.tuples(st.integers(1, 3), st.integers(2, 4)).flatmap(
            lambda shape: whole(*shape, largest=12).map(lambda Z: Z / 4.0)
        ),
        residual=_softmax_residual,
        tolerance=1e-8,
        reason="central differences of functions whose third derivatives are below 1",
        subject=softmax,
        mutants=(
            # as in the source, whose ten outputs total 1.02
            Mutant("two decimals", lambda Z: np.round(special.softmax(Z, axis=1), 2)),
            Mutant("a sigmoid for each class", special.expit),
            Mutant("sigmoids divided by their sum", _sigmoids),
            Mutant("divided by the largest", _over_the_largest),
            Mutant("powers of two", _powers_of_two),
            Mutant("over the batch", partial(special.softmax, axis=0)),
            Mutant("softmax twice", lambda Z: special.softmax(special.softmax(Z, axis=1), axis=1)),
            Mutant("of the negative scores", lambda Z: special.softmax(-Z, axis=1)),
        ),
    ),
    Law(
        id="NN-08",
        title="loss and total loss",
        text="The total loss is the sum of the rows' own; all rows taken twice have twice the sum "
        "and the same mean, which is what is minimised.",
        latex=r"C^n = -\sum_k t_k^n \ln y_k^n,\quad L(\theta) = \tfrac1N \sum_n C^n",
        source=_LECTURES + "Cross Entropy",
        cases=_scored(),
        residual=_totals_residual,
        tolerance=1e-12,
        reason="sums of up to ten logarithms, none above 10",
        subject=_TOTALS,
        mutants=(
            Mutant(
                "mean over the classes too",
                _TOTALS._replace(mean=lambda Z, y: _mean(Z, y) / Z.shape[1]),
            ),
            Mutant(
                "mean over the classes, not the rows",
                _TOTALS._replace(mean=lambda Z, y: _sum(Z, y) / Z.shape[1]),
            ),
            Mutant("sum for mean", _TOTALS._replace(mean=_sum)),
            Mutant("mean for sum", _TOTALS._replace(sum=_mean)),
            Mutant(
                "logarithms of base 2", _TOTALS._replace(sum=lambda Z, y: _sum(Z, y) / math.log(2))
            ),
            Mutant(
                "all classes true",
                _TOTALS._replace(sum=lambda Z, y: -float(special.log_softmax(Z, axis=1).sum())),
            ),
            Mutant("first row alone", _TOTALS._replace(mean=lambda Z, y: _mean(Z[:1], y[:1]))),
            Mutant(
                "worst row",
                _TOTALS._replace(sum=lambda Z, y: max(_sum(Z[[n]], y[[n]]) for n in range(len(y)))),
            ),
        ),
    ),
    Law(
        id="NN-12",
        title="output layer",
        text="The slope of the loss in a score is probability minus target, for softmax with "
        "cross-entropy and for a sigmoid with its own; all outputs count that a score moves, and "
        "half of the squared error keeps the slope of the sigmoid.",
        latex=r"\delta_i = \sum_j \frac{\partial y_j}{\partial z_i} \frac{\partial C}{\partial y_j}"
        r" = y_i - t_i,\quad \text{squared: } (y - t)\, y\, (1 - y)",
        source=_ROUND + "Backpropagation, case 1; " + _LECTURES + "Case 1",
        cases=_outputs(),
        residual=_output_residual,
        tolerance=1e-8,
        reason="central differences of losses up to some ten",
        subject=_delta,
        mutants=(
            Mutant(
                "through its own output alone",
                partial(_delta_as, "softmax", lambda p, t: -t * (1.0 - p)),
            ),
            Mutant("uphill", partial(_delta_as, "softmax", lambda p, t: t - p)),
            Mutant("uphill, sigmoid", partial(_delta_as, "sigmoid", lambda p, t: t - p)),
            Mutant(
                "an extra p (1 - p)",
                partial(_delta_as, "sigmoid", lambda p, t: (p - t) * p * (1 - p)),
            ),
            Mutant("no slope of the sigmoid", partial(_delta_as, "squared", lambda p, t: p - t)),
            Mutant(
                "all of the square",
                partial(_delta_as, "squared", lambda p, t: 2.0 * (p - t) * p * (1.0 - p)),
            ),
            Mutant(
                "decisions for probabilities",
                partial(_delta_as, "softmax", lambda p, t: (p == p.max()) - t),
            ),
        ),
        # the reference network at (1, -1)
        examples=(
            _Output("softmax", _Z3, _FIRST, np.array([-0.7501877679, 0.7501877679])),
            _Output("sigmoid", _Z3, _FIRST, np.array([-0.3822952222, 0.8291239842])),
            _Output("squared", _Z3, _FIRST, np.array([-0.0902773290, 0.1174681329])),
        ),
    ),
)

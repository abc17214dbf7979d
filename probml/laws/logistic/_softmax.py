"""Law LR-11: more than two classes."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray
from scipy import special

from probml import autodiff
from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.laws.logistic import _tasks as book
from probml.losses import softmax_cross_entropy
from probml.numerics import FloatArray, log_softmax, softmax

__all__ = ["LAWS"]


class _Scores(NamedTuple):
    """Weights (d, K) and intercepts (K,) of the classes, or what a loss loses by them."""

    W: FloatArray
    b: FloatArray


class _Softmax(NamedTuple):
    """Rows of probabilities and their logarithms; gradient of the mean cross-entropy; a fit."""

    table: Callable[[FloatArray], FloatArray]
    log_table: Callable[[FloatArray], FloatArray]
    gradient: Callable[[FloatArray, NDArray[np.intp], _Scores], _Scores]
    fit: Callable[[FloatArray, NDArray[np.intp], float], _Scores]


class _Classes(NamedTuple):
    """Overlapping classes, scores, what is added to every score, and a penalty."""

    rows: book.Rows
    scores: _Scores
    shift: float
    l2: float


@st.composite
def _classes(draw: DrawFn) -> _Classes:
    rows = draw(book.overlapping((2, 4), 2))
    d, K = rows.X.shape[1], int(rows.y.max()) + 1
    scores = _Scores(draw(whole(d, K)) / 4.0, draw(whole(K)) / 4.0)
    shift = draw(st.sampled_from([-1000.0, -500.0, 500.0, 1000.0]))
    return _Classes(rows, scores, shift, draw(st.sampled_from([0.05, 0.5])))


def _gradient(X: FloatArray, y: NDArray[np.intp], scores: _Scores) -> _Scores:
    weight = np.full(len(y), 1.0 / len(y))
    dZ = softmax_cross_entropy(X @ scores.W + scores.b, y, weight)[1]
    return _Scores(X.T @ dZ, dZ.sum(axis=0))


def _fit(X: FloatArray, y: NDArray[np.intp], l2: float) -> _Scores:
    """Minimum of the mean cross-entropy plus ``l2 / 2 ||W||^2``."""
    model = book.exact(C=1.0 / (l2 * len(y))).fit(X, y)
    return _Scores(model.coef_.T, model.intercept_)


_SOFTMAX = _Softmax(softmax, log_softmax, _gradient, _fit)


def _slopes(X: FloatArray, y: NDArray[np.intp], scores: _Scores, l2: float = 0.0) -> _Scores:
    """Of the penalised mean cross-entropy, by the graph."""

    def objective(W: Any, b: Any) -> Any:
        logs = autodiff.log_softmax(X @ W + b)[np.arange(len(y)), y]
        return -logs.mean() + (W**2).sum() * (0.5 * l2)

    return _Scores(*autodiff.value_and_gradient(objective)(*scores)[1])


def _fit_residual(found: _Scores, case: _Classes) -> float:
    """Slope of the objective at the fit; two classes count as two halves of one score."""
    l2 = case.l2
    if len(case.scores.b) == 2:
        # ||w||^2 is twice the sum of the squares of its halves
        found, l2 = _Scores(found.W * [[-0.5, 0.5]], found.b * np.array([-0.5, 0.5])), 2.0 * l2
    return largest(*(float(np.max(np.abs(part))) for part in _slopes(*case.rows, found, l2)))


def _softmax_residual(parts: _Softmax, case: _Classes) -> float:
    X, y = case.rows
    Z = X @ case.scores.W + case.scores.b
    far = Z * np.where(np.arange(len(case.scores.b)), 300.0, 1.0)
    found = parts.gradient(X, y, case.scores)
    return largest(
        relative(parts.table(Z), special.softmax(Z, axis=1)),
        relative(parts.table(Z + case.shift), special.softmax(Z, axis=1)),
        relative(parts.table(Z[:, :2])[:, 0], special.expit(Z[:, 0] - Z[:, 1])),
        relative(parts.log_table(far), special.log_softmax(far, axis=1)),
        *(relative(a, b) for a, b in zip(found, _slopes(X, y, case.scores), strict=True)),
        _fit_residual(parts.fit(X, y, case.l2), case),
    )


def _naive(Z: FloatArray) -> FloatArray:
    table: FloatArray = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return table


def _each_its_own(Z: FloatArray) -> FloatArray:
    p = special.expit(Z)
    table: FloatArray = p / p.sum(axis=1, keepdims=True)
    return table


def _log_of_rounded(Z: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.log(softmax(Z))


def _sum_of(
    weigh: Callable[[FloatArray, FloatArray], FloatArray],
    X: FloatArray,
    y: NDArray[np.intp],
    scores: _Scores,
) -> _Scores:
    """Mean of the rows weighed by some function of probabilities and one-hot targets."""
    P, T = softmax(X @ scores.W + scores.b), np.eye(len(scores.b))[y]
    D = weigh(P, T) / len(y)
    return _Scores(X.T @ D, D.sum(axis=0))


def _one_against_the_rest(X: FloatArray, y: NDArray[np.intp], l2: float) -> _Scores:
    if y.max() == 1:
        return _fit(X, y, l2)
    parts = [_fit(X, (y == k).astype(int), l2) for k in range(int(y.max()) + 1)]
    return _Scores(np.hstack([part.W for part in parts]), np.hstack([part.b for part in parts]))


LAWS = (
    Law(
        id="LR-11",
        title="softmax regression",
        text="With a score for every class the probabilities are their softmax, which a common "
        "shift leaves as it is; the gradient is X'(Y - T) / N, and for two classes all of it is "
        "the sigmoid of the difference of the scores.",
        latex=r"y_k = \frac{e^{z_k}}{\sum_j e^{z_j}},\quad \nabla_W = \tfrac1N X^\top (Y - T),"
        r"\quad K = 2:\ y_1 = \sigma(z_1 - z_2)",
        source="roychuang, winter camp, Softmax; notes on Hung-yi Lee's lectures, Output Layer",
        cases=_classes(),
        residual=_softmax_residual,
        tolerance=1e-9,
        reason="derivatives of 1e-10 where the descent stops, and scores rounded by 1e-13 when "
        "they are shifted by 1000",
        subject=_SOFTMAX,
        mutants=(
            Mutant("over the batch", _SOFTMAX._replace(table=partial(softmax, axis=0))),
            Mutant("exponentials that overflow", _SOFTMAX._replace(table=_naive)),
            Mutant("softmax twice", _SOFTMAX._replace(table=lambda Z: softmax(softmax(Z)))),
            Mutant("a sigmoid for each class", _SOFTMAX._replace(table=_each_its_own)),
            Mutant("logarithm of zero", _SOFTMAX._replace(log_table=_log_of_rounded)),
            Mutant("uphill", _SOFTMAX._replace(gradient=partial(_sum_of, lambda P, T: T - P))),
            Mutant(
                "an extra p (1 - p)",
                _SOFTMAX._replace(gradient=partial(_sum_of, lambda P, T: (P - T) * P * (1.0 - P))),
            ),
            Mutant(
                "true class alone",
                _SOFTMAX._replace(gradient=partial(_sum_of, lambda P, T: (P - T) * T)),
            ),
            Mutant(
                "sum for mean",
                _SOFTMAX._replace(gradient=partial(_sum_of, lambda P, T: (P - T) * len(T))),
            ),
            Mutant("one class against the rest", _SOFTMAX._replace(fit=_one_against_the_rest)),
            Mutant(
                "half the penalty", _SOFTMAX._replace(fit=lambda X, y, l2: _fit(X, y, l2 / 2.0))
            ),
        ),
        # .8788782427, .1189432359, .0021785214
        examples=(
            _Classes(
                book.Rows(np.array([[1.0], [1.0], [1.0], [0.0]]), np.array([0, 1, 2, 0])),
                _Scores(np.array([[3.0, 1.0, -3.0]]), np.zeros(3)),
                500.0,
                0.5,
            ),
        ),
    ),
)

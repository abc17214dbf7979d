"""Laws OP-13 to OP-15: losses, and what a penalty makes of their minima."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from probml.laws._drawn import whole
from probml.laws._law import Law, Mutant
from probml.laws._residuals import largest, relative
from probml.losses import absolute_error, softmax_cross_entropy, squared_error
from probml.numerics import FloatArray
from probml.optimize import ProximalGradient, Ridge, descend, ridge, soft_threshold

__all__ = ["LAWS"]


# -- OP-13: ridge ---------------------------------------------------------------------------------


class _Regression(NamedTuple):
    """Rows, targets, the strength of a penalty, and a shift of the targets."""

    X: FloatArray
    t: FloatArray
    alpha: float
    shift: float


@st.composite
def _regressions(draw: DrawFn) -> _Regression:
    n, d = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    alpha = draw(st.sampled_from([0.25, 1.0, 8.0]))
    return _Regression(
        draw(whole(n, d)), draw(whole(n)), alpha, draw(st.sampled_from([-8.0, 3.0, 100.0]))
    )


_Fit = Callable[[FloatArray, FloatArray, float], Ridge]


def _ridge_residual(fit: _Fit, case: _Regression) -> float:
    """Slope of the objective; what a shift of the targets and a stronger penalty do."""
    X, t, alpha, shift = case
    w, b = fit(X, t, alpha)
    missed = X @ w + b - t
    moved, stronger = fit(X, t + shift, alpha), fit(X, t, 2.0 * alpha)
    scale = 1.0 + float(np.abs(X).max(initial=1.0)) * float(np.abs(t).max(initial=1.0))
    return largest(
        float(np.abs(X.T @ missed + alpha * w).max()) / scale,
        abs(float(missed.sum())) / scale,
        relative(moved.coef, w),
        relative(moved.intercept, b + shift),
        float(np.linalg.norm(stronger.coef) - np.linalg.norm(w)),
    )


def _with_penalised_intercept(X: FloatArray, t: FloatArray, alpha: float) -> Ridge:
    A = np.hstack([X, np.ones((len(X), 1))])
    *w, b = np.linalg.solve(A.T @ A + alpha * np.eye(A.shape[1]), A.T @ t)
    return Ridge(np.array(w), float(b))


def _not_centred(X: FloatArray, t: FloatArray, alpha: float) -> Ridge:
    w = np.linalg.solve(X.T @ X + alpha * np.eye(X.shape[1]), X.T @ t)
    return Ridge(w, float(np.mean(t - X @ w)))


# -- OP-14: constraints ---------------------------------------------------------------------------


class _Shrunk(NamedTuple):
    """Minima of ``(w - a)^2 + strength |w|``, and of a quadratic with an L1 and an L2 penalty."""

    scalar: Callable[[float, float], float]
    lasso: Callable[[FloatArray, FloatArray, float], FloatArray]
    ridge: Callable[[FloatArray, FloatArray, float], FloatArray]


class _Penalised(NamedTuple):
    """Columns of regression through the origin, targets, a strength, and other weights."""

    X: FloatArray
    t: FloatArray
    strength: float
    others: FloatArray


@st.composite
def _penalised(draw: DrawFn) -> _Penalised:
    n, d = draw(st.integers(2, 4)), draw(st.integers(1, 2))
    strength = draw(st.sampled_from([0.5, 2.0, 20.0]))
    X = draw(whole(n, d)) + np.eye(n, d) * 13.0
    return _Penalised(X / 4.0, draw(whole(n)), strength, draw(whole(20, d)) + 1 / 7)


def _scalar(a: float, strength: float) -> float:
    return float(soft_threshold(a, strength / 2.0))


def _lasso(X: FloatArray, t: FloatArray, strength: float) -> FloatArray:
    rate = 0.5 / float(np.linalg.norm(X, 2) ** 2)

    def loss(w: FloatArray) -> tuple[float, FloatArray]:
        value, slope = squared_error(X @ w, t, np.ones(len(t)))
        return value, X.T @ slope

    found = descend(
        ProximalGradient(rate, l1=strength), loss, np.zeros(X.shape[1]), tol=1e-9, max_iter=5000
    )
    return found.x


def _through_origin(X: FloatArray, t: FloatArray, strength: float) -> FloatArray:
    # mirrored, so that columns and targets are centred and the intercept is zero
    return ridge(np.vstack([X, -X]), np.hstack([t, -t]), 2.0 * strength).coef


def _shrunk_residual(shrunk: _Shrunk, case: _Penalised) -> float:
    """Distance from a grid; from optimality; and from being best among the weights as small."""
    X, t, strength, others = case

    def loss(w: FloatArray) -> float:
        return float(np.sum((X @ w - t) ** 2))

    worst = 0.0
    for a in (float(t[0]) / 2.0, float(others[0, 0])):
        found = shrunk.scalar(a, strength)
        exact = Fraction(max(abs(Fraction(a)) - Fraction(strength) / 2, Fraction(0)))
        worst = largest(worst, abs(found - math.copysign(float(exact), a)))
    lasso, small = shrunk.lasso(X, t, strength), shrunk.ridge(X, t, strength)
    slope = 2.0 * X.T @ (X @ lasso - t)
    kink = np.where(lasso != 0.0, slope + strength * np.sign(lasso), 0.0)
    worst = largest(worst, float(np.abs(kink).max()))
    worst = largest(worst, float((np.abs(slope) - strength).max()))
    worst = largest(
        worst, relative(2.0 * X.T @ (X @ small - t) + 2.0 * strength * small, 0 * small)
    )
    for other in others:
        for w, p in ((lasso, 1), (small, 2)):
            length = float(np.linalg.norm(other, p))
            reachable = other * min(1.0, float(np.linalg.norm(w, p)) / length)
            worst = largest(worst, loss(w) - loss(reachable))
    return worst


_SHRUNK = _Shrunk(_scalar, _lasso, _through_origin)


def _hard_threshold(a: float, strength: float) -> float:
    return a if abs(a) > strength / 2.0 else 0.0


def _almost_zero(X: FloatArray, t: FloatArray, strength: float) -> FloatArray:
    """Descends a gradient of the kink, which never arrives at zero."""
    w, rate = np.zeros(X.shape[1]), 0.4 / float(np.linalg.norm(X, 2) ** 2)
    for _ in range(500):
        w = w - rate * (2.0 * X.T @ (X @ w - t) + strength * np.sign(w))
    return w


# -- OP-15: losses --------------------------------------------------------------------------------


class _Losses(NamedTuple):
    """Losses of numbers, and the loss of logits for an index of a class."""

    squared: Callable[[FloatArray, FloatArray], float]
    absolute: Callable[[FloatArray, FloatArray], float]
    classes: Callable[[FloatArray, Any], float]


class _Mismatch(NamedTuple):
    """Predictions and targets; logits, classes, and another numbering of the classes."""

    z: FloatArray
    t: FloatArray
    logits: FloatArray
    y: tuple[int, ...]
    order: tuple[int, ...]


@st.composite
def _mismatches(draw: DrawFn) -> _Mismatch:
    n, K = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    classes = st.lists(st.integers(0, K - 1), min_size=n, max_size=n).map(tuple)
    order = tuple(draw(st.permutations(range(K))))
    return _Mismatch(draw(whole(n)), draw(whole(n)), draw(whole(n, K)), draw(classes), order)


def _mean(loss: Callable[..., tuple[float, FloatArray]]) -> Callable[[Any, Any], float]:
    """Mean over the rows of what `loss` weighs; its arguments stay what they were."""
    return lambda z, t: loss(np.array(z), np.asarray(t), np.full(len(z), 1.0 / len(z)))[0]


_LOSSES = _Losses(_mean(squared_error), _mean(absolute_error), _mean(softmax_cross_entropy))


def _losses_residual(losses: _Losses, case: _Mismatch) -> float:
    """Distance from the definitions; and what another numbering of the classes changes."""
    z, t, logits, y, order = case
    missed = [a - b for a, b in zip(z.tolist(), t.tolist(), strict=True)]
    scores = [row[c] - max(row) for row, c in zip(logits.tolist(), y, strict=True)]
    totals = [math.log(math.fsum(math.exp(v - max(row)) for v in row)) for row in logits.tolist()]
    entropy = math.fsum(b - a for a, b in zip(scores, totals, strict=True)) / len(y)
    renamed = np.array([order.index(c) for c in y])
    found = losses.classes(logits, np.array(y))
    return largest(
        relative(losses.squared(z, t), math.fsum(m * m for m in missed) / len(y)),
        relative(losses.absolute(z, t), math.fsum(map(abs, missed)) / len(y)),
        losses.squared(t, t) + losses.absolute(t, t),
        relative(found, entropy),
        relative(losses.classes(logits[:, list(order)], renamed), found),
    )


def _between_labels(logits: FloatArray, y: Any) -> float:
    return float(np.mean(np.abs(logits.argmax(axis=1) - y)))


LAWS = (
    Law(
        id="OP-13",
        title="ridge regression",
        text="A penalty on the squares of the weights, and none on the intercept: a shift of the "
        "targets shifts the intercept alone, and a stronger penalty makes smaller weights.",
        latex=r"w = (X_c^\top X_c + \lambda I)^{-1} X_c^\top t_c,\quad b = \bar t - w^\top \bar x",
        source="notes on Hung-yi Lee's lectures, Regularization",
        cases=_regressions(),
        residual=_ridge_residual,
        tolerance=1e-9,
        reason="six rows of whole numbers, and penalties from 1/4",
        subject=ridge,
        mutants=(
            Mutant("intercept penalised", _with_penalised_intercept),
            Mutant("half the penalty", lambda X, t, alpha: ridge(X, t, alpha / 2.0)),
            Mutant("penalty times rows", lambda X, t, alpha: ridge(X, t, alpha * len(t))),
            Mutant("not centred", _not_centred),
            Mutant("no penalty", lambda X, t, alpha: ridge(X, t, 0.0)),
        ),
        # (w - 1.3)^2 + .8 w^2 is least at .7222222, here from both sides of zero
        examples=(
            _Regression(
                np.array([[1.0], [-1.0]]) * 0.5**0.5, np.array([1.3, -1.3]) * 0.5**0.5, 0.8, 3.0
            ),
        ),
    ),
    Law(
        id="OP-14",
        title="penalties and constraints",
        text="The weights of a penalised loss are the best of all that are no larger; the penalty "
        "on sizes makes exact zeros, that on squares none.",
        latex=r"\arg\min_w (w - a)^2 + \lambda |w| = \mathrm{sign}(a) \max(|a| - \lambda / 2, 0)",
        source="Lai 2020, slide 23",
        cases=_penalised(),
        residual=_shrunk_residual,
        tolerance=1e-6,
        reason="proximal descent to a slope of 1e-9, for losses up to a few hundred",
        subject=_SHRUNK,
        mutants=(
            Mutant(
                "threshold without the half",
                _SHRUNK._replace(scalar=lambda a, s: float(soft_threshold(a, s))),
            ),
            Mutant("cut, not moved", _SHRUNK._replace(scalar=_hard_threshold)),
            Mutant("squares for sizes", _SHRUNK._replace(lasso=_through_origin)),
            Mutant("sizes for squares", _SHRUNK._replace(ridge=_lasso)),
            Mutant("almost zero", _SHRUNK._replace(lasso=_almost_zero)),
            Mutant(
                "no penalty", _SHRUNK._replace(ridge=lambda X, t, s: _through_origin(X, t, 0.0))
            ),
        ),
        # .9, and 0
        examples=(
            _Penalised(np.eye(2), np.array([2.6, 0.3]), 0.8, np.array([[0.3, 1.0], [2.0, -1.0]])),
        ),
    ),
    Law(
        id="OP-15",
        title="losses",
        text="The loss of a number is zero where it is right and nowhere else; the loss of a class "
        "depends on its probability, not on the number that it goes by.",
        latex=r"(z - t)^2,\ |z - t| \ge 0;\quad -\log p_t \text{ is invariant under renaming}",
        source="tanimutomo 2019 (Chollet ch. 2), item 7, item 29, item 30; Lai 2020, slide 51",
        cases=_mismatches(),
        residual=_losses_residual,
        tolerance=1e-12,
        reason="four rows",
        subject=_LOSSES,
        mutants=(
            Mutant("distance of the labels", _LOSSES._replace(classes=_between_labels)),
            Mutant(
                "probability of the class, not its logarithm",
                _LOSSES._replace(classes=lambda z, y: math.exp(-_LOSSES.classes(z, y))),
            ),
            Mutant("sign kept", _LOSSES._replace(absolute=lambda z, t: float(np.mean(z - t)))),
            Mutant(
                "half of the square",
                _LOSSES._replace(squared=lambda z, t: _LOSSES.squared(z, t) / 2.0),
            ),
        ),
        # |6 - 8| = 2
        examples=(_Mismatch(np.array([6.0]), np.array([8.0]), np.eye(3)[:1], (1,), (2, 0, 1)),),
    ),
)

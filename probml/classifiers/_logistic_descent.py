"""Roads to the minimum of logistic regression, and how far from it they may have ended.

Functions of an objective and a start; parameters are one vector, W (n_features, n_outputs)
flattened, then b.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from probml.classifiers._cross_entropy import Objective, RowsObjective
from probml.classifiers._hessian_blocks import FreeInverse, inverse_product
from probml.numerics import FloatArray
from probml.optimize import (
    SGD,
    DescentResult,
    Iteration,
    orthant_descent,
    proximal_descent,
    shortest_subgradient,
)
from probml.optimize import quasi_newton_descent as quasi_newton
from probml.optimize._descent import Record

__all__ = [
    "full_descent",
    "stochastic_descent",
    "suboptimality_bound",
    "textbook_descent",
]

_BATCH = 128
_MOMENTUM = 0.9
_MOST_NEWTON = 20
"""Steps in which the best intercepts are found, or not."""
LARGEST_GRAM = 4096
"""With more features than this the coordinates stay what they are."""

Callback = Callable[[Iteration], None] | None


def _penalties(objective: Objective, l1: float) -> FloatArray:
    """Strength of the L1 penalty for each parameter: none for the intercepts."""
    penalties = np.full(objective.size, l1)
    penalties[objective.size - objective.n_outputs :] = 0.0
    return penalties


def textbook_descent(
    objective: Objective, start: FloatArray, l1: float, **words: Any
) -> DescentResult:
    """Steps of 1 / L, with L the largest curvature that there may be (catalogue LR-07)."""
    L = objective.largest_curvature() + objective.strength
    rate = 1.0 / L if L > 0.0 else 1.0
    penalties = _penalties(objective, l1)
    return proximal_descent(objective, start, rate, l1=penalties, accelerated=False, **words)


def full_descent(objective: Objective, start: FloatArray, l1: float, **words: Any) -> DescentResult:
    """The fastest road there is, preconditioned by the blocks of the Hessian."""
    many = objective.n_features > LARGEST_GRAM
    if l1 and many:
        return _accelerated_descent(objective, start, l1, **words)
    layout = objective.n_outputs, objective.fit_intercept
    if not l1:
        known = None if many else lambda at: inverse_product(objective.blocks(at), *layout)
        return quasi_newton(objective, start, known, **words)
    faces = _Faces(objective, l1)
    penalties = _penalties(objective, l1)
    return orthant_descent(objective, start, penalties, faces.metric, land=faces.land, **words)


class _Faces:
    """What an objective with a kink tells of its curvature, and where steps land."""

    def __init__(self, objective: Objective, l1: float) -> None:
        self._objective, self._l1 = objective, l1

    def metric(self, theta: FloatArray) -> FreeInverse:
        """Inverses of the blocks of the Hessian near `theta`, for any free weights."""
        self._blocks = self._objective.blocks(theta)
        return FreeInverse(self._blocks, self._objective.n_outputs, self._objective.fit_intercept)

    def land(self, theta: FloatArray, turned: NDArray[np.bool_]) -> FloatArray:
        """Zeros in the place of some weights, and what is best shared by all classes.

        The intercepts take over what those weights told on average: of features far from zero,
        that is nearly all.
        """
        landed = np.where(turned, 0.0, theta)
        lost = self._objective.split(theta - landed)[0]
        self._objective.split(landed)[1][...] += (self._blocks.means.T * lost).sum(axis=0)
        landed += _shared_shift(self._objective, landed, self._l1)
        return landed


def _shared_shift(objective: Objective, theta: FloatArray, l1: float) -> FloatArray:
    """What is best added to the weights of all classes alike, of which only the penalty knows.

    For each feature the minimum over u of ``sum_k l2 (w_k + u)^2 / 2 + l1 |w_k + u|``: at a kink
    or, where none is lower, between two of them.
    """
    shift = np.zeros_like(theta)
    K, l2 = objective.n_outputs, objective.strength
    if K == 1:
        return shift
    W = np.sort(objective.split(theta)[0], axis=1)
    tried = -W
    if l2:
        slopes = l1 * (K - 2.0 * np.arange(K + 1)) / (l2 * K)
        ends = np.pad(-W, ((0, 0), (1, 1)), constant_values=((0, 0), (np.inf, -np.inf)))
        between = np.clip(-W.mean(axis=1, keepdims=True) - slopes, ends[:, 1:], ends[:, :-1])
        tried = np.hstack([tried, between])
    after = W[:, None, :] + tried[:, :, None]
    cost = (0.5 * l2 * np.square(after) + l1 * np.abs(after)).sum(axis=2)
    best = np.take_along_axis(tried, cost.argmin(axis=1)[:, None], axis=1)
    objective.split(shift)[0][...] = best
    return shift


class _Standardised:
    """The parameters for features about their means, and rates for steps in units of each.

    About the mean, with ``b + m' W`` in the place of the intercepts, the weights and the
    intercepts do not get into each other's way; the penalty does not see the intercepts.

    Attributes
    ----------
    rates : ndarray of shape (n_parameters,)
        ``diag(1 / rates)`` is nowhere below the Hessian, also not below that of a batch.
    """

    def __init__(self, objective: Objective, batch: float = np.inf) -> None:
        self._objective = objective
        d, K = objective.n_features, objective.n_outputs
        mean = objective.mean() if objective.fit_intercept else np.zeros(d)
        squares = objective.squares()
        if not np.isfinite(squares).all():
            raise FloatingPointError("squares of the features overflow")
        # of a feature that never varies, nothing but rounding is left
        variances = np.maximum(squares - mean**2, 1e-12 * squares)
        units = np.append(np.sqrt(np.where(variances > 0.0, variances, 1.0)), 1.0)

        def gram_times(u: FloatArray) -> FloatArray:
            v = u / units
            product = objective.gram_times(np.append(v[:d], v[d] - mean @ v[:d]))
            product[:d] -= mean * product[d]
            scaled: FloatArray = product / units
            return scaled

        row = objective.bound * (d + 1.0)
        L = max(objective.largest_curvature(gram_times) + row / batch, 1e-300)
        strengths = np.append(np.full(d, objective.strength), 0.0)
        self.rates = np.repeat(1.0 / np.maximum(L * units**2 + strengths, 1e-300), K)
        self._mean = mean

    def inside(self, theta: FloatArray) -> FloatArray:
        """Parameters for centred features."""
        W, b = self._objective.split(theta)
        return np.concatenate([W.ravel(), b + self._mean @ W])

    def outside(self, theta: FloatArray) -> FloatArray:
        """Parameters for features as they are."""
        W, b = self._objective.split(theta)
        return np.concatenate([W.ravel(), b - self._mean @ W])

    def pulled(self, gradient: FloatArray) -> FloatArray:
        """A gradient by the parameters for centred features."""
        dW, db = self._objective.split(gradient)
        dW -= np.outer(self._mean, db)
        return gradient


def _accelerated_descent(
    objective: Objective, start: FloatArray, l1: float, **words: Any
) -> DescentResult:
    """Accelerated proximal steps in units of each feature, about its mean."""
    inner = _Standardised(objective)

    def about_mean(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(inner.outside(theta))
        return value, inner.pulled(gradient)

    penalties = _penalties(objective, l1)
    result = proximal_descent(about_mean, inner.inside(start), inner.rates, l1=penalties, **words)
    return result._replace(x=inner.outside(result.x))


def stochastic_descent(
    objective: RowsObjective,
    start: FloatArray,
    l1: float,
    random_state: Any,
    *,
    tol: float,
    max_iter: int,
    callback: Callback = None,
) -> DescentResult:
    """Mini-batches with Nesterov momentum, and a rate that falls as a cosine over the epochs.

    In units of each feature, about its mean.  After each epoch the whole gradient is looked at.
    """
    order, n = check_random_state(random_state), objective.n_rows
    penalties = _penalties(objective, l1)
    inner = _Standardised(objective, _BATCH)
    theta = inner.inside(start)
    state = SGD(1.0, _MOMENTUM, nesterov=True).init(theta)
    record, step = Record(tol, max_iter, callback), 0.0
    while True:
        outside = inner.outside(theta)
        value, gradient = objective(outside)
        value += float(np.sum(penalties * np.abs(theta)))
        if record.ends(outside, value, shortest_subgradient(outside, gradient, penalties), step):
            return record.result(outside)
        share = 0.5 * (1.0 + np.cos(np.pi * (len(record.values) - 1) / max_iter))
        rule = SGD(share, _MOMENTUM, nesterov=True)
        rows = order.permutation(n)
        for first in range(0, n, _BATCH):
            batch = objective.of_batch(inner.outside(theta), rows[first : first + _BATCH])
            move, state = rule.update(inner.rates * inner.pulled(batch), state)
            theta += move
            if l1:
                # momentum carries a gradient 1 / (1 - beta) times as far, but not the penalty
                limits = share / (1.0 - _MOMENTUM) * inner.rates * penalties
                theta -= np.clip(theta, -limits, limits)
        step = float(np.linalg.norm(inner.outside(theta) - outside))


def suboptimality_bound(objective: Objective, theta: FloatArray, l1: float) -> float:
    """Upper bound on what the objective is above its minimum.

    J with the best intercepts, as a function of the weights alone, is strongly convex with the
    factor lambda of the squares: no minimum is lower by more than ``|g|^2 / (2 lambda)``, with g
    the shortest subgradient there; what better intercepts gain is added.  Without squares nothing
    is known, nor where the best intercepts are not found.
    """
    if not objective.strength:
        return float("inf")
    best, gained = theta.copy(), 0.0
    if objective.fit_intercept:
        b = objective.split(best)[1]
        before, slopes = b.copy(), []
        for _ in range(_MOST_NEWTON):
            slope, curvature = objective.intercept_sums(best)
            slopes.append(slope)
            if np.abs(slope).max() <= 1e-10:
                break
            # the scores of softmax are known up to a common number, which the least step keeps
            step = np.linalg.lstsq(curvature, slope, rcond=1e-10)[0]
            b -= step / max(1.0, np.abs(step).max())
        else:
            return float("inf")
        # J is convex, so that no way down is longer than its first slope says
        gained = float(slopes[0] @ (before - b))
    _, gradient = objective(best)
    g = objective.split(shortest_subgradient(best, gradient, _penalties(objective, l1)))[0]
    return gained + float(np.sum(np.square(g)) / (2.0 * objective.strength))

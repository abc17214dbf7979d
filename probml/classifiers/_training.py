"""How a network is trained: epochs of mini-batch steps, or one quasi-Newton descent.

Functions of the network's flat parameter vector; the estimator keeps the records and decides
when to stop.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from probml._blocks import row_blocks
from probml.classifiers._minibatches import MiniBatches, Rows
from probml.classifiers._network import Backpropagation, Parameters, network_scores
from probml.numerics import FloatArray
from probml.optimize import SGD, Adam, AdamState, SGDState

__all__ = ["Descent", "Schedule", "accuracy", "held_out_rows", "quasi_newton"]

_SMALLEST_RATE = 1e-6
"""Where the adaptive schedule gives up instead of dividing its learning rate by five again."""


@dataclass(frozen=True)
class Schedule:
    """Learning rate from epoch to epoch.

    Parameters
    ----------
    kind : {"constant", "invscaling", "adaptive"}
        "invscaling" divides the initial rate by ``(t + 1)**power``, "adaptive" divides the
        current one by five each time an epoch count without improvement has run out.
    initial : float
        Rate of the first epoch.
    power : float
        Exponent of "invscaling".
    """

    kind: str
    initial: float
    power: float

    def after_epoch(self, rule: SGD | Adam, t: float) -> SGD | Adam:
        """Rule of the next epoch, when rows of total weight `t` have been seen."""
        if self.kind != "invscaling":
            return rule
        return replace(rule, learning_rate=self.initial / (t + 1) ** self.power)

    def after_stall(self, rule: SGD | Adam) -> SGD | Adam | None:
        """Rule to go on with when nothing improves any more; None says stop."""
        if self.kind != "adaptive" or rule.learning_rate <= _SMALLEST_RATE:
            return None
        return replace(rule, learning_rate=rule.learning_rate / 5)


class Descent:
    """Mini-batch descent that moves `theta` in place, an epoch at a time.

    Parameters
    ----------
    theta : ndarray of shape (n_parameters,)
        Start; **moved** by every epoch.
    loss : Backpropagation
        Made for this very `theta`.
    batches : MiniBatches
        The training rows.
    alpha : float
        Strength of the penalty, divided by the total weight of each batch.
    """

    def __init__(
        self, theta: FloatArray, loss: Backpropagation, batches: MiniBatches, alpha: float
    ) -> None:
        self._theta, self._loss, self._batches, self._alpha = theta, loss, batches, alpha
        self._state: AdamState | SGDState | None = None

    def epoch(self, rule: SGD | Adam) -> float:
        """One step per batch; returns the mean of the batches' losses, each before its step.

        Raises
        ------
        FloatingPointError
            If a number overflows on the way or the loss is not finite.
        """
        if self._state is None:
            self._state = rule.init(self._theta)
        total = 0.0
        for batch in self._batches:
            with np.errstate(over="ignore", invalid="ignore"):
                value = self._loss(batch.X, batch.y, batch.share, self._alpha / batch.total)
            # an overflowing square would freeze its parameter without a trace
            with np.errstate(over="raise", invalid="raise"):
                step, self._state = rule.update(self._loss.gradient, self._state)  # type: ignore[arg-type]
                self._theta += step
            total += value * batch.total
        mean = total / self._batches.total
        if not math.isfinite(mean):
            raise FloatingPointError(f"the loss is {mean}")
        return mean


def quasi_newton(
    theta: FloatArray,
    loss: Backpropagation,
    batch: tuple[FloatArray, NDArray[np.intp], FloatArray],
    strength: float,
    options: dict[str, float],
) -> tuple[OptimizeResult, list[float]]:
    """Minimise by L-BFGS-B over all rows at once.

    Parameters
    ----------
    theta : ndarray of float64, shape (n_parameters,)
        Start; **overwritten** by every evaluation.
    loss : Backpropagation
        Made for this very `theta`.
    batch : tuple of X, y, share
        All rows; the shares sum to one.
    strength : float
        Factor of the penalty.
    options : dict
        Options of :func:`scipy.optimize.minimize`.

    Returns
    -------
    result : OptimizeResult
        With the optimum in ``x``.
    curve : list of float
        Loss after every iteration.
    """
    curve: list[float] = []

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        theta[:] = x
        return loss(*batch, strength), loss.gradient.copy()

    def record(intermediate_result: OptimizeResult) -> None:
        curve.append(float(intermediate_result.fun))

    with np.errstate(over="ignore", invalid="ignore"):
        result = minimize(
            objective, theta.copy(), method="L-BFGS-B", jac=True, callback=record, options=options
        )
    return result, curve


def held_out_rows(
    y: NDArray[np.intp], fraction: float, random: RandomState
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to train on and rows to judge by, split and drawn as scikit-learn's network does.

    The split is stratified for two classes, and plain for more.

    Raises
    ------
    ValueError
        If fewer than two rows would be held out.
    """
    from sklearn.model_selection import train_test_split  # slow to import, seldom needed

    if math.ceil(fraction * len(y)) < 2:
        raise ValueError(
            "early_stopping needs at least two rows to judge by: expected validation_fraction "
            f"* n_samples > 1 (got {fraction} * {len(y)}); raise validation_fraction"
        )
    strata = y if len(np.unique(y)) == 2 else None
    kept, held_out = train_test_split(
        np.arange(len(y)), test_size=fraction, random_state=random, stratify=strata
    )
    return kept, held_out


def accuracy(parameters: Parameters, activation: str, rows: Rows) -> float:
    """Weighted share of the rows whose best score is that of their class."""
    right = np.empty(len(rows.y), dtype=bool)
    dtype = parameters.coefs[0].dtype
    with np.errstate(over="ignore", invalid="ignore"):
        for block in row_blocks(*rows.X.shape):
            X = rows.X[block].astype(dtype, copy=False)
            right[block] = network_scores(X, parameters, activation).argmax(axis=1) == rows.y[block]
    return float(np.average(right, weights=rows.weight))

"""How a network is trained: epochs of mini-batch steps, or one quasi-Newton descent.

Functions of the network's flat parameter vector; the estimator keeps the records and decides
when to stop.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from probml._crew import Crew
from probml.classifiers._minibatches import Batch, MiniBatches
from probml.classifiers._network import Backpropagation
from probml.losses import l2_penalty
from probml.numerics import FloatArray
from probml.optimize import SGD, AdaGrad, Adam, RMSProp

__all__ = ["Descent", "Epoch", "Rule", "Schedule", "quasi_newton"]

Rule = SGD | AdaGrad | RMSProp | Adam

_SMALLEST_RATE = 1e-6
"""Where the adaptive schedule gives up instead of dividing its learning rate by five again."""

_FEW = 1 << 16
"""Parameters up to which all are moved at once."""


class Epoch(NamedTuple):
    """What is known after an epoch of mini-batches, or an iteration of a full-batch descent.

    The first four are means over the batches of an epoch, each before its own step.

    Attributes
    ----------
    loss : float
        Mean cross-entropy plus penalty.
    penalty : float
        The L2 penalty alone.
    accuracy : float
        Share of the training rows that were right.
    gradient_norm : float
        Euclidean length of the gradient; over batches the root of the mean square.
    learning_rate : float
        At the end of the epoch; 1 for a full-batch descent, which has none.
    validation_loss, validation_accuracy : float or None
        Mean cross-entropy and accuracy on rows that are held out, if any are.
    """

    loss: float
    penalty: float
    accuracy: float
    gradient_norm: float
    learning_rate: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None


@dataclass
class Schedule:
    """Learning rate from step to step.

    Parameters
    ----------
    kind : {"constant", "invscaling", "adaptive", "cosine"}
        "invscaling" divides the initial rate by ``(t + 1)**power``, "adaptive" divides the
        current one by five each time an epoch count without improvement has run out, "cosine" is
        ``initial (1 + cos(pi u / horizon)) / 2`` at step ``u = 0, 1, ...``
    initial : float
        Rate of the first epoch.
    power : float
        Exponent of "invscaling".
    horizon : int
        Number of steps after which "cosine" would arrive at zero.
    """

    kind: str
    initial: float
    power: float
    horizon: int

    def __post_init__(self) -> None:
        """Begin at the initial rate."""
        self.rate = self.initial

    def before_step(self, u: int) -> None:
        """Set the rate of step `u`, the first of which is 0."""
        if self.kind == "cosine":
            self.rate = 0.5 * self.initial * (1.0 + math.cos(math.pi * u / self.horizon))

    def after_epoch(self, t: float) -> None:
        """Set the rate of the next epoch, when rows of total weight `t` have been seen."""
        if self.kind == "invscaling":
            self.rate = self.initial / (t + 1) ** self.power

    def after_stall(self) -> bool:
        """Whether to go on where nothing improves any more, at a rate that is then set."""
        if self.kind != "adaptive" or self.rate <= _SMALLEST_RATE:
            return False
        self.rate /= 5
        return True


def _sum_of_squares(v: FloatArray) -> float:
    with np.errstate(over="ignore"):
        total = float(np.dot(v, v))
    return total if math.isfinite(total) else float(np.dot(v.astype(np.float64), v))


class Descent:
    """Mini-batch descent that moves `theta` in place, an epoch at a time.

    A stretch of many parameters is moved by the thread that made its derivatives, while other
    threads are still at work on theirs.

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
    rule : Rule
        What makes a step of a gradient; its learning rate is the schedule's.
    schedule : Schedule
        Learning rates.
    crew : Crew
        What `loss` works with, too.
    """

    def __init__(
        self,
        theta: FloatArray,
        loss: Backpropagation,
        batches: MiniBatches,
        alpha: float,
        rule: Rule,
        schedule: Schedule,
        crew: Crew,
    ) -> None:
        self._loss, self._batches, self._alpha, self._rule = loss, batches, alpha, rule
        self.schedule = schedule
        self._crew, self._theta = crew, theta
        state: Any = rule.init(theta)
        # a step is written where its gradient was, which saves the processor a vector
        self._state = state._replace(step=loss.gradient)
        self._spare = np.empty_like(theta)
        # no product of this size along the layers and back overflows
        self._large = float(np.finfo(theta.dtype).max) ** (1.0 / (2 * loss.n_layers + 2))
        self.n_steps = 0

    @property
    def memory(self) -> dict[str, Any]:
        """What the rule remembers, in use and not copied."""
        kept: dict[str, Any] = self._state._asdict()
        del kept["step"]
        return kept

    @memory.setter
    def memory(self, kept: dict[str, Any]) -> None:
        self._state = self._state._replace(
            **{k: v.copy() if isinstance(v, np.ndarray) else v for k, v in kept.items()}
        )

    def epoch(self) -> Epoch:
        """One step per batch.

        Raises
        ------
        FloatingPointError
            If a number overflows on the way or the loss is not finite.
        """
        with self._crew.at_work():
            return self._epoch()

    def _epoch(self) -> Epoch:
        means, slopes = np.zeros(3), 0.0
        for i, batch in enumerate(self._batches, start=1):
            try:
                terms, slope = self._step(batch)
            except FloatingPointError as error:
                raise FloatingPointError(f"step {i} of {len(self._batches)}: {error}") from error
            means += batch.total / self._batches.total * np.array(terms)
            slopes += slope
        if max(self._theta.max(), -self._theta.min()) > self._large:
            self._check_scores(batch)
        loss, penalty, accuracy = means.tolist()
        norm = math.sqrt(slopes / len(self._batches))
        return Epoch(loss, penalty, accuracy, norm, self.schedule.rate)

    def _check_scores(self, batch: Batch) -> None:
        """Raise if scores overflow after the last step, where nobody has looked yet."""
        origin = np.zeros((1, batch.X.shape[1]), batch.X.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            losses = [
                self._loss.value(X, batch.y[: len(X)], np.full(len(X), 1.0 / len(X)))
                for X in (origin, batch.X)
            ]
        if not all(map(math.isfinite, losses)):
            raise FloatingPointError("the weights have become so large that scores overflow")

    def _step(self, batch: Batch) -> tuple[tuple[float, float, float], float]:
        """Loss, penalty and accuracy before the step, and the square of the gradient's length."""
        with np.errstate(over="ignore", invalid="ignore"):
            value = self._loss.value(batch.X, batch.y, batch.share)
        if not math.isfinite(value):  # before anything is moved
            raise FloatingPointError(f"the loss is {value}")
        self.schedule.before_step(self.n_steps)
        if self._rule.learning_rate != self.schedule.rate:
            self._rule = replace(self._rule, learning_rate=self.schedule.rate)
        strength = self._alpha / batch.total
        squares, slope = self._move(strength)
        penalty = 0.5 * strength * squares
        if not (math.isfinite(value + penalty) and math.isfinite(slope)):
            raise FloatingPointError(f"the penalty is {penalty:.3g}, the gradient {slope**0.5:.3g}")
        self.n_steps += 1
        return (value + penalty, penalty, self._loss.accuracy), slope

    def _move(self, strength: float) -> tuple[float, float]:
        """Make one step everywhere.

        Returns the squares of the weights before it, and of the penalised gradient.
        """
        moved: dict[int, tuple[float, float, Any]] = {}

        def move(stretch: slice) -> None:
            # an overflowing square would freeze its parameter without a trace
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                moved[stretch.start] = self._move_part(stretch, strength)

        with np.errstate(over="ignore", invalid="ignore"):
            if len(self._theta) > _FEW:
                self._loss.differentiate(move)
            else:
                self._loss.differentiate()
                move(slice(0, len(self._theta)))
        squares, slopes, states = zip(*(moved[start] for start in sorted(moved)), strict=True)
        self._state = self._state._replace(
            **{k: v for k, v in states[0]._asdict().items() if not isinstance(v, np.ndarray)}
        )
        return sum(squares), sum(slopes)

    def _move_part(self, part: slice, strength: float) -> tuple[float, float, Any]:
        """Use up a part of the gradient; the two sums, and the state of the rule there."""
        theta, gradient = self._theta[part], self._loss.gradient[part]
        squares, n_weights = 0.0, max(0, self._loss.n_weights - part.start)
        if strength and n_weights:
            weights = theta[:n_weights]
            squares = _sum_of_squares(weights)
            spare = self._spare[part][:n_weights]
            gradient[:n_weights] += np.multiply(weights, strength, out=spare)
        slopes = _sum_of_squares(gradient)
        fields = self._state._asdict().items()
        state: Any = self._state._replace(
            **{k: v[part] for k, v in fields if isinstance(v, np.ndarray)}
        )
        step, state = self._rule.update(gradient, state)
        theta += step
        return squares, slopes, state


def quasi_newton(
    theta: FloatArray,
    loss: Backpropagation,
    batch: tuple[FloatArray, NDArray[np.intp], FloatArray],
    strength: float,
    options: dict[str, float],
    record: Callable[[FloatArray, Epoch], None],
) -> OptimizeResult:
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
    record : callable
        Told of the point after every iteration, and what is known there.

    Returns
    -------
    OptimizeResult
        With the optimum in ``x``.
    """
    weights = slice(0, loss.n_weights)
    latest: Any = None

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        nonlocal latest
        theta[:] = x
        value = loss(*batch)
        penalty, slope = l2_penalty(theta[weights], strength)
        loss.gradient[weights] += slope
        norm = float(np.linalg.norm(loss.gradient))
        latest = Epoch(value + penalty, penalty, loss.accuracy, norm, 1.0)
        return value + penalty, loss.gradient.copy()

    def after(intermediate_result: OptimizeResult) -> None:
        record(intermediate_result.x, latest)

    with np.errstate(over="ignore", invalid="ignore"):
        return minimize(
            objective, theta.copy(), method="L-BFGS-B", jac=True, callback=after, options=options
        )

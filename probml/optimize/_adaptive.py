"""AdaGrad and RMSProp as values: each coordinate has a step size of its own.

With gradient g, entry by entry,

    AdaGrad  s <- s + g^2,        RMSProp  s <- rho s + (1 - rho) g^2,
    step = -eta g / (sqrt(s) + epsilon)                          (catalogue OP-11).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from probml._validation import check_number
from probml.numerics import FloatArray
from probml.optimize._vectors import blocks, check_floor, check_gradient, check_vector

__all__ = ["AdaGrad", "AdaptiveState", "RMSProp"]


class AdaptiveState(NamedTuple):
    """Memory of both rules: the squares s, and where the step is written."""

    squares: FloatArray
    step: FloatArray


@dataclass(frozen=True)
class AdaGrad:
    """Steps that shrink as squared gradients add up.

    ``s <- s + g^2, step = -eta g / (sqrt(s) + epsilon)``: the first step is ``-eta sign(g)``.
    `epsilon` stands outside the root.  Source: catalogue OP-11; Duchi, Hazan and Singer (2011).

    Parameters
    ----------
    learning_rate : float
        ``eta > 0``.
    epsilon : float
        Positive; what keeps coordinates without any gradient still.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number, or out of its range.

    Examples
    --------
    >>> rule, x = AdaGrad(learning_rate=0.1), np.array([1.0])
    >>> state, path = rule.init(x), []
    >>> for _ in range(3):
    ...     step, state = rule.update(2 * x, state)
    ...     x = x + step
    ...     path.append(round(float(x[0]), 7))
    >>> path
    [0.9, 0.8331035, 0.7804562]
    """

    learning_rate: float
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        _check_rate_and_floor(self.learning_rate, self.epsilon)

    def init(self, theta: FloatArray) -> AdaptiveState:
        """State before the first step; see :meth:`SGD.init`."""
        return _start(theta, self.epsilon)

    def update(
        self, gradient: FloatArray, state: AdaptiveState
    ) -> tuple[FloatArray, AdaptiveState]:
        """Step for one gradient, and the next state; see :meth:`SGD.update`."""
        return _update(gradient, state, 1.0, 1.0, self.learning_rate, self.epsilon)


@dataclass(frozen=True)
class RMSProp:
    """Steps divided by a moving average of recent gradients.

    ``s <- rho s + (1 - rho) g^2, step = -eta g / (sqrt(s) + epsilon)``: the first step is
    ``-eta sign(g) / sqrt(1 - rho)``.  `epsilon` stands outside the root.  Source: catalogue
    OP-11; Hinton's lecture notes.

    Parameters
    ----------
    learning_rate : float
        ``eta > 0``.
    rho : float
        Decay of the average, in [0, 1).
    epsilon : float
        Positive; what keeps coordinates without any gradient still.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number, or out of its range.

    Examples
    --------
    >>> rule = RMSProp(learning_rate=0.1)
    >>> step, state = rule.update(np.array([1e-3, -1e3]), rule.init(np.zeros(2)))
    >>> step.round(3).tolist()
    [-0.316, 0.316]
    """

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        _check_rate_and_floor(self.learning_rate, self.epsilon)
        check_number("rho", self.rho, 0, 1, open_high=True)

    def init(self, theta: FloatArray) -> AdaptiveState:
        """State before the first step; see :meth:`SGD.init`."""
        return _start(theta, self.epsilon)

    def update(
        self, gradient: FloatArray, state: AdaptiveState
    ) -> tuple[FloatArray, AdaptiveState]:
        """Step for one gradient, and the next state; see :meth:`SGD.update`."""
        return _update(gradient, state, self.rho, 1.0 - self.rho, self.learning_rate, self.epsilon)


def _check_rate_and_floor(learning_rate: float, epsilon: float) -> None:
    check_number("learning_rate", learning_rate, 0, open_low=True, open_high=True)
    check_number("epsilon", epsilon, 0, open_low=True, open_high=True)


def _start(theta: FloatArray, epsilon: float) -> AdaptiveState:
    check_vector(theta)
    check_floor(epsilon, theta)
    return AdaptiveState(np.zeros_like(theta), np.empty_like(theta))


def _update(
    gradient: FloatArray, state: AdaptiveState, kept: float, added: float, rate: float, floor: float
) -> tuple[FloatArray, AdaptiveState]:
    """One step of the rule ``s <- kept s + added g^2``."""
    check_gradient(gradient, state.step)
    for block in blocks(gradient.size):
        g, squares, step = gradient[block], state.squares[block], state.step[block]
        square = np.multiply(g, g)
        square *= added
        squares *= kept
        squares += square
        root = np.sqrt(squares, out=square)
        root += floor
        np.divide(g, root, out=step)
        step *= -rate
    return state.step, state

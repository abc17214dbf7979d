"""Stochastic gradient descent and Adam as values: settings here, memory with the caller.

A rule is a frozen dataclass.  ``init(theta)`` makes its state for one flat parameter vector,
``update(gradient, state)`` returns a step and the next state, and

    theta <- theta + step        (catalogue OP-05, OP-07).

An update reads the gradient and its state alone, so that the same calls give the same steps.
Long vectors are worked on in blocks that stay in the processor's cache, because an update is
about ten sweeps, and through main memory each of them would cost more than its arithmetic.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from probml._validation import check_number
from probml.numerics import FloatArray
from probml.optimize._vectors import blocks, check_floor, check_gradient, check_vector

__all__ = ["SGD", "Adam", "AdamState", "SGDState"]


class SGDState(NamedTuple):
    """Memory of :class:`SGD`: the velocity, and where the step is written.

    The latter may be the memory of the gradient, of this rule and of all others.
    """

    velocity: FloatArray
    step: FloatArray


@dataclass(frozen=True)
class SGD:
    """Gradient descent with momentum, plain or Nesterov's.

    With learning rate ``eta``, momentum ``beta`` and gradient ``g``,

        v <- beta v - eta g,    step = v,    or after Nesterov  step = beta v - eta g.

    No factor ``1 - beta`` is added: under a constant gradient the velocity tends to
    ``-eta g / (1 - beta)``.  Source: catalogue OP-05, OP-07, OP-10.

    Parameters
    ----------
    learning_rate : float
        ``eta > 0``.
    momentum : float
        ``beta`` in [0, 1]; zero is plain gradient descent.
    nesterov : bool
        Whether the step looks one velocity ahead.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number, or out of its range.

    Examples
    --------
    Downhill on ``x**2``, whose gradient is ``2 x``:

    >>> rule, x = SGD(learning_rate=0.1, momentum=0.9), np.array([1.0])
    >>> state, path = rule.init(x), []
    >>> for _ in range(5):
    ...     step, state = rule.update(2 * x, state)
    ...     x = x + step
    ...     path.append(round(float(x[0]), 6))
    >>> path
    [0.8, 0.46, 0.062, -0.3086, -0.58042]
    """

    learning_rate: float
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        check_number("learning_rate", self.learning_rate, 0, open_low=True, open_high=True)
        check_number("momentum", self.momentum, 0, 1)

    def init(self, theta: FloatArray) -> SGDState:
        """State before the first step: velocity zero.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            The vector that will be optimised; its length and type are what counts.

        Raises
        ------
        ValueError
            If `theta` is not a flat floating-point vector.
        """
        check_vector(theta)
        return SGDState(np.zeros_like(theta), np.empty_like(theta))

    def update(self, gradient: FloatArray, state: SGDState) -> tuple[FloatArray, SGDState]:
        """Step for one gradient, and the next state.

        Parameters
        ----------
        gradient : ndarray of shape (n_parameters,)
            Not modified, unless the step is to be written there.
        state : SGDState
            **Used up**: its arrays are reused for the next state.  Copy them to keep it.

        Returns
        -------
        step : ndarray of shape (n_parameters,)
            What to add to the parameters; read it before the next update overwrites it.
        state : SGDState
            State for the next update.

        Raises
        ------
        ValueError
            If `gradient` has another length or type than the state.
        """
        check_gradient(gradient, state.step)
        for block in blocks(gradient.size):
            velocity, step = state.velocity[block], state.step[block]
            downhill = gradient[block] * -self.learning_rate
            velocity *= self.momentum
            velocity += downhill
            if self.nesterov:
                np.multiply(velocity, self.momentum, out=step)
                step += downhill
        return (state.step if self.nesterov else state.velocity), state


class AdamState(NamedTuple):
    """Memory of :class:`Adam`: number of updates, both moments, and where the step is written.

    The moments are kept without their constant factors, ``first = m / (1 - beta_1)`` and
    ``second = v / (1 - beta_2)``, which saves two sweeps per update.
    """

    t: int
    first: FloatArray
    second: FloatArray
    step: FloatArray


@dataclass(frozen=True)
class Adam:
    """Gradient descent by moving averages of the gradient and of its square.

    With gradient ``g``, entry by entry, at update t = 1, 2, ...

        m <- beta_1 m + (1 - beta_1) g,    v <- beta_2 v + (1 - beta_2) g**2,
        eta_t = eta sqrt(1 - beta_2**t) / (1 - beta_1**t),
        step = -eta_t m / (sqrt(v) + epsilon).

    The bias of the averages is corrected in the learning rate, and `epsilon` stands outside the
    root and is not corrected, as in scikit-learn.  Source: Kingma and Ba, "Adam: a method for
    stochastic optimization", end of section 2; RMSProp (catalogue OP-11) with momentum (OP-10).

    Parameters
    ----------
    learning_rate : float
        ``eta > 0``, about the length of a step in each coordinate.
    beta_1, beta_2 : float
        Decay of the two averages, in [0, 1).
    epsilon : float
        Positive; what keeps coordinates with a vanishing gradient still.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number, or out of its range.

    Examples
    --------
    The first step is ``-eta sign(g)``, however long the gradient:

    >>> rule, theta = Adam(learning_rate=0.1), np.zeros(2)
    >>> step, state = rule.update(np.array([1e-3, -1e3]), rule.init(theta))
    >>> step.round(4).tolist(), state.t
    ([-0.1, 0.1], 1)
    """

    learning_rate: float = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        check_number("learning_rate", self.learning_rate, 0, open_low=True, open_high=True)
        check_number("beta_1", self.beta_1, 0, 1, open_high=True)
        check_number("beta_2", self.beta_2, 0, 1, open_high=True)
        check_number("epsilon", self.epsilon, 0, open_low=True, open_high=True)

    def init(self, theta: FloatArray) -> AdamState:
        """State before the first step: both moments zero.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
            The vector that will be optimised; its length and type are what counts.

        Raises
        ------
        ValueError
            If `theta` is not a flat floating-point vector, or `epsilon` is out of its range.
        """
        check_vector(theta)
        check_floor(self.epsilon, theta)
        return AdamState(0, np.zeros_like(theta), np.zeros_like(theta), np.empty_like(theta))

    def update(self, gradient: FloatArray, state: AdamState) -> tuple[FloatArray, AdamState]:
        """Step for one gradient, and the next state.

        Parameters
        ----------
        gradient : ndarray of shape (n_parameters,)
            Not modified, unless the step is to be written there.
        state : AdamState
            **Used up**: its arrays are reused for the next state.  Copy them to keep it.

        Returns
        -------
        step : ndarray of shape (n_parameters,)
            What to add to the parameters; read it before the next update overwrites it.
        state : AdamState
            State for the next update.

        Raises
        ------
        ValueError
            If `gradient` has another length or type than the state.
        """
        check_gradient(gradient, state.step)
        t = state.t + 1
        scale, floor = self._constants(t)
        for block in blocks(gradient.size):
            g, step = gradient[block], state.step[block]
            first, second = state.first[block], state.second[block]
            first *= self.beta_1
            first += g
            second *= self.beta_2
            np.multiply(g, g, out=step)
            second += step
            np.sqrt(second, out=step)
            step += floor
            np.divide(first, step, out=step)
            step *= scale
        return state.step, state._replace(t=t)

    def _constants(self, t: int) -> tuple[float, float]:
        """The a and e of ``step = a first / (sqrt(second) + e)``."""
        root = math.sqrt(1.0 - self.beta_2)
        rate = self.learning_rate * math.sqrt(1.0 - self.beta_2**t) / (1.0 - self.beta_1**t)
        return -rate * (1.0 - self.beta_1) / root, self.epsilon / root

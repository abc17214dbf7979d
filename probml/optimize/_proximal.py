"""Steps for penalties with a kink: the proximal step of the L1 norm sets entries to zero.

prox_t(a) = argmin_w  (w - a)^2 / 2 + t |w| = sign(a) max(|a| - t, 0)
x <- prox_{eta lambda}(x - eta grad f(x))                                  (catalogue OP-14)
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_number, real_numbers
from probml.numerics import FloatArray
from probml.optimize._vectors import check_gradient, check_vector

__all__ = ["ProximalGradient", "ProximalState", "soft_threshold"]


def soft_threshold(a: ArrayLike, t: float) -> FloatArray:
    """Move every entry towards zero by `t`, and no further: ``sign(a) max(|a| - t, 0)``.

    It is ``argmin_w (w - a)^2 / 2 + t |w|``; without the half the threshold is ``t / 2``.
    Source: catalogue OP-14; Lai 2020, slide 23.

    Parameters
    ----------
    a : array_like
        Of any shape.
    t : float
        Threshold, not negative.

    Returns
    -------
    ndarray of the shape of `a`
        With exact zeros where ``|a| <= t``.

    Raises
    ------
    ValueError
        If `t` is negative, or an entry is not a number.

    Examples
    --------
    >>> soft_threshold([1.3, 0.3, -1.0], 0.4).round(12).tolist()
    [0.9, 0.0, -0.6]
    """
    check_number("t", t, 0, open_high=True)
    given = np.asarray(a)
    # float32 stays float32
    values = given if given.dtype.kind == "f" else real_numbers("a", a)
    if np.isnan(values).any():
        raise ValueError("a must hold numbers (got nan); repair the entry")
    # a - clip(a) rather than a product with a sign: zeros come out without one
    shrunk: FloatArray = values - np.clip(values, -t, t)
    return shrunk


class ProximalState(NamedTuple):
    """Memory of :class:`ProximalGradient`: the point, which its step depends on."""

    theta: FloatArray


@dataclass(frozen=True)
class ProximalGradient:
    """Gradient descent for ``f(x) + l1 ||x||_1``, of which only f is smooth.

        step = soft_threshold(x - eta g, eta l1) - x

    A rule for :func:`probml.optimize.descend`, whose objective gives the gradient g of f alone;
    with ``l1 = 0`` it is plain gradient descent.  Converges for ``eta <= 1 / L``.
    Source: catalogue OP-14; Beck and Teboulle 2009.

    Parameters
    ----------
    learning_rate : float
        ``eta > 0``.
    l1 : float
        Strength of the penalty, not negative.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a number, or out of its range.

    Examples
    --------
    The minimum of ``(x - 1.3)^2 + .8 |x|`` is at .9, and that of ``(x - .3)^2 + .8 |x|`` at 0:

    >>> from probml.optimize import descend
    >>> a = np.array([1.3, 0.3])
    >>> f = lambda x: (float(((x - a) ** 2).sum()), 2.0 * (x - a))
    >>> descend(ProximalGradient(0.25, l1=0.8), f, [0.0, 5.0]).x.round(6).tolist()
    [0.9, 0.0]
    """

    learning_rate: float
    l1: float

    def __post_init__(self) -> None:
        """Refuse parameters that are out of range."""
        check_number("learning_rate", self.learning_rate, 0, open_low=True, open_high=True)
        check_number("l1", self.l1, 0, open_high=True)

    def init(self, theta: FloatArray) -> ProximalState:
        """State before the first step: where it starts from.

        Raises
        ------
        ValueError
            If `theta` is not a flat floating-point vector.
        """
        check_vector(theta)
        return ProximalState(theta.copy())

    def slope(self, gradient: FloatArray, state: ProximalState) -> FloatArray:
        """``-step / eta``: the gradient of f where l1 is zero, and zero at the minimum.

        Raises
        ------
        ValueError
            If `gradient` has another length or type than the state.
        """
        ahead = self._ahead(gradient, state)
        slope: FloatArray = (state.theta - ahead) / self.learning_rate
        return slope

    def update(
        self, gradient: FloatArray, state: ProximalState
    ) -> tuple[FloatArray, ProximalState]:
        """Step for one gradient of f, and the next state; nothing is overwritten.

        Raises
        ------
        ValueError
            If `gradient` has another length or type than the state.
        """
        step = self._ahead(gradient, state) - state.theta
        # as the caller adds it: so x and the state stay equal, and zeros are exact
        return step, ProximalState(state.theta + step)

    def _ahead(self, gradient: FloatArray, state: ProximalState) -> FloatArray:
        check_gradient(gradient, state.theta)
        eta = self.learning_rate
        return soft_threshold(state.theta - eta * gradient, eta * self.l1)

"""Quasi-Newton steps for penalties with a kink: between kinks the objective is smooth.

On the orthant of a point, where no sign changes, ``f(x) + sum_i l1_i |x_i|`` is f plus a linear
function.  Entries that the shortest subgradient leaves at zero stay there; the others take a
quasi-Newton step, and stop at zero where it would change their sign.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from probml.numerics import FloatArray
from probml.optimize._descent import (
    MOST_IDLE,
    Callback,
    DescentResult,
    Objective,
    Pairs,
    Preconditioner,
    Record,
    line_step,
)

__all__ = ["Metric", "orthant_descent", "shortest_subgradient"]

Mask = NDArray[np.bool_]
Metric = Callable[[Mask], Preconditioner]
"""From the entries that are free, to the inverse Hessian of the others held where they are."""


def shortest_subgradient(x: FloatArray, gradient: FloatArray, l1: FloatArray) -> FloatArray:
    """Of ``f(x) + sum_i l1_i |x_i|``, the subgradient nearest to zero; zero at the minimum.

        gradient_i + l1_i sign(x_i), and where x_i = 0: gradient_i moved towards zero by l1_i

    Source: catalogue OP-14.

    Parameters
    ----------
    x, gradient : ndarray of one shape
        A point, and the gradient of f there.
    l1 : ndarray of the same shape
        Strengths of the penalty, not negative.

    Returns
    -------
    ndarray of the same shape

    Examples
    --------
    >>> g, l1 = np.array([0.5, 0.5, -3.0]), np.ones(3)
    >>> shortest_subgradient(np.array([2.0, 0.0, 0.0]), g, l1).tolist()
    [1.5, 0.0, -2.0]
    """
    at_zero = gradient - np.clip(gradient, -l1, l1)
    slope: FloatArray = np.where(x != 0.0, gradient + l1 * np.sign(x), at_zero)
    return slope


def orthant_descent(
    objective: Objective,
    x0: FloatArray,
    l1: FloatArray,
    metric: Callable[[FloatArray], Metric],
    *,
    land: Callable[[FloatArray, Mask], FloatArray] = lambda x, turned: np.where(turned, 0.0, x),
    tol: float,
    max_iter: int,
    memory: int = 20,
    callback: Callback | None = None,
) -> DescentResult:
    """Minimise ``f(x) + sum_i l1_i |x_i|`` for a smooth convex f by quasi-Newton steps.

        x_{k+1} = P(x_k - t_k H_k g_k),    P(z)_i = z_i where x_k and z agree in sign, else 0

    with g the shortest subgradient and H the inverse Hessian of the entries that are free: those
    that are not zero, and those that leave zero along ``-g`` (Andrew and Gao 2007; Keskar, Nocedal,
    Oztoprak and Waechter 2016).  Once no sign changes any more, it is
    :func:`probml.optimize.quasi_newton_descent` on the entries that are not zero.

    Parameters
    ----------
    objective : callable
        Maps x to ``(f(x), grad f(x))``.
    x0 : ndarray of shape (n,)
        Start; not modified.
    l1 : ndarray of shape (n,)
        Strengths of the penalty, not negative.
    metric : callable
        Maps a point to a function of a mask of free entries; that one gives a function that
        multiplies the free part of a vector by a positive definite matrix, and leaves zeros
        elsewhere.  Asked for at the start and again after 4, 32, 256, ... steps.
    land : callable
        Maps a point, and a mask of the entries that would change their sign, to the point that is
        tried: with zeros in their place, and with what else of its own the objective knows to do
        then.
    tol : float
        Stop when the largest absolute entry of the shortest subgradient is at most `tol`.
    max_iter : int
        Largest number of steps.
    memory : int
        Number of pairs of steps and changes of the gradient that are kept.
    callback : callable, optional
        Told of every :class:`Iteration`.

    Returns
    -------
    DescentResult
        With exact zeros.  Not converged also where rounding leaves no way down.

    Raises
    ------
    FloatingPointError
        If the objective or its gradient is not finite at the start.

    Examples
    --------
    >>> f = lambda x: (float(((x - [1.3, 0.3]) ** 2).sum()), 2.0 * (x - [1.3, 0.3]))
    >>> halves = lambda x: lambda free: lambda g: np.where(free, 0.5 * g, 0.0)
    >>> orthant_descent(f, np.zeros(2), np.full(2, 0.8), halves, tol=1e-9, max_iter=9).x.tolist()
    [0.9, 0.0]
    """
    record = Record(tol, max_iter, callback)
    whole = _Penalised(objective, l1, land)
    pairs, renewal, step = Pairs(memory), 0, 0.0
    x = x0
    value, slope = whole.at(x)
    while not record.ends(x, value, slope, step) and record.idle < MOST_IDLE:
        if len(record.values) >= renewal:
            inverse = metric(x)
            renewal = 8 * renewal or 4
        gradient, found = whole.gradient, None
        whole.signs = np.where(x != 0.0, np.sign(x), -np.sign(slope)) * (l1 > 0.0)
        for known in (pairs, Pairs(0)):
            way = _free_way(known, inverse, x, slope, l1)
            way *= _share(x, slope, way, l1)
            found = line_step(whole, x, value, slope, way)
            if found is not None:
                break
        if found is None:
            break
        _, value, slope = found
        pairs.add(whole.point - x, whole.gradient - gradient)
        step = float(np.linalg.norm(whole.point - x))
        x = whole.point
    return record.result(x)


class _Penalised:
    """The whole objective and its shortest subgradient, on the orthant with given signs.

    It remembers where it was last asked, put back on the orthant, and the gradient of f there.
    """

    def __init__(
        self,
        objective: Objective,
        l1: FloatArray,
        land: Callable[[FloatArray, Mask], FloatArray],
    ) -> None:
        self._objective, self._l1, self._land = objective, l1, land

    def __call__(self, z: FloatArray) -> tuple[float, FloatArray]:
        return self.at(self._land(z, z * self.signs < 0.0))

    def at(self, x: FloatArray) -> tuple[float, FloatArray]:
        value, self.gradient = self._objective(x)
        self.point = x
        slope = shortest_subgradient(x, self.gradient, self._l1)
        return value + float(np.sum(self._l1 * np.abs(x))), slope

    signs: FloatArray
    point: FloatArray
    gradient: FloatArray


def _free_way(
    pairs: Pairs, inverse: Metric, x: FloatArray, slope: FloatArray, l1: FloatArray
) -> FloatArray:
    """The step of the free entries, without those that would leave zero to the wrong side."""
    leaving = (x == 0.0) & (l1 > 0.0)
    free = ~leaving | (slope != 0.0)
    while True:
        way = pairs.on(free, inverse(free)).direction(np.where(free, slope, 0.0))
        wrong = free & leaving & (way * slope >= 0.0)
        if not wrong.any():
            return way
        free &= ~wrong


def _share(x: FloatArray, slope: FloatArray, way: FloatArray, l1: FloatArray) -> float:
    """How much of a way to go before entries that reach zero take half of its slope with them.

    Where there is next to no curvature a way is as good as endless.
    """
    turning = np.flatnonzero((l1 > 0.0) & (x * (x + way) < 0.0))
    reached = -x[turning] / way[turning]
    order = np.argsort(reached)
    lost = np.cumsum((slope * way)[turning[order]])
    late = lost < 0.5 * float(slope @ way)
    # a little further than to the zero, which rounding might miss time and again
    return float(reached[order[late.argmax()]] * (1.0 + 1e-12)) if late.any() else 1.0

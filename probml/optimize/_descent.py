"""Gradient descent with a preconditioner and Nesterov's acceleration."""

import logging
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from probml.numerics import FloatArray

__all__ = ["DescentResult", "accelerated_gradient_descent"]

_logger = logging.getLogger(__name__)


class DescentResult(NamedTuple):
    """Where a descent ended.

    Attributes
    ----------
    x : ndarray
        The point whose gradient was looked at last.
    values : list of float
        Objective at each point at which it was evaluated.
    max_gradient : float
        Largest absolute component of the gradient at `x`.
    n_iter : int
        Number of steps.
    converged : bool
        Whether `max_gradient` came down to the tolerance.
    """

    x: FloatArray
    values: list[float]
    max_gradient: float
    n_iter: int
    converged: bool


def accelerated_gradient_descent(
    objective: Callable[[FloatArray], tuple[float, FloatArray]],
    x0: FloatArray,
    precondition: Callable[[FloatArray], FloatArray],
    *,
    tol: float,
    max_iter: int,
    verbose: bool = False,
) -> DescentResult:
    """Minimise a smooth convex function by Nesterov's method with adaptive restart.

        x_{k+1} = y_k - P grad f(y_k),    y_{k+1} = x_{k+1} + beta_k (x_{k+1} - x_k)

    (Nesterov 1983; catalogue OP-05, OP-06, OP-10).  P is the inverse of a matrix that is
    nowhere below the Hessian: then each step decreases the objective without a line search.
    Where the gradient points against the last move the momentum starts anew
    (O'Donoghue and Candes 2015), which recovers the linear rate of a strongly convex f.

    Parameters
    ----------
    objective : callable
        Maps x to ``(f(x), grad f(x))``.
    x0 : ndarray of shape (n,)
        Start; not modified.
    precondition : callable
        Maps a gradient g to P g.
    tol : float
        Stop when ``max |grad f| <= tol``.
    max_iter : int
        Largest number of steps.
    verbose : bool
        Log the objective at every step, at level INFO.

    Returns
    -------
    DescentResult

    Raises
    ------
    FloatingPointError
        If the objective or its gradient is not finite.

    Examples
    --------
    >>> H = np.array([2.0, 0.2])
    >>> quadratic = lambda x: (0.5 * x @ (H * x), H * x)
    >>> result = accelerated_gradient_descent(
    ...     quadratic, np.ones(2), lambda g: g / 2.0, tol=1e-6, max_iter=200
    ... )
    >>> result.converged, bool(np.abs(result.x).max() < 1e-5)
    (True, True)
    """
    x = y = x0
    t = 1.0
    values: list[float] = []
    for n_iter in range(max_iter + 1):
        value, gradient = objective(y)
        largest = float(np.abs(gradient).max())
        if not (np.isfinite(value) and np.isfinite(largest)):
            raise FloatingPointError(
                f"the objective is {value} and its largest derivative {largest} at step {n_iter}"
            )
        values.append(value)
        if verbose:
            _logger.info("step %d: objective %.8g, max |gradient| %.3g", n_iter, value, largest)
        if largest <= tol or n_iter == max_iter:
            break
        x_next = y - precondition(gradient)
        if np.dot(gradient, x_next - x) > 0.0:
            t = 1.0
        t_next = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t))
        y = x_next + (t - 1.0) / t_next * (x_next - x)
        x, t = x_next, t_next
    return DescentResult(y, values, largest, n_iter, largest <= tol)

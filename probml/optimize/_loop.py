"""The loop that every rule shares: look at the gradient, stop or step, and keep a record.

    theta <- theta + step(gradient(theta))        until  ||gradient|| <= tol

A small change of the value is no reason to stop: a plateau has one, too (catalogue OP-06).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_number
from probml.numerics import FloatArray
from probml.optimize._proximal import ProximalGradient

__all__ = ["Descent", "DescentStep", "descend"]


class Rule(Protocol):
    """What SGD, AdaGrad, RMSProp, Adam and ProximalGradient have in common."""

    def init(self, theta: FloatArray) -> Any:
        """State before the first step."""

    def update(self, gradient: FloatArray, state: Any) -> tuple[FloatArray, Any]:
        """Step for one gradient, and the next state."""


class DescentStep(NamedTuple):
    """What is known at one point of a descent: which, where, and how it was reached.

    Attributes
    ----------
    n_iter : int
        0 at the start.
    x : ndarray of shape (n,)
        The point.
    value : float
        Of the objective.
    gradient_norm : float
        Euclidean norm of the gradient, or of :meth:`ProximalGradient.slope`.
    step_norm : float
        Euclidean length of the step that led here; 0 at the start.
    """

    n_iter: int
    x: FloatArray
    value: float
    gradient_norm: float
    step_norm: float


@dataclass(frozen=True)
class Descent:
    """Where a descent ended, and how it got there.

    Attributes
    ----------
    x : ndarray of shape (n,)
        The last point: an estimate of the argmin.
    value : float
        Of the objective at `x`: an estimate of the minimum.
    converged : bool
        Whether the norm of the gradient came down to the tolerance.
    trace : tuple of DescentStep
        Every point that was visited, from the start to `x`.
    """

    x: FloatArray
    value: float
    converged: bool
    trace: tuple[DescentStep, ...]

    @property
    def n_iter(self) -> int:
        """Number of steps."""
        return len(self.trace) - 1

    @property
    def path(self) -> FloatArray:
        """The points as rows, for :func:`probml.reports.plot_descent`."""
        return np.array([step.x for step in self.trace])


def descend(
    rule: Rule,
    objective: Callable[[FloatArray], tuple[float, FloatArray]],
    x0: ArrayLike,
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
    callback: Callable[[DescentStep], None] | None = None,
) -> Descent:
    """Minimise by following a rule; with ``SGD(eta)`` it is textbook gradient descent.

    On a quadratic with largest curvature L, gradient descent converges exactly for
    ``0 < eta < 2 / L``.  Source: catalogue OP-04 to OP-06, OP-10, OP-11.

    Parameters
    ----------
    rule : SGD, AdaGrad, RMSProp, Adam or ProximalGradient
        What turns gradients into steps.
    objective : callable
        Maps an array of shape (n,) to ``(value, gradient)``, such as
        :func:`probml.autodiff.value_and_gradient` gives with a little unpacking.
    x0 : array_like of shape (n,) or number
        Start.
    tol : float
        Norm of the gradient at which to stop, not negative; with a penalty, of
        :meth:`ProximalGradient.slope`.
    max_iter : int
        Most steps.
    callback : callable, optional
        Told of every point as it is reached.

    Returns
    -------
    Descent
        Look at `converged`: a stationary point was found, which need not be a global minimum.

    Raises
    ------
    ValueError
        If value or gradient stop being finite, with the step at which that happened, or the
        gradient does not have the shape of `x0`.

    Examples
    --------
    >>> from probml.optimize import SGD
    >>> found = descend(SGD(0.1), lambda x: (float(x @ x), 2 * x), [1.0])
    >>> found.converged, [round(step.x.item(), 5) for step in found.trace[:6]]
    (True, [1.0, 0.8, 0.64, 0.512, 0.4096, 0.32768])
    """
    check_number("tol", tol, 0)
    check_number("max_iter", max_iter, 0, integer=True)
    x = np.atleast_1d(np.asarray(x0, dtype=np.float64)).copy()
    state = rule.init(x)
    trace: list[DescentStep] = []
    for n_iter in range(max_iter + 1):
        value, gradient = _looked_at(objective, x, n_iter)
        # where the penalty has a kink it is not the gradient that vanishes at the minimum
        slope = rule.slope(gradient, state) if isinstance(rule, ProximalGradient) else gradient
        moved = float(np.linalg.norm(x - trace[-1].x)) if trace else 0.0
        trace.append(DescentStep(n_iter, x, value, float(np.linalg.norm(slope)), moved))
        if callback is not None:
            callback(trace[-1])
        if trace[-1].gradient_norm <= tol or n_iter == max_iter:
            break
        step, state = rule.update(gradient, state)
        # a new array: the trace keeps the old one
        x = x + step
    return Descent(x, value, trace[-1].gradient_norm <= tol, tuple(trace))


def _looked_at(
    objective: Callable[[FloatArray], tuple[float, FloatArray]], x: FloatArray, n_iter: int
) -> tuple[float, FloatArray]:
    with np.errstate(over="ignore", invalid="ignore"):
        value, slope = objective(x)
    gradient = np.asarray(slope, dtype=np.float64)
    if gradient.shape != x.shape:
        raise ValueError(
            f"the gradient must have the shape of the point: expected {x.shape} "
            f"(got {gradient.shape})"
        )
    if not (np.isfinite(value) and np.isfinite(gradient).all()):
        raise ValueError(
            f"the objective must be finite with a finite gradient (got {value} after {n_iter} "
            "steps); lower the learning rate, or start elsewhere"
        )
    return float(value), gradient

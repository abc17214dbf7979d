"""Descents over all of the data: by fixed steps, and in coordinates that follow the curvature."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probml.numerics import FloatArray

__all__ = [
    "MOST_IDLE",
    "DescentResult",
    "Iteration",
    "Pairs",
    "Record",
    "line_step",
    "proximal_descent",
    "quasi_newton_descent",
]

Objective = Callable[[FloatArray], tuple[float, FloatArray]]
Preconditioner = Callable[[FloatArray], FloatArray]
Callback = Callable[["Iteration"], None]

_SUFFICIENT = 1e-4
"""Share of the decrease that the slope promises with which a step is content (Armijo 1966)."""

_FLAT = 0.9
"""Share of the slope that may be left where values are too close to be told apart."""

MOST_IDLE = 20
"""Steps in a row that lower neither value nor slope, as rounding makes them, before the end."""

_SHORTEST = 2.0**-40
"""Steps below this share of the whole one are no way down."""


class Iteration(NamedTuple):
    """What is known at one point of a descent.

    Attributes
    ----------
    n_iter : int
        0 at the start.
    x : ndarray of shape (n,)
        The point; not to be changed.
    value : float
        Of the objective.
    max_gradient : float
        Largest absolute component of the gradient; with a penalty that has a kink, of what stands
        for it.
    step : float
        Euclidean length of the step that led here; 0 at the start.
    """

    n_iter: int
    x: FloatArray
    value: float
    max_gradient: float
    step: float


class DescentResult(NamedTuple):
    """Where a descent ended, and how it got there.

    Attributes
    ----------
    x : ndarray of shape (n,)
        The last point.
    values, max_gradients, steps : list of float
        Of every :class:`Iteration`.
    converged : bool
        Whether the tolerance was reached.
    """

    x: FloatArray
    values: list[float]
    max_gradients: list[float]
    steps: list[float]
    converged: bool

    @property
    def n_iter(self) -> int:
        """Number of steps."""
        return len(self.values) - 1


class Record:
    """Keeps the numbers of every iteration, tells those who listen, and knows when to stop."""

    def __init__(self, tol: float, max_iter: int, callback: Callback | None) -> None:
        self._tol, self._max_iter, self._callback = tol, max_iter, callback
        self.values: list[float] = []
        self.max_gradients: list[float] = []
        self.steps: list[float] = []
        self._converged = False
        self.idle = 0
        """Number of points in a row, the last one included, that were no better than all before."""

    def ends(
        self,
        x: FloatArray,
        value: float,
        gradient: FloatArray,
        step: float,
        promised: float = 0.0,
    ) -> bool:
        """Note a point; whether it is the last one, as a small gradient and promise make it."""
        largest = float(np.abs(gradient).max())
        n_iter = len(self.values)
        if not (np.isfinite(value) and np.isfinite(largest)):
            raise FloatingPointError(
                f"the objective is {value} and its largest derivative {largest} at step {n_iter}"
            )
        lower = value < min(self.values, default=np.inf)
        flatter = largest < min(self.max_gradients, default=np.inf)
        self.idle = 0 if lower or flatter else self.idle + 1
        self.values.append(float(value))
        self.max_gradients.append(largest)
        self.steps.append(step)
        if self._callback is not None:
            self._callback(Iteration(n_iter, x, float(value), largest, step))
        self._converged = max(largest, promised) <= self._tol
        return self._converged or n_iter >= self._max_iter

    def result(self, x: FloatArray) -> DescentResult:
        return DescentResult(x, self.values, self.max_gradients, self.steps, self._converged)


def proximal_descent(
    objective: Objective,
    x0: FloatArray,
    rate: FloatArray | float,
    *,
    l1: FloatArray | float = 0.0,
    accelerated: bool = True,
    tol: float,
    max_iter: int,
    callback: Callback | None = None,
) -> DescentResult:
    """Minimise ``f(x) + sum_i l1_i |x_i|`` for a smooth convex f by steps of fixed rates.

        x_{k+1} = soft_threshold(y_k - rate grad f(y_k), rate l1),
        y_{k+1} = x_{k+1} + beta_k (x_{k+1} - x_k)

    Without acceleration beta is 0: the textbook's gradient descent, or its proximal form.  With
    it, Nesterov's momentum (1983; FISTA, Beck and Teboulle 2009), which starts anew where it
    points uphill (O'Donoghue and Candes 2015).  Source: catalogue OP-05, OP-06, OP-10, OP-14.

    Parameters
    ----------
    objective : callable
        Maps x to ``(f(x), grad f(x))``.
    x0 : ndarray of shape (n,)
        Start; not modified.
    rate : float or ndarray of shape (n,)
        Positive; ``diag(1 / rate)`` must nowhere be below the Hessian.
    l1 : float or ndarray of shape (n,)
        Strength of the penalty.
    accelerated : bool
        Whether there is momentum.
    tol : float
        Stop when ``max |y - x| / rate <= tol``, the gradient where there is no penalty.
    max_iter : int
        Largest number of steps.
    callback : callable, optional
        Told of every :class:`Iteration`.

    Returns
    -------
    DescentResult
        With exact zeros where the penalty asks for them.

    Raises
    ------
    FloatingPointError
        If the objective or its gradient is not finite.

    Examples
    --------
    >>> f = lambda x: (float(((x - [1.3, 0.3]) ** 2).sum()), 2.0 * (x - [1.3, 0.3]))
    >>> found = proximal_descent(f, np.zeros(2), 0.25, l1=0.8, tol=1e-9, max_iter=99)
    >>> found.converged, found.x.round(6).tolist()
    (True, [0.9, 0.0])
    """
    record = Record(tol, max_iter, callback)
    x = y = x0
    t, step = 1.0, 0.0
    while True:
        value, gradient = objective(y)
        ahead = y - rate * gradient
        ahead -= np.clip(ahead, -rate * l1, rate * l1)
        slope = (y - ahead) / rate
        if record.ends(y, value + float(np.sum(l1 * np.abs(y))), slope, step):
            # one step further zeros are exact; of no steps, none is made
            return record.result(ahead if max_iter else y)
        if not accelerated or np.dot(slope, ahead - x) > 0.0:
            t = 1.0
        t_next = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * t * t)) if accelerated else 1.0
        before, y = y, ahead + (t - 1.0) / t_next * (ahead - x)
        x, t, step = ahead, t_next, float(np.linalg.norm(y - before))


def quasi_newton_descent(
    objective: Objective,
    x0: FloatArray,
    preconditioner: Callable[[FloatArray], Preconditioner] | None = None,
    *,
    tol: float,
    max_iter: int,
    memory: int = 20,
    callback: Callback | None = None,
) -> DescentResult:
    """Minimise a smooth convex function by limited-memory BFGS in chosen coordinates.

        x_{k+1} = x_k - t_k H_k grad f(x_k)

    H_k starts from a preconditioner, an approximate inverse of the Hessian, and is corrected by
    the last pairs of steps and changes of the gradient (Nocedal 1980).  Steps are halved until
    the value falls as the slope promises, or, where rounding hides that, the slope is flatter
    (Hager and Zhang 2005).  Source: catalogue OP-05, OP-06.

    Parameters
    ----------
    objective : callable
        Maps x to ``(f(x), grad f(x))``.
    x0 : ndarray of shape (n,)
        Start; not modified.
    preconditioner : callable, optional
        Maps a point to a function that multiplies a gradient by a positive definite matrix.
        Asked for at the start and again after 4, 32, 256, ... steps.
    tol : float
        Stop when ``max |grad f| <= tol`` and the whole step promises to lower f by no more.
    max_iter : int
        Largest number of steps.
    memory : int
        Number of pairs that are kept.
    callback : callable, optional
        Told of every :class:`Iteration`.

    Returns
    -------
    DescentResult
        Not converged also where rounding leaves no way down before `tol` is reached.

    Raises
    ------
    FloatingPointError
        If the objective or its gradient is not finite at the start.

    Examples
    --------
    >>> curvatures = np.array([100.0, 1.0, 0.01])
    >>> f = lambda x: (0.5 * float(x @ (curvatures * x)), curvatures * x)
    >>> found = quasi_newton_descent(f, np.ones(3), tol=1e-6, max_iter=50)
    >>> found.converged, bool(np.abs(found.x).max() < 1e-4)
    (True, True)
    """
    record = Record(tol, max_iter, callback)
    x, step = x0, 0.0
    value, gradient = objective(x)
    pairs = Pairs(memory)
    renewal = 0
    while True:
        if preconditioner is not None and len(record.values) >= renewal:
            pairs.renew(preconditioner(x))
            renewal = 8 * renewal or 4
        learnt = pairs.direction(gradient)
        if record.ends(x, value, gradient, step, -0.5 * float(gradient @ learnt)):
            break
        if record.idle == MOST_IDLE:
            break
        found = None
        for way in (learnt, pairs.plain(gradient)):
            found = line_step(objective, x, value, gradient, way)
            if found is not None:
                break
        if found is None:
            break
        x_next, value, gradient_next = found
        pairs.add(x_next - x, gradient_next - gradient)
        step = float(np.linalg.norm(x_next - x))
        x, gradient = x_next, gradient_next
    return record.result(x)


class Pairs:
    """The inverse Hessian as a preconditioner and a few pairs of steps and gradient changes."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._pairs: list[tuple[FloatArray, FloatArray, float]] = []
        self._precondition: Preconditioner = lambda g: g
        self._scale: float | None = None

    def renew(self, precondition: Preconditioner) -> None:
        self._precondition, self._scale = precondition, None

    def add(self, s: FloatArray, y: FloatArray) -> None:
        product = float(s @ y)
        # rounding may leave no curvature in a short step
        if product > 1e-10 * float(np.linalg.norm(s) * np.linalg.norm(y)):
            self._pairs = [*self._pairs[1 - self._memory :], (s, y, 1.0 / product)]
            self._scale = None

    def on(self, free: NDArray[np.bool_], precondition: Preconditioner) -> "Pairs":
        """The pairs whose steps moved free entries only, with another preconditioner."""
        some = Pairs(self._memory)
        # to the others' steps the gradient answered for entries that are held now
        some._pairs = [pair for pair in self._pairs if not pair[0][~free].any()]
        some.renew(precondition)
        return some

    def plain(self, gradient: FloatArray) -> FloatArray:
        """The way without what was learnt."""
        return -self._precondition(gradient)

    def direction(self, gradient: FloatArray) -> FloatArray:
        """``-H grad`` by the two loops of Nocedal (1980)."""
        q, shares = gradient.copy(), []
        for s, y, rho in reversed(self._pairs):
            shares.append(rho * float(s @ q))
            q -= shares[-1] * y
        q = self._precondition(q)
        if self._pairs:
            if self._scale is None:
                s, y, rho = self._pairs[-1]
                squared = rho * float(y @ self._precondition(y))
                # a square that vanishes says nothing of scale
                self._scale = 1.0 / squared if 0.0 < squared < np.inf else 1.0
            q = q * self._scale
        for (s, y, rho), share in zip(self._pairs, reversed(shares), strict=True):
            q += (share - rho * float(y @ q)) * s
        return -q


def line_step(
    objective: Objective, x: FloatArray, value: float, gradient: FloatArray, way: FloatArray
) -> tuple[FloatArray, float, FloatArray] | None:
    """A point along the way that is low enough, its value and gradient; None if there is none."""
    slope = float(gradient @ way)
    if not slope < 0.0:
        return None
    t = 1.0
    while t >= _SHORTEST:
        ahead = x + t * way
        value_ahead, gradient_ahead = objective(ahead)
        slope_ahead = float(gradient_ahead @ way)
        if np.isfinite(value_ahead) and np.isfinite(slope_ahead):
            falls = value_ahead <= value + _SUFFICIENT * t * slope
            level = value_ahead <= value + 1e-6 * abs(value)
            if falls or (level and abs(slope_ahead) <= -_FLAT * slope):
                return ahead, value_ahead, gradient_ahead
            # where the slope, taken as linear, vanishes; rounding may have left no bend
            bend = slope_ahead - slope
            t *= min(max(-slope / bend, 0.1), 0.5) if bend > 0.0 else 0.5
        else:
            t *= 0.1
    return None

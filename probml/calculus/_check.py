"""A gradient written by hand, held against differences of values."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import real_numbers
from probml.calculus._differences import Scheme
from probml.calculus._differences import gradient as by_differences
from probml.numerics import FloatArray

__all__ = ["GradientCheck", "check_gradient"]


class GradientCheck(NamedTuple):
    """What :func:`check_gradient` found.

    Attributes
    ----------
    error : float
        Largest difference over ``1 + max |difference quotient|``.
    worst : tuple of int
        Index of the coordinate where it occurs.
    analytic, numeric : ndarray of the shape of x
        Both gradients.
    """

    error: float
    worst: tuple[int, ...]
    analytic: FloatArray
    numeric: FloatArray


def check_gradient(
    f: Callable[[Any], Any],
    gradient: Callable[[Any], ArrayLike],
    x: ArrayLike,
    *,
    scheme: Scheme = "central",
    h: float | None = None,
) -> GradientCheck:
    """Compare a gradient written by hand with difference quotients of its function.

    A right gradient of a smooth function has an error of about 1e-9 by central differences and
    1e-15 by the complex step; a wrong one, as a rule, more than 1e-3.
    Source: catalogue CA-10, CA-18.

    Parameters
    ----------
    f : callable
        Maps an array of the shape of `x` to a number.
    gradient : callable
        Maps it to an array of that shape: what is checked.
    x : array_like
        Where; of any shape.  Keep away from kinks, such as that of relu at zero.
    scheme, h
        As in :func:`probml.calculus.gradient`.

    Returns
    -------
    GradientCheck

    Raises
    ------
    ValueError
        If a value or a derivative is not finite, or the gradient has another shape than `x`.

    Examples
    --------
    The factor 2 is missing:

    >>> f = lambda v: (v**2).sum()
    >>> found = check_gradient(f, lambda v: v, [1.0, 3.0])
    >>> round(found.error, 6), found.worst, found.analytic.tolist()
    (0.428571, (1,), [1.0, 3.0])
    >>> check_gradient(f, lambda v: 2 * v, [1.0, 3.0], scheme="complex").error < 1e-15
    True
    """
    numeric = by_differences(f, x, scheme=scheme, h=h)
    analytic = real_numbers("gradient", gradient(real_numbers("x", x)))
    if analytic.shape != numeric.shape:
        raise ValueError(
            f"the gradient must have the shape of x: expected {numeric.shape} "
            f"(got {analytic.shape})"
        )
    if not np.isfinite(analytic).all():
        raise ValueError(f"the gradient must be finite (got {analytic.tolist()})")
    difference = np.abs(analytic - numeric) / (1.0 + np.abs(numeric).max(initial=0.0))
    worst = np.unravel_index(int(np.argmax(difference)), difference.shape)
    return GradientCheck(float(difference[worst]), tuple(map(int, worst)), analytic, numeric)

"""What a stationary point is: the second-derivative test, which does not always know.

all eigenvalues of H > 0: minimum,   all < 0: maximum,   both signs: saddle,
some zero and the rest of one sign: inconclusive.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_number, real_numbers
from probml.calculus._differences import gradient, hessian

__all__ = ["Stationary", "classify_hessian", "classify_stationary_point"]

Stationary = Literal["min", "max", "saddle", "inconclusive"]

_STEP = 1e-3


def classify_hessian(H: ArrayLike, tol: float = 1e-8) -> Stationary:
    """Kind of a stationary point by the signs of the eigenvalues of its Hessian.

    Source: catalogue CA-13; Lai 2020, slide 48.

    Parameters
    ----------
    H : array_like of shape (n, n)
        Symmetric matrix of second derivatives.
    tol : float
        Eigenvalues up to ``tol * max(1, largest |eigenvalue|)`` count as zero.

    Returns
    -------
    {"min", "max", "saddle", "inconclusive"}
        Inconclusive where an eigenvalue is zero and the others have one sign: of
        ``x^2 + y^4`` and ``x^2 + y^3``, which have the same Hessian at 0, one has a minimum there.

    Raises
    ------
    ValueError
        If `H` is no finite symmetric matrix.

    Examples
    --------
    Both diagonal entries are positive, and yet:

    >>> classify_hessian([[2.0, 3.0], [3.0, 2.0]])
    'saddle'
    """
    check_number("tol", tol, 0)
    matrix = real_numbers("H", H)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"H must be a square matrix (got shape {matrix.shape})")
    if not np.isfinite(matrix).all():
        raise ValueError("H must be finite; take the second derivatives where f has them")
    if np.abs(matrix - matrix.T).max() > 1e-8 * np.abs(matrix).max():
        raise ValueError("H must be symmetric, as the second derivatives of a smooth function are")
    values = np.linalg.eigvalsh(matrix)
    zero = tol * max(1.0, float(np.abs(values).max()))
    if values[0] < -zero and values[-1] > zero:
        return "saddle"
    if values[0] > zero:
        return "min"
    return "max" if values[-1] < -zero else "inconclusive"


def classify_stationary_point(
    f: Callable[[Any], Any], x: ArrayLike, *, tol: float = 1e-5
) -> Stationary:
    """Kind of the stationary point `x` of a smooth function of one or more variables.

    Derivatives are taken by central differences.  The answer "inconclusive" is an honest one:
    second derivatives of zero do not tell (x^4 has a minimum at 0, x^3 none).
    Source: catalogue CA-12, CA-13, OP-03; Lai 2020, slides 47 and 48.

    Parameters
    ----------
    f : callable
        Maps what `x` is, a number or an array of shape (n,), to a number.
    x : float or array_like of shape (n,)
        The point.
    tol : float
        Derivatives up to ``tol * max(1, largest |second derivative|)`` count as zero.  Scale f
        such that what matters is of the order of 1.

    Returns
    -------
    {"min", "max", "saddle", "inconclusive"}

    Raises
    ------
    ValueError
        If `x` is not stationary, if f has a kink there, or returns what is not finite.

    Examples
    --------
    >>> classify_stationary_point(lambda x: x**4, 0.0)
    'inconclusive'
    >>> classify_stationary_point(lambda v: v[0] ** 2 - v[1] ** 2, [0.0, 0.0])
    'saddle'
    >>> classify_stationary_point(lambda x: x**2, 1.0)
    Traceback (most recent call last):
    ...
    ValueError: x must be stationary (the gradient there is [2.0]); follow it to where it is zero
    """
    check_number("tol", tol, 0)
    point = real_numbers("x", x)
    smooth = f if point.ndim else lambda v: f(v.item())
    at = np.atleast_1d(point)
    slope = gradient(smooth, at)
    # at h and h / 2: the second derivative of a smooth function has settled, a kink's doubles
    H, halved = hessian(smooth, at, h=_STEP), hessian(smooth, at, h=_STEP / 2.0)
    scale = max(1.0, float(np.abs(halved).max()))
    if np.abs(halved - H).max() > 0.2 * scale:
        raise ValueError(
            f"f must be twice differentiable at x (its second differences change from "
            f"{H.tolist()} to {halved.tolist()} as the step is halved); a kink is judged by "
            "comparing values"
        )
    if np.abs(slope).max() > tol * scale:
        raise ValueError(
            f"x must be stationary (the gradient there is {slope.round(6).tolist()}); "
            "follow it to where it is zero"
        )
    return classify_hessian(halved, tol)

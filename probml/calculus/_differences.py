"""Derivatives by differences of values.

    forward  (f(x + h) - f(x)) / h            error O(h)
    central  (f(x + h) - f(x - h)) / (2 h)    error O(h^2)
    complex  Im f(x + i h) / h                error O(h^2), and no cancellation: h may be tiny

Steps are ``h * max(1, |x_i|)``, where h balances truncation against rounding.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probml._validation import check_choice, check_number, real_numbers
from probml.numerics import FloatArray

__all__ = ["Scheme", "derivative", "gradient", "hessian", "jacobian", "partial"]

Scheme = Literal["central", "forward", "complex"]

_EPS = float(np.finfo(np.float64).eps)
_STEPS = {"central": _EPS ** (1 / 3), "forward": _EPS**0.5, "complex": 1e-30}


def derivative(
    f: Callable[[Any], Any], x: float, *, scheme: Scheme = "central", h: float | None = None
) -> float:
    """Derivative ``f'(x)`` of a function of one number.

    Source: catalogue CA-01; Lai 2020, slide 44.

    Parameters
    ----------
    f : callable
        Maps a number to a number; for the complex scheme an analytic function, which accepts
        complex numbers.
    x : float
        Where.
    scheme : {"central", "forward", "complex"}
        Which difference quotient.
    h : float, optional
        Step in units of ``max(1, |x|)``, positive; by default ``eps^(1/3)``, ``eps^(1/2)`` and
        1e-30 respectively.

    Raises
    ------
    ValueError
        If a value of `f` is not finite, or no number, or the step is not positive.

    Examples
    --------
    >>> round(derivative(lambda x: x**2, 3.0), 6)
    6.0
    >>> derivative(np.exp, 0.0, scheme="complex")
    1.0
    """
    return float(gradient(lambda v: f(v.item()), np.float64(x), scheme=scheme, h=h))


def partial(
    f: Callable[[NDArray[Any]], Any],
    x: ArrayLike,
    i: int,
    *,
    scheme: Scheme = "central",
    h: float | None = None,
) -> float:
    """Partial derivative of `f` with respect to the coordinate ``x[i]``, the others fixed.

    Source: catalogue CA-09.  Parameters are those of :func:`gradient`.

    Raises
    ------
    IndexError
        If `x` has no coordinate `i`.

    Examples
    --------
    >>> round(partial(lambda v: v[0] ** 2 + v[0] * v[1] + v[1] ** 2, [1.0, 2.0], 0), 6)
    4.0
    """
    point, step = _start(x, scheme, h)
    return float(_single(_quotient(f, point, np.index_exp[i], scheme, step)))


def gradient(
    f: Callable[[NDArray[Any]], Any],
    x: ArrayLike,
    *,
    scheme: Scheme = "central",
    h: float | None = None,
) -> FloatArray:
    """Gradient: all partial derivatives of a function whose values are numbers.

    Source: catalogue CA-10; Lai 2020, slide 45.

    Parameters
    ----------
    f : callable
        Maps an array of the shape of `x` to a number.
    x : array_like
        Where; of any shape.
    scheme, h
        As in :func:`derivative`, with a step for each coordinate.

    Returns
    -------
    ndarray of the shape of `x`

    Raises
    ------
    ValueError
        If a value of `f` is not finite, or no number, or the step is not positive.

    Examples
    --------
    >>> gradient(lambda v: v[0] + v[1] ** 2 + v[2] ** 3, [1.0, 2.0, 3.0]).round(6).tolist()
    [1.0, 4.0, 27.0]
    """
    point, step = _start(x, scheme, h)
    slopes = np.empty(point.shape)
    for i in np.ndindex(point.shape):
        slopes[i] = _single(_quotient(f, point, i, scheme, step))
    return slopes


def jacobian(
    f: Callable[[NDArray[Any]], Any],
    x: ArrayLike,
    *,
    scheme: Scheme = "central",
    h: float | None = None,
) -> FloatArray:
    """Jacobian ``J_ij = d f_i / d x_j``, for which ``J_{f o g} = J_f J_g``.

    Source: catalogue CA-14.

    Parameters
    ----------
    f : callable
        Maps an array of the shape of `x` to an array of any one shape.
    x : array_like
        Where; of any shape.
    scheme, h
        As in :func:`gradient`.

    Returns
    -------
    ndarray of shape ``f(x).shape + x.shape``

    Raises
    ------
    ValueError
        If a value of `f` is not finite, or the step is not positive.

    Examples
    --------
    >>> jacobian(lambda v: np.array([v[0] * v[1], v[0] + v[1]]), [2.0, 3.0]).round(6).tolist()
    [[3.0, 2.0], [1.0, 1.0]]
    """
    point, step = _start(x, scheme, h)
    columns = [_quotient(f, point, i, scheme, step) for i in np.ndindex(point.shape)]
    stacked: FloatArray = np.stack(columns, axis=-1)
    return stacked.reshape(stacked.shape[:-1] + point.shape)


def hessian(f: Callable[[FloatArray], Any], x: ArrayLike, *, h: float = 1e-4) -> FloatArray:
    """Hessian ``H_ij = d^2 f / d x_i d x_j`` by second central differences; symmetric.

    ``(f(++) - f(+-) - f(-+) + f(--)) / (4 h_i h_j)``, and on the diagonal
    ``(f(+) - 2 f(x) + f(-)) / h_i^2``.  Source: catalogue CA-11; Lai 2020, slide 46.

    Parameters
    ----------
    f : callable
        Maps an array of shape (n,) to a number.
    x : array_like of shape (n,)
        Where.
    h : float
        Step in units of ``max(1, |x_i|)``; rounding adds about ``1e-16 |f| / h^2``.

    Returns
    -------
    ndarray of shape (n, n)

    Raises
    ------
    ValueError
        If a value of `f` is not finite, or no number, or the step is not positive.

    Examples
    --------
    >>> hessian(lambda v: v[0] ** 2 + v[0] * v[1] + v[1] ** 2, [1.0, 2.0]).round(4).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    point, step = _start(x, "central", h)
    if point.ndim != 1:
        raise ValueError(f"x must be a vector (got shape {point.shape}); pass x.ravel()")

    def value(shift: FloatArray) -> float:
        return float(_single(_value(f, point + shift)))

    n, shifts, middle = len(point), np.diag(step), value(np.zeros(len(point)))
    H = np.empty((n, n))
    for i in range(n):
        a = shifts[i]
        H[i, i] = (value(a) - 2.0 * middle + value(-a)) / step[i] ** 2
        for j in range(i):
            b = shifts[j]
            crossed = value(a + b) - value(a - b) - value(b - a) + value(-a - b)
            H[i, j] = H[j, i] = crossed / (4.0 * step[i] * step[j])
    return H


def _start(x: ArrayLike, scheme: Scheme, h: float | None) -> tuple[FloatArray, FloatArray]:
    """The point, and the step of each coordinate, such that x + step is exact."""
    check_choice("scheme", scheme, _STEPS)
    relative = _STEPS[scheme] if h is None else h
    check_number("h", relative, 0, open_low=True, open_high=True)
    point = real_numbers("x", x)
    if not np.isfinite(point).all():
        raise ValueError(f"x must be finite (got {point.tolist()})")
    step = relative * np.maximum(1.0, np.abs(point))
    if scheme != "complex":
        step = (point + step) - point
        if (step == 0.0).any():
            raise ValueError(f"h must not vanish beside x (got {relative}); raise h")
    return point, step


def _quotient(
    f: Callable[[NDArray[Any]], Any],
    x: FloatArray,
    i: tuple[Any, ...],
    scheme: Scheme,
    steps: FloatArray,
) -> FloatArray:
    """Difference quotient of `f` along coordinate i."""
    shift = np.zeros(x.shape, dtype=complex if scheme == "complex" else float)
    shift[i] = 1j * steps[i] if scheme == "complex" else steps[i]
    ahead = _value(f, x + shift)
    if scheme == "complex":
        imaginary: FloatArray = np.imag(ahead) / steps[i]
        return imaginary
    behind = _value(f, x - shift if scheme == "central" else x)
    if ahead.shape != behind.shape:
        raise ValueError(f"f must keep one shape (got {ahead.shape} and {behind.shape})")
    quotient: FloatArray = (ahead - behind) / (steps[i] * (2.0 if scheme == "central" else 1.0))
    return quotient


def _value(f: Callable[[NDArray[Any]], Any], x: NDArray[Any]) -> NDArray[Any]:
    """``f(x)``, finite; `x` is a fresh array, which f may keep or write to."""
    at = x.copy()
    value = np.asarray(f(x))
    if value.dtype.kind not in "biufc" or not np.isfinite(value).all():
        raise ValueError(
            f"f must return finite numbers (got {value} at {at.tolist()}); "
            "move x into the domain of f, or lower h"
        )
    return value


def _single(value: NDArray[Any]) -> Any:
    if value.size != 1:
        raise ValueError(
            f"f must return one number (got shape {value.shape}); use jacobian for several"
        )
    return value.item()

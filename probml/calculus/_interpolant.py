"""A network with one hidden layer of rectifiers that comes as near to a function as one likes.

On an interval with knots ``x_0 < ... < x_n`` and slopes ``m_i = (f(x_i) - f(x_{i-1})) / h_i``,

    y(x) = f(x_0) + m_1 relu(x - x_0) + sum over i >= 1 of  (m_{i+1} - m_i) relu(x - x_i)

is the broken line through the points ``(x_i, f(x_i))``, and no further from a function with a
second derivative than ``max |f''| h^2 / 8`` (catalogue NN-15).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import real_numbers
from probml.numerics import FloatArray

__all__ = ["ReluInterpolant", "relu_interpolant"]


class ReluInterpolant(NamedTuple):
    """Parameters of a network with n hidden rectifiers and one linear output.

    Attributes
    ----------
    coefs : list of ndarray, of shapes (1, n) and (n, 1)
        Weights of the hidden layer, all 1, and of the output: changes of slope.
    intercepts : list of ndarray, of shapes (n,) and (1,)
        Minus the knots without the last, and the value at the first.
    """

    coefs: list[FloatArray]
    intercepts: list[FloatArray]


def relu_interpolant(f: Callable[[FloatArray], Any], knots: ArrayLike) -> ReluInterpolant:
    """Network of one hidden layer that equals `f` at the knots and is straight between them.

    Below the first knot it is constant, above the last it goes on straight: what it approximates
    is `f` on the interval.  Source: catalogue NN-15; notes on Hung-yi Lee's lectures,
    Universality Theorem.

    Parameters
    ----------
    f : callable
        Maps an array of numbers, of shape (n + 1,), to the values there.
    knots : array_like of shape (n + 1,)
        Where the slope may change, in increasing order; two at least.

    Returns
    -------
    ReluInterpolant
        Weights and intercepts in the layout of ``coefs_`` and ``intercepts_``.

    Raises
    ------
    ValueError
        If the knots are no increasing sequence of at least two finite numbers, or `f` does not
        return one finite value for each.

    Examples
    --------
    A parabola with two hidden units, and the error that the bound allows:

    >>> (W1, W2), (b1, b2) = relu_interpolant(lambda x: x**2, [0.0, 1.0, 2.0])
    >>> x = np.array([[0.0], [0.5], [1.0], [1.5], [2.0]])
    >>> y = np.maximum(x @ W1 + b1, 0.0) @ W2 + b2
    >>> y.ravel().tolist(), float(np.max(y - x**2))
    ([0.0, 0.5, 1.0, 2.5, 4.0], 0.25)
    """
    x = _increasing(knots)
    values = real_numbers("f(knots)", f(x.copy()))
    if values.shape != x.shape or not np.isfinite(values).all():
        raise ValueError(
            f"f must return a finite value for each of {len(x)} knots (got {values.tolist()}); "
            "pass a function of arrays, and knots from its domain"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.diff(values) / np.diff(x)
        changes = np.diff(slopes, prepend=0.0)
    if not np.isfinite(changes).all():
        raise ValueError(
            "slopes between the knots must be finite, and so their changes "
            f"(got {slopes.tolist()}); move the knots apart, or scale f"
        )
    return ReluInterpolant(
        [np.ones((1, len(changes))), changes[:, None]], [-x[:-1], values[:1].copy()]
    )


def _increasing(knots: ArrayLike) -> FloatArray:
    x = real_numbers("knots", knots)
    with np.errstate(over="ignore", invalid="ignore"):
        gaps = np.diff(x.ravel())
    if x.ndim != 1 or len(x) < 2 or not (np.isfinite(gaps) & (gaps > 0)).all():
        raise ValueError(
            "knots must be at least two finite numbers in increasing order "
            f"(got {x.tolist()}); use np.unique or np.linspace"
        )
    return x

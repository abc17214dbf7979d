"""What the functions of linear algebra take: real, finite, and of one stated shape."""

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import real_numbers
from probml.numerics import FloatArray

__all__ = ["check_matrix", "check_pair", "check_square", "check_vector"]


def check_matrix(name: str, A: ArrayLike) -> FloatArray:
    """`A` as a float64 matrix; ValueError if it is none, is empty, or is not finite."""
    return _checked(name, A, 2, "a matrix")


def check_square(name: str, A: ArrayLike) -> FloatArray:
    """`A` as a square float64 matrix."""
    matrix = check_matrix(name, A)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} must be a square matrix (got shape {matrix.shape})")
    return matrix


def check_vector(name: str, x: ArrayLike) -> FloatArray:
    """`x` as a float64 vector."""
    return _checked(name, x, 1, "a vector")


def check_pair(x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two vectors of one length; none is stretched to fit the other."""
    a, b = check_vector("x", x), check_vector("y", y)
    if a.shape != b.shape:
        raise ValueError(f"x and y must have one length (got {len(a)} and {len(b)})")
    return a, b


def _checked(name: str, values: ArrayLike, ndim: int, kind: str) -> FloatArray:
    array = real_numbers(name, values)
    if array.ndim != ndim or not array.size:
        raise ValueError(f"{name} must be {kind} with entries (got shape {array.shape})")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite (got {array[~np.isfinite(array)][0]}); drop or repair the entry"
        )
    return array

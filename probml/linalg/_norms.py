"""Norms, directions and angles, and the unit balls of p-norms in the plane.

||x||_p = (sum_i |x_i|^p)^(1/p),    p >= 1,    and    max_i |x_i|    for p = infinity
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from probml._validation import check_number, real_numbers
from probml.linalg._checks import check_pair, check_vector
from probml.numerics import FloatArray

__all__ = ["add", "angle", "cosine_similarity", "norm", "normalize", "unit_ball"]


def add(A: ArrayLike, B: ArrayLike) -> FloatArray:
    """Sum of two arrays of one shape; unlike ``A + B`` it stretches neither to fit.

    Source: catalogue LA-04.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> add([[1, 2], [3, 4]], [[4, 3], [2, 1]]).tolist()
    [[5.0, 5.0], [5.0, 5.0]]
    >>> add([[1, 2], [3, 4]], [1, 1])
    Traceback (most recent call last):
    ...
    ValueError: A and B must have one shape (got (2, 2) and (2,)); broadcast with A + B if meant
    """
    a, b = real_numbers("A", A), real_numbers("B", B)
    if a.shape != b.shape:
        raise ValueError(
            f"A and B must have one shape (got {a.shape} and {b.shape}); "
            "broadcast with A + B if meant"
        )
    total: FloatArray = a + b
    return total


def norm(x: ArrayLike, p: float = 2) -> float:
    """p-norm of a vector, whose powers neither overflow nor vanish.

    ``||x||_p = m (sum_i (|x_i| / m)^p)^(1/p)`` with ``m = max_i |x_i|``.
    Source: catalogue LA-21; Lai 2020, slide 21.

    Parameters
    ----------
    x : array_like of shape (n,)
        The vector.
    p : float
        At least 1; infinity for the largest absolute entry.

    Raises
    ------
    ValueError
        If `x` is no finite vector, or `p` is below 1: the triangle inequality fails there.

    Examples
    --------
    >>> norm([1, 1, 4], 1), round(norm([1, 1, 4]), 9), norm([1, 1, 4], np.inf)
    (6.0, 4.242640687, 4.0)
    >>> round(norm([3e200, 4e200]) / 1e200, 12)
    5.0
    """
    check_number("p", p, 1)
    sizes = np.abs(check_vector("x", x))
    largest = float(sizes.max())
    if np.isinf(p) or largest == 0.0:
        return largest
    return largest * float(np.sum((sizes / largest) ** p) ** (1.0 / p))


def normalize(x: ArrayLike) -> FloatArray:
    """Direction of a vector, ``x / ||x||_2`` (catalogue LA-01).

    Raises
    ------
    ValueError
        If `x` is the zero vector, which has no direction, or no finite vector.

    Examples
    --------
    >>> normalize([3.0, 4.0]).tolist()
    [0.6, 0.8]
    """
    vector = check_vector("x", x)
    largest = np.abs(vector).max()
    if largest == 0.0:
        raise ValueError("x must not be the zero vector: it has no direction, and no angle")
    # twice, since the square of a tiny or huge entry is no number
    scaled = vector / largest
    direction: FloatArray = scaled / np.linalg.norm(scaled)
    return direction


def cosine_similarity(x: ArrayLike, y: ArrayLike) -> float:
    """Cosine of the angle between two vectors, ``<x, y> / (||x|| ||y||)``, in [-1, 1].

    Source: catalogue LA-24; Zaidi, SIT744 lecture 2, Angle between vectors.

    Raises
    ------
    ValueError
        If a vector is zero, or the lengths differ.

    Examples
    --------
    >>> round(cosine_similarity([1, 1, 4], [5, 1, 4]), 10)
    0.8001322642
    """
    a, b = check_pair(x, y)
    return float(np.clip(normalize(a) @ normalize(b), -1.0, 1.0))


def angle(x: ArrayLike, y: ArrayLike) -> float:
    """Angle between two vectors in radians, in [0, pi].

    ``2 atan2(||u - v||, ||u + v||)`` for the directions u and v: unlike the arc cosine it keeps
    the digits of an angle near 0 or pi (W. Kahan, "How futile are mindless assessments of
    roundoff in floating-point computation?").  Source: catalogue LA-24.

    Raises
    ------
    ValueError
        If a vector is zero, or the lengths differ.

    Examples
    --------
    >>> angle([1, 0], [0, 2]) == np.pi / 2
    True
    >>> angle([1, 0], [1, 1e-9])
    1e-09
    """
    a, b = check_pair(x, y)
    u, v = normalize(a), normalize(b)
    return 2.0 * math.atan2(norm(u - v), norm(u + v))


def unit_ball(p: float, n_points: int) -> FloatArray:
    """Points all around the unit circle of a p-norm in the plane.

    ``x / ||x||_p`` for n directions x at equal angles, beginning with (1, 0): a diamond for
    p = 1, a circle for p = 2, a square for infinity.  Source: catalogue LA-22; Lai 2020,
    slide 22.

    Parameters
    ----------
    p : float
        Order of the norm, at least 1; infinity for the largest entry.
    n_points : int
        Number of points, at least 3; a multiple of 8 hits every corner.

    Returns
    -------
    ndarray of shape (n_points, 2)

    Raises
    ------
    ValueError
        If `p` is below 1, where the triangle inequality fails, or there are too few points.

    Examples
    --------
    >>> unit_ball(1, 4).round(12).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    >>> unit_ball(np.inf, 8)[1].round(12).tolist()
    [1.0, 1.0]
    """
    check_number("p", p, 1)
    check_number("n_points", n_points, 3, integer=True)
    angles = 2.0 * np.pi * np.arange(n_points) / n_points
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points: FloatArray = directions / np.linalg.norm(directions, p, axis=1, keepdims=True)
    # minus zero and rounding noise of the axes would be drawn as they are
    return np.where(np.abs(points) < np.finfo(float).eps, 0.0, points)

"""Unit balls of p-norms in the plane."""

import numpy as np

from probml._validation import check_number
from probml.numerics import FloatArray

__all__ = ["unit_ball"]


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

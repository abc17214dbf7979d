"""Rank, row echelon form, and coordinates: what a set of vectors spans.

rank(A) = number of pivots = number of non-zero singular values
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, lstsq, svdvals

from probml._validation import check_number, real_numbers
from probml.linalg._checks import check_matrix
from probml.numerics import FloatArray

__all__ = ["RowEchelon", "coordinates", "linearly_independent", "rank", "row_echelon"]


class RowEchelon(NamedTuple):
    """What :func:`row_echelon` returns.

    Attributes
    ----------
    matrix : ndarray of shape (m, n)
        The reduced form: every pivot is 1 and alone in its column.
    pivots : tuple of int
        Columns of the pivots, ascending; those columns of the original are a basis of its range.
    """

    matrix: FloatArray
    pivots: tuple[int, ...]

    @property
    def rank(self) -> int:
        """Number of pivots."""
        return len(self.pivots)


def _relative_tolerance(rtol: float | None, shape: tuple[int, ...]) -> float:
    if rtol is None:
        # room for the rounding in A itself, which is often a product
        return 10.0 * max(shape) * float(np.finfo(np.float64).eps)
    check_number("rtol", rtol, 0, 1)
    return rtol


def row_echelon(A: ArrayLike, rtol: float | None = None) -> RowEchelon:
    """Reduced row echelon form by elimination with partial pivoting.

    Source: catalogue LA-16; Lai 2020, slide 17.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Any real matrix.
    rtol : float, optional
        Pivots up to `rtol` times the largest entry of `A` count as zero, and more after a small
        pivot, which magnifies rounding; by default ``10 max(m, n)`` units of rounding.

    Returns
    -------
    RowEchelon

    Raises
    ------
    ValueError
        If `A` is no finite matrix.

    Examples
    --------
    >>> form = row_echelon([[1, 2, 1], [-2, -3, 1], [3, 5, 0]])
    >>> form.matrix.round(12).tolist(), form.pivots, form.rank
    ([[1.0, 0.0, -5.0], [0.0, 1.0, 3.0], [0.0, 0.0, 0.0]], (0, 1), 2)
    """
    R = check_matrix("A", A).copy()
    pivots = _eliminate_downwards(R, _relative_tolerance(rtol, R.shape))
    for row in reversed(range(len(pivots))):
        column = pivots[row]
        R[row] /= R[row, column]
        R[:row] -= np.outer(R[:row, column], R[row])
        R[:row, column] = 0.0
    return RowEchelon(R, tuple(pivots))


def _eliminate_downwards(R: FloatArray, rtol: float) -> list[int]:
    """Bring `R` to row echelon form in place; the columns of its pivots.

    A pivot carries a rounding error of the size of the matrix, which division by a small pivot
    magnifies: what counts as zero grows with the reciprocal of the smallest.
    """
    size = float(np.abs(R).max())
    zero = rtol * size
    pivots: list[int] = []
    for column in range(R.shape[1]):
        row = len(pivots)
        if row == len(R):
            break
        best = row + int(np.abs(R[row:, column]).argmax())
        if abs(R[best, column]) <= zero:
            R[row:, column] = 0.0
            continue
        R[[row, best]] = R[[best, row]]
        R[row + 1 :] -= np.outer(R[row + 1 :, column] / R[row, column], R[row])
        R[row + 1 :, column] = 0.0
        zero = max(zero, rtol * size * (size / abs(float(R[row, column]))))
        pivots.append(column)
    return pivots


def rank(A: ArrayLike, rtol: float | None = None) -> int:
    """Number of independent columns, and of independent rows: of singular values that count.

    Source: catalogue LA-16.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Any real matrix.
    rtol : float, optional
        Singular values up to `rtol` times the largest count as zero; by default
        ``10 max(m, n)`` units of rounding.

    Raises
    ------
    ValueError
        If `A` is no finite matrix.

    Examples
    --------
    >>> rank([[1, 2, 1], [-2, -3, 1], [3, 5, 0]])
    2
    """
    matrix = check_matrix("A", A)
    values = svdvals(matrix, check_finite=False)
    return int(np.sum(values > _relative_tolerance(rtol, matrix.shape) * values[0]))


def linearly_independent(V: ArrayLike, rtol: float | None = None) -> bool:
    """Whether no column of `V` is a combination of the others (catalogue LA-14).

    Columns are compared as directions, so that a short vector counts as much as a long one.

    Examples
    --------
    Of three vectors in the plane no two are parallel, and yet:

    >>> linearly_independent([[1, 0, 1], [0, 1, 1]])
    False
    """
    matrix = check_matrix("V", V)
    lengths = np.abs(matrix).max(axis=0)
    if (lengths == 0.0).any() or matrix.shape[1] > matrix.shape[0]:
        return False
    return rank(matrix / lengths, rtol) == len(lengths)


def coordinates(V: ArrayLike, x: ArrayLike) -> FloatArray:
    """Coordinates c of x in the basis of the columns of V: the only solution of ``V c = x``.

    Source: catalogue LA-15; Lai 2020, slide 16.

    Parameters
    ----------
    V : array_like of shape (n, k)
        Independent columns: a basis of a k-dimensional space.
    x : array_like of shape (n,)
        A vector of that space.

    Returns
    -------
    ndarray of shape (k,)

    Raises
    ------
    LinAlgError
        If the columns are dependent: the coordinates would not be unique.
    ValueError
        If `x` is not in the space, or the shapes do not conform.

    Examples
    --------
    >>> coordinates([[1, 1], [0, 1]], [3, 2]).round(12).tolist()
    [1.0, 2.0]
    """
    basis, vector = check_matrix("V", V), real_numbers("x", x)
    n, k = basis.shape
    if vector.shape != (n,) or not np.isfinite(vector).all():
        raise ValueError(
            f"x must be a finite vector with one entry per row of V: expected shape ({n},) "
            f"(got {vector.shape})"
        )
    if not linearly_independent(basis):
        raise LinAlgError(
            f"the {k} columns of V must be linearly independent (their rank is {rank(basis)}); "
            "keep those that row_echelon(V).pivots names"
        )
    lengths = np.abs(basis).max(axis=0)
    scaled, *_ = lstsq(basis / lengths, vector, check_finite=False)
    missed = np.linalg.norm(basis / lengths @ scaled - vector)
    # What is left of a vector in the span is rounding, which grows with its coordinates.
    if missed > 1e-10 * (np.linalg.norm(scaled) + np.linalg.norm(vector)):
        raise ValueError(
            f"x must lie in the span of V (it is {missed:.3g} away from it); "
            "scipy.linalg.lstsq gives the nearest vector of the span"
        )
    found: FloatArray = scaled / lengths
    return found

"""Eigenvalues with their conditions: quadratic forms, and the decomposition that may not exist.

lambda_min <= x' A x / x' x <= lambda_max        for the symmetric part of A
A = V diag(lambda) V^-1        if and only if A has n independent eigenvectors
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, eig

from probml.linalg._checks import check_square, check_vector
from probml.linalg._norms import normalize
from probml.numerics import FloatArray

__all__ = [
    "Eigendecomposition",
    "QuadraticExtremes",
    "eigendecomposition",
    "quadratic_extremes",
    "rayleigh_quotient",
]


class QuadraticExtremes(NamedTuple):
    """Smallest and largest value of ``x' A x`` on the unit sphere, and where they are taken."""

    minimum: float
    argmin: FloatArray
    maximum: float
    argmax: FloatArray


class Eigendecomposition(NamedTuple):
    """Eigenvalues, and eigenvectors as columns of unit length; complex where they must be."""

    values: NDArray[Any]
    vectors: NDArray[Any]


def rayleigh_quotient(A: ArrayLike, x: ArrayLike) -> float:
    """``x' A x / x' x``: the eigenvalue, if x is an eigenvector (catalogue LA-28).

    Raises
    ------
    ValueError
        If `x` is the zero vector, or the shapes do not conform.

    Examples
    --------
    >>> round(rayleigh_quotient([[2, 1], [1, 2]], [2, 1]), 12)
    2.8
    """
    matrix, vector = check_square("A", A), check_vector("x", x)
    if len(vector) != len(matrix):
        raise ValueError(
            f"x must have one entry per column of A: expected {len(matrix)} (got {len(vector)})"
        )
    # the scale of x cancels, and would only overflow
    direction = normalize(vector)
    return float(direction @ matrix @ direction / (direction @ direction))


def quadratic_extremes(A: ArrayLike) -> QuadraticExtremes:
    """Extremes of the quadratic form ``x' A x`` over ``||x||_2 = 1``.

    They are eigenvalues of the symmetric part ``(A + A') / 2``, not of A: for
    ``[[0, 2], [0, 0]]`` every eigenvalue is 0 and the extremes are -1 and 1.
    Source: catalogue LA-28; Zaidi, SIT744 lecture 2, quadratic expressions.

    Raises
    ------
    ValueError
        If `A` is no finite square matrix.

    Examples
    --------
    >>> found = quadratic_extremes([[0, 2], [0, 0]])
    >>> round(found.minimum, 12), round(found.maximum, 12)
    (-1.0, 1.0)
    """
    matrix = check_square("A", A)
    values, V = np.linalg.eigh(matrix / 2.0 + matrix.T / 2.0)
    return QuadraticExtremes(float(values[0]), V[:, 0], float(values[-1]), V[:, -1])


def eigendecomposition(A: ArrayLike) -> Eigendecomposition:
    """``A = V diag(lambda) V^-1``, where A has it.

    Eigenvalues count as copies of one where they are as near to each other as rounding can move
    them: a perturbation of size e moves eigenvalue i by up to ``e / |y_i' x_i|``, with its left
    and right eigenvectors of unit length (Wilkinson, "The Algebraic Eigenvalue Problem").  If
    the eigenspace of such a value is too small, A is defective.  Source: catalogue LA-26, LA-29.

    Parameters
    ----------
    A : array_like of shape (n, n)
        Any real matrix.  For a symmetric one :func:`numpy.linalg.eigh` is faster.

    Returns
    -------
    Eigendecomposition

    Raises
    ------
    LinAlgError
        If `A` has no n independent eigenvectors, as a shear has not.
    ValueError
        If `A` is no finite square matrix.

    Examples
    --------
    >>> values, V = eigendecomposition([[0, 1], [-1, 0]])
    >>> sorted(values.imag.tolist())
    [-1.0, 1.0]
    >>> eigendecomposition([[1, 1], [0, 1]])
    Traceback (most recent call last):
    ...
    numpy.linalg.LinAlgError: A must have 2 independent eigenvectors ...
    """
    matrix = check_square("A", A)
    values, left, vectors = eig(matrix, left=True, check_finite=False)
    vectors = vectors.astype(complex)
    size = float(np.linalg.norm(matrix))
    aligned = np.abs(np.sum(left.conj() * vectors, axis=0))
    apart = np.abs(values[:, None] - values) + np.diag(np.full(len(values), np.inf))
    entangled = apart.min(axis=0) * aligned <= 100.0 * np.finfo(np.float64).eps * size
    entangled &= aligned < _ENTANGLED
    while entangled.any():
        # one eigenvalue that rounding has split: are there as many eigenvectors as copies?
        reach = np.where(entangled, _ENTANGLED, _COPY)
        near = np.abs(values - values[entangled.argmax()]) <= reach * size
        values[near] = values[near].mean()
        vectors[:, near] = _eigenspace(matrix, values[near][0], int(near.sum()))
        entangled &= ~near
    if not values.imag.any():
        values, vectors = values.real, vectors.real
    return Eigendecomposition(values, vectors)


_ENTANGLED = 1e-4
"""Eigenvectors nearer to parallel, and eigenvalues nearer to each other, are looked at twice."""

_COPY = 1e-10
"""What counts as zero beside the size of the matrix when eigenvectors to one value are counted."""


def _eigenspace(A: FloatArray, value: complex, dimension: int) -> NDArray[Any]:
    """Orthonormal eigenvectors to one eigenvalue, as columns; LinAlgError if they are too few."""
    # in real arithmetic if possible: a complex factor of a vector would be lost with its imaginary
    shift = value if value.imag else value.real
    _, stretches, Vh = np.linalg.svd(A - shift * np.eye(len(A)))
    if stretches[-dimension] > _COPY * np.linalg.norm(A):
        raise LinAlgError(
            f"A must have {len(A)} independent eigenvectors (to the eigenvalue {shift:.4g}, which "
            f"it has {dimension} times, there are fewer); use scipy.linalg.schur"
        )
    basis: NDArray[Any] = Vh[-dimension:].conj().T
    return basis

"""Solutions that Cholesky's factor gives, and the pseudo-inverse by each of its routes.

    A^+ = (A' A)^-1 A' = A' (A A')^-1 = V diag(1 / sigma) U'

where the first needs independent columns, the second independent rows, and the third nothing.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, cho_solve, cholesky, lapack

from probml._validation import check_choice, real_numbers
from probml.linalg._checks import check_matrix, check_square
from probml.numerics import FloatArray

__all__ = ["pseudo_inverse", "solve_spd"]


def solve_spd(S: ArrayLike, B: ArrayLike) -> FloatArray:
    """Solve ``S X = B`` for a symmetric positive definite S by Cholesky's factor.

    Source: catalogue LA-19.

    Parameters
    ----------
    S : array_like of shape (n, n)
        Symmetric positive definite.
    B : array_like of shape (n,) or (n, m)
        Right-hand sides.

    Returns
    -------
    ndarray of the shape of `B`

    Raises
    ------
    LinAlgError
        If `S` is not positive definite, or so nearly singular that no digit would be right.
    ValueError
        If `S` is not symmetric, or the shapes do not conform.

    Examples
    --------
    >>> solve_spd([[4.0, 0.0], [0.0, 9.0]], [8.0, 27.0]).tolist()
    [2.0, 3.0]
    """
    matrix, right = check_square("S", S), real_numbers("B", B)
    n = len(matrix)
    if right.ndim not in (1, 2) or len(right) != n or not np.isfinite(right).all():
        raise ValueError(
            f"B must be finite with one row per row of S: expected {n} (got shape {right.shape})"
        )
    asymmetry = np.abs(matrix - matrix.T).max()
    if asymmetry > 1e-10 * np.abs(matrix).max():
        raise ValueError(
            f"S must be symmetric (entries differ by {asymmetry:.3g} from their mirror image); "
            "use scipy.linalg.solve"
        )
    # in the units of a correlation matrix, so that units do not make it ill-conditioned
    scale = np.sqrt(np.maximum(matrix.diagonal(), 0.0))
    if (scale == 0.0).any():
        raise _not_definite(matrix)
    R = matrix / scale[:, None] / scale
    try:
        L = cholesky(R, lower=True, check_finite=False)
    except LinAlgError as error:
        raise _not_definite(matrix) from error
    reciprocal, _ = lapack.dpocon(L, np.abs(R).sum(axis=0).max(), uplo="L")
    if reciprocal <= n * np.finfo(np.float64).eps:
        raise _not_definite(matrix)
    by_row = scale if right.ndim == 1 else scale[:, None]
    solution: FloatArray = cho_solve((L, True), right / by_row, check_finite=False) / by_row
    return solution


def _not_definite(S: FloatArray) -> LinAlgError:
    smallest = float(np.linalg.eigvalsh(S)[0])
    return LinAlgError(
        f"S must be positive definite (its smallest eigenvalue is {smallest:.3g} beside a largest "
        f"entry of {np.abs(S).max():.3g}); add a ridge to the diagonal, or use pseudo_inverse"
    )


def pseudo_inverse(A: ArrayLike, route: Literal["svd", "left", "right"] = "svd") -> FloatArray:
    """Moore and Penrose's inverse A^+: ``A^+ b`` is the shortest of the best solutions.

    ``x = A^+ b`` minimises ``||A x - b||``; it solves ``A x = b`` only if b is in the range of A.
    Source: catalogue LA-20; Lai 2020, slide 20.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Any real matrix.
    route : {"svd", "left", "right"}
        Singular values, which every matrix has; ``(A'A)^-1 A'``, for independent columns;
        ``A'(AA')^-1``, for independent rows.  The last two square the condition number.

    Returns
    -------
    ndarray of shape (n, m)

    Raises
    ------
    LinAlgError
        If the route needs a rank that `A` does not have.
    ValueError
        If `A` is no finite matrix, or there is no such route.

    Examples
    --------
    >>> (12 * pseudo_inverse([[1, 2], [3, 4], [5, 6]], "left")).round(9).tolist()
    [[-16.0, -4.0, 8.0], [13.0, 4.0, -5.0]]
    """
    matrix = check_matrix("A", A)
    check_choice("route", route, ["svd", "left", "right"])
    if route == "svd":
        rcond = max(matrix.shape) * np.finfo(np.float64).eps
        inverse: FloatArray = np.linalg.pinv(matrix, rcond)
        return inverse
    tall = matrix if route == "left" else matrix.T
    try:
        left = solve_spd(tall.T @ tall, tall.T)
    except LinAlgError as error:
        wanted = "columns" if route == "left" else "rows"
        raise LinAlgError(
            f"the {route} inverse needs independent {wanted} (got a matrix of shape "
            f"{matrix.shape} with dependent ones); use route='svd'"
        ) from error
    return left if route == "left" else left.T

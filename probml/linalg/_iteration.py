"""Power iteration: the dominant eigenvector by nothing but products with the matrix."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError

from probml.numerics import FloatArray

__all__ = ["power_iteration"]


def power_iteration(
    multiply: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    tol: float = 1e-3,
    max_iter: int = 1000,
    seed: int = 0,
) -> float:
    """Eigenvalue of largest modulus of a symmetric matrix given by its products.

    ``v <- A v / ||A v||``, value ``v' A v``, until ``||A v - value v|| <= tol |value|``
    (catalogue LA-30; Lai 2020, slide 26).  The matrix itself is never formed.

    Parameters
    ----------
    multiply : callable
        Maps a vector v of length `n` to A v.
    n : int
        Size of the matrix.
    tol : float
        Relative residual to stop at; the value is then within ``tol |value|`` of an eigenvalue.
    max_iter : int
        Number of products to try.
    seed : int
        Seed of the random start.

    Raises
    ------
    LinAlgError
        If the residual is still above `tol` after `max_iter` products.

    Examples
    --------
    >>> A = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> round(power_iteration(lambda v: A @ v, 2, tol=1e-6), 6)
    3.0
    """
    v = np.random.default_rng(seed).standard_normal(n)
    v /= np.linalg.norm(v)
    for _ in range(max_iter):
        product = multiply(v)
        value = float(v @ product)
        if np.linalg.norm(product - value * v) <= tol * abs(value):
            return value
        v = product / np.linalg.norm(product)
    raise LinAlgError(
        f"power iteration did not reach a relative residual of {tol} in {max_iter} products; "
        "the two largest eigenvalues may be of nearly equal modulus: raise tol or max_iter"
    )

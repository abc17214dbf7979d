"""Power iteration: the dominant eigenvector by nothing but products with the matrix."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError

from probml.numerics import FloatArray

__all__ = ["PowerIteration", "power_iteration"]


class PowerIteration(NamedTuple):
    """What :func:`power_iteration` returns.

    Attributes
    ----------
    value : float
        Eigenvalue of largest modulus, with its sign.
    vector : ndarray of shape (n,)
        Its eigenvector, of length one; the entry of largest modulus is positive.
    residual : float
        ``||A v - value v||``: an eigenvalue of a symmetric matrix lies within it of `value`.
    n_iter : int
        Products with the matrix.
    """

    value: float
    vector: FloatArray
    residual: float
    n_iter: int


def power_iteration(
    multiply: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    tol: float = 1e-3,
    max_iter: int = 1000,
    seed: int = 0,
) -> PowerIteration:
    """Dominant eigenvalue and eigenvector of a symmetric matrix given by its products.

    ``v <- A v / ||A v||``, value ``v' A v``, until ``||A v - value v|| <= tol |value|``
    (catalogue LA-30; Lai 2020, slide 26).  The matrix itself is never formed.  The residual
    decides, not the change of v, which swings between two signs if the eigenvalue is negative.

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

    Returns
    -------
    PowerIteration

    Raises
    ------
    LinAlgError
        If the residual is still above `tol` after `max_iter` products.
    ValueError
        If a product is not finite, or not of shape (n,).

    Examples
    --------
    >>> A = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> found = power_iteration(lambda v: A @ v, 2, tol=1e-6)
    >>> round(found.value, 6), found.vector.round(4).tolist()
    (3.0, [0.7071, 0.7071])
    """
    v = np.random.default_rng(seed).standard_normal(n)
    v /= np.linalg.norm(v)
    for n_iter in range(1, max_iter + 1):
        product = np.asarray(multiply(v))
        if product.shape != v.shape or not np.isfinite(product).all():
            raise ValueError(
                f"multiply must return a finite vector of shape {v.shape} (got shape "
                f"{product.shape}, {np.isfinite(product).sum()} finite entries); pass v -> A @ v"
            )
        value = float(v @ product)
        residual = float(np.linalg.norm(product - value * v))
        if residual <= tol * abs(value):
            upright = np.copysign(1.0, v[np.argmax(np.abs(v))])
            return PowerIteration(value, upright * v, residual, n_iter)
        v = product / np.linalg.norm(product)
    raise LinAlgError(
        f"power iteration did not reach a relative residual of {tol} in {max_iter} products; "
        "the two largest eigenvalues may be of nearly equal modulus: raise tol or max_iter"
    )
